"""Erasure from the disk: what was deleted is in no file of the store any more, not only in no answer.

Chroma keeps deleted texts in its write-ahead log, in its full-text index and in free pages, deleted ids beside its vectors, and the
vectors themselves. So the rows that stay are copied into a new database, which then takes the place of the old one.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .database import DATABASE
from .errors import StoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client

    from .store import Progress, Store

HALF, WHOLE = "chroma.new", "chroma.ready"
ROWS = 500
_HNSW = ("space", "ef_construction", "ef_search", "max_neighbors", "resize_factor", "sync_threshold")


def erase(store: Store, gone: Mapping[str, Sequence[str]], progress: Progress | None = None) -> None:
    """Remove rows (kind to ids) from every file of the store. See ``Store.erase``."""
    from .rows import text_of

    tables = store._tables
    texts: list[str] = []
    for kind, ids in gone.items():
        for start in range(0, len(ids), ROWS):
            got: Any = tables.collections[kind].get(ids=list(ids[start : start + ROWS]), include=["metadatas"])
            texts += [text_of(kind, m) for m in got["metadatas"]]
    # The vectors and the index first: as long as the database has the rows, a second call knows what to remove.
    store._cache.erase(store.embedder, texts)
    store._search.forget()
    tables.index.begin()
    for kind, ids in gone.items():
        tables.index.remove(kind, ids)
    tables.index.scrub()
    settle(store.folder)
    told = partial(progress, "Writing the database anew") if progress else None
    copy_without(tables.client, store.folder / HALF, {tables.collections[kind].name: ids for kind, ids in gone.items()}, told)
    tables.renew(partial(replace, store.folder))
    tables.index.end()


def settle(folder: Path) -> None:
    """Finish or undo a replacement of the database that was cut short."""
    if (folder / WHOLE).exists():
        if (folder / DATABASE).exists():
            shutil.rmtree(folder / DATABASE)
        os.rename(folder / WHOLE, folder / DATABASE)
    if (folder / HALF).exists():
        shutil.rmtree(folder / HALF)


def copy_without(
    client: Client, folder: Path, gone: Mapping[str, Collection[str]], progress: Callable[[int, int], None] | None = None
) -> None:
    """Copy every collection into a new database in ``folder``, but for the rows ``gone`` (collection to ids)."""
    command = [sys.executable, "-m", f"{__package__}.erase_copy", str(folder)]
    home = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    writer = subprocess.Popen(  # noqa: S603 - this interpreter and this module
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ, "PYTHONPATH": path}
    )
    assert writer.stdin is not None
    try:
        with suppress(BrokenPipeError), writer.stdin as out:
            for line in _lines(client, gone, progress):
                out.write(json.dumps(line) + "\n")
        said = writer.stderr.read().strip().splitlines() if writer.stderr else []
    except BaseException:
        writer.kill()
        raise
    finally:
        writer.wait()
    if writer.returncode:
        raise StoreError(
            f"The database in {folder.parent} could not be written anew: {said[-1] if said else f'exit code {writer.returncode}'}.",
            hint="The old one is whole and still holds what was to go. Free the disk and try again.",
        )


def _lines(client: Client, gone: Mapping[str, Collection[str]], progress: Callable[[int, int], None] | None) -> Iterator[dict[str, Any]]:
    names = [c.name for c in client.list_collections()]
    total = sum(client.get_collection(n, embedding_function=None).count() for n in names)
    done = 0
    for name in names:
        source = client.get_collection(name, embedding_function=None)
        hnsw = source.configuration_json.get("hnsw") or {}
        yield {"name": name, "metadata": source.metadata, "configuration": {"hnsw": {k: hnsw[k] for k in _HNSW if k in hnsw}}}
        left_out = set(gone.get(name, ()))
        for start in range(0, source.count(), ROWS):
            got: Any = source.get(limit=ROWS, offset=start, include=["metadatas", "documents", "embeddings"])
            kept = [i for i, id in enumerate(got["ids"]) if id not in left_out]
            if kept:
                rows = {key: [got[key][i] for i in kept] for key in ("ids", "metadatas", "documents")}
                vectors = np.asarray(got["embeddings"], dtype="<f4")[kept]
                yield {**rows, "vectors": base64.b64encode(vectors.tobytes()).decode()}
            done += len(got["ids"])
            if progress is not None:
                progress(done, total)


def replace(folder: Path) -> None:
    """Put the copy in ``HALF``, which must be closed and whole, in the place of the database. Killed at any moment, ``settle`` ends it."""
    for path in sorted((folder / HALF).rglob("*")):
        _sync(path)
    os.rename(folder / HALF, folder / WHOLE)
    _sync(folder)
    settle(folder)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
