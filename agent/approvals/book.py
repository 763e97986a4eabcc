"""The run's record of approvals: append-only, each line chained to the one before by its hash, on disk before anything follows from it.

``approvals.jsonl`` holds the lines, ``approvals.head`` how many there are and the last one's hash, and ``approvals/`` the contents and
results that the lines name by their SHA-256. Whoever can write all of these can forge them: the chain tells of slips, cut-off files and
edits by hand, not of an attacker with the rights of the user.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import ApprovalsDamaged
from .content import canonical, sha256
from .records import Decision, Kind, State


class Entry(BaseModel):
    """One line of the book."""

    model_config = ConfigDict(extra="forbid")

    n: int
    at: datetime
    kind: Kind
    step: str
    content: str
    base: str = ""
    by: str = ""
    why: str = ""
    expires: datetime | None = None
    result: str = ""
    previous: str
    hash: str = ""

    def sealed(self) -> Entry:
        return self.model_copy(update={"hash": sha256(canonical(self.model_dump(mode="json", exclude={"hash"})))})


@dataclass(frozen=True)
class Standing:
    """Where a step stands after all entries about it."""

    step: str
    state: State
    content: str
    base: str
    """Hash of what the plan's own steps would have it send; differs from ``content`` after an edit."""
    expires: datetime | None = None
    result: str = ""
    trail: tuple[Entry, ...] = ()

    def now(self, at: datetime) -> Standing:
        """The standing at a time: requests and approvals do not hold for ever."""
        over = self.state in ("pending", "approved") and self.expires is not None and self.expires <= at
        return replace(self, state="expired") if over else self

    @property
    def decisions(self) -> list[Decision]:
        return [Decision(at=e.at, kind=e.kind, by=e.by, why=e.why, content=e.content) for e in self.trail]


_AFTER: dict[Kind, State] = {
    "requested": "pending", "edited": "pending", "approved": "approved", "rejected": "rejected", "sending": "in_doubt", "sent": "sent",
    "not_sent": "approved", "in_doubt": "in_doubt", "resolved_sent": "sent", "resolved_not_sent": "approved",
}  # fmt: skip
_MAY_FOLLOW: dict[Kind, tuple[State | None, ...]] = {
    "requested": (None, "pending", "approved", "rejected"), "edited": ("pending", "approved", "rejected"),
    "approved": ("pending", "approved", "rejected"), "rejected": ("pending", "approved", "rejected"), "sending": ("approved",),
    "sent": ("in_doubt",), "not_sent": ("in_doubt",), "in_doubt": ("in_doubt",), "resolved_sent": ("in_doubt",),
    "resolved_not_sent": ("in_doubt",),
}  # fmt: skip
"""Which entry may follow on which state: a call is announced only where an approval stands."""


class Book:
    """The record of one run."""

    def __init__(self, folder: Path, run: str) -> None:
        self.run = run
        self.folder, self.blobs = folder, folder / "approvals"
        self.path, self.head = folder / "approvals.jsonl", folder / "approvals.head"
        self._lock = FileLock(folder / "approvals.lock")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else, in this process or another, writes meanwhile."""
        with self._lock:
            yield

    # --- reading

    def entries(self) -> list[Entry]:
        """All entries, oldest first. A line that a crash cut off is left out: nothing had followed from it yet.

        Raises:
            ApprovalsDamaged: the chain does not hold.
        """
        lines = self.path.read_bytes().split(b"\n")[:-1] if self.path.is_file() else []
        found: list[Entry] = []
        previous = self._origin
        for n, line in enumerate(lines, 1):
            try:
                e = Entry.model_validate_json(line)
            except ValidationError:
                raise self._damaged(f"line {n} cannot be read") from None
            if e.n != n or e.previous != previous or e.sealed().hash != e.hash:
                raise self._damaged(f"line {n} was changed or does not follow on the one before")
            found.append(e)
            previous = e.hash
        self._check_head(found)
        return found

    def standing(self, step: str) -> Standing | None:
        return self.standings().get(step)

    def standings(self) -> dict[str, Standing]:
        """Step id to where it stands, in the order of the first requests.

        Raises:
            ApprovalsDamaged: the chain does not hold, or tells something that cannot have happened.
        """
        found: dict[str, Standing] = {}
        for e in self.entries():
            before = found.get(e.step)
            if (before.state if before else None) not in _MAY_FOLLOW[e.kind]:
                raise self._damaged(f"line {e.n}: {e.kind!r} cannot follow there")
            trail = (*(before.trail if before else ()), e)
            if e.kind == "requested":
                found[e.step] = Standing(e.step, "pending", e.content, e.content, e.expires, trail=trail)
                continue
            assert before is not None
            if e.kind != "edited" and e.content != before.content:
                raise self._damaged(f"line {e.n}: it is about another content than the one asked for")
            expires = e.expires if e.expires is not None else before.expires
            found[e.step] = replace(before, state=_AFTER[e.kind], content=e.content, expires=expires, result=e.result, trail=trail)
        return found

    def get(self, hash: str) -> bytes:
        """A content or result by its SHA-256.

        Raises:
            ApprovalsDamaged: it is gone, or is no longer what it was.
        """
        path = self.blobs / f"{hash}.json"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise self._damaged(f"{path.name} is missing") from None
        if sha256(data) != hash:
            raise self._damaged(f"{path.name} was changed")
        return data

    # --- writing (hold the lock)

    def put(self, data: bytes) -> str:
        """Keep a content or result; its SHA-256."""
        hash = sha256(data)
        path = self.blobs / f"{hash}.json"
        self.blobs.mkdir(exist_ok=True)
        _write(path, data)
        return hash

    def append(self, kind: Kind, step: str, content: str, at: datetime, **more: Any) -> Entry:
        """Add an entry; it is on the disk when this returns.

        Raises:
            ApprovalsDamaged: the entries before do not hold.
            OSError: the disk is full or cannot be written; nothing was added.
        """
        entries = self.entries()
        previous = entries[-1].hash if entries else self._origin
        entry = Entry(n=len(entries) + 1, at=at, kind=kind, step=step, content=content, previous=previous, **more).sealed()
        with self.path.open("ab") as f:
            whole = f.tell()
            data = self.path.read_bytes()
            if data and not data.endswith(b"\n"):
                whole = data.rfind(b"\n") + 1
                f.truncate(whole)
            try:
                f.write(entry.model_dump_json().encode() + b"\n")
                f.flush()
                os.fsync(f.fileno())
            except OSError:
                f.truncate(whole)
                raise
        _write(self.head, json.dumps({"n": entry.n, "hash": entry.hash}).encode())
        return entry

    # --- parts

    @property
    def _origin(self) -> str:
        return sha256(f"approvals of {self.run}".encode())

    def _check_head(self, entries: list[Entry]) -> None:
        """The head is written after its line: it may be one behind, never ahead."""
        try:
            head: Any = json.loads(self.head.read_bytes()) if self.head.is_file() else {"n": 0, "hash": self._origin}
            n, hash = int(head["n"]), str(head["hash"])
        except (ValueError, KeyError, TypeError):
            raise self._damaged(f"{self.head.name} cannot be read") from None
        hashes = [self._origin, *(e.hash for e in entries)]
        if n not in (len(entries), len(entries) - 1) or hashes[n] != hash:
            raise self._damaged("entries at its end are missing or were added by another hand")

    def _damaged(self, what: str) -> ApprovalsDamaged:
        return ApprovalsDamaged(
            f"The record of approvals in {self.folder} does not hold: {what}. Nothing will be sent by this run.",
            hint="Find out who changed it and what was sent; start the request again with `kolony run`.",
        )


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, path)
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
