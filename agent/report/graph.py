"""The plan as a drawing: layered by dependency, in SVG and in Mermaid."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..plan import Plan
from .charts import drawing, element, fit
from .safe import mermaid_text, one_line
from .texts import Texts

if TYPE_CHECKING:
    from ..tools import Tool

_WIDTH, _HEIGHT, _GAP, _LANE = 176, 54, 56, 18
_COLOURS = {  # used where no style sheet is at hand; `report.css` overrides them
    "done": ("#e9f1ef", "#1c6b5e"), "failed": ("#fbeceb", "#a8322a"), "skipped": ("#f4f4f2", "#8a8a84"),
    "interrupted": ("#fbf3e2", "#8a5a00"), "waiting": ("#fbf3e2", "#8a5a00"), "rejected": ("#f4f4f2", "#8a8a84"), "in_doubt": ("#fbeceb", "#a8322a"), "planned": ("#f6f7f7", "#5b6660"),
}  # fmt: skip
_FONT = "'Helvetica Neue', Arial, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
Node = tuple[str, int]
"""A step (its id, -1) or a bend of a long edge (a name, its number)."""


def depths(plan: Plan) -> dict[str, int]:
    """How many steps must come before each step. A cycle, which no checked plan has, is cut where it closes."""
    known: dict[str, int] = {}
    needs = {step.id: plan.needs(step) for step in plan.steps}

    def depth(id: str, above: frozenset[str]) -> int:
        if id not in known:
            known[id] = 1 + max((depth(n, above | {id}) for n in needs[id] if n not in above | {id}), default=-1)
        return known[id]

    for step in plan.steps:
        depth(step.id, frozenset())
    return known


def plan_mermaid(plan: Plan, tools: Mapping[str, Tool] | None = None) -> str:
    """The plan as a Mermaid flowchart. With ``tools``, each step also says what it makes; gated steps are hexagons."""
    lines = ["flowchart LR"]
    number = {step.id: f"s{i}" for i, step in enumerate(plan.steps)}
    for step in plan.steps:
        tool = (tools or {}).get(step.tool)
        words = [mermaid_text(step.id)]
        if step.tool != step.id:
            words.append(mermaid_text(step.tool))
        if tool is not None:
            words.append("→ " + mermaid_text(tool.output.__name__))
        opening, closing = ("{{", "}}") if step.approval or (tool is not None and tool.gated) else ("[", "]")
        lines.append(f'  {number[step.id]}{opening}"{"<br/>".join(words)}"{closing}')
    for step in plan.steps:
        lines += [f"  {number[need]} --> {number[step.id]}" for need in plan.needs(step)]
    return "\n".join(lines) + "\n"


def plan_svg(plan: Plan, statuses: Mapping[str, str] | None = None, language: str = "en") -> str:
    """The plan as one ``<svg>`` element, usable on its own or inside the report.

    Args:
        statuses: step id to ``done``, ``failed``, ``skipped``, ``interrupted``; others are drawn as planned.
        language: ``en`` or ``zh``, for the labels.
    """
    texts = Texts(language)
    statuses = statuses or {}
    layers, edges = _layers(plan)
    sideways = len(layers) <= 5
    places, width, height = _place(layers, sideways)
    marks = [_edge([places[n] for n in path], sideways) for path in edges]
    for step in plan.steps:
        x, y = places[(step.id, -1)]
        status = statuses.get(step.id, "planned")
        status = status if status in _COLOURS else "planned"
        marks.append(_box(x, y, texts.tool(step.tool), step.id, status, texts(f"status.{status}"), step.approval))
    if not plan.steps:
        return str(drawing(texts("plan.empty"), [], height=1, cls="chart graph"))
    reading = texts("plan.reading", n=len(plan.steps), steps=", ".join(texts.tool(s.tool) for s in plan.steps))
    return str(
        element(
            "svg", element("title", one_line(reading)) + Markup("").join(marks), xmlns="http://www.w3.org/2000/svg", role="img",
            viewBox=f"0 0 {width} {height}", width=width, height=height, cls="graph", font_family=_FONT, aria_label=one_line(reading),
        )
    )  # fmt: skip


def _layers(plan: Plan) -> tuple[list[list[Node]], list[list[Node]]]:
    """Steps by depth, with bends where an edge crosses layers, ordered to keep crossings few; and the edges as paths."""
    depth = depths(plan)
    layers: list[list[Node]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    edges: list[list[Node]] = []
    before: dict[Node, list[Node]] = {}
    for step in plan.steps:
        layers[depth[step.id]].append((step.id, -1))
    for step in plan.steps:
        for need in plan.needs(step):
            path: list[Node] = [(need, -1)]
            for layer in range(depth[need] + 1, depth[step.id]):
                path.append((f"{need} {step.id} {layer}", len(edges)))
                layers[layer].append(path[-1])
            path.append((step.id, -1))
            edges.append(path)
            for a, b in pairwise(path):
                before.setdefault(b, []).append(a)
    after: dict[Node, list[Node]] = {}
    for node, sources in before.items():
        for source in sources:
            after.setdefault(source, []).append(node)
    for sweep in range(6):  # barycentre heuristic (Sugiyama et al. 1981), down and up in turn
        order = layers if sweep % 2 == 0 else layers[::-1]
        near = before if sweep % 2 == 0 else after
        for fixed, free in pairwise(order):
            rank = {node: i / max(len(fixed), 1) for i, node in enumerate(fixed)}
            own = {node: i / max(len(free), 1) for i, node in enumerate(free)}
            keys = {node: _mean([rank[m] for m in near.get(node, []) if m in rank], own[node]) for node in free}
            free.sort(key=keys.__getitem__)
    return layers, edges


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _place(layers: list[list[Node]], sideways: bool) -> tuple[dict[Node, tuple[float, float]], float, float]:
    """The top left corner of every node, and the size of the whole."""
    along, across = (_WIDTH, _HEIGHT) if sideways else (_HEIGHT, _WIDTH)
    between = 20

    def size(node: Node) -> int:
        return across if node[1] == -1 else _LANE

    spans = [sum(size(n) for n in layer) + between * (len(layer) - 1) for layer in layers]
    widest = max(spans, default=0)
    places: dict[Node, tuple[float, float]] = {}
    for index, layer in enumerate(layers):
        offset = (widest - spans[index]) / 2 + 1
        for node in layer:
            a = 1.0 + index * (along + _GAP)
            b = offset if node[1] == -1 else offset + _LANE / 2 - across / 2  # a bend lies in the middle of its lane
            places[node] = (a, b) if sideways else (b, a)
            offset += size(node) + between
    length = len(layers) * (along + _GAP) - _GAP + 2
    return (places, length, widest + 2) if sideways else (places, widest + 2, length)


def _edge(corners: list[tuple[float, float]], sideways: bool) -> Markup:
    """A smooth line from the end of the first box through the bends to the start of the last."""
    points: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(corners):
        middle = (x + _WIDTH / 2, y + _HEIGHT / 2)
        starts, ends = index > 0, index < len(corners) - 1
        if sideways:
            points += [(x, middle[1])] * starts + [(x + _WIDTH, middle[1])] * ends
        else:
            points += [(middle[0], y)] * starts + [(middle[0], y + _HEIGHT)] * ends
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for i, (a, b) in enumerate(pairwise(points)):
        if i % 2 == 1:  # along a bend's box: straight
            path += f" L{b[0]:.1f} {b[1]:.1f}"
        elif sideways:
            half = (a[0] + b[0]) / 2
            path += f" C{half:.1f} {a[1]:.1f} {half:.1f} {b[1]:.1f} {b[0] - 5:.1f} {b[1]:.1f} L{b[0]:.1f} {b[1]:.1f}"
        else:
            half = (a[1] + b[1]) / 2
            path += f" C{a[0]:.1f} {half:.1f} {b[0]:.1f} {half:.1f} {b[0]:.1f} {b[1] - 5:.1f} L{b[0]:.1f} {b[1]:.1f}"
    (x, y) = points[-1]
    head = f"M{x - 7:.1f} {y - 4:.1f} L{x:.1f} {y:.1f} L{x - 7:.1f} {y + 4:.1f}"
    if not sideways:
        head = f"M{x - 4:.1f} {y - 7:.1f} L{x:.1f} {y:.1f} L{x + 4:.1f} {y - 7:.1f}"
    return element("path", d=f"{path} {head}", fill="none", stroke="#9aa5a0", stroke_width="1.4", cls="edge")


def _box(x: float, y: float, title: str, id: str, status: str, state: str, approval: bool) -> Markup:
    fill, ink = _COLOURS[status]
    return element(
        "g",
        element("title", f"{one_line(title)} ({one_line(id)}): {state}")
        + element("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=6, fill=fill, stroke=ink, stroke_width="1.2",
                  stroke_dasharray="5 3" if status in ("skipped", "planned") else None)
        + element("rect", x=x, y=y, width=4, height=_HEIGHT, rx=2, fill=ink, cls="edge-mark")
        + element("text", fit(title, 152, 13), x=x + 14, y=y + 23, font_size=13, font_weight=600, fill="#1c2321", cls="name")
        + element("text", fit(id if not approval else f"{id} *", 90, 11), x=x + 14, y=y + 41, font_size=11, fill="#5b6660", cls="id")
        + element("text", state, x=x + _WIDTH - 10, y=y + 41, font_size=11, fill=ink, text_anchor="end", cls="state"),
        cls=f"node {status}",
    )  # fmt: skip
