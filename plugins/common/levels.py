"""Creators' levels as they stood at one moment: weighted means of log engagement, shrunk towards what is usual.

Normal-normal shrinkage with estimated variances (Gelman et al., *Bayesian Data Analysis*, 3rd ed., §5.4; Efron & Morris 1975).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent import Post

from .history import age_days

if TYPE_CHECKING:
    import numpy as np

OFF_TOPIC = 0.1
"""What a post on something else counts, against one on the topic."""
SCATTER_POSTS = 16.0
"""Everybody's scatter counts as this many posts of a creator's own."""
OUTLIER = 2.5
"""Posts beyond this many robust standard deviations of a creator's middle are drawn in to it."""
LEAST_SCATTER = 0.1
"""However alike a creator's posts were, the next one may differ by this much (log scale)."""
USUAL_SCATTER = 0.9
"""Scatter of single posts where the store tells none (log scale)."""
USUAL = math.log1p(20.0)
"""Level where nothing at all is known."""
RIPE_DAYS = 7.0
"""Posts younger than this are still gathering engagement."""
SLOPE_CREATORS = 10
"""Fewer creators than this tell nothing of what followers bring."""


@dataclass(frozen=True)
class Rows:
    """A creator's posts as columns: age in days, log1p of engagement, on the topic, paid or gifted."""

    age: np.ndarray
    y: np.ndarray
    on: np.ndarray
    paid: np.ndarray

    def known(self, at: float) -> np.ndarray:
        """Which posts were known ``at`` days ago and had stopped gathering; the unripe ones where there is no other."""
        known: np.ndarray = self.age > at if at > 0 else self.age >= 0
        ripe = known & (self.age >= at + RIPE_DAYS)
        return ripe if ripe.any() else known


def rows_of(posts: Sequence[Post], on_topic: Callable[[Post], bool], paid: Callable[[Post], bool], now: datetime) -> Rows | None:
    """The posts whose engagement is known; ``None`` when there is none."""
    import numpy as np

    usable = [p for p in posts if p.engagement is not None]
    if not usable:
        return None
    return Rows(
        np.array([age_days(p, now) for p in usable]), np.log1p([float(p.engagement or 0) for p in usable]),
        np.array([on_topic(p) for p in usable], bool), np.array([paid(p) for p in usable], bool),
    )  # fmt: skip


@dataclass(frozen=True)
class Own:
    """What a creator's own posts say, before anything is borrowed."""

    mean: float
    scatter: float
    effective: float
    """Number of posts after weighting: (sum of weights)² / sum of squared weights (Kish 1965)."""
    count: int
    on_topic: int
    residuals: np.ndarray
    """Of the posts that weigh most, in units of the scatter, by age."""
    ages: np.ndarray
    """Days, of those posts."""


def own_level(rows: Rows, at: float, half_life: float, paid_effect: float = 0.0) -> Own | None:
    """A creator's level as their posts showed it ``at`` days ago; ``None`` without a post."""
    import numpy as np

    known = rows.known(at)
    if not known.any():
        return None
    age, y, on = rows.age[known] - at, rows.y[known] - paid_effect * rows.paid[known], rows.on[known]
    # Weights fall with age without end; when everything is old, the newest post still counts as one.
    w = np.exp2(-(age - age.min()) / half_life) * np.where(on, 1.0, OFF_TOPIC)
    w /= w.max()
    total = w.sum()
    mean = float(w @ _tamed(y, w) / total)
    effective = float(total**2 / (w @ w))
    variance = float(w @ (y - mean) ** 2 / total)
    if effective > 1:
        variance *= effective / (effective - 1)
    scatter = math.sqrt(variance)
    order = np.argsort(age, kind="stable")
    solid = order[w[order] > 0.3] if scatter > 0.05 and effective >= 8 else order[:0]
    return Own(mean, scatter, effective, int(known.sum()), int(on.sum()), (y[solid] - mean) / max(scatter, 0.05), age[solid])


def _middle(values: np.ndarray, weights: np.ndarray) -> float:
    """Weighted median."""
    import numpy as np

    order = np.argsort(values, kind="stable")
    w = weights[order]
    return float(np.interp(0.5, (np.cumsum(w) - w / 2) / w.sum(), values[order]))


def _tamed(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values with outliers drawn in to ``OUTLIER`` robust standard deviations: one viral post is no new level."""
    import numpy as np

    if len(values) < 5:
        return values
    middle = _middle(values, weights)
    spread = 1.4826 * _middle(np.abs(values - middle), weights)
    if spread < 0.05:
        return values
    tamed: np.ndarray = np.clip(values, middle - OUTLIER * spread, middle + OUTLIER * spread)
    return tamed


@dataclass(frozen=True)
class Snapshot:
    """Everybody's levels at one moment, and what is usual among them."""

    own: Mapping[str, Own]
    base: float
    slope: float
    """On log1p of followers; 0 where too few are known."""
    between: float
    """Standard deviation between creators of one following."""
    scatter: float
    """Of single posts, pooled."""
    followers: Mapping[str, int | None]
    fallback: Mapping[str, float]
    """Usual levels from elsewhere; empty where the posts tell it themselves."""

    def usual(self, creator: str) -> float:
        """Level of creators of that following; of everybody where the following is unknown."""
        if creator in self.fallback:
            return self.fallback[creator]
        known = self.followers.get(creator)
        return self.base + (self.slope * math.log1p(known) if known else self.slope * self._mean_log())

    def _mean_log(self) -> float:
        logs = [math.log1p(n) for id in self.own if (n := self.followers.get(id))]
        return sum(logs) / len(logs) if logs else 0.0

    def scatter_of(self, creator: str) -> float:
        """Scatter of a creator's single posts, shrunk towards everybody's."""
        own = self.own.get(creator)
        if own is None:
            return self.scatter
        k = SCATTER_POSTS
        return max(LEAST_SCATTER, math.sqrt((own.effective * own.scatter**2 + k * self.scatter**2) / (own.effective + k)))

    def shrunk(self, creator: str) -> tuple[float, float]:
        """``(distance of the creator's level from the usual, its standard error)`` after shrinkage."""
        own = self.own.get(creator)
        if own is None:
            return 0.0, self.between
        precision = own.effective / self.scatter_of(creator) ** 2
        weight = precision / (precision + 1 / self.between**2)
        return weight * (own.mean - self.usual(creator)), math.sqrt(1 / (precision + 1 / self.between**2))


def snapshot(
    rows: Mapping[str, Rows], followers: Mapping[str, int | None], at: float, half_life: float, paid_effect: float = 0.0,
    fallback: Mapping[str, float] = MappingProxyType({}),
) -> Snapshot:  # fmt: skip
    """Levels ``at`` days ago.

    Args:
        fallback: creator id to usual level (log1p of engagements), where fewer than three creators' posts tell it.
    """
    import numpy as np

    own = {id: o for id, r in rows.items() if (o := own_level(r, at, half_life, paid_effect)) is not None}
    degrees = sum(max(o.effective - 1, 0.0) for o in own.values())
    pooled = sum(max(o.effective - 1, 0.0) * o.scatter**2 for o in own.values()) / degrees if degrees > 0 else USUAL_SCATTER**2
    scatter = max(math.sqrt(pooled), LEAST_SCATTER)
    solid = {id: o for id, o in own.items() if o.effective >= 2}
    if len(solid) < 3:
        means = [o.mean for o in own.values()] or list(fallback.values()) or [USUAL]
        return Snapshot(own, sum(means) / len(means), 0.0, 1.0, scatter, followers, fallback)
    means = np.array([o.mean for o in solid.values()])
    known = np.array([bool(followers.get(id)) for id in solid])
    x = np.array([math.log1p(followers.get(id) or 0) for id in solid])
    slope = 0.0
    if known.sum() >= SLOPE_CREATORS and x[known].std() > 0.1:
        slope = float(np.cov(x[known], means[known], bias=True)[0, 1] / (x[known].var() + 0.1))  # ridge: a weak pull to no slope
    x = np.where(known, x, x[known].mean()) if known.any() else np.zeros(len(means))
    start = float((means - slope * x).mean())
    spread = float(np.var(means - slope * x - start))
    noise = float(np.mean([scatter**2 / o.effective for o in solid.values()]))
    return Snapshot(own, start, slope, math.sqrt(max(spread - noise, 0.15**2)), scatter, followers, {})
