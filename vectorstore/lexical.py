"""The side index: BM25 over segmented text, and the columns that filters and listings need. Rebuildable from Chroma."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .filters import EVERYTHING, Filter
from .pages import scrub
from .words import match_query, phrase_query, segment

VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
  key INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, platform TEXT NOT NULL,
  language TEXT, creator_id TEXT, created REAL, engagement INTEGER, UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS rows_by_author ON rows (kind, creator_id, created);
CREATE INDEX IF NOT EXISTS rows_by_platform ON rows (kind, platform);
CREATE INDEX IF NOT EXISTS rows_by_time ON rows (kind, created);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, tokenize = "porter unicode61 remove_diacritics 2");
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True)
class IndexRow:
    """One post or creator as the index knows it. ``created`` is seconds since 1970."""

    kind: str
    id: str
    hash: str
    platform: str
    text: str
    language: str | None = None
    creator_id: str | None = None
    created: float | None = None
    engagement: int | None = None


class Sighting(NamedTuple):
    """What the index knows of a post. ``created`` is seconds since 1970."""

    id: str
    creator_id: str
    created: float | None
    engagement: int | None


class Activity(NamedTuple):
    """What the index knows of an author: number of posts, and when the newest was published (seconds since 1970)."""

    posts: int
    newest: float | None


class LexicalIndex:
    """An SQLite file with an FTS5 table (Okapi BM25, Robertson & Zaragoza 2009, with SQLite's k1=1.2, b=0.75)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._open()

    def _open(self) -> None:
        try:
            self._connect()
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise sqlite3.DatabaseError("another version")
            self._db.executescript(_SCHEMA)
            if not version:  # an index that another process has open is not written to
                self._db.execute(f"PRAGMA user_version={VERSION}")
        except sqlite3.DatabaseError as e:
            if "locked" in str(e) or "readonly" in str(e) or "unable to open" in str(e):
                raise
            # Nothing here that Chroma does not have: start afresh, the store sees that it is empty and refills it.
            self._db.close()
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self._connect()
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version={VERSION}")

    def _connect(self) -> None:
        self._db = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")

    # Chroma and the index cannot be written in one transaction, so a batch in flight leaves a mark: found on opening, it means
    # that the two may differ.
    def begin(self) -> None:
        with self._lock, self._db:
            self._db.execute("INSERT OR REPLACE INTO state VALUES ('in_flight', '1')")

    def end(self) -> None:
        with self._lock, self._db:
            self._db.execute("DELETE FROM state WHERE name = 'in_flight'")

    @property
    def interrupted(self) -> bool:
        with self._lock:
            return self._db.execute("SELECT 1 FROM state WHERE name = 'in_flight'").fetchone() is not None

    @property
    def made_from(self) -> str:
        """Names the database whose rows these are; empty where that was not kept."""
        with self._lock:
            row = self._db.execute("SELECT value FROM state WHERE name = 'made_from'").fetchone()
        return str(row[0]) if row else ""

    @made_from.setter
    def made_from(self, name: str) -> None:
        if name != self.made_from:
            with self._lock, self._db:
                self._db.execute("INSERT OR REPLACE INTO state VALUES ('made_from', ?)", (name,))

    def clear(self) -> None:
        with self._lock, self._db:
            self._db.execute("DELETE FROM rows")
            self._db.execute("DELETE FROM words")

    def put(self, rows: Iterable[IndexRow]) -> None:
        """Add rows, replacing those of the same kind and id."""
        with self._lock, self._db:
            for r in rows:
                old = self._db.execute("SELECT key FROM rows WHERE kind = ? AND id = ?", (r.kind, r.id)).fetchone()
                if old:
                    self._db.execute("DELETE FROM words WHERE rowid = ?", old)
                    self._db.execute("DELETE FROM rows WHERE key = ?", old)
                key = self._db.execute(
                    "INSERT INTO rows (kind, id, hash, platform, language, creator_id, created, engagement) VALUES (?,?,?,?,?,?,?,?)",
                    (r.kind, r.id, r.hash, r.platform, r.language, r.creator_id, r.created, r.engagement),
                ).lastrowid
                self._db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (key, segment(r.text)))

    def remove(self, kind: str, ids: Iterable[str]) -> None:
        """Remove rows; unknown ids are no fault."""
        with self._lock, self._db:
            for id in ids:
                for (key,) in self._db.execute("SELECT key FROM rows WHERE kind = ? AND id = ?", (kind, id)).fetchall():
                    self._db.execute("DELETE FROM words WHERE rowid = ?", (key,))
                    self._db.execute("DELETE FROM rows WHERE key = ?", (key,))

    def scrub(self) -> None:
        """Leave nothing of what was removed in the file: terms, free pages, the log of writes."""
        with self._lock:
            self._db.execute("PRAGMA secure_delete = ON")
            with self._db:
                # A removed text's terms stay in the word index as long as SQLite has not merged them away.
                self._db.execute("INSERT INTO words (words) VALUES ('rebuild')")
            scrub(self._db)

    def hashes(self, kind: str, ids: Sequence[str]) -> dict[str, str]:
        """Id to content hash, of those of ``ids`` that the index knows."""
        found: dict[str, str] = {}
        with self._lock:
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                query = f"SELECT id, hash FROM rows WHERE kind = ? AND id IN ({','.join('?' * len(part))})"  # noqa: S608
                found.update(self._db.execute(query, (kind, *part)))
        return found

    def count(self, kind: str, where: Filter = EVERYTHING) -> int:
        """Number of rows that pass the filter."""
        clause, values = where.sql()
        with self._lock:
            return int(self._db.execute(f"SELECT count(*) FROM rows WHERE kind = ? AND {clause}", (kind, *values)).fetchone()[0])  # noqa: S608

    def passing(self, kind: str, ids: Sequence[str], where: Filter) -> list[str]:
        """Those of ``ids`` that pass the filter, in their order."""
        clause, values = where.sql()
        found: set[str] = set()
        with self._lock:
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                query = f"SELECT id FROM rows WHERE kind = ? AND id IN ({','.join('?' * len(part))}) AND {clause}"  # noqa: S608
                found.update(row[0] for row in self._db.execute(query, (kind, *part, *values)))
        return [i for i in ids if i in found]

    def undated(self, kind: str) -> list[str]:
        """Ids without a time."""
        with self._lock:
            return [row[0] for row in self._db.execute("SELECT id FROM rows WHERE kind = ? AND created IS NULL ORDER BY id", (kind,))]

    def platforms(self, kind: str) -> dict[str, int]:
        """Platform to number of rows, most first."""
        query = "SELECT platform, count(*) AS n FROM rows WHERE kind = ? GROUP BY platform ORDER BY n DESC, platform"
        with self._lock:
            return dict(self._db.execute(query, (kind,)))

    def ids(
        self, kind: str, where: Filter = EVERYTHING, limit: int | None = None, among: Sequence[str] | None = None, each: int | None = None
    ) -> list[str]:
        """Ids that pass the filter, newest first, undated ones last; ``among`` keeps to some, ``each`` to so many of an author."""
        clause, values = where.sql()
        query = f"SELECT id, creator_id FROM rows WHERE kind = ? AND {clause} ORDER BY created IS NULL, created DESC, id"  # noqa: S608
        with self._lock:
            rows = self._db.execute(query, (kind, *values)).fetchall()
        seen: Counter[str] = Counter()
        found = []
        for id, author in rows:
            seen[author] += 1
            if each is None or seen[author] <= each:
                found.append(id)
        if among is not None:
            wanted = set(among)
            found = [i for i in found if i in wanted]
        return found if limit is None else found[:limit]

    def search(self, kind: str, text: str, where: Filter = EVERYTHING, limit: int = 100) -> list[str]:
        """Ids by BM25, best first."""
        match = match_query(text)
        if not match:
            return []
        clause, values = where.sql()
        query = (
            "SELECT id FROM words JOIN rows ON rows.key = words.rowid "  # noqa: S608
            f"WHERE words MATCH ? AND kind = ? AND {clause} ORDER BY bm25(words), id LIMIT ?"
        )
        with self._lock:
            return [row[0] for row in self._db.execute(query, (match, kind, *values, limit))]

    def sightings(self, kind: str, ids: Sequence[str]) -> list[Sighting]:
        """Those of ``ids`` that the index knows, in their order."""
        found: dict[str, Sighting] = {}
        with self._lock:
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                query = f"SELECT id, creator_id, created, engagement FROM rows WHERE kind = ? AND id IN ({','.join('?' * len(part))})"  # noqa: S608
                found.update((row[0], Sighting(*row)) for row in self._db.execute(query, (kind, *part)))
        return [found[i] for i in ids if i in found]

    def mentions(self, kind: str, words: Iterable[str], where: Filter = EVERYTHING) -> list[Sighting]:
        """All rows that hold any of the words, in no order."""
        match = phrase_query(words)
        if not match:
            return []
        clause, values = where.sql()
        query = (
            # CROSS JOIN: the words first. Left to itself, SQLite asks the word index about every row.
            "SELECT id, creator_id, created, engagement FROM words CROSS JOIN rows ON rows.key = words.rowid "  # noqa: S608
            f"WHERE words MATCH ? AND kind = ? AND {clause}"
        )
        with self._lock:
            return [Sighting(*row) for row in self._db.execute(query, (match, kind, *values))]

    def activity(self, kind: str, where: Filter = EVERYTHING) -> dict[str, Activity]:
        """Author to what they did."""
        clause, values = where.sql()
        query = f"SELECT creator_id, count(*), max(created) FROM rows WHERE kind = ? AND {clause} GROUP BY creator_id"  # noqa: S608
        with self._lock:
            return {row[0]: Activity(row[1], row[2]) for row in self._db.execute(query, (kind, *values))}

    def close(self) -> None:
        with self._lock:
            self._db.close()
