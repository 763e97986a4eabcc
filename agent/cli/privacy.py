"""``kolony redact``, ``forget``, ``prune`` and ``runs prune``: what leaves, what goes, and how long things stay."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .campaign import runs_app

if TYPE_CHECKING:
    from ..forget import Found
    from ..prune import Pruning

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Older = Annotated[str | None, typer.Option("--older-than", help="Length of time: 90d, 12w, 1y.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    app.command()(redact)
    app.command()(forget)
    app.command()(prune)
    runs_app.command("prune")(runs_prune)


def redact(
    file: Annotated[str, typer.Argument(help="Text (one a line), JSONL or CSV; `-` reads standard input.", show_default=False)],
    column: Annotated[str | None, typer.Option(help="The field or column with the text.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON lines: the masked text, and what was found where.")] = False,
) -> None:
    """Mask the personal data in texts: one text in, the masked text out, as it would leave this machine."""
    from ..bulk import map_texts

    unread = map_texts(file, _masked, column=column, show=None if jsonl else _plain)
    if unread:
        raise typer.Exit(1)


def _masked(texts: Sequence[str]) -> list[dict[str, Any]]:
    from ..guard import personal_data
    from ..guard import redact as mask

    return [{"text": mask(t), "found": [{"kind": f.kind, "span": [f.start, f.end]} for f in personal_data(t)]} for t in texts]


def _plain(_: str, answer: dict[str, Any]) -> str:
    # A text of a table or of JSON may have line breaks; one text is one line.
    return " ".join(answer["text"].splitlines()) if len(answer["text"].splitlines()) > 1 else answer["text"]


def forget(
    creator: Annotated[str, typer.Argument(help="A creator's id, or platform:handle.", show_default=False)],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Erase everything of a creator: posts, profile, caches, and their words in runs and reports. It cannot be undone."""
    from ..forget import find
    from ..forget import forget as erase
    from ..kolony import Kolony
    from . import view

    with Kolony() as k:
        found = find(k, creator)
        if not as_json or not yes:
            _show_found(found)
        if found.nothing and not found.unfinished:
            if as_json:
                print(json.dumps({"erased": False, "forgotten_at": found.forgotten_at}))
            return
        if not yes:
            _ask("Erase all of this for good?")
        with view.progress("Erasing") as report:
            done = erase(k, found, report)
    if as_json:
        print(json.dumps({"erased": True, **asdict(done)}, indent=2))
    else:
        print(f"Erased: {done.posts:,} posts, {done.runs} runs and {done.answers} cached answers cleaned. Logged as {done.hash[:16]}…")
        if done.adapters:
            print(f"Deleted models: {', '.join(done.adapters)}. Train anew without these posts: kolony train voice.")
        for run in done.lost_reports:
            print(
                f"WARNING: the report of {run} could not be written anew and was removed; its data, {run}/report.json, is kept and clean.",
                file=sys.stderr,
            )
        print("An old export does not bring them back; `kolony ingest --allow` does.", file=sys.stderr)


def _show_found(found: Found) -> None:
    c = found.creator
    err = sys.stderr
    print(f"{found.id}{f'  {c.name}' if c and c.name else ''}", file=err)
    print(f"  profile: {'yes' if c else 'none held'}, posts: {len(found.posts):,}", file=err)
    print(f"  runs that speak of them: {', '.join(found.runs) or 'none'} ({found.checkpoints} checkpoint rows)", file=err)
    if found.adapters or found.trainings:
        print(
            f"  models trained on their posts: {', '.join(found.adapters) or 'none'} ({found.trainings} unfinished); they go as a whole",
            file=err,
        )
    print(f"  cached answers of models: {found.answers}", file=err)
    if found.forgotten_at:
        print(f"  forgotten before: {found.forgotten_at}{', but not to the end' if found.unfinished else ''}", file=err)


def _ask(question: str) -> None:
    from ..errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError("Nothing was removed: nobody is there to ask.", hint="Give --yes to do it without asking.")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)


def prune(
    older_than: Older = None,
    undated: Annotated[bool, typer.Option("--undated", help="Posts without a date go too.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove posts, runs and cached answers older than a time. Shows what would go; `--yes` does it."""
    from ..errors import UsageError
    from ..kolony import Kolony
    from ..prune import carry_out, days_of, plan
    from . import view

    with Kolony() as k:
        days = days_of(older_than) if older_than else k.settings.retention_days
        if days is None:
            raise UsageError("Nothing says how old is too old.", hint="Give --older-than 90d, or set `retention_days`.")
        pruning = plan(k, days, undated=undated)
        if yes and not pruning.nothing:
            with view.progress("Removing") as report:
                carry_out(k, pruning, report)
    _show_pruning(pruning, done=yes, as_json=as_json)


def runs_prune(
    keep: Annotated[int | None, typer.Option(min=0, help="Keep the newest so many.", show_default=False)] = None,
    older_than: Older = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove old runs with their checkpoints. Shows what would go; `--yes` does it."""
    from ..errors import UsageError
    from ..kolony import Kolony
    from ..prune import carry_out, days_of, plan_runs

    with Kolony() as k:
        days = days_of(older_than) if older_than else None if keep is not None else k.settings.retention_days
        if days is None and keep is None:
            raise UsageError("Nothing says which runs may go.", hint="Give --keep 20 or --older-than 90d, or set `retention_days`.")
        pruning = plan_runs(k, keep=keep, days=days)
        if yes:
            carry_out(k, pruning)
    _show_pruning(pruning, done=yes, as_json=as_json)


def _show_pruning(p: Pruning, *, done: bool, as_json: bool) -> None:
    if as_json:
        before = p.before.isoformat() if p.before else None
        print(json.dumps({**asdict(p), "before": before, "bytes": p.bytes, "done": done}, ensure_ascii=False, indent=2))
        return
    print(
        f"{'Removed' if done else 'Would go'}: {len(p.posts):,} posts, {len(p.runs)} runs, {p.answers:,} cached answers; {human(p.bytes)}."
    )
    for id in p.runs[:50]:
        print(f"  {id}")
    if p.undated:
        print(f"  {p.undated:,} posts without a date stay: nothing says how old they are. --undated takes them too.", file=sys.stderr)
    for id in p.kept_open:
        print(f"  {id} stays: it waits for a person.", file=sys.stderr)
    if not done and not p.nothing:
        print("Nothing was removed. Add --yes to do it.", file=sys.stderr)


def human(n: int) -> str:
    """Bytes as people say them: ``12.3 MB`` (a thousand bytes each)."""
    size = float(n)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
