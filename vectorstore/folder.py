"""The store's folder: is it ours, can it be written to, does anybody else hold it?"""

from __future__ import annotations

import json
import os
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import ForeignStore, StoreError, StoreLocked

MARKER = "kolony-store.json"
DRAFT = MARKER + ".new"
LOCK = "lock"
HOLDER = "holder"
LAYOUT = 1
PATIENCE = 1.0
"""Seconds to wait for another process that is about to finish."""


def claim(folder: Path, *, create: bool) -> FileLock:
    """Check the folder, make it if asked to, and lock it. The lock is held until it is released or the process ends.

    Raises:
        StoreError: there is no store and ``create`` is false, or the disk cannot be written to.
        ForeignStore: the folder holds something else. Nothing in it is touched.
        StoreLocked: another process, or another ``Store`` of this one, holds it.
    """
    try:
        fresh = _inspect(folder)
        if fresh and not create:
            raise StoreError(f"There is no store in {folder}.", hint="Make one with `kolony ingest PATH`.")
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout as e:
            raise StoreLocked(f"The store in {folder} is in use by {_holder(folder)}.", hint="Wait until it is done, or end it.") from e
        try:
            (folder / HOLDER).write_text(str(os.getpid()))
            if fresh:
                (folder / DRAFT).write_text(json.dumps({"layout": LAYOUT}))
                (folder / DRAFT).replace(folder / MARKER)  # killed here, it is there whole or not at all
        except OSError:
            lock.release()
            raise
        return lock
    except (OSError, NotImplementedError) as e:
        reason = getattr(e, "strerror", None) or e
        raise StoreError(
            f"The store in {folder} cannot be written to: {reason}.",
            hint="Choose another place with --home or KOLONY_HOME, or free the disk.",
        ) from e


def _inspect(folder: Path) -> bool:
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
    others = sorted(p.name for p in folder.iterdir() if p.name not in (LOCK, HOLDER, DRAFT))
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
