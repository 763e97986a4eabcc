"""Vectors by content: what was embedded once is never embedded again, whichever store it goes into."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .e5_file import Floats
from .embedders import Embedder
from .errors import StoreError
from .pages import scrub


class VectorCache:
    """An SQLite file of float32 vectors, keyed by the embedder's name and the text's SHA-256. Safe between processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
        except (OSError, sqlite3.Error) as e:
            raise StoreError(
                f"The vector cache {path} cannot be used: {e}.", hint="Delete it (it is only a cache), or choose another home folder."
            ) from e

    def vectors(self, embedder: Embedder, texts: Sequence[str]) -> tuple[Floats, int]:
        """Passage vectors of ``texts``, shape (len(texts), dim), and how many of them had to be computed."""
        keys = [_key(embedder.name, t) for t in texts]
        found = self._look_up(keys, embedder.dim)
        missing = list({k: t for k, t in zip(keys, texts, strict=True) if k not in found}.items())
        if missing:
            made = embedder.passages([t for _, t in missing])
            rows = {k: np.asarray(v, dtype=np.float32) for (k, _), v in zip(missing, made, strict=True)}
            found.update(rows)
            with self._lock, self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)", [(k, v.astype("<f4").tobytes()) for k, v in rows.items()]
                )
        out = np.stack([found[k] for k in keys]) if keys else np.empty((0, embedder.dim), dtype=np.float32)
        return out, len(missing)

    def _look_up(self, keys: Sequence[bytes], dim: int) -> dict[bytes, Floats]:
        found: dict[bytes, Floats] = {}
        with self._lock:
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                query = f"SELECT key, vector FROM vectors WHERE key IN ({','.join('?' * len(part))})"  # noqa: S608
                for key, blob in self._db.execute(query, part):
                    if len(blob) == 4 * dim:
                        found[key] = np.frombuffer(blob, "<f4").astype(np.float32)
        return found

    def erase(self, embedder: Embedder, texts: Sequence[str]) -> None:
        """Remove the vectors of texts, also from the file's free pages."""
        keys = [(_key(embedder.name, t),) for t in texts]
        with self._lock:
            self._db.execute("PRAGMA secure_delete = ON")
            with self._db:
                self._db.executemany("DELETE FROM vectors WHERE key = ?", keys)
            scrub(self._db)

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(p.stat().st_size for p in self.path.parent.glob(self.path.name + "*"))

    def clear(self) -> None:
        """Remove every vector."""
        with self._lock:
            with self._db:
                self._db.execute("DELETE FROM vectors")
            scrub(self._db)

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _key(name: str, text: str) -> bytes:
    return hashlib.sha256(f"{name}\0{text}".encode()).digest()
