"""Posts in groups: k-means on weighted posts, where the number of groups is what repeats when other authors are drawn.

Authors are the unit throughout. Each counts once, spread over their posts; resampling draws authors, not posts; a group needs
`MIN_AUTHORS` of them in effective number (Kish 1965), so that one prolific author beside four passers-by is no group.

What counts as a group must repeat (Hennig, "Cluster-wise assessment of cluster stability", 2007: mean Jaccard similarity with
the most similar group of each bootstrap sample; from 0.6 on there is a pattern, from 0.75 on the group is stable), and each two
groups must lie further apart than those cut out of one shapeless cloud of the same spread (a parametric bootstrap, Hennig & Lin
2015). k-means cuts any cloud, and cuts a long one stably, so the first alone would find groups in anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from plugins.persona.settings import MIN_AUTHORS, SEED

PATTERN, STABLE = 0.6, 0.75
"""Mean Jaccard from which on a group is kept, and from which on it counts as stable (Hennig 2007)."""
COVERED = 0.5
"""Least share of the authors' posts that the kept groups hold together."""
RESAMPLES = 24
"""Samples of authors drawn per number of groups."""
CLOUDS = 39
"""Shapeless clouds drawn; as far apart as in at most one of them means p ≤ 0.05."""


@dataclass
class Tried:
    """How one number of groups did."""

    groups: int
    agreement: float
    """Mean adjusted Rand index between the grouping and those of other samples of authors."""
    kept: int
    """How many of the groups repeat well enough."""
    covered: float
    """Share of the authors' posts in those."""
    p: float | None = None
    """Share of shapeless clouds whose groups lie as far apart; ``None`` where it was not asked."""


@dataclass
class Grouping:
    """Which group each post belongs to: ``labels``, 0-based, most authors first; -1 for a post in none that repeats."""

    labels: Any
    closeness: Any
    """Per post, the cosine to the middle of its group (of all posts, where there is one group only)."""
    jaccard: list[float] = field(default_factory=list)
    """Per group, how surely it comes back (0-1); empty where there is one group only."""
    agreement: float | None = None
    tried: list[Tried] = field(default_factory=list)

    @property
    def groups(self) -> int:
        return int(self.labels.max()) + 1 if len(self.labels) else 0


def author_weights(authors: Sequence[str]) -> Any:
    """Per post, one over the number of its author's posts."""
    import numpy as np

    _, codes, counts = np.unique(np.array(authors), return_inverse=True, return_counts=True)
    return 1.0 / counts[codes]


def effective_authors(weights: Any, codes: Any) -> float:
    """Kish's effective number of authors behind some posts: equal to their number where all contribute alike."""
    import numpy as np

    shares = np.bincount(codes, weights=weights)
    return float(shares.sum() ** 2 / max(float((shares**2).sum()), 1e-12))


def group(rows: Any | None, authors: Sequence[str], max_groups: int) -> Grouping:
    """Group posts by their ``rows`` (unit length, one a post); one group for all where no several repeat."""
    import numpy as np

    n = len(authors)
    if rows is None or len(set(authors)) < 2 * MIN_AUTHORS:
        return Grouping(np.zeros(n, dtype=int), np.ones(n))
    weights = author_weights(authors)
    _, codes = np.unique(np.array(authors), return_inverse=True)
    found: list[tuple[Tried, Any, Any]] = []
    for k in range(2, min(max_groups, len(set(authors)) // MIN_AUTHORS) + 1):
        labels = _dissolve(rows, _kmeans(rows, weights, k, 10).labels_, weights, codes)
        if (size := int(labels.max()) + 1) < 2 or any(t.groups == size for t, _, _ in found):
            continue
        agreement, jaccard = _repeats(rows, weights, codes, labels, k)
        covered = float(weights[jaccard[labels] >= PATTERN].sum() / weights.sum())
        found.append((Tried(size, agreement, int((jaccard >= PATTERN).sum()), covered), labels, jaccard))
    tried = [t for t, _, _ in found]
    # Most groups that repeat first; among equals those that hold most, then the grouping that repeats best.
    for t, labels, jaccard in sorted(found, key=lambda f: (-f[0].kept, -round(f[0].covered, 1), -f[0].agreement)):
        if t.kept < 2 or t.covered < COVERED:
            continue
        t.p = _as_far_apart(rows, weights, codes, t.groups)
        if t.p <= 0.05:
            kept, sure = _kept(labels, jaccard, weights)
            return Grouping(kept, _closeness(rows, kept, weights), sure, t.agreement, tried)
    return Grouping(np.zeros(n, dtype=int), _closeness(rows, np.zeros(n, dtype=int), weights), tried=tried)


def _kmeans(rows: Any, weights: Any, k: int, starts: int, seed: int = SEED) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=starts, random_state=seed, max_iter=100).fit(rows, sample_weight=weights)


def _middles(rows: Any, labels: Any, weights: Any) -> Any:
    import numpy as np

    return np.stack([np.average(rows[labels == g], axis=0, weights=weights[labels == g]) for g in range(int(labels.max()) + 1)])


def _dissolve(rows: Any, labels: Any, weights: Any, codes: Any) -> Any:
    """Give the posts of groups with too few authors to the nearest other group, smallest first; labels renumbered."""
    import numpy as np

    labels = np.unique(labels, return_inverse=True)[1]
    while (count := int(labels.max()) + 1) > 1:
        sizes = [effective_authors(weights[labels == g], codes[labels == g]) for g in range(count)]
        least = int(np.argmin(sizes))
        if sizes[least] >= MIN_AUTHORS - 1e-9:
            break
        far = ((rows[labels == least][:, None] - _middles(rows, labels, weights)[None]) ** 2).sum(axis=2)
        far[:, least] = np.inf
        labels[labels == least] = far.argmin(axis=1)
        labels = np.unique(labels, return_inverse=True)[1]
    return labels


def _repeats(rows: Any, weights: Any, codes: Any, labels: Any, k: int) -> tuple[float, Any]:
    """Mean adjusted Rand index, and per group the mean Jaccard similarity, over groupings of resampled authors.

    An author drawn twice counts twice; agreement is taken over the posts of the authors drawn.
    """
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(SEED)
    people = int(codes.max()) + 1
    agreement, jaccard = [], []
    for b in range(RESAMPLES):
        drawn = rng.multinomial(people, np.full(people, 1 / people))[codes]
        rows_in = drawn > 0
        held, mass, before = rows[rows_in], weights[rows_in], labels[rows_in]
        again = _dissolve(held, _kmeans(held, mass * drawn[rows_in], k, 3, SEED + b).labels_, mass, codes[rows_in])
        agreement.append(adjusted_rand_score(before, again))
        ours, theirs = (_indicator(x, mass) for x in (before, again))
        both = ours[0].T @ theirs[1]
        union = ours[1].sum(axis=0)[:, None] + theirs[1].sum(axis=0)[None] - both
        best = (both / np.maximum(union, 1e-12)).max(axis=1)
        jaccard.append(np.pad(best, (0, int(labels.max()) + 1 - len(best)), constant_values=np.nan))
    return float(np.mean(agreement)), np.nan_to_num(np.nanmean(np.array(jaccard), axis=0))


def _indicator(labels: Any, mass: Any) -> tuple[Any, Any]:
    import numpy as np

    member = np.eye(int(labels.max()) + 1)[labels]
    return member, member * mass[:, None]


def _as_far_apart(rows: Any, weights: Any, codes: Any, k: int) -> float:
    """Share of shapeless clouds (the posts counted in) that k-means cuts into ``k`` groups as far apart as those of the posts.

    A cloud is normal with the posts' covariance, kept apart between and within authors: posts of one author are alike, and
    that alone makes no group of people.
    """
    import numpy as np

    people = int(codes.max()) + 1
    means = np.stack([rows[codes == a].mean(axis=0) for a in range(people)])
    inner = rows - means[codes]
    roots = (_root(np.cov(means.T, bias=True)), _root((inner * weights[:, None]).T @ inner / weights.sum()))
    centre, rng = means.mean(axis=0), np.random.default_rng(SEED)
    seen, ours = 1, _gap(rows, weights, k)
    for _ in range(CLOUDS):
        cloud = centre + rng.standard_normal(means.shape)[codes] @ roots[0] + rng.standard_normal(rows.shape) @ roots[1]
        seen += _gap(cloud / np.maximum(np.linalg.norm(cloud, axis=1, keepdims=True), 1e-9), weights, k) >= ours
        if seen > 0.05 * (CLOUDS + 1):
            break
    return seen / (CLOUDS + 1)


def _gap(rows: Any, weights: Any, k: int) -> float:
    """Of the two groups least apart: the share of variance between them, along the line through their middles (0-1)."""
    import numpy as np

    labels = _kmeans(rows, weights, k, 2).labels_
    middles = _middles(rows, labels, weights)
    least = 1.0
    for a, b in combinations(range(k), 2):
        both = (labels == a) | (labels == b)
        along, mass, side = rows[both] @ (middles[a] - middles[b]), weights[both], labels[both] == a
        whole = np.average((along - np.average(along, weights=mass)) ** 2, weights=mass)
        inside = sum((mass[s] * (along[s] - np.average(along[s], weights=mass[s])) ** 2).sum() for s in (side, ~side)) / mass.sum()
        least = min(least, 1.0 - float(inside / max(float(whole), 1e-12)))
    return least


def _root(covariance: Any) -> Any:
    import numpy as np

    values, axes = np.linalg.eigh(np.atleast_2d(covariance))
    return (np.sqrt(np.maximum(values, 0.0))[:, None]) * axes.T


def _kept(labels: Any, jaccard: Any, weights: Any) -> tuple[Any, list[float]]:
    """The groups that repeat, most authors first, and how stable each is; all other posts are in none."""
    import numpy as np

    mass = np.bincount(labels, weights=weights)
    order = [int(g) for g in np.argsort(-mass, kind="stable") if jaccard[g] >= PATTERN]
    kept = np.full(len(labels), -1)
    for place, g in enumerate(order):
        kept[labels == g] = place
    return kept, [float(jaccard[g]) for g in order]


def _closeness(rows: Any, labels: Any, weights: Any) -> Any:
    import numpy as np

    middles = _middles(rows, labels, weights)
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    return np.where(labels >= 0, (rows * middles[np.maximum(labels, 0)]).sum(axis=1), 0.0)
