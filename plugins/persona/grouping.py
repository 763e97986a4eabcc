"""Posts grouped by what they are about: TF-IDF, latent semantic analysis, k-means; the number of groups is chosen by stability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SEED = 20250315
RESAMPLES = 8


@dataclass
class Grouping:
    """Which group each post belongs to (``labels``, 0-based, biggest first), and how far that can be trusted."""

    labels: list[int]
    terms: list[list[str]]
    """Per group, the words that set it apart, strongest first."""
    centrality: list[float]
    """Per post, the cosine to the middle of its group."""
    silhouette: float | None = None
    stability: float | None = None
    """Mean adjusted Rand index between the grouping and groupings of 80 % subsamples (Ben-Hur et al. 2002): 1 = always the same."""
    tried: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Number of groups -> (stability, silhouette)."""


def group(
    documents: Sequence[Sequence[str]], authors: Sequence[str], max_groups: int, min_authors: int, shared: frozenset[str]
) -> Grouping:
    """Group documents (lists of words). Groups of fewer than ``min_authors`` authors are dissolved into their nearest neighbours.

    Args:
        shared: words that say nothing about the difference between groups (the search words, for one).
    """
    import numpy as np

    vectors, words, counts = _vectors(documents, shared)
    n = len(documents)
    best = Grouping([0] * n, [[]], [1.0] * n)
    if vectors is None or len(set(authors)) < 2 * min_authors:
        best.terms = [_frequent(documents, shared)]
        return best
    chosen: tuple[float, Any] | None = None
    tried: dict[int, tuple[float, float]] = {}
    for k in range(2, min(max_groups, n // 8, len(set(authors)) // 2) + 1):
        labels = _dissolve(vectors, _kmeans(vectors, k), authors, min_authors)
        found = len(set(labels))
        if found < 2 or found in tried:
            continue
        stability, silhouette = _stability(vectors, k, labels, authors, min_authors), _silhouette(vectors, labels)
        tried[found] = (stability, silhouette)
        # More groups are never as stable as few; a further group is worth it while the grouping stays about as repeatable.
        score = stability + 0.05 * found + silhouette
        if chosen is None or score > chosen[0]:
            chosen = (score, labels)
            best.stability, best.silhouette = stability, silhouette
    if chosen is None:
        best.terms = [_frequent(documents, shared)]
        return best
    order = sorted(set(chosen[1]), key=lambda g: (-int((chosen[1] == g).sum()), int(np.argmax(chosen[1] == g))))
    labels = np.array([order.index(g) for g in chosen[1]])
    best.labels = labels.tolist()
    best.terms = [_distinctive(counts, words, labels == g) for g in range(len(order))]
    best.centrality = [0.0] * n
    for g in range(len(order)):
        middle = vectors[labels == g].mean(axis=0)
        middle /= np.linalg.norm(middle) or 1.0
        for i in np.flatnonzero(labels == g):
            best.centrality[int(i)] = float(vectors[i] @ middle)
    best.tried = tried
    return best


def _vectors(documents: Sequence[Sequence[str]], shared: frozenset[str]) -> tuple[Any, list[str], Any]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.preprocessing import normalize

    kept = [[w for w in d if w not in shared] for d in documents]
    counter = CountVectorizer(analyzer=lambda d: d, min_df=3, max_df=0.6)
    try:
        counts = counter.fit_transform(kept)
    except ValueError:  # nothing is left between the two bounds
        return None, [], None
    words = list(counter.get_feature_names_out())
    if len(words) < 10 or counts.shape[0] < 16:
        return None, words, counts
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    size = min(40, len(words) - 1, counts.shape[0] - 1)
    return normalize(TruncatedSVD(size, random_state=SEED).fit_transform(weighted)), words, counts


def _kmeans(vectors: Any, k: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=5, random_state=SEED).fit_predict(vectors)


def _dissolve(vectors: Any, labels: Any, authors: Sequence[str], min_authors: int) -> Any:
    """Give the posts of groups with too few authors to the nearest group that has enough, smallest group first."""
    import numpy as np

    labels = labels.copy()
    writers = np.array(authors)
    while True:
        groups = sorted(set(labels), key=lambda g: (len(set(writers[labels == g])), g))
        if len(groups) < 2 or len(set(writers[labels == groups[0]])) >= min_authors:
            return labels
        middles = np.stack([vectors[labels == g].mean(axis=0) for g in groups[1:]])
        rows = labels == groups[0]
        labels[rows] = np.array(groups[1:])[(vectors[rows] @ middles.T).argmax(axis=1)]


def _stability(vectors: Any, k: int, labels: Any, authors: Sequence[str], min_authors: int) -> float:
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(SEED)
    scores = []
    for _ in range(RESAMPLES):
        rows = np.sort(rng.choice(len(vectors), int(0.8 * len(vectors)), replace=False))
        again = _dissolve(vectors[rows], _kmeans(vectors[rows], k), [authors[i] for i in rows], min_authors)
        scores.append(adjusted_rand_score(labels[rows], again))
    return float(np.mean(scores))


def _silhouette(vectors: Any, labels: Any) -> float:
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(vectors, labels, metric="cosine"))


def _distinctive(counts: Any, words: list[str], rows: Any) -> list[str]:
    """Words by log-odds against the other posts with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008), in posts, not mentions."""
    import numpy as np

    present = counts > 0
    inside = np.asarray(present[rows].sum(axis=0)).ravel().astype(float)
    outside = np.asarray(present[~rows].sum(axis=0)).ravel().astype(float)
    prior = 0.1 * (inside + outside)
    a, b = inside + prior, outside + prior
    n, m = rows.sum() * 1.2, (~rows).sum() * 1.2
    z = (np.log(a / np.maximum(n - a, 0.5)) - np.log(b / np.maximum(m - b, 0.5))) / np.sqrt(1 / np.maximum(a, 0.1) + 1 / np.maximum(b, 0.1))
    order = np.argsort(-z, kind="stable")
    return [words[i] for i in order if z[i] > 1.0 and inside[i] >= 3][:60]


def _frequent(documents: Sequence[Sequence[str]], shared: frozenset[str]) -> list[str]:
    from collections import Counter

    seen = Counter(w for d in documents for w in set(d) if w not in shared)
    return [w for w, n in seen.most_common(60) if n >= 2]
