"""The templates, and what they may use."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..campaign import Campaign
from . import charts
from .generic import layout
from .graph import plan_mermaid, plan_svg
from .masking import masked
from .safe import Md, clean, md, md_block, md_link, one_line, safe_url, snippet
from .view import View


def html(campaign: Campaign) -> str:
    """The report as one HTML file: no script, nothing fetched, and a policy that lets a browser hold it to that."""
    campaign, style = masked(campaign), _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    view = View(campaign)
    graph = Markup(plan_svg(campaign.plan, view.statuses, view.language))  # noqa: S704  built from escaped parts
    return _html().get_template("report.html.j2").render(
        v=view, c=campaign, t=view.t, f=view.f, style=Markup(style), digest=digest, graph=graph  # noqa: S704  our own file
    )  # fmt: skip


def markdown(campaign: Campaign) -> str:
    """The report as GitHub-flavoured Markdown, the plan as a Mermaid flowchart."""
    campaign = masked(campaign)
    view = View(campaign)
    text = _markdown().get_template("report.md.j2").render(
        v=view, c=campaign, t=view.t, f=view.f, mermaid=Md(plan_mermaid(campaign.plan)), colon=Md(view.t.colon), gap=Md(view.t.gap)
    )  # fmt: skip
    lines = [line.rstrip() if not line.endswith("  ") else line for line in text.split("\n")]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept).strip() + "\n"


def _shown(value: Any) -> Any:
    """Applied to everything a template puts out, before escaping: no control or direction characters get through."""
    return value if isinstance(value, Markup) else clean(value)


@cache
def _html() -> Environment:
    env = Environment(loader=_loader(), autoescape=True, finalize=_shown, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.globals.update(charts=charts, layout=layout)
    env.filters.update(safe_url=safe_url, snippet=snippet, one_line=one_line)
    return env


@cache
def _markdown() -> Environment:
    # Markdown has no autoescape in Jinja2: `finalize` escapes everything that is not already Markdown.
    env = Environment(loader=_loader(), autoescape=False, finalize=md, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    env.globals.update(layout=layout, link=md_link, refs=_references, indent=lambda pad="": Md(pad + "  " if pad is not None else ""))
    env.filters.update(snippet=snippet, block=md_block, cell=md)
    return env


def _references(view: View, ids: Iterable[str], limit: int = 8) -> Md:
    """Links to the records behind a claim: ` [3](#e3) [7](#e7)`."""
    return Md("".join(f" [\\[{r.number}\\]](#{r.anchor})" for r in view.evidence.known(ids, limit)))


def _loader() -> PackageLoader:
    return PackageLoader("agent.report", "templates")


@cache
def _style() -> str:
    return files("agent.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
