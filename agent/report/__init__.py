"""The report of a campaign: one HTML file that needs nothing else, one Markdown file, one JSON file.

``write_report(campaign, folder)`` writes all three. ``read_report(path)`` gives the campaign back. ``plan_mermaid`` and
``plan_svg`` draw a plan on its own. Personal data of third persons is masked in all of them; ``masked(campaign)`` is the copy that they show.
"""

from __future__ import annotations

from pathlib import Path

from ..campaign import Campaign
from ..errors import KolonyError
from .graph import plan_mermaid, plan_svg
from .jsonfile import campaign_json, read_report
from .masking import masked
from .render import html, markdown

__all__ = ["campaign_json", "html", "markdown", "masked", "plan_mermaid", "plan_svg", "read_report", "write_report"]


def write_report(campaign: Campaign, folder: Path) -> dict[str, Path]:
    """Write ``report.html``, ``report.md`` and ``report.json`` into ``folder``, in the brief's language.

    Returns:
        ``{"html": …, "md": …, "json": …}``, the paths written.

    Raises:
        KolonyError: the folder cannot be written.
    """
    files = {"html": html(campaign), "md": markdown(campaign), "json": campaign_json(campaign)}
    paths = {kind: folder / f"report.{kind}" for kind in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, text in files.items():
            # Beside the target first: a report that is being looked at is never half written.
            draft = paths[kind].with_name(f".{paths[kind].name}.part")
            draft.write_text(text, encoding="utf-8")
            draft.replace(paths[kind])
    except OSError as e:
        raise KolonyError(
            f"The report cannot be written to {folder}: {e.strerror or e}.", hint="Free some space or choose another folder."
        ) from e
    return paths
