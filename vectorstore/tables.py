"""What is stored, twice: in Chroma, which is the record, and in the side index, which can be made from it again. Written in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from .database import connect, connect_to, overwrite_memory, storage_errors
from .errors import ForeignStore
from .lexical import LexicalIndex
from .materials import MATERIAL
from .records import Creator, Post
from .rows import CREATOR, POST, R, Row, index_row, record_of, text_of

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

    from .embedders import Embedder

WRITE_ROWS = 512
READ_ROWS = 1000
_NAMES = {POST: "posts", CREATOR: "creators", MATERIAL: "materials"}


class Tables:
    """The collections (kind to collection) and the index of one store. Safe between threads, and between the processes that share a
    ``server``."""

    def __init__(self, folder: Path, index: LexicalIndex, embedder: Embedder, server: str = "") -> None:
        self.folder, self.index, self.server, self._embedder = folder, index, server, embedder
        self._thread = RLock()
        self._process = FileLock(folder / "write.lock")
        self.client = connect_to(server) if server else connect(folder)
        try:
            self.collections = {kind: self._collection(name) for kind, name in _NAMES.items()}
            with self.writing():
                self._repair()
        except BaseException:
            self.client.close()
            raise

    def _collection(self, name: str) -> Collection:
        from chromadb.errors import NotFoundError

        try:
            found = self.client.get_collection(name, embedding_function=None)
        except NotFoundError:
            return self.client.get_or_create_collection(  # another process may be making it
                name,
                configuration={"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}},
                metadata={"embedder": self._embedder.name, "dim": self._embedder.dim},
                embedding_function=None,
            )
        made_with = (found.metadata or {}).get("embedder")
        if made_with != self._embedder.name:
            where = f"at {self.server}" if self.server else f"in {self.folder}"
            raise ForeignStore(
                f"The store {where} was made with the embedder {made_with!r}, not {self._embedder.name!r}: their vectors do not mix.",
                hint="Open it with that embedder, or ingest again into a new home folder.",
            )
        return found

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Whatever the databases raise, as a ``StoreError``."""
        with storage_errors(self.folder, self.server):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else, in this process or another, writes meanwhile."""
        with self._thread, self._process, self.errors():
            yield

    # --- in step

    def _repair(self) -> None:
        """Bring the index in line with Chroma, if a write was cut short, the index is gone, or it was made from another database."""
        made_from = ",".join(str(c.id) for c in self.collections.values())
        same = self.index.made_from in ("", made_from)
        if same and not self.index.interrupted and all(self.index.count(k) == c.count() for k, c in self.collections.items()):
            self.index.made_from = made_from
            return
        self.index.begin()
        self.index.clear()
        for kind, collection in self.collections.items():
            for start in range(0, collection.count(), READ_ROWS):
                got = collection.get(include=["metadatas"], limit=READ_ROWS, offset=start)
                metadatas: list[Any] = list(got["metadatas"] or [])
                self.index.put(index_row(kind, i, m, text_of(kind, m)) for i, m in zip(got["ids"], metadatas, strict=True))
        self.index.made_from = made_from
        self.index.end()

    def write(self, kind: str, rows: Sequence[Row], vectors: Any) -> None:
        """Add rows, replacing those of the same id."""
        with self._changing():
            for start in range(0, len(rows), min(WRITE_ROWS, self.client.get_max_batch_size())):
                part = slice(start, start + WRITE_ROWS)
                self.collections[kind].upsert(
                    ids=[r.id for r in rows[part]],
                    embeddings=vectors[part],
                    metadatas=[r.metadata for r in rows[part]],
                    documents=[r.document for r in rows[part]],
                )
            self.index.put(r.index for r in rows)

    def drop(self, kind: str, ids: Sequence[str]) -> None:
        """Remove rows; unknown ids are no fault. Their texts may stay in the files: see ``Store.erase``."""
        for start in range(0, len(ids), WRITE_ROWS):
            part = list(ids[start : start + WRITE_ROWS])
            with self._changing():
                self.collections[kind].delete(ids=part)
                self.index.remove(kind, part)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self.writing():
            if self.index.interrupted:  # whoever wrote last was killed at it
                self._repair()
            self.index.begin()
            yield
            self.index.end()

    def renew(self, between: Callable[[], object]) -> None:
        """Close the database, do something to its files, and open it again."""
        self.client.close()
        between()
        overwrite_memory()
        self.client = connect(self.folder)
        self.collections.update({kind: self._collection(name) for kind, name in _NAMES.items()})
        self.index.made_from = ",".join(str(c.id) for c in self.collections.values())

    # --- reading

    def read(self, record: type[R], ids: Sequence[str]) -> list[R]:
        """Records in the order of ``ids``, unknown ones left out."""
        collection = self.collections[{Post: POST, Creator: CREATOR}.get(record, MATERIAL)]
        found: dict[str, R] = {}
        with self.errors():
            for start in range(0, len(ids), READ_ROWS):
                got = collection.get(ids=list(ids[start : start + READ_ROWS]), include=["metadatas"])
                metadatas: list[Any] = list(got["metadatas"] or [])
                found.update({i: record_of(record, m) for i, m in zip(got["ids"], metadatas, strict=True)})
        return [found[i] for i in ids if i in found]

    def close(self) -> None:
        self.client.close()
        self.index.close()
