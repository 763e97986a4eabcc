"""Retention: what is older than it may be, and its removal from the disk."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore import Filter
from vectorstore.pages import scrub

from .errors import KolonyError, RunBusy, UsageError
from .runs import CHECKPOINTS

if TYPE_CHECKING:
    from .kolony import Kolony
    from .runs import RunRecord, Runs

Progress = Callable[[str, int, int], None]
_OPEN = ("waiting", "in_doubt")
_SPAN = re.compile(r"(\d{1,5})\s*(d|days?|w|weeks?|y|years?|天|周|年)")
_DAYS = {"d": 1, "w": 7, "y": 365, "天": 1, "周": 7, "年": 365}


def days_of(span: str) -> int:
    """``90d``, ``12w``, ``1y``, ``90天`` in days; a year has 365.

    Raises:
        UsageError: it is none of these.
    """
    m = _SPAN.fullmatch(span.strip().lower())
    if not m:
        raise UsageError(f"{span!r} is no length of time.", hint="Say for instance 90d, 12w or 1y.")
    return int(m[1]) * _DAYS[m[2][0]]


@dataclass
class Pruning:
    """What would go, or went. Sizes in bytes on the disk."""

    before: datetime | None
    posts: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    kept_open: list[str] = field(default_factory=list)
    """Runs that are old enough but wait for a person."""
    undated: int = 0
    """Posts that stay because nothing says how old they are."""
    run_bytes: int = 0
    post_bytes: int = 0
    """An estimate: the store's size by its share of posts."""
    answers: int = 0
    answer_bytes: int = 0

    @property
    def bytes(self) -> int:
        return self.run_bytes + self.post_bytes + self.answer_bytes

    @property
    def nothing(self) -> bool:
        return not (self.posts or self.runs or self.answers)


def plan(k: Kolony, days: int, *, undated: bool = False) -> Pruning:
    """What is older than ``days``: posts by when they were published, runs by when they ended, and all kept answers of models, which
    bear no date. Posts without a date stay, since nothing says how old they are, unless ``undated`` says that they go too."""
    pruning = Pruning(k.settings.clock() - timedelta(days=days))
    _choose(k.runs, pruning, [r for r in k.runs.all() if _ended(r) < (pruning.before or r.created)])
    if (k.settings.home / "store").exists():
        pruning.posts = [p.id for p in k.store.posts(where=Filter(until=pruning.before))]
        of_unknown_age = k.store.undated()
        if undated:
            pruning.posts += of_unknown_age
        else:
            pruning.undated = len(of_unknown_age)
        total = k.store.counts().posts
        pruning.post_bytes = size(k.settings.home / "store") * len(pruning.posts) // total if total else 0
    answers = k.settings.home / "responses.sqlite3"
    if answers.exists():
        from .models.responses import Responses

        stats = Responses(answers).stats()
        pruning.answers, pruning.answer_bytes = stats.rows, stats.bytes
    return pruning


def plan_runs(k: Kolony, *, keep: int | None = None, days: int | None = None) -> Pruning:
    """Runs beyond the newest ``keep``, and those that ended more than ``days`` ago; with both, a run must be both to go."""
    pruning = Pruning(None if days is None else k.settings.clock() - timedelta(days=days))
    records = k.runs.all()[keep or 0 :]
    _choose(k.runs, pruning, [r for r in records if pruning.before is None or _ended(r) < pruning.before])
    return pruning


def _choose(runs: Runs, pruning: Pruning, records: Iterable[RunRecord]) -> None:
    sizes = checkpoint_sizes(runs.folder / CHECKPOINTS)
    for r in records:
        if r.status in _OPEN:
            pruning.kept_open.append(r.id)
        else:
            pruning.runs.append(r.id)
            pruning.run_bytes += size(runs.folder / r.id) + sizes.get(r.id, 0)


def _ended(r: RunRecord) -> datetime:
    return r.created + timedelta(seconds=r.seconds)


def carry_out(k: Kolony, pruning: Pruning, progress: Progress | None = None) -> None:
    """Remove what :func:`plan` or :func:`plan_runs` found, also from the files' free pages.

    Raises:
        KolonyError: a file cannot be written, or a run is being worked on; what went before stays gone.
    """
    if pruning.posts:
        k.store.check_erasable()
    remove_runs(k, pruning.runs)
    if pruning.answers:
        from .models.responses import Responses

        Responses(k.settings.home / "responses.sqlite3").prune()
    if pruning.posts:
        k.store.erase(pruning.posts, [], progress)


def remove_runs(k: Kolony, ids: Sequence[str]) -> None:
    """Remove runs: their checkpoints, also those in Postgres, then their folders.

    Raises:
        KolonyError: a run is being worked on, or a file cannot be written.
    """
    runs = k.runs
    for id in ids:  # before anything goes
        try:
            with runs.find(id).working():
                pass
        except RunBusy as e:
            raise KolonyError(f"{id} is being worked on.", hint="Wait until it has ended; nothing was removed.") from e
    if not ids:
        return
    try:
        if k.settings.checkpoints:
            from .checkpoints import delete_from_postgres

            delete_from_postgres(k.settings.checkpoints, ids)
        held = checkpoint_sizes(runs.folder / CHECKPOINTS)
        if any(id in held for id in ids):
            with closing(sqlite3.connect(runs.folder / CHECKPOINTS, timeout=5, isolation_level=None)) as db:
                db.execute("PRAGMA secure_delete = ON")
                for table in ("writes", "checkpoints"):
                    if db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                        db.executemany(f"DELETE FROM {table} WHERE thread_id = ?", [(id,) for id in ids])  # noqa: S608
                scrub(db)
        for id in ids:
            shutil.rmtree(runs.folder / id)
    except (sqlite3.Error, OSError) as e:
        raise KolonyError(f"The runs could not be removed: {e}.", hint="Stop running campaigns, check permissions, and try again.") from e


def checkpoint_sizes(path: Path) -> dict[str, int]:
    """Run id to the bytes of its checkpoints in the file in which an earlier version kept those of all runs."""
    if not path.exists():
        return {}
    sizes: dict[str, int] = {}
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            for table, column in (("checkpoints", "checkpoint"), ("writes", "value")):
                for id, n in db.execute(f"SELECT thread_id, SUM(LENGTH({column})) FROM {table} GROUP BY thread_id"):  # noqa: S608
                    sizes[id] = sizes.get(id, 0) + int(n or 0)
    except sqlite3.Error:
        return sizes
    return sizes


def size(path: Path) -> int:
    """Bytes of all files under ``path``."""
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
