"""The drawing of a plan: any acyclic plan of up to fifteen steps, no two boxes on each other, every edge drawn."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.plan import Plan, Step
from agent.report import plan_mermaid, plan_svg
from agent.report.graph import depths


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Up to fifteen steps, each needing any of those before it."""
    n = draw(st.integers(1, 15))
    steps = []
    for i in range(n):
        needs = draw(st.lists(st.integers(0, i - 1), unique=True, max_size=3)) if i else []
        steps.append(Step(id=f"s{i}", tool=f"tool_{i}", args={f"a{k}": {"$ref": f"s{k}"} for k in needs}, approval=draw(st.booleans())))
    return Plan(steps=draw(st.permutations(steps)))


class Boxes(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.boxes: list[tuple[float, float, float, float]] = []
        self.edges = 0
        self.size = (0.0, 0.0)
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "svg":
            self.size = (float(a["width"]), float(a["height"]))
        if tag == "rect" and a.get("class") != "edge-mark":
            self.boxes.append((float(a["x"]), float(a["y"]), float(a["width"]), float(a["height"])))
        if tag == "path":
            self.edges += 1
            assert not re.search("nan|inf", a["d"])


@given(plans())
@settings(max_examples=60, deadline=None)
def test_every_step_has_a_place_of_its_own_inside_the_drawing(plan: Plan) -> None:
    found = Boxes(plan_svg(plan))
    assert len(found.boxes) == len(plan.steps)
    assert found.edges == sum(len(plan.needs(s)) for s in plan.steps)
    width, height = found.size
    for i, (x, y, w, h) in enumerate(found.boxes):
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        for ox, oy, ow, oh in found.boxes[:i]:
            assert x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y


@given(plans())
@settings(max_examples=60, deadline=None)
def test_a_step_lies_deeper_than_what_it_needs(plan: Plan) -> None:
    depth = depths(plan)
    for step in plan.steps:
        assert depth[step.id] == max((depth[n] + 1 for n in plan.needs(step)), default=0)
    text = plan_mermaid(plan)
    assert text.count("-->") == sum(len(plan.needs(s)) for s in plan.steps)
    assert text.count("{{") == sum(s.approval for s in plan.steps)


def test_a_cycle_and_an_empty_plan_are_drawn_without_harm() -> None:
    loop = Plan(steps=[Step(id="a", tool="x", args={"p": {"$ref": "b"}}), Step(id="b", tool="y", args={"p": {"$ref": "a"}}), Step(id="c", tool="z", args={"p": {"$ref": "c"}})])  # fmt: skip
    assert plan_svg(loop).count("<g ") == 3
    assert plan_mermaid(Plan()) == "flowchart LR\n"
    assert plan_svg(Plan()).startswith("<svg")
