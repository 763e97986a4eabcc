"""Finding a creator, and erasing them: runs and answers first, the store last, so that a second call knows what is left to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vectorstore import Filter
from vectorstore.records import Creator

from ..errors import UsageError
from ..models import adapters
from . import files
from .traces import Traces

if TYPE_CHECKING:
    from vectorstore import Post

    from ..kolony import Kolony

Progress = Callable[[str, int, int], None]


@dataclass
class Found:
    """What is held about a creator."""

    id: str
    creator: Creator | None = None
    posts: list[Post] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    """Ids of runs whose files hold something of theirs."""
    checkpoints: int = 0
    """Checkpoint rows that do."""
    answers: int = 0
    """Cached answers of models that do."""
    adapters: list[str] = field(default_factory=list)
    """Adapters that were trained or measured on posts of theirs; and how many unfinished trainings see them."""
    trainings: int = 0
    forgotten_at: str = ""
    """When they were forgotten before; empty: never."""
    unfinished: bool = False
    """Whether that was cut short."""

    @property
    def nothing(self) -> bool:
        return not (self.creator or self.posts or self.runs or self.checkpoints or self.answers or self.adapters or self.trainings)


@dataclass(frozen=True)
class Erased:
    """What an erasure did. ``hash`` is all that is kept of who it was."""

    hash: str
    posts: int
    profile: bool
    runs: int
    checkpoints: int
    answers: int
    adapters: tuple[str, ...] = ()
    """Adapters that were deleted: what a model learnt of somebody cannot be taken out of it."""
    lost_reports: tuple[str, ...] = ()
    """Runs whose page could not be made from the cleaned data (a plugin is missing, say), and was removed."""


def find(k: Kolony, who: str) -> Found:
    """What is held about ``who``: an id (``platform:native id``), or ``platform:handle``, with or without ``@``.

    Raises:
        UsageError: that names nobody that anything is held about, or more than one.
        StoreError: the store cannot be opened.
    """
    store = k.store
    creator = _creator(store.creators(), who, store.creator(who))
    id = creator.id if creator else who.replace(":@", ":", 1)
    found = Found(id, creator, store.posts(where=Filter(creators=(id,))))
    if row := store.forgotten.row(id):
        found.forgotten_at, found.unfinished = row["at"], not row["done"]
    traces = _traces(k, found)
    found.runs = [run for run in k.runs.ids() if files.holds(k.runs.folder / run, traces)]
    found.checkpoints = sum(files.in_checkpoints(path, traces) for path in k.runs.checkpoints)
    if (kept := _responses(k)) is not None:
        found.answers = kept.count_holding(traces.within)
    found.adapters, unfinished = adapters.trained_on(k.settings.home, id)
    found.trainings = len(unfinished)
    if found.nothing and not found.forgotten_at:
        raise UsageError(f"Nothing is held about {who!r}.", hint="Give an id or platform:handle; see `kolony creators list`.")
    return found


def forget(k: Kolony, found: Found, progress: Progress | None = None) -> Erased:
    """Erase what was found, everywhere. Cut short, the same call again completes it.

    Raises:
        StoreError: a server has the database; nothing was erased.
        KolonyError: a file cannot be written, or a run is being worked on. What was done until then stays done.
    """
    store, traces = k.store, _traces(k, found)
    store.check_erasable()
    names = [found.id, *(f"{found.creator.platform}:{found.creator.handle}" for _ in [0] if found.creator and found.creator.handle)]
    now = k.settings.clock()
    store.forgotten.add(names, at=now, done=False)
    lost: list[str] = []
    for n, run in enumerate(found.runs, 1):
        folder = k.runs.find(run)
        with ExitStack() as stack:
            stack.enter_context(folder.working())
            if not files.clean_run(folder.path, traces, k.host.artifact_types, now):
                lost.append(run)
        if progress:
            progress("Cleaning runs", n, len(found.runs))
    for path in k.runs.checkpoints:
        files.clean_checkpoints(path, traces)
    if k.settings.checkpoints and found.runs:
        from ..checkpoints import delete_from_postgres

        delete_from_postgres(k.settings.checkpoints, found.runs)
    answers = kept.forget_holding(traces.within) if (kept := _responses(k)) is not None else 0
    for name in found.adapters:
        adapters.remove(k.settings.home, name)
    for training in adapters.trained_on(k.settings.home, found.id)[1]:
        shutil.rmtree(training)
    if found.posts or found.creator or found.unfinished:
        store.erase([p.id for p in found.posts], [found.creator.id] if found.creator else [], progress)
    hashes = store.forgotten.add(names, at=now, done=True)
    return Erased(
        hashes[0],
        len(found.posts),
        found.creator is not None,
        len(found.runs),
        found.checkpoints,
        answers,
        tuple(found.adapters),
        tuple(lost),
    )


def _traces(k: Kolony, found: Found) -> Traces:
    return Traces(found.id, f"erased-{k.store.forgotten.pseudonym(found.id)}", found.creator, found.posts)


def _creator(creators: Sequence[Creator], who: str, exact: Creator | None) -> Creator | None:
    if exact is not None:
        return exact
    matches = list(_named(creators, who))
    if len(matches) > 1:
        raise UsageError(f"{who!r} may be {', '.join(c.id for c in matches[:5])}.", hint="Give one of these ids.")
    return matches[0] if matches else None


def _named(creators: Sequence[Creator], who: str) -> Iterator[Creator]:
    platform, colon, handle = who.partition(":")
    wanted = (handle if colon else who).lstrip("@").casefold()
    for c in creators:
        if (not colon or c.platform == platform.casefold()) and wanted and wanted in (c.handle.lstrip("@").casefold(), c.name.casefold()):
            yield c


def _responses(k: Kolony) -> Any:
    from ..models.responses import Responses

    path = k.settings.home / "responses.sqlite3"
    return Responses(path) if path.exists() else None
