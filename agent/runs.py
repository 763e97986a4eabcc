"""Where runs live: one folder per run under ``<home>/runs``, with its own checkpoints in it."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .artifacts import Artifact, Brief, RunStatus
from .errors import KolonyError, RunBusy, RunNotFound
from .events import EVENT, Event, ModelAsked
from .plan import Estimate, Plan, Problem

CHECKPOINTS = "checkpoints.sqlite"
Status = RunStatus | Literal["running"]


class PackedArtifact(BaseModel):
    """An artifact as plain data, with the name of its type."""

    model_config = ConfigDict(extra="forbid")

    type_name: str
    data: dict[str, Any]

    @classmethod
    def pack(cls, artifact: Artifact) -> PackedArtifact:
        return cls(type_name=type(artifact).__name__, data=artifact.model_dump(mode="json"))

    def unpack(self, types: Mapping[str, type[Artifact]]) -> Artifact:
        """The artifact again.

        Raises:
            KolonyError: no loaded plugin knows the type, or knows it with other fields.
        """
        if self.type_name not in types:
            raise KolonyError(
                f"No loaded plugin knows the artifact type {self.type_name!r}.", hint="Install or unblock the plugin that made it."
            )
        try:
            return types[self.type_name].model_validate(self.data)
        except ValidationError as e:
            raise KolonyError(
                f"A stored {self.type_name} no longer fits its type: {e.errors()[0]['msg']}.",
                hint="Run the request again with `kolony run`.",
            ) from e


class RunRecord(BaseModel):
    """What a run is, kept from its start: enough to resume it in another process."""

    model_config = ConfigDict(extra="forbid")

    id: str
    request: str
    created: datetime
    status: Status = "running"
    seconds: float = 0.0
    brief: Brief
    inputs: dict[str, PackedArtifact] = Field(default_factory=dict)
    plan: Plan
    planned_by: Literal["compiler", "model"] = "compiler"
    planning_note: str = ""
    estimate: Estimate = Field(default_factory=Estimate)
    problems: list[Problem] = Field(default_factory=list)


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def checkpoints(self) -> Path:
        """Of its finished steps. A file for each run: runs at once do not wait for one another, and a damaged one costs one run."""
        own, shared = self.path / CHECKPOINTS, self.path.parent / CHECKPOINTS
        # Runs that an earlier version began have theirs in one file beside all runs.
        return shared if not own.exists() and shared.exists() and (self.path / "events.jsonl").exists() else own

    @contextmanager
    def working(self) -> Iterator[None]:
        """Nobody else works on this run meanwhile. A process that dies lets go of it.

        Raises:
            RunBusy: somebody does.
        """
        lock = FileLock(self.path / "run.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunBusy(f"Another process works on {self.path.name}.", hint="Wait until it has ended, or stop it.") from None
        try:
            yield
        finally:
            lock.release()

    def save(self, record: RunRecord) -> None:
        """Write ``run.json`` whole or not at all."""
        temporary = self.path / "run.json.new"
        with self._written(), temporary.open("wb") as f:
            f.write(record.model_dump_json(indent=1).encode())
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, self.path / "run.json")

    def load(self) -> RunRecord:
        try:
            return RunRecord.model_validate_json((self.path / "run.json").read_text(encoding="utf-8"))
        except (ValidationError, UnicodeDecodeError) as e:
            raise KolonyError(f"{self.path / 'run.json'} is damaged.", hint="Start the request again with `kolony run`.") from e

    def append(self, event: Event) -> None:
        with self._written(), (self.path / "events.jsonl").open("a+b") as f:
            if f.tell():
                f.seek(-1, os.SEEK_END)
                if f.read(1) != b"\n":  # a line that was cut off takes no other with it
                    f.write(b"\n")
            f.write(event.model_dump_json().encode() + b"\n")
            if isinstance(event, ModelAsked):  # it must outlast also a power cut: what follows may be billed
                f.flush()
                os.fsync(f.fileno())

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as e:
            raise KolonyError(
                f"The run's folder {self.path} cannot be written: {e.strerror or e}.",
                hint=f"Free the disk or check its permissions, then `kolony resume {self.path.name}`.",
            ) from e

    def events(self) -> Iterator[Event]:
        """What happened, oldest first. A line cut off by a crash is left out."""
        path = self.path / "events.jsonl"
        if path.is_file():
            for line in path.read_bytes().split(b"\n"):
                try:
                    yield EVENT.validate_json(line)
                except ValidationError:
                    continue


class Runs:
    """All runs under a home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "runs"

    @property
    def checkpoints(self) -> list[Path]:
        """All files of checkpoints: one for each run, and where an earlier version ran, one for all its runs."""
        files = [self.folder / CHECKPOINTS, *(self.folder / id / CHECKPOINTS for id in self.ids())]
        return [f for f in files if f.exists()]

    def create(self, now: datetime) -> tuple[str, RunFolder]:
        """A new run id (time and four random characters) with its folder."""
        id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        try:
            (self.folder / id).mkdir(parents=True)
        except OSError as e:
            raise KolonyError(
                f"{self.folder} cannot be written: {e.strerror or e}.", hint="Choose another place with KOLONY_HOME, or free the disk."
            ) from e
        return id, RunFolder(self.folder / id)

    def find(self, id: str) -> RunFolder:
        """A run by its id, or by the start of it when that is clear; ``last`` is the newest.

        Raises:
            RunNotFound: none, or more than one.
        """
        known = self.ids()
        matches = known[:1] if id == "last" else [k for k in known if k == id] or [k for k in known if id and k.startswith(id)]
        if len(matches) != 1:
            what = "No run" if not matches else f"{len(matches)} runs"
            raise RunNotFound(f"{what} {id!r} under {self.folder}.", hint="See `kolony runs list`.")
        return RunFolder(self.folder / matches[0])

    def ids(self) -> list[str]:
        """Newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((p.name for p in self.folder.iterdir() if (p / "run.json").is_file() and re.match(r"\d{8}-", p.name)), reverse=True)

    def all(self) -> list[RunRecord]:
        """Newest first; damaged ones left out."""
        found = []
        for id in self.ids():
            try:
                found.append(RunFolder(self.folder / id).load())
            except (KolonyError, json.JSONDecodeError):
                continue
        return found
