"""Two rankings into one."""

from __future__ import annotations

from collections.abc import Sequence

K = 60


def reciprocal_rank_fusion(*rankings: Sequence[str], k: int = K) -> list[tuple[str, float, tuple[int | None, ...]]]:
    """Fuse rankings of ids, best first: ``score(d) = sum over rankings of 1 / (k + rank(d))``, ranks from 1.

    Cormack, Clarke & Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR
    2009, with their k = 60. Returns (id, score, its rank in each ranking or ``None``); ties by id.
    """
    ranks: dict[str, list[int | None]] = {}
    for which, ranking in enumerate(rankings):
        for rank, id in enumerate(ranking, start=1):
            ranks.setdefault(id, [None] * len(rankings))[which] = rank
    scored = [(id, sum(1 / (k + r) for r in found if r is not None), tuple(found)) for id, found in ranks.items()]
    return sorted(scored, key=lambda hit: (-hit[1], hit[0]))
