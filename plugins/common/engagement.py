"""How much engagement a creator's next posts get: a hierarchical log-normal with empirical tails, checked against its own past.

Log engagement of a post = level of its creator + what the level moves until then + scatter of the post (+ effect of being paid).

- **Level**: the creator's recency-weighted mean, shrunk towards creators of like following (``levels``).
- **What it moves**: the model is refitted at earlier moments of the same posts and compared with what came next (rolling origin,
  Tashman 2000). That says how much of a creator's distance from the others lasts, whether everybody moves, and by how much each
  level strays; what all creators share in it is kept apart, because it does not average out over a slate.
- **Scatter**: the creator's own, shrunk towards everybody's; tails are resampled residuals instead of a normal's.

Constants were chosen on every second creator of one data set and on dates before July 2023, see ``bench/forecast.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent import Post

from .levels import Snapshot, rows_of, snapshot
from .sponsored import is_sponsored

if TYPE_CHECKING:
    import numpy as np

HALF_LIFE = 240.0
"""Days after which a post counts half for a creator's level."""
ORIGINS, STEP, AHEAD = 8, 90.0, 180.0
"""The model is tried at this many earlier moments, so many days apart, on the posts of so many days after each."""
TRIED_POSTS = 3
"""On-topic posts needed before and after such a moment."""
TRIED_CREATORS = 300
"""At most this many creators (those with most posts) take part in the trial."""
DRIFT, SHOCK, LASTING = 0.5, 0.15, 0.8
"""Before any trial: what a level strays (standard deviation, log scale), the part of it all share, what lasts of a distance."""
DRIFT_WEIGHT, SHOCK_WEIGHT, LASTING_WEIGHT = 20.0, 4.0, 10.0
"""How many observations those count for."""
SPELL = 30.0
"""Posts within so many days of each other share good and bad spells."""
TOGETHER, TOGETHER_WEIGHT = 0.1, 50.0
"""Share of the scatter that such posts have in common, before any pairs are seen; counts as so many pairs."""
INSIDE = 1.2816
"""An 80 % interval of a normal reaches so many standard deviations to each side."""
PAID_SPREAD = 0.3
"""Standard deviation, on the log scale, of what being paid for may do to a post before any is seen."""


@dataclass(frozen=True)
class Level:
    """What is known of a creator: mean of log1p engagement per post to come, its uncertainty, and the scatter of single posts."""

    mean: float
    uncertainty: float
    scatter: float
    history: int
    on_topic: int
    effective: float
    """Effective number of posts after weighting."""


@dataclass(frozen=True)
class Trial:
    """What trying the model on its own past taught. All on the log scale."""

    shift: float
    """What everybody moved."""
    lasting: float
    """Share of a creator's distance from the others that was still there."""
    drift: float
    shock: float
    """Standard deviation of what all creators share in ``drift``."""
    cases: int
    """Creators times moments."""


class EngagementModel:
    """Learns from the posts of many creators and draws the future posts of one.

    Args:
        histories: creator id to posts known at ``now``.
        followers: creator id to follower count, where known.
        on_topic: whether a post is on the campaign's topic.
        usual: creator id to log1p of engagements per post that creators like them get; used where the posts of fewer than three
            creators tell it.
    """

    def __init__(
        self, histories: Mapping[str, Sequence[Post]], followers: Mapping[str, int | None], on_topic: Callable[[Post], bool],
        now: datetime, half_life: float = HALF_LIFE, usual: Mapping[str, float] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        import numpy as np

        self.now, self.half_life = now, half_life
        found = {id: rows_of(posts, on_topic, is_sponsored, now) for id, posts in histories.items()}
        self._rows = {id: r for id, r in found.items() if r is not None}
        self.paid, self.paid_error, self.paid_posts = self._paid_effect()
        self._now = snapshot(self._rows, followers, 0.0, half_life, self.paid, usual)
        self.trial = self._try()
        self.together = self._together()
        residuals = [o.residuals for o in self._now.own.values()]
        tail = np.concatenate(residuals) if residuals else np.zeros(0)
        self._tail = np.sort(tail) if len(tail) >= 30 else None

    def _paid_effect(self) -> tuple[float, float, int]:
        """``(effect on the log scale, its standard error, posts)``: within creators (fixed effects), shrunk towards none."""
        gain = weight = squares = 0.0
        freedom, count = 0, 0
        for rows in self._rows.values():
            paid, organic = rows.y[rows.paid], rows.y[~rows.paid]
            if len(paid) and len(organic):
                k = len(paid) * len(organic) / (len(paid) + len(organic))
                gain += k * float(paid.mean() - organic.mean())
                weight += k
                squares += float(((paid - paid.mean()) ** 2).sum() + ((organic - organic.mean()) ** 2).sum())
                freedom += len(paid) + len(organic) - 2
                count += len(paid)
        if not weight or not freedom:
            return 0.0, PAID_SPREAD, count
        noise = squares / freedom / weight
        keep = PAID_SPREAD**2 / (PAID_SPREAD**2 + noise)
        return keep * gain / weight, math.sqrt(PAID_SPREAD**2 * (1 - keep)), count

    def _together(self) -> float:
        """Correlation of a creator's successive posts within a spell."""
        product, square, pairs = 0.0, 0.0, 0
        for own in self._now.own.values():
            near = own.ages[1:] - own.ages[:-1] <= SPELL
            a, b = own.residuals[:-1][near], own.residuals[1:][near]
            product += float(a @ b)
            square += float(a @ a + b @ b) / 2
            pairs += len(a)
        seen = product / square if square > 0 else 0.0
        return min(max((pairs * seen + TOGETHER_WEIGHT * TOGETHER) / (pairs + TOGETHER_WEIGHT), 0.0), 0.9)

    def _try(self) -> Trial:
        """Refit at earlier moments, compare with what came next."""
        import numpy as np

        most = sorted(self._rows, key=lambda id: (-len(self._rows[id].y), id))[:TRIED_CREATORS]
        rows = {id: self._rows[id] for id in most}
        apart, came, noise, origin = [], [], [], []
        for step in range(1, ORIGINS + 1):
            at = step * STEP
            then: Snapshot | None = None
            for id, r in rows.items():
                ahead = r.on & (r.age <= at) & (r.age > at - AHEAD) & r.known(0.0)
                if ahead.sum() < TRIED_POSTS or (r.on & (r.age > at)).sum() < TRIED_POSTS:
                    continue
                then = then or snapshot(rows, self._now.followers, at, self.half_life, self.paid)
                apart.append(then.shrunk(id)[0])
                came.append(float(np.median(r.y[ahead] - self.paid * r.paid[ahead])) - then.usual(id))
                # Variance of a median of normals is pi/2 that of the mean.
                noise.append(math.pi / 2 * then.scatter_of(id) ** 2 / ahead.sum() + then.shrunk(id)[1] ** 2)
                origin.append(step)
        return _learn(np.array(apart), np.array(came), np.array(noise), np.array(origin))

    def level(self, creator: str) -> Level:
        """What is known of a creator; one without posts gets what others of that following get."""
        own, (apart, error) = self._now.own.get(creator), self._now.shrunk(creator)
        t = self.trial
        mean = self._now.usual(creator) + t.shift + t.lasting * apart
        uncertainty = math.hypot(error, t.drift)
        scatter = self._now.scatter_of(creator)
        if own is None:
            return Level(mean, uncertainty, scatter, 0, 0, 0.0)
        return Level(mean, uncertainty, scatter, own.count, own.on_topic, own.effective)

    def from_benchmark(self, creator: str) -> bool:
        """Whether what is usual for a creator had to come from ``usual``."""
        return creator in self._now.fallback

    def expected(self, creator: str) -> float:
        """Engagements of one post to come: the middle of its distribution."""
        return max(0.0, math.expm1(self.level(creator).mean))

    def average(self, creator: str) -> float:
        """Engagements of one post to come: the mean of its distribution, which unlike the middle adds up over posts and creators.

        Mean of a log-normal, exp(mean + variance / 2) (Duan 1983 on what leaving the second term out costs).
        """
        level = self.level(creator)
        return max(0.0, math.expm1(min(level.mean + (level.uncertainty**2 + level.scatter**2) / 2, 20.0)))

    def draw(
        self, creator: str, posts: int, rng: np.random.Generator, size: int, shock: np.ndarray | None = None, paid: np.ndarray | None = None
    ) -> np.ndarray:
        """``size`` possible totals of engagements over ``posts`` posts of a creator. See ``draws``."""
        total: np.ndarray = self.draws(creator, posts, rng, size, shock, paid).sum(axis=1)
        return total

    def draws(
        self, creator: str, posts: int, rng: np.random.Generator, size: int, shock: np.ndarray | None = None, paid: np.ndarray | None = None,
        days: float = SPELL,
    ) -> np.ndarray:  # fmt: skip
        """``(size, posts)`` possible engagements of single posts of a creator.

        Args:
            shock: ``size`` standard normals that all creators of a slate share (good and bad times hit them together); ``None``: own.
            paid: for posts that will be marked as paid for: ``size`` standard normals, shared by all creators too, for how unsure that
                effect is; ``None``: they will not be.
            days: over which the posts are made. Over months, spells average out, and the level wanders further (a random walk).
        """
        import numpy as np

        level, t = self.level(creator), self.trial
        wander = max(1.0, days / AHEAD)
        alone = math.sqrt(max(level.uncertainty**2 - t.drift**2, 0.0) + wander * max(t.drift**2 - t.shock**2, 0.0))
        common = rng.standard_normal(size) if shock is None else shock
        centre = level.mean + t.shock * math.sqrt(wander) * common + alone * rng.standard_normal(size)
        if paid is not None:
            centre = centre + self.paid + self.paid_error * paid
        spell = self.together * min(1.0, SPELL / days)
        noise = rng.choice(self._tail, (size, posts)) if self._tail is not None else rng.standard_normal((size, posts))
        noise = math.sqrt(1 - spell) * noise + math.sqrt(spell) * rng.standard_normal((size, 1))
        drawn: np.ndarray = np.maximum(np.expm1(np.clip(centre[:, None] + level.scatter * noise, 0, 20)), 0.0)
        return drawn


def _learn(apart: np.ndarray, came: np.ndarray, noise: np.ndarray, origin: np.ndarray) -> Trial:
    """Ridge regression of what came on how far apart creators were; what is left over is drift, and its common part shock."""
    import numpy as np

    n = len(apart)
    if n < 2:
        return Trial(0.0, LASTING, DRIFT, SHOCK, n)
    k = LASTING_WEIGHT
    left = np.array([[n + k, apart.sum()], [apart.sum(), apart @ apart + k]])
    shift, lasting = (float(v) for v in np.linalg.solve(left, [came.sum(), apart @ came + k * LASTING]))
    lasting = min(max(lasting, 0.2), 1.0)
    rest = came - shift - lasting * apart
    drift = (n * _strayed(rest, noise) + DRIFT_WEIGHT * DRIFT**2) / (n + DRIFT_WEIGHT)
    moments = [rest[origin == o] for o in np.unique(origin)]
    shared = sum(max(float(m.mean()) ** 2 - float(np.var(m)) / len(m), 0.0) for m in moments if len(m) >= 3)
    seen = sum(len(m) >= 3 for m in moments)
    shock = min((shared + SHOCK_WEIGHT * SHOCK**2) / (seen + SHOCK_WEIGHT), drift / 2)
    return Trial(shift, lasting, math.sqrt(drift), math.sqrt(shock), n)


def _strayed(rest: np.ndarray, noise: np.ndarray) -> float:
    """The variance that, added to the known one, would have put 80 % of the cases inside an 80 % interval.

    A quantile of past errors instead of their variance, as in conformal prediction (Vovk et al. 2005): it is coverage that counts.
    """
    import numpy as np

    low, high = 0.0, 16.0
    for _ in range(40):
        middle = (low + high) / 2
        inside = float(np.quantile(np.abs(rest) / np.sqrt(noise + middle), 0.8)) <= INSIDE
        low, high = (low, middle) if inside else (middle, high)
    return high
