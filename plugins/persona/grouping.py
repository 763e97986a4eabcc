"""Authors in groups: k-means on the mean of each author's posts, with as many groups as repeat when other authors are drawn.

Authors are the unit throughout. Each is one point however much they post, so one prolific author is never a group, and the mean
of several posts says more surely what a person posts about than one post does.

k-means cuts anything, and cuts a long cloud stably, so groups count only if two things hold that chance seldom brings about:

- The authors lie further apart from each other, for the posts they wrote, than where the same posts are dealt out to them at
  random (a permutation test). Posts that differ are no groups of people: people must differ in what they post.
- Each two groups lie further apart than those cut out of one shapeless cloud of the same spread (a parametric bootstrap: Hennig &
  Lin, "Flexible parametric bootstrap for testing homogeneity against clustering", 2015).

Both are corrected for the several numbers of groups that are tried (Westfall & Young 1993, max-T). Of those that pass, the number
is taken whose grouping repeats best over bootstrap samples of the authors, and of its groups those that come back (Hennig, "Cluster-wise
assessment of cluster stability", 2007: mean Jaccard similarity from 0.6 on is a pattern, from 0.75 on stable).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from plugins.persona.features import centred
from plugins.persona.settings import MIN_AUTHORS, SEED

AXES = 6
"""Principal axes of the authors that are looked at."""
PATTERN, STABLE = 0.6, 0.75
"""Mean Jaccard from which on a group is kept, and from which on it counts as stable (Hennig 2007)."""
COVERED = 0.5
"""Least share of the authors that the kept groups hold together."""
RESAMPLES = 30
"""Samples of authors drawn per number of groups."""
LEVEL, DRAWS = 0.05, 39
"""Most p of either test, and draws of each: p is a multiple of 1 / (draws + 1)."""
ALONE_LEVEL, ALONE_DRAWS = 0.01, 99
"""The same where only the second test can be made."""
REPEATED = 0.3
"""Least share of authors with several posts for the first test to say anything."""
AS_GOOD = 0.05
"""Mean adjusted Rand indices that differ by less are taken as equal; then the larger number of groups is taken."""


@dataclass
class Tried:
    """How one number of groups did."""

    groups: int
    agreement: float
    """Mean adjusted Rand index between the grouping and those of other samples of authors."""
    kept: int
    """How many of the groups repeat well enough."""
    covered: float
    """Share of the authors in those."""


@dataclass
class Grouping:
    """Which group each post belongs to: ``labels``, 0-based, most authors first; -1 for authors in none that repeats.

    All posts of an author have one label.
    """

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


class _People:
    """The authors of some posts as points."""

    def __init__(self, rows: Any, authors: Sequence[str], languages: Sequence[str]) -> None:
        import numpy as np

        _, first, self.codes, self.posts = np.unique(np.array(authors), return_index=True, return_inverse=True, return_counts=True)
        self.rows, self.languages = rows, np.array(languages)
        self.spoken = [str(languages[i]) for i in first]
        # The mean of n posts is surer than one post; never more than twice as sure, so that no author counts for many.
        self.weights = self.posts / (self.posts + 1.0)
        self.points = self.placed(rows)

    def placed(self, rows: Any) -> Any:
        """Each author's mean as a direction, on the authors' principal axes; shape (authors, up to `AXES`)."""
        import numpy as np

        means = np.zeros((len(self.posts), rows.shape[1]))
        np.add.at(means, self.codes, rows)
        means = centred(_unit(means / self.posts[:, None]), self.spoken, self.weights)
        _, axes = np.linalg.eigh((means * self.weights[:, None]).T @ means)
        points = means @ axes[:, ::-1][:, :AXES]
        return points / np.sqrt(max(float(np.average((points**2).sum(axis=1), weights=self.weights)), 1e-12))

    def dealt(self, rng: Any) -> Any:
        """The points where each language's posts are dealt out to their authors at random."""
        import numpy as np

        order = np.arange(len(self.rows))
        for language in np.unique(self.languages):
            of = np.flatnonzero(self.languages == language)
            order[of] = rng.permutation(of)
        return self.placed(self.rows[order])

    def cloud(self, rng: Any) -> Any:
        """As many points of one normal cloud of the same covariance."""
        import numpy as np

        values, axes = np.linalg.eigh(np.atleast_2d(np.cov(self.points.T, aweights=self.weights)))
        return rng.standard_normal((len(self.posts), len(values))) * np.sqrt(np.maximum(values, 0.0)) @ axes.T


def group(rows: Any | None, authors: Sequence[str], max_groups: int, languages: Sequence[str] | None = None) -> Grouping:
    """Group authors by the ``rows`` of their posts (one a post, centred); one group for all where no several hold.

    Args:
        languages: per post; posts are dealt out and authors centred within one language. ``None``: all of one.
    """
    import numpy as np

    n = len(authors)
    if rows is None or len(set(authors)) < 2 * MIN_AUTHORS:
        return Grouping(np.zeros(n, dtype=int), np.ones(n))
    people = _People(rows, authors, languages or [""] * n)
    sizes = range(2, min(max_groups, len(people.posts) // MIN_AUTHORS) + 1)
    everybody = np.zeros(n, dtype=int)
    found: list[tuple[Tried, Any, Any]] = []
    for k in _beyond_chance(people, sizes):
        labels = _dissolve(people.points, _kmeans(people.points, people.weights, k, 10).labels_)
        if (size := int(labels.max()) + 1) < 2 or any(t.groups == size for t, _, _ in found):
            continue
        agreement, jaccard = _repeats(people, labels, k)
        covered = float((jaccard[labels] >= PATTERN).mean())
        found.append((Tried(size, agreement, int((jaccard >= PATTERN).sum()), covered), labels, jaccard))
    tried = [t for t, _, _ in found]
    good = [f for f in found if f[0].kept >= 2 and f[0].covered >= COVERED]
    if not good:
        return Grouping(everybody, _closeness(rows, everybody, author_weights(authors)), tried=tried)
    best = max(t.agreement for t, _, _ in good)
    chosen, labels, jaccard = max((f for f in good if f[0].agreement > best - AS_GOOD), key=lambda f: f[0].groups)
    kept, sure = _kept(labels, jaccard)
    return Grouping(kept[people.codes], _closeness(rows, kept[people.codes], author_weights(authors)), sure, chosen.agreement, tried)


def _beyond_chance(people: _People, sizes: Sequence[int]) -> list[int]:
    """The numbers of groups that neither dealing out the posts at random nor one shapeless cloud brings about."""
    # Where hardly anybody wrote twice, dealing out posts changes nothing: it cannot be told whether people differ or posts do.
    if (people.posts > 1).mean() < REPEATED:
        return sorted(_exceed(people, sizes, people.cloud, _gap, ALONE_LEVEL, ALONE_DRAWS))
    if passed := _exceed(people, sizes, people.dealt, _explained, LEVEL, DRAWS):
        passed &= _exceed(people, sizes, people.cloud, _gap, LEVEL, DRAWS)
    return sorted(passed)


def _exceed(
    people: _People, sizes: Sequence[int], draw: Callable[[Any], Any], measure: Callable[..., float], level: float, draws: int
) -> set[int]:
    """The numbers of groups whose ``measure`` is beyond that of the drawn points, p ≤ ``level`` over all of them together."""
    import numpy as np

    rng = np.random.default_rng(SEED)

    def measures(points: Any) -> list[float]:
        return [measure(points, people.weights, _kmeans(points, people.weights, k, 2)) for k in sizes]

    ours, drawn = np.array(measures(people.points)), np.array([measures(draw(rng)) for _ in range(draws)])
    middle, spread = drawn.mean(axis=0), np.maximum(drawn.std(axis=0), 1e-9)
    most = ((drawn - middle) / spread).max(axis=1)
    p = [(1 + int((most >= z - 1e-9).sum())) / (draws + 1) for z in (ours - middle) / spread]
    return {k for k, chance in zip(sizes, p, strict=True) if chance <= level}


def _kmeans(points: Any, weights: Any, k: int, starts: int, seed: int = SEED) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=starts, random_state=seed, max_iter=100).fit(points, sample_weight=weights)


def _explained(points: Any, weights: Any, fitted: Any) -> float:
    """How much less the points vary within the groups than altogether, as a log ratio."""
    import numpy as np

    whole = float((weights[:, None] * (points - np.average(points, axis=0, weights=weights)) ** 2).sum())
    return float(np.log(max(whole, 1e-12) / max(float(fitted.inertia_), 1e-12)))


def _gap(points: Any, weights: Any, fitted: Any) -> float:
    """Of the two groups least apart: the share of variance between them, along the line through their middles (0-1)."""
    import numpy as np

    labels, middles = fitted.labels_, fitted.cluster_centers_
    least = 1.0
    for a, b in combinations(range(len(middles)), 2):
        both = (labels == a) | (labels == b)
        along, mass, side = points[both] @ (middles[a] - middles[b]), weights[both], labels[both] == a
        if side.sum() < 2 or (~side).sum() < 2:
            return 0.0
        whole = np.average((along - np.average(along, weights=mass)) ** 2, weights=mass)
        inside = sum((mass[s] * (along[s] - np.average(along[s], weights=mass[s])) ** 2).sum() for s in (side, ~side)) / mass.sum()
        least = min(least, 1.0 - float(inside / max(float(whole), 1e-12)))
    return least


def _dissolve(points: Any, labels: Any) -> Any:
    """Give the authors of groups of too few to the nearest other group, smallest first; labels renumbered."""
    import numpy as np

    labels = np.unique(labels, return_inverse=True)[1]
    while (count := int(labels.max()) + 1) > 1:
        sizes = np.bincount(labels)
        least = int(np.argmin(sizes))
        if sizes[least] >= MIN_AUTHORS:
            break
        middles = np.stack([points[labels == g].mean(axis=0) for g in range(count)])
        far = ((points[labels == least][:, None] - middles[None]) ** 2).sum(axis=2)
        far[:, least] = np.inf
        labels[labels == least] = far.argmin(axis=1)
        labels = np.unique(labels, return_inverse=True)[1]
    return labels


def _repeats(people: _People, labels: Any, k: int) -> tuple[float, Any]:
    """Mean adjusted Rand index, and per group the mean Jaccard similarity, over groupings of resampled authors.

    An author drawn twice counts twice; agreement is taken over the authors drawn.
    """
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(SEED)
    count = len(labels)
    agreement, jaccard = [], []
    for b in range(RESAMPLES):
        drawn = rng.multinomial(count, np.full(count, 1 / count))
        held = drawn > 0
        again = _kmeans(people.points[held], (people.weights * drawn)[held], k, 3, SEED + b).labels_
        agreement.append(adjusted_rand_score(labels[held], again))
        ours, theirs = (np.eye(int(x.max()) + 1)[x] for x in (labels[held], again))
        both = ours.T @ theirs
        best = (both / np.maximum(ours.sum(axis=0)[:, None] + theirs.sum(axis=0)[None] - both, 1e-12)).max(axis=1)
        jaccard.append(np.pad(best, (0, int(labels.max()) + 1 - len(best)), constant_values=np.nan))
    return float(np.mean(agreement)), np.nan_to_num(np.nanmean(np.array(jaccard), axis=0))


def _kept(labels: Any, jaccard: Any) -> tuple[Any, list[float]]:
    """The groups that repeat, most authors first, and how stable each is; all other authors are in none."""
    import numpy as np

    order = [int(g) for g in np.argsort(-np.bincount(labels), kind="stable") if jaccard[g] >= PATTERN]
    kept = np.full(len(labels), -1)
    for place, g in enumerate(order):
        kept[labels == g] = place
    return kept, [float(jaccard[g]) for g in order]


def _closeness(rows: Any, labels: Any, weights: Any) -> Any:
    import numpy as np

    rows = _unit(rows)
    middles = _unit(np.stack([np.average(rows[labels == g], axis=0, weights=weights[labels == g]) for g in range(int(labels.max()) + 1)]))
    return np.where(labels >= 0, (rows * middles[np.maximum(labels, 0)]).sum(axis=1), 0.0)


def _unit(rows: Any) -> Any:
    import numpy as np

    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
