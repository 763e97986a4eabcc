"""A creator's past posts as numbers: engagement on a log scale, weighted by how recent it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from agent import Post

HALF_LIFE = 180.0
"""Days after which a post counts half."""


def age_days(post: Post, now: datetime) -> float:
    """Age of a post in days; a post without a date counts as a year old."""
    return 365.0 if post.created_at is None else max(0.0, (now - post.created_at).total_seconds() / 86400)


def clock_of(posts: Sequence[Post], now: datetime) -> datetime:
    """The moment from which "recent" counts: now, or the newest post where the export is older."""
    dates = [p.created_at for p in posts if p.created_at is not None and p.created_at <= now]
    return max(dates) if dates else now


def weighted_log(posts: Sequence[Post], now: datetime, half_life: float = HALF_LIFE) -> tuple[list[float], list[float]]:
    """``(log1p of engagement, weight)`` of the posts whose engagement is known."""
    values, weights = [], []
    for post in posts:
        if post.engagement is not None:
            values.append(math.log1p(post.engagement))
            weights.append(0.5 ** (age_days(post, now) / half_life))
    return values, weights


def typical_engagement(posts: Sequence[Post], now: datetime, half_life: float = HALF_LIFE) -> float | None:
    """Recency-weighted median of engagements per post; ``None`` when none is known."""
    values, weights = weighted_log(posts, now, half_life)
    middle = weighted_quantile(values, weights, 0.5)
    return None if middle is None else math.expm1(middle)


def weighted_quantile(values: Sequence[float], weights: Sequence[float], q: float) -> float | None:
    """The value below which a share ``q`` of the weight lies, interpolated between neighbours."""
    pairs = sorted(zip(values, weights, strict=True))
    total = sum(w for _, w in pairs)
    if not pairs or total <= 0:
        return None
    below, previous = 0.0, None
    for value, weight in pairs:
        centre = (below + weight / 2) / total
        if centre >= q:
            if previous is None:
                return value
            before, at = previous
            return before + (value - before) * (q - at) / (centre - at)
        previous, below = (value, centre), below + weight
    return pairs[-1][0]
