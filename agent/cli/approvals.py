"""``kolony approve``, ``reject`` and ``resolve``: a person's word on what would go out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .campaign import AsJson, RunId

if TYPE_CHECKING:
    from ..approvals import Approval
    from ..kolony import Kolony

By = Annotated[str | None, typer.Option("--by", help="Who decides; default: your user name on this computer.", show_default=False)]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.", show_default=False)]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with the run once nothing waits any more.")]
Steps = Annotated[list[str] | None, typer.Argument(help="Steps; default: all that wait.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    app.command()(approve)
    app.command()(reject)
    app.command()(resolve)


def approve(
    run_id: RunId = "last",
    steps: Steps = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait (also without this, when no step is named).")] = False,
    edit: Annotated[Path | None, typer.Option("--edit", help="A JSON file of changed arguments, for one step.", show_default=False)] = None,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    content: Annotated[
        str | None, typer.Option("--content", help="Approve only if the content has this SHA-256 (12 digits or more).", show_default=False)
    ] = None,
    resume: Resume = True,
    as_json: AsJson = False,
) -> None:
    """Show what would be sent, published or spent, and approve it.

    With --json alone, what waits is listed and nothing is decided.
    """
    from ..errors import UsageError
    from ..kolony import Kolony
    from . import view_approvals as view

    if everything and steps:
        raise UsageError("Steps are named and --all is given.", hint="Give one of the two.")
    edited = _edited(edit) if edit else None
    with Kolony() as k:
        run = k.runs.find(run_id).path.name
        waiting = _waiting(k, run, steps or [])
        if as_json and not yes:
            print(json.dumps([a.model_dump(mode="json") for a in waiting], ensure_ascii=False, indent=2))
            return
        doubtful = [a for a in waiting if a.state == "in_doubt"]
        for a in doubtful:
            view.show_approval(a)
        open_ = [a for a in waiting if a.state != "in_doubt"]
        if not open_:
            raise UsageError(
                f"Nothing in {run} waits for approval.", hint="See `kolony runs show`." if not doubtful else "Resolve what is in doubt."
            )
        if (edited is not None or content is not None) and len(open_) != 1:
            raise UsageError("An edit or a content's hash is for one step.", hint=f"Name one of: {', '.join(a.step for a in open_)}.")
        approved: list[Approval] = []
        for a in open_:
            shown = k.edited(run, a.step, edited) if edited is not None else a
            view.show_approval(shown, on_err=as_json)
            if yes or _confirmed(shown):
                # Bound to what was shown: were it replaced meanwhile, this would be refused.
                approved += k.approve(run, a.step, by=by, content=content or a.content, edit=edited)
        if as_json:
            print(json.dumps([a.model_dump(mode="json") for a in approved], ensure_ascii=False, indent=2))
        left = [a for a in k.pending(run) if a.state == "pending"]
    _go_on(run, bool(approved) and not left and resume, len(left), as_json)


def reject(run_id: RunId, steps: Steps = None, why: Why = "", by: By = None, resume: Resume = True) -> None:
    """Refuse what steps would send; they are left out with the steps that need them."""
    from ..kolony import Kolony
    from . import view_approvals as view

    with Kolony() as k:
        run = k.runs.find(run_id).path.name
        for a in k.reject(run, *(steps or []), by=by, why=why):
            view.show_decided(a)
        left = [a for a in k.pending(run) if a.state == "pending"]
    _go_on(run, not left and resume, len(left), False)


def resolve(
    run_id: RunId,
    step: Annotated[str, typer.Argument(help="The step that is in doubt.", show_default=False)],
    sent: Annotated[bool | None, typer.Option("--sent/--not-sent", help="What you found at the receiving end.", show_default=False)] = None,
    why: Why = "",
    by: By = None,
) -> None:
    """Say whether a call that was cut off did go out. Nothing is sent by this."""
    from ..errors import UsageError
    from ..kolony import Kolony
    from . import view_approvals as view

    if sent is None:
        raise UsageError("Say what you found.", hint="Give --sent or --not-sent.")
    with Kolony() as k:
        run = k.runs.find(run_id).path.name
        view.show_decided(k.resolve(run, step, sent=sent, by=by, why=why))
    view.err().print(f"To go on: kolony resume {run}")


def _waiting(k: Kolony, run: str, steps: list[str]) -> list[Approval]:
    from ..errors import UsageError

    known = {a.step: a for a in k.approvals(run)}
    missing = [s for s in steps if s not in known]
    if missing:
        raise UsageError(f"No step {missing[0]!r} of {run} asks for approval.", hint=f"Those that do: {', '.join(known) or 'none'}.")
    return [known[s] for s in steps] if steps else [a for a in known.values() if a.state in ("pending", "in_doubt")]


def _edited(file: Path) -> dict[str, Any]:
    """The arguments in a file: as they are, or as ``kolony approve --json`` lists them."""
    from ..errors import UsageError

    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as e:
        raise UsageError(f"{file} cannot be read: {e}.", hint="It is a JSON file; see `kolony approve --json`.") from e
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if isinstance(data, dict) and isinstance(data.get("arguments"), dict):
        data = data["arguments"]
    if not isinstance(data, dict):
        raise UsageError(f"{file} does not hold arguments by name.", hint="See `kolony approve RUN STEP --json`.")
    return data


def _confirmed(a: Approval) -> bool:
    from ..errors import UsageError

    try:
        return typer.confirm(f"{a.effect.capitalize()} exactly this ({a.short})?", default=False, err=True)
    except typer.Abort:
        raise UsageError("Nobody answered, so nothing was approved.", hint="Answer y or n, or give --yes.") from None


def _go_on(run: str, now: bool, left: int, as_json: bool) -> None:
    from . import view_approvals as view
    from .campaign import resume

    if left:
        view.err().print(f"{left} still wait: kolony approve {run}")
    elif now:
        if as_json:
            from ..kolony import Kolony

            with Kolony() as k:
                k.resume(run)
        else:
            resume(run)
