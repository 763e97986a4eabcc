"""Campaigns, plans and artifacts as a notebook shows them: the report's own sections, without the page around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from markupsafe import Markup

from ..artifacts import Artifact, Brief
from ..campaign import Campaign
from ..plan import Plan, Step
from ..planned import Planned
from .graph import plan_mermaid, plan_svg
from .masking import masked
from .render import html_part, markdown_part, style
from .view import View

_HAN = re.compile(r"[\u4e00-\u9fff]")
_OURS = frozenset({"notes", "why", "reading", "method", "advice", "assumptions", "label", "message", "price_note"})
"""Fields that a tool words in the brief's language; names, posts and quotes may be in any."""


def campaign_html(campaign: Campaign) -> str:
    """Summary and sections, each to open; the first one is open."""
    return html_part(masked(campaign), _sections(campaign), style=_scoped(), summary=True)


def campaign_markdown(campaign: Campaign) -> str:
    return markdown_part(masked(campaign), _sections(campaign), summary=True)


def planned_html(planned: Planned) -> str:
    """What was read from the request, the plan as a graph, and what is wrong with it."""
    return html_part(masked(_unrun(planned)), ["brief", "process"], style=_scoped())


def planned_markdown(planned: Planned) -> str:
    return markdown_part(masked(_unrun(planned)), ["brief", "process"])


def plan_html(plan: Plan) -> str:
    """The plan drawn as inline SVG."""
    return f'<div class="kolony-view"><style>{_scoped()}</style><div class="scroll graph-box">{plan_svg(plan)}</div></div>'


def plan_markdown(plan: Plan) -> str:
    return f"```mermaid\n{plan_mermaid(plan)}```\n"


def artifact_html(artifact: Artifact) -> str:
    """The section that the report gives this kind of artifact."""
    alone, sections = _alone(artifact)
    return html_part(masked(alone), sections, style=_scoped())


def artifact_markdown(artifact: Artifact) -> str:
    alone, sections = _alone(artifact)
    return markdown_part(masked(alone), sections)


def _sections(campaign: Campaign) -> list[str]:
    names = [name for name, _ in View(campaign).sections]
    return [*(n for n in names if n != "brief"), "brief"]  # who wrote the request knows it


def _unrun(planned: Planned) -> Campaign:
    return Campaign(
        run_id="", request=planned.request, brief=planned.brief, plan=planned.plan, planned_by=planned.planned_by,
        planning_note=planned.note, estimate=planned.estimate, problems=planned.problems, started=_NEVER,
    )  # fmt: skip


def _alone(artifact: Artifact) -> tuple[Campaign, list[str]]:
    """A campaign of nothing but this artifact, and the sections that show it."""
    brief = artifact if isinstance(artifact, Brief) else Brief(request="", language=language_of(artifact))
    name = artifact.deliverable_name()
    made = {} if isinstance(artifact, Brief) else {name: artifact}
    # As the work of a step: what a run was given counts as the brand's own and is not masked.
    plan = Plan(steps=[Step(id=name, tool=name)])
    alone = Campaign(run_id="", request=brief.request, brief=brief, plan=plan, started=_NEVER, artifacts=made)
    shown = [n for n, _ in View(alone).sections if n not in ("brief", "missing", "process", "evidence")]
    return alone, shown or ["brief"]


def language_of(artifact: Artifact) -> str:
    """``zh`` where what a tool worded holds Chinese, else ``en``."""
    return "zh" if any(_HAN.search(text) for text in _worded(artifact.model_dump(mode="json"))) else "en"


def _worded(value: Any, ours: bool = False) -> Sequence[str]:
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in _worded(inner, name in _OURS)]
    if isinstance(value, list):
        return [text for inner in value for text in _worded(inner, ours)]
    return [value] if ours and isinstance(value, str) else []


@cache
def _scoped() -> Markup:
    """The report's style, held to our own element: a notebook's page stays as it is."""
    inner = re.sub(r"(?m)^( *)(?:html|body)(?= )", r"\1:scope", style().replace(":root", ":scope"))
    own = ".part { margin: 0 0 16px; padding: 0; border: 0; } h2 { font-size: 20px; margin: 0 0 12px; } :scope { padding: 12px 16px; font-size: 14px; }"
    return Markup(f"@scope (.kolony-view) {{\n{inner}\n{own}\n}}")  # noqa: S704  our own file


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
