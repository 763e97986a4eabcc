"""Posts as numbers: what they mean (the store's vectors) beside the words they use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from plugins.persona.settings import SEED

SIZE = 8
"""Dimensions kept of either view."""
MIXED = 0.1
"""From this share of a second language on, posts are compared by meaning alone: words of two languages never meet."""


def features(
    documents: Sequence[Sequence[str]], languages: Sequence[str], weights: Any, vectors: Any | None, shared: frozenset[str]
) -> Any:
    """One row a post, rows of unit length, shape (posts, up to 2 × `SIZE`); ``None`` where there is too little to compare.

    Both views are centred and reduced by their principal axes, then weighted alike. A language's own mean is taken from its
    vectors, so that what differs is the subject and not the language (Libovický, Rosa & Fraser 2020).

    Args:
        documents: per post, its words.
        weights: per post; authors count alike, so those of one author sum to one.
        vectors: one row a post from the store's embedder, or ``None``.
        shared: words that say nothing about the difference between groups, as those that were searched for.
    """
    import numpy as np

    usual = Counter(languages).most_common(1)[0][0]
    second = sum(float(w) for w, g in zip(weights, languages, strict=True) if g != usual) / float(np.sum(weights))
    views = [] if vectors is None else [_meaning(np.asarray(vectors, dtype=np.float64), languages, weights)]
    if second < MIXED or vectors is None:
        views += [v for v in [_wording(documents, weights, shared)] if v is not None]
    return _unit(np.hstack(views)) if views else None


def _meaning(vectors: Any, languages: Sequence[str], weights: Any) -> Any:
    import numpy as np

    vectors = vectors.copy()
    spoken = np.array(languages)
    for language in sorted(set(languages)):
        rows = spoken == language
        vectors[rows] -= np.average(vectors[rows], axis=0, weights=weights[rows])
    return _axes(vectors, weights)


def _wording(documents: Sequence[Sequence[str]], weights: Any, shared: frozenset[str]) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    kept = [[w for w in d if w not in shared] for d in documents]
    counter = TfidfVectorizer(analyzer=lambda d: d, min_df=3, max_df=0.5, sublinear_tf=True)
    try:
        rows = counter.fit_transform(kept)
    except ValueError:  # nothing is left between the two bounds
        return None
    if rows.shape[1] < 10:
        return None
    dense = rows.toarray()
    return _axes(dense - np.average(dense, axis=0, weights=weights), weights)


def _axes(rows: Any, weights: Any) -> Any:
    """Scores on the first principal axes of the weighted rows; the view's total variance scaled to one."""
    import numpy as np
    from sklearn.utils.extmath import randomized_svd

    scaled = rows * np.sqrt(weights)[:, None]
    size = min(SIZE, *(n - 1 for n in rows.shape))
    _, _, axes = randomized_svd(scaled, size, n_iter=4, random_state=SEED)
    scores = rows @ axes.T
    return scores / np.sqrt(np.average((scores**2).sum(axis=1), weights=weights) or 1.0)


def _unit(rows: Any) -> Any:
    import numpy as np

    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
