"""Brand material: what a brand says of itself, cut into passages, searchable by meaning and by words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from .errors import UnreadableExport
from .fusion import reciprocal_rank_fusion
from .language import detect
from .records import Record
from .results import UpsertReport

if TYPE_CHECKING:
    from .store import Progress, Store

MATERIAL = "material"
ROW = re.compile(r"[^:：;；]{1,40}[:：].+[;；]")
"""A row of a table, its cells parted by semicolons."""


class Passage(Record):
    """A passage of a brand document, word for word."""

    id: str
    text: str
    source: str = Field(description="the document, as it is named to people")
    path: str = Field(description="the document's absolute path when it was read")
    line: int = Field(ge=1, description="line it begins on; of a PDF the page")
    heading: tuple[str, ...] = Field((), description="headings above it, outermost first")
    question: str = Field("", description="the question it answers, where the document asks one")
    language: str | None = None


@dataclass(frozen=True)
class MaterialHit:
    """A passage that a search found. The cosines are None where the query was not embedded."""

    passage: Passage
    score: float
    cosine: float | None
    closest: float | None = None
    """Cosine of the closest of its sentences or of the whole, whichever is larger."""


@dataclass
class MaterialReading:
    """Passages of some documents, the paths that were read, and what could not be (path and reason)."""

    passages: list[Passage] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    """Folders that were read whole."""


def read_materials(paths: Iterable[str | Path]) -> MaterialReading:
    """Read documents, or all those in folders. One that cannot be read is a fault; the rest goes in.

    Raises:
        UnreadableExport: a path does not exist, a folder holds no document, or none could be read.
    """
    from .documents import SUFFIXES, pieces

    reading = MaterialReading()
    for given in map(Path, paths):
        files, root = [given], given.parent
        if given.is_dir():
            files = [
                p for p in sorted(given.rglob("*")) if p.is_file() and p.suffix.lower() in SUFFIXES and not _hidden(p.relative_to(given))
            ]
            root = given.resolve().parent
            reading.roots.append(str(given.resolve()))
            if not files:
                raise UnreadableExport(
                    f"{given} holds no brand material ({', '.join(SUFFIXES)}).", hint="Give the folder of the documents."
                )
        elif not given.exists():
            raise UnreadableExport(f"{given} does not exist.", hint="Check the path.")
        for file in files:
            try:
                found = pieces(file)
            except (UnreadableExport, OSError) as e:
                reading.faults.append((str(file), str(e).removeprefix(str(file)).lstrip(": ")))
                continue
            path = str(file.resolve())
            name = Path(path).relative_to(root.resolve()).as_posix()
            reading.read.append(path)
            for p in found:
                content = "\0".join((path, *p.heading, p.question, p.text)).encode("utf-8", "surrogatepass")
                reading.passages.append(
                    Passage(
                        id=f"{MATERIAL}:{hashlib.sha256(content).hexdigest()[:20]}", text=p.text, source=name, path=path, line=p.line,
                        heading=p.heading, question=p.question, language=detect(p.text),
                    )
                )  # fmt: skip
    if not reading.read:
        reasons = "\n".join(f"{path}: {why}" for path, why in reading.faults[:5]) or "no path was given"
        raise UnreadableExport(f"No brand material could be read:\n{reasons}", hint="Check the files.")
    return reading


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def passage_text(passage: Passage) -> str:
    """What a passage is found by."""
    above = " › ".join(h for h in passage.heading if h != passage.question)
    return "\n".join(filter(None, (above, passage.question, passage.text)))


def sentences(text: str) -> list[str]:
    """Sentences with their marks and blanks: joined, they are the text."""
    return [s for s in re.split(r"(?<=[。！？!?；])|(?<=[.;]) (?=[A-Z0-9\"“])|(?<=\n)", text) if s.strip()]


def sentence_texts(passage: Passage) -> list[str]:
    """What each sentence of a passage is found by: itself under the question or heading it stands under."""
    above = passage.question or (passage.heading[-1] if passage.heading else "")
    row = not passage.question and ROW.match(passage.text)
    return [f"{above}: {s.strip()}" if above else s.strip() for s in ([passage.text] if row else sentences(passage.text))]


class Materials:
    """The brand material of a store: ``store.materials``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, reading: MaterialReading, progress: Progress | None = None) -> UpsertReport:
        """Write passages. Those that a document no longer holds go, as do those of documents gone from a folder read whole."""
        new = {p.id for p in reading.passages}
        read = set(reading.read)
        gone = [
            p.id for p in self.passages()
            if p.id not in new and (p.path in read or any(Path(p.path).is_relative_to(r) and not Path(p.path).exists() for r in reading.roots))
        ]  # fmt: skip
        report = self._store.upsert(passages=reading.passages, progress=progress)
        self._store._tables.drop(MATERIAL, gone)
        # Searches look at sentences too; embedded here, they cost a search nothing.
        self._closest(None, reading.passages)
        return report

    def remove(self, source: str) -> int:
        """Remove a document by its path or name; how many passages that were."""
        ids = [p.id for p in self.passages() if source in (p.source, p.path) or str(Path(source).resolve()) == p.path]
        self._store._tables.drop(MATERIAL, ids)
        return len(ids)

    def count(self) -> int:
        return self._store._tables.index.count(MATERIAL)

    def passages(self, ids: Sequence[str] | None = None) -> list[Passage]:
        """All passages, or those of ``ids`` in their order, unknown ones left out."""
        return self._store._tables.read(Passage, self._store._tables.index.ids(MATERIAL) if ids is None else ids)

    def search(self, query: str, limit: int = 12) -> list[MaterialHit]:
        """Passages that fit the words or the meaning of ``query``, best first: dense and BM25 ranks, fused."""
        total = self.count()
        if not query.strip() or not total:
            return []
        wide = min(total, max(30, 2 * limit))
        cosines = self._store._search.cosines(MATERIAL, query, wide)
        dense = sorted(cosines, key=lambda id: -cosines[id])
        fused = reciprocal_rank_fusion(dense, self._store._tables.index.search(MATERIAL, query, limit=wide))[:limit]
        passages: dict[str, Any] = {p.id: p for p in self.passages([id for id, _, _ in fused])}
        found = [MaterialHit(passages[id], score, cosines.get(id)) for id, score, _ in fused if id in passages]
        if not cosines:
            return found
        near = self._closest(query, [h.passage for h in found])
        return [replace(h, closest=max(n, h.cosine or 0.0)) for h, n in zip(found, near, strict=True)]

    def _closest(self, query: str | None, passages: Sequence[Passage]) -> list[float]:
        """For each passage the cosine of ``query`` with its closest sentence; none without a query, which only embeds them."""
        parts = [sentence_texts(p) for p in passages]
        store = self._store
        vectors, _ = store._cache.vectors(store.embedder, [t for ts in parts for t in ts])
        if query is None or not len(vectors):
            return []
        cosines = vectors @ store._search.vector(query)[0]
        ends = np.cumsum([len(ts) for ts in parts])
        return [float(c.max()) if len(c) else 0.0 for c in np.split(cosines, ends[:-1])]

    def spread(self, words: Iterable[str]) -> dict[str, int]:
        """Word to the number of passages that hold it."""
        return {w: len(self._store._tables.index.mentions(MATERIAL, [w])) for w in words}
