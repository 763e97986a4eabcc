"""What is measured of an account, before it is compared with others. Ratios are kept as logs; ``Kind.back`` undoes that."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .pool import Entry

RECENT = 60
"""Newest posts that signals rest on."""
MIN_POSTS = 8
SPIKE = 10.0
"""A post with so many times the median engagement is a spike."""


@dataclass(frozen=True)
class Kind:
    """One signal. ``side``: 0 both ends are unusual, 1 the high one, -1 the low one. ``least``: smallest spread that peers are given,
    so that among accounts all alike a small step aside is not far off."""

    side: int
    least: float
    log: bool
    form: str
    value: Callable[[Entry], float | None]
    rows: Callable[[Entry], Any] | None = None
    of_rows: Callable[[Any], Any] | None = None

    @property
    def of_posts(self) -> bool:
        return self.rows is not None

    def back(self, value: float) -> float:
        return math.exp(value) if self.log else value

    def show(self, value: float) -> str:
        back = self.back(value)
        return f"{back:,.0f}" if self.form == "{:.2g}" and back >= 10 else self.form.format(back)


def values_of(entry: Entry) -> dict[str, float | None]:
    """Signal to value; ``None`` where there is not enough data."""
    return {name: kind.value(entry) for name, kind in SIGNALS.items()}


# --- the profile ------------------------------------------------------------------------------------------------------


def _follow_ratio(entry: Entry) -> float | None:
    c = entry.creator
    if c is None or c.followers is None or c.following is None:
        return None
    return math.log((c.followers + 1) / (c.following + 1))


def _active_fans(entry: Entry) -> float | None:
    return entry.creator.audience.active if entry.creator and entry.creator.audience else None


def _digits(entry: Entry) -> float | None:
    name = (entry.creator.handle or entry.creator.name) if entry.creator else ""
    return sum(c.isdigit() for c in name) / len(name) if name else None


# --- posts: a row each, a value of many draws of rows at once (draws x rows [x columns]) -------------------------------


def _engagements(entry: Entry) -> Any:
    known = [p.engagement for p in entry.posts[:RECENT] if p.engagement is not None]
    return np.log1p(np.array(known, dtype=float).clip(0)) if len(known) >= MIN_POSTS else None


def _median(draws: Any) -> Any:
    """Along the second axis; numpy's own takes five times as long on rows this short."""
    ordered, n = np.sort(draws, axis=1), draws.shape[1]
    return (ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2


def _spread(draws: Any) -> Any:
    return np.log(np.maximum(1.4826 * _median(np.abs(draws - _median(draws)[:, None])), 0.05))


def _spikes(draws: Any) -> Any:
    return (draws > _median(draws)[:, None] + math.log(SPIKE)).mean(axis=1)


def _rate(entry: Entry) -> float | None:
    if not entry.followers:
        return None
    rows = _engagements(entry)
    if rows is not None:
        return float(_median(rows[None])[0]) - math.log(entry.followers)
    return None if entry.expected is None or entry.posts else math.log1p(entry.expected) - math.log(entry.followers)


def _kinds(entry: Entry) -> Any:
    """Likes, collects, comments, shares of each post for which likes and one more are known; unknown counts as none."""
    known = [
        (p.likes, p.collects or 0, p.comments or 0, p.shares or 0)
        for p in entry.posts[:RECENT]
        if p.likes is not None and (p.comments is not None or p.collects is not None)
    ]
    return np.array(known, dtype=float) if len(known) >= MIN_POSTS and sum(map(sum, known)) >= 50 else None


def _comments_per_like(draws: Any) -> Any:
    total = draws.sum(axis=1)
    return np.log((total[:, 2] + 1) / (total[:, 0] + 1))


def _saves_per_like(draws: Any) -> Any:
    total = draws.sum(axis=1)
    return np.log((total[:, 1] + total[:, 3] + 1) / (total[:, 0] + 1))


def _gaps(entry: Entry) -> Any:
    """Days between neighbouring posts."""
    times = sorted(p.created_at.timestamp() for p in entry.posts[:RECENT] if p.created_at is not None)
    return np.diff(np.array(times)) / 86400 if len(times) >= MIN_POSTS else None


def _burstiness(draws: Any) -> Any:
    """(sd - mean) / (sd + mean) of the gaps: -1 clockwork, 0 at random, towards 1 in bursts (Goh & Barabási 2008)."""
    sd, mean = draws.std(axis=1), draws.mean(axis=1)
    return (sd - mean) / np.maximum(sd + mean, 1e-9)


def _repeats(entry: Entry) -> Any:
    """1 for each post whose words another of theirs repeats, else 0."""
    texts = [re.sub(r"[\W\d_]+", "", p.body.lower()) for p in entry.posts[:RECENT]]
    texts = [t for t in texts if len(t) >= 10]
    return np.array([float(texts.count(t) > 1) for t in texts]) if len(texts) >= MIN_POSTS else None


def _of(rows: Callable[[Entry], Any], measure: Callable[[Any], Any]) -> dict[str, Any]:
    def value(entry: Entry) -> float | None:
        found = rows(entry)
        return None if found is None else float(measure(found[None])[0])

    return {"value": value, "rows": rows, "of_rows": measure}


SIGNALS: dict[str, Kind] = {
    "follow_ratio": Kind(-1, 0.5, True, "{:.2g}", _follow_ratio),
    "engagement_rate": Kind(0, 0.3, True, "{:.2%}", _rate),
    "variation": Kind(0, 0.15, True, "{:.2f}", **_of(_engagements, _spread)),
    "spikes": Kind(1, 0.04, False, "{:.0%}", **_of(_engagements, _spikes)),
    "comments_per_like": Kind(0, 0.3, True, "{:.2f}", **_of(_kinds, _comments_per_like)),
    "saves_per_like": Kind(0, 0.3, True, "{:.2f}", **_of(_kinds, _saves_per_like)),
    "rhythm": Kind(0, 0.1, False, "{:+.2f}", **_of(_gaps, _burstiness)),
    "repeated_texts": Kind(1, 0.05, False, "{:.0%}", **_of(_repeats, lambda draws: draws.mean(axis=1))),
    "digits_in_name": Kind(1, 0.1, False, "{:.0%}", _digits),
    "active_fans": Kind(-1, 0.08, False, "{:.0%}", _active_fans),
}
READINGS = {
    "follow_ratio": ("Followers per account followed", "粉丝/关注比"),
    "engagement_rate": ("Median engagement per follower", "单篇互动中位数/粉丝"),
    "variation": ("Robust variation of engagement (log scale)", "互动波动（对数尺度）"),
    "spikes": ("Share of posts with ten times the median engagement", "互动超过中位数十倍的帖子占比"),
    "comments_per_like": ("Comments per like", "评论/点赞比"),
    "saves_per_like": ("Saves and shares per like", "收藏分享/点赞比"),
    "rhythm": ("Posting rhythm (-1 clockwork, 0 random, +1 bursts)", "发帖节奏（-1 机械规律，0 随机，+1 扎堆）"),
    "repeated_texts": ("Share of posts that repeat another's words", "重复文案占比"),
    "digits_in_name": ("Share of digits in the account's name", "账号名中数字占比"),
    "active_fans": ("Active fans", "活跃粉丝占比"),
}
