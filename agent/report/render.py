"""The templates, and what they may use."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
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
    look = style()
    digest = base64.b64encode(hashlib.sha256(look.encode()).digest()).decode()
    return _html().get_template("report.html.j2").render(_html_names(View(masked(campaign))), style=Markup(look), digest=digest)  # noqa: S704  our own file


def html_part(campaign: Campaign, sections: Sequence[str], *, style: Markup, summary: bool = False) -> str:
    """Some sections of the report as one ``<div class="kolony-view">``, to stand in another page. Masks nothing."""
    view = View(campaign)
    titles = dict(view.sections)
    return _html().get_template("part.html.j2").render(
        _html_names(view), style=style, summary=summary, sections=[(name, titles[name]) for name in sections if name in titles]
    )  # fmt: skip


def _html_names(view: View) -> dict[str, Any]:
    graph = Markup(plan_svg(view.c.plan, view.statuses, view.language))  # noqa: S704  built from escaped parts
    return {"v": view, "c": view.c, "t": view.t, "f": view.f, "graph": graph}


def markdown(campaign: Campaign) -> str:
    """The report as GitHub-flavoured Markdown, the plan as a Mermaid flowchart."""
    return _tidy(_markdown().get_template("report.md.j2").render(_markdown_names(View(masked(campaign)))))


def markdown_part(campaign: Campaign, sections: Sequence[str], *, summary: bool = False) -> str:
    """Some sections of the report as Markdown. Masks nothing."""
    view = View(campaign)
    titles = dict(view.sections)
    shown = [(name, titles[name]) for name in sections if name in titles]
    return _tidy(_markdown().get_template("part.md.j2").render(_markdown_names(view), sections=shown, summary=summary))


def _markdown_names(view: View) -> dict[str, Any]:
    c, t = view.c, view.t
    return {"v": view, "c": c, "t": t, "f": view.f, "mermaid": Md(plan_mermaid(c.plan)), "colon": Md(t.colon), "gap": Md(t.gap)}


def _tidy(text: str) -> str:
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
def style() -> str:
    """The report's style sheet."""
    return files("agent.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
