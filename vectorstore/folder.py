"""The store's folder: is it ours, can it be written to, does anybody else hold it?"""

from __future__ import annotations

import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from .database import DATABASE, answers
from .errors import ForeignStore, StoreError, StoreLocked

MARKER = "kolony-store.json"
DRAFT = MARKER + ".new"
LOCK = "lock"
HOLDER = "holder"
SERVER = "server"
"""Name of the file that holds the URL of the server that has the database."""
LAYOUT = 1
PATIENCE = 1.0
"""Seconds to wait for another process that is about to finish."""


def claim(folder: Path, *, create: bool, server: str | None = None) -> FileLock:
    """Check the folder, make it if asked to, and lock it. The lock is held until it is released or the process ends.

    Where a ``server`` has the database, processes share the folder: it is only seen that nobody has it alone, and kept which server
    it is, so that nobody opens the database's files under it.

    Raises:
        StoreError: there is no store and ``create`` is false, or the disk cannot be written to.
        ForeignStore: the folder holds something else. Nothing in it is touched.
        StoreLocked: another process, another ``Store`` of this one, or a server holds it.
    """
    try:
        fresh = _inspect(folder, shared=bool(server))
        if fresh and not create:
            raise StoreError(f"There is no store in {folder}.", hint="Make one with `kolony ingest PATH`.")
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout as e:
            raise StoreLocked(
                f"The store in {folder} is in use by {_holder(folder)}.",
                hint="Wait until it is done, or end it. To work with several processes at once, let them share a server: docs/settings.md, `chroma`.",
            ) from e
        try:
            if not server and answers(known := _server(folder)):
                raise StoreLocked(
                    f"The database of the store in {folder} is kept by the Chroma server at {known}.",
                    hint=f"Set KOLONY_CHROMA={known} (or `chroma` in kolony.toml), or stop the server.",
                )
            (folder / HOLDER).write_text(str(os.getpid()))
            if fresh:
                (folder / DRAFT).write_text(json.dumps({"layout": LAYOUT}))
                (folder / DRAFT).replace(folder / MARKER)  # killed here, it is there whole or not at all
            if server:
                (folder / SERVER).write_text(server, encoding="utf-8")
                lock.release()
        except (OSError, StoreLocked):
            lock.release()
            raise
        return lock
    except (OSError, NotImplementedError) as e:
        reason = getattr(e, "strerror", None) or e
        raise StoreError(
            f"The store in {folder} cannot be written to: {reason}.",
            hint="Choose another place with --home or KOLONY_HOME, or free the disk.",
        ) from e


def _server(folder: Path) -> str:
    """The server that had the database last, or ``""``."""
    try:
        return (folder / SERVER).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _inspect(folder: Path, *, shared: bool) -> bool:
    """True when there is no store here yet."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        raise ForeignStore(f"{folder} is a file, not a store.", hint="Choose another home folder.")
    if (folder / MARKER).is_file():
        try:
            layout = json.loads((folder / MARKER).read_text(encoding="utf-8"))["layout"]
        except (ValueError, KeyError, TypeError) as e:
            raise StoreError(f"{folder / MARKER} is damaged.", hint="Move the folder away and ingest again.") from e
        if layout != LAYOUT:
            raise ForeignStore(
                f"The store in {folder} has layout {layout}, this version of Kolony reads {LAYOUT}.", hint="Ingest into a new home folder."
            )
        return False
    others = sorted(p.name for p in folder.iterdir() if p.name not in (LOCK, HOLDER, DRAFT) and not (shared and p.name == DATABASE))
    if others:
        what = "a Chroma database that Kolony did not make" if "chroma.sqlite3" in others else f"other files ({', '.join(others[:3])})"
        raise ForeignStore(f"{folder} holds {what}.", hint="It was left as it is; choose another home folder.")
    return True


def _holder(folder: Path) -> str:
    try:
        pid = int((folder / HOLDER).read_text())
    except (OSError, ValueError):
        return "another process"
    return "this very process, which has it open already" if pid == os.getpid() else f"process {pid}"
