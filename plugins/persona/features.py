"""Posts as numbers: what they mean (the store's vectors), or the words they use where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.persona.settings import SEED

SIZE = 32
"""Dimensions kept of the posts."""


def features(
    documents: Sequence[Sequence[str]], languages: Sequence[str], weights: Any, vectors: Any | None, shared: frozenset[str]
) -> Any:
    """One row a post, shape (posts, up to `SIZE`), the mean of each language zero; ``None`` where there is too little to compare.

    Sentence vectors of one model point in much the same direction, and those of a language in a direction of its own. Both are
    taken off with the language's mean, so that what differs is the subject (Mu & Viswanath 2018; Libovický, Rosa & Fraser 2020).

    Args:
        documents: per post, its words; looked at only without ``vectors``.
        weights: per post; authors count alike, so those of one author sum to one.
        vectors: one row a post from the store's embedder, or ``None``.
        shared: words that say nothing about the difference between groups, as those that were searched for.
    """
    import numpy as np
    from sklearn.utils.extmath import randomized_svd

    rows = _wording(documents, shared) if vectors is None else np.asarray(vectors, dtype=np.float64)
    if rows is None or min(rows.shape) < 2:
        return None
    rows = centred(rows, languages, weights)
    size = min(SIZE, *(n - 1 for n in rows.shape))
    _, _, axes = randomized_svd(rows * np.sqrt(weights)[:, None], size, n_iter=4, random_state=SEED)
    return rows @ axes.T


def centred(rows: Any, languages: Sequence[str], weights: Any) -> Any:
    """``rows`` less the weighted mean of those of the same language."""
    import numpy as np

    rows, spoken = rows.copy(), np.array(languages)
    for language in sorted(set(languages)):
        of = spoken == language
        rows[of] -= np.average(rows[of], axis=0, weights=weights[of])
    return rows


def _wording(documents: Sequence[Sequence[str]], shared: frozenset[str]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(analyzer=lambda d: d, min_df=3, max_df=0.5, sublinear_tf=True)
    try:
        rows = counter.fit_transform([[w for w in d if w not in shared] for d in documents])
    except ValueError:  # nothing is left between the two bounds
        return None
    return rows.toarray() if rows.shape[1] >= 10 else None
