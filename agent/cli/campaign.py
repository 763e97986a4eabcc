"""``kolony run``, ``plan``, ``resume`` and ``runs``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..campaign import Campaign
    from ..kolony import Kolony

Request = Annotated[str, typer.Argument(help="What you want, in English or Chinese; `-` reads it from standard input.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
RunId = Annotated[str, typer.Argument(help="A run's id, the start of it, or `last`.")]

WAITING = 3
"""Exit code of a run that waits for a person: neither a failure nor the end."""

runs_app = typer.Typer(help="Past runs.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(plan)
    app.command()(resume)
    app.add_typer(runs_app, name="runs")


def run(request: Request, as_json: AsJson = False) -> None:
    """Plan a request, run the plan, and write the report."""
    from ..kolony import Kolony
    from .view import warn_broken, watching

    with watching() as view, Kolony(on_event=view) as k:
        warn_broken(k.host)
        planned = k.plan(_text(request))
        view.planned(planned)
        campaign = _sync(k.execute(planned))
    _finish(k, campaign, as_json)


def plan(
    request: Request,
    as_json: AsJson = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the plan as a Mermaid graph.")] = False,
) -> None:
    """Show how a request is understood and what would run, without running anything."""
    from ..kolony import Kolony
    from . import view

    k = Kolony()
    view.warn_broken(k.host)
    planned = k.plan(_text(request))
    if as_json:
        print(json.dumps(planned.to_dict(k.host.tools), ensure_ascii=False, indent=2))
    elif mermaid:
        from ..report import plan_mermaid

        print(plan_mermaid(planned.plan, k.host.tools))
    else:
        view.show_plan(planned, k.host.tools)
    if planned.faults:
        raise typer.Exit(1)


def resume(run_id: RunId = "last", as_json: AsJson = False) -> None:
    """Finish a run that was stopped or lost steps; finished steps are not repeated."""
    from ..kolony import Kolony
    from .view import watching

    with watching() as view, Kolony(on_event=view) as k:
        campaign = k.resume(run_id)
    _finish(k, campaign, as_json)


@runs_app.command("list")
def runs_list(as_json: AsJson = False) -> None:
    """All runs, newest first."""
    from ..kolony import Kolony
    from . import view

    k = Kolony()
    records = k.runs.all()
    if as_json:
        rows = [r.model_dump(mode="json", include={"id", "request", "created", "status", "seconds"}) for r in records]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        view.show_runs(records)


@runs_app.command("show")
def runs_show(run_id: RunId = "last", as_json: AsJson = False) -> None:
    """One run: what was asked, how each step ended, and where its report is."""
    from ..kolony import Kolony
    from . import view

    k = Kolony()
    folder = k.runs.find(run_id)
    record = folder.load()
    if as_json:
        events = [e.model_dump(mode="json") for e in folder.events()]
        print(json.dumps({**record.model_dump(mode="json"), "report": str(folder.report), "events": events}, ensure_ascii=False, indent=2))
    else:
        view.show_run(record, folder)


def _finish(k: Kolony, campaign: Campaign, as_json: bool) -> None:
    from ..report import masked
    from . import view

    shown = masked(campaign)
    if as_json:
        print(shown.model_dump_json(indent=2))
    else:
        view.show_campaign(shown, k.runs.find(campaign.run_id).report)
    _exit_for(campaign)


def _exit_for(campaign: Campaign) -> None:
    if campaign.status == "waiting":
        raise typer.Exit(WAITING)
    if campaign.status != "done":
        raise typer.Exit(1)


def _text(given: str) -> str:
    from ..errors import UsageError

    text = sys.stdin.read() if given == "-" else given
    if not text.strip():
        raise UsageError(
            "The request is empty.", hint='Write what you want: kolony run "find 5 food creators in Dallas, $3,000, write the posts"'
        )
    return text


def _sync(work: Any) -> Campaign:
    from ..loop import sync

    campaign: Campaign = sync(work)
    return campaign
