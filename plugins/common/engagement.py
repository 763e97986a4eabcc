"""How much engagement a creator's next posts get: a hierarchical log-normal with empirical tails.

Log engagement of a post = level of its creator + scatter of the post. A creator's level is their recency-weighted mean,
shrunk towards what creators of that following usually get (normal-normal shrinkage, Gelman et al., *Bayesian Data Analysis*,
3rd ed., §5.4); the scatter is their own, shrunk towards everybody's. Tails come from the data: standardised residuals are
resampled instead of drawn from a normal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agent import Post

from .history import age_days, weighted_quantile

if TYPE_CHECKING:
    import numpy as np

OFF_TOPIC = 0.25
"""What a post on something else counts, against one on the topic."""
HALF_LIFE = 240.0
"""Days after which a post counts half for a creator's level."""
SCATTER_POSTS = 8.0
"""Everybody's scatter counts as this many posts of a creator's own."""
DRIFT = 0.5
"""Standard deviation, on the log scale, by which a creator's level moves between past and campaign."""
OUTLIER = 2.5
"""Posts beyond this many robust standard deviations of a creator's middle are drawn in to it."""
LEAST_SCATTER = 0.1
"""However alike a creator's posts were, the next one may differ by this much (log scale)."""
RIPE_DAYS = 7.0
"""Posts younger than this are still gathering engagement."""


@dataclass(frozen=True)
class Level:
    """What is known of a creator: mean of log1p engagement per post, its uncertainty, and the scatter of single posts."""

    mean: float
    uncertainty: float
    scatter: float
    history: int
    on_topic: int
    effective: float
    """Effective number of posts after weighting."""


class EngagementModel:
    """Learns from the posts of many creators and draws the future posts of one.

    Args:
        histories: creator id to posts known at ``now``.
        followers: creator id to follower count, where known.
        on_topic: whether a post is on the campaign's topic.
    """

    def __init__(
        self, histories: Mapping[str, Sequence[Post]], followers: Mapping[str, int | None], on_topic: Callable[[Post], bool],
        now: datetime, half_life: float = HALF_LIFE,
    ) -> None:  # fmt: skip
        import numpy as np

        self.now, self.half_life = now, half_life
        self._own = {id: self._summary(posts, on_topic) for id, posts in histories.items()}
        self._own = {id: s for id, s in self._own.items() if s is not None}
        known = list(self._own.values())
        degrees = [max(s.effective - 1, 0.0) for s in known]
        pooled = sum(d * s.scatter**2 for d, s in zip(degrees, known, strict=True)) / sum(degrees) if sum(degrees) > 0 else 0.8**2
        self._scatter = max(math.sqrt(pooled), LEAST_SCATTER)
        self._slope, self._base, self._between = self._prior(followers)
        self._followers = followers
        residuals = [r for s in known for r in s.residuals]
        self._tail = np.sort(np.array(residuals)) if len(residuals) >= 30 else None

    def _summary(self, posts: Sequence[Post], on_topic: Callable[[Post], bool]) -> _Summary | None:
        usable = [p for p in posts if p.engagement is not None]
        ripe = [p for p in usable if age_days(p, self.now) >= RIPE_DAYS]
        usable = ripe or usable
        if not usable:
            return None
        about = [on_topic(p) for p in usable]
        y = [math.log1p(p.engagement or 0) for p in usable]
        w = [0.5 ** (age_days(p, self.now) / self.half_life) * (1.0 if a else OFF_TOPIC) for p, a in zip(usable, about, strict=True)]
        # Weights fall with age without end; when everything is old, the newest post still counts as one.
        top = max(w)
        w = [v / top for v in w]
        total = sum(w)
        mean = sum(v * u for v, u in zip(w, _tamed(y, w), strict=True)) / total
        effective = total**2 / sum(v * v for v in w)
        variance = sum(v * (u - mean) ** 2 for v, u in zip(w, y, strict=True)) / total
        if effective > 1:
            variance *= effective / (effective - 1)
        scatter = math.sqrt(variance)
        recent = [(u - mean) / scatter for v, u in zip(w, y, strict=True) if v > 0.3] if scatter > 0.05 and effective >= 8 else []
        return _Summary(mean, scatter, effective, len(usable), sum(about), recent)

    def _prior(self, followers: Mapping[str, int | None]) -> tuple[float, float, float]:
        """``(slope on log followers, base, standard deviation between creators)``."""
        import numpy as np

        solid = [(id, s) for id, s in self._own.items() if s.effective >= 2]
        if len(solid) < 3:
            everybody = [s.mean for s in self._own.values()]
            base = sum(everybody) / len(everybody) if everybody else math.log1p(20)
            return 0.0, base, 1.0
        means = np.array([s.mean for _, s in solid])
        x = np.array([math.log1p(followers.get(id) or 0) for id, _ in solid])
        known = np.array([bool(followers.get(id)) for id, _ in solid])
        slope = 0.0
        if known.sum() >= 10 and x[known].std() > 0.1:
            slope = float(np.cov(x[known], means[known], bias=True)[0, 1] / (x[known].var() + 0.1))  # ridge: a weak pull to no slope
        if known.any():
            x = np.where(known, x, x[known].mean())
        base = float((means - slope * x).mean())
        spread = float(np.var(means - slope * x - base))
        noise = float(np.mean([self._scatter**2 / s.effective for _, s in solid]))
        return slope, base, math.sqrt(max(spread - noise, 0.15**2))

    def level(self, creator: str) -> Level:
        """What is known of a creator; one without posts gets what others of that following get."""
        prior = (
            self._base + self._slope * math.log1p(self._followers.get(creator) or 0) if self._followers.get(creator) else self._mean_prior()
        )
        own = self._own.get(creator)
        if own is None:
            return Level(prior, math.hypot(self._between, DRIFT), self._scatter, 0, 0, 0.0)
        k = SCATTER_POSTS
        scatter = max(LEAST_SCATTER, math.sqrt((own.effective * own.scatter**2 + k * self._scatter**2) / (own.effective + k)))
        precision = own.effective / scatter**2
        weight = precision / (precision + 1 / self._between**2)
        mean = weight * own.mean + (1 - weight) * prior
        uncertainty = math.sqrt(1 / (precision + 1 / self._between**2) + DRIFT**2)
        return Level(mean, uncertainty, scatter, own.count, own.on_topic, own.effective)

    def expected(self, creator: str) -> float:
        """Engagements of one post to come: the middle of its distribution."""
        return max(0.0, math.expm1(self.level(creator).mean))

    def _mean_prior(self) -> float:
        known = [s.mean for s in self._own.values()]
        return sum(known) / len(known) if known else self._base

    def draw(self, creator: str, posts: int, rng: np.random.Generator, size: int) -> np.ndarray:
        """``size`` possible totals of engagements over ``posts`` posts of a creator."""
        import numpy as np

        level = self.level(creator)
        centre = level.mean + level.uncertainty * rng.standard_normal(size)
        noise = rng.choice(self._tail, (size, posts)) if self._tail is not None else rng.standard_normal((size, posts))
        drawn: np.ndarray = np.expm1(np.clip(centre[:, None] + level.scatter * noise, 0, 20)).sum(axis=1)
        return drawn


def _tamed(values: list[float], weights: list[float]) -> list[float]:
    """Values with outliers drawn in to ``OUTLIER`` robust standard deviations: one viral post is no new level."""
    middle = weighted_quantile(values, weights, 0.5)
    if middle is None or len(values) < 5:
        return values
    spread = 1.4826 * (weighted_quantile([abs(v - middle) for v in values], weights, 0.5) or 0.0)
    if spread < 0.05:
        return values
    return [min(max(v, middle - OUTLIER * spread), middle + OUTLIER * spread) for v in values]


@dataclass(frozen=True)
class _Summary:
    mean: float
    scatter: float
    effective: float
    count: int
    on_topic: int
    residuals: list[float]
