"""Search over both halves of the store: nearest vectors in Chroma and BM25 in the side index, fused by rank."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from .filters import EVERYTHING, Filter
from .fusion import reciprocal_rank_fusion

if TYPE_CHECKING:
    from .embedders import Embedder
    from .tables import Tables

LOOSE = 0.5
"""A filter that this share of the rows passes is applied after the dense search."""
CANDIDATES = 100
"""Least number of hits that either side hands to the fusion."""


class Ranked(NamedTuple):
    """A row that was found. The ranks begin at 1, and are None where that side did not find it."""

    id: str
    score: float
    dense: int | None
    lexical: int | None


class Search:
    """Ranks the rows of a store's tables. Remembers the vectors of the last queries: several tools of one run ask the same thing."""

    def __init__(self, tables: Tables, embedder: Embedder) -> None:
        self._tables, self._embedder, self._dense = tables, embedder, True
        self._queries: OrderedDict[str, Any] = OrderedDict()

    def by_words(self) -> Search:
        """The same, by words alone: no query reaches the embedder."""
        view = copy.copy(self)
        view._dense = False
        return view

    def ranked(self, kind: str, query: str, where: Filter = EVERYTHING, limit: int = 20) -> list[Ranked]:
        """Rows by the words and the meaning of ``query``, best first."""
        total = self._tables.index.count(kind)
        if not query.strip() or not total or limit < 1:
            return []
        wide = min(total, max(CANDIDATES, 2 * limit))
        dense = self._nearest(kind, query, where, wide, total) if self._dense else []
        lexical = self._tables.index.search(kind, query, where, wide)
        return [Ranked(id, score, ranks[0], ranks[1]) for id, score, ranks in reciprocal_rank_fusion(dense, lexical)[:limit]]

    def _nearest(self, kind: str, query: str, where: Filter, wide: int, total: int) -> list[str]:
        """Ids by cosine, best first. Chroma looks through all metadata for a filter, so one that most rows pass is applied after."""
        index = self._tables.index
        share = index.count(kind, where) / total if where != EVERYTHING else 1.0
        loose = share >= LOOSE
        reach = min(total, math.ceil(wide / share * 1.2) + 10) if loose and share < 1 else wide
        vector = self.vector(query)
        with self._tables.errors():
            got = self._tables.collections[kind].query(
                query_embeddings=vector, n_results=reach, where=None if loose else where.chroma(), include=["distances"]
            )
        ids: list[str] = got["ids"][0]
        return (index.passing(kind, ids, where) if loose and share < 1 else ids)[:wide]

    def cosines(self, kind: str, query: str, wide: int) -> dict[str, float]:
        """Ids of the nearest rows to their cosine; none where queries are not embedded."""
        if not self._dense:
            return {}
        vector = self.vector(query)
        with self._tables.errors():
            got = self._tables.collections[kind].query(query_embeddings=vector, n_results=wide, include=["distances"])
        return {id: 1.0 - float(d) for id, d in zip(got["ids"][0], (got["distances"] or [[]])[0], strict=True)}

    def vector(self, query: str) -> Any:
        """The query's vector, shape (1, dim)."""
        vector = self._queries.pop(query, None)
        if vector is None:
            vector = self._embedder.queries([query])
        self._queries[query] = vector
        while len(self._queries) > 64:
            self._queries.popitem(last=False)
        return vector

    def forget(self) -> None:
        """Keep no query's vector any longer."""
        self._queries.clear()
