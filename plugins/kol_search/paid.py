"""Sponsored work of a creator: how it does beside the rest, and whether some of it was for somebody who sells the same.

Only what a post discloses is seen (``plugins.common.sponsored``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent import Brief, Conflict, Interval, Post, SponsoredWork
from plugins.common import pattern_of, say
from plugins.common.history import age_days
from plugins.common.sponsored import disclosure, is_sponsored

from .pool import Entry, Pool

MIN_SPONSORED, MIN_ORGANIC = 3, 5
"""Posts of each kind below which no ratio is told."""
ORGANIC = 60
"""Newest other posts that sponsored ones are compared with."""
DRAWS = 1000


def sponsored_work(entry: Entry, language: str) -> SponsoredWork:
    """The disclosed posts, and the ratio of median engagement, sponsored / other, with its P10-P90 (bootstrap of posts, seeded)."""
    paid = [p for p in entry.posts if is_sponsored(p)]
    marked = {p.id for p in paid}
    organic = [p for p in entry.posts if p.id not in marked and p.engagement is not None][:ORGANIC]
    known = [p for p in paid if p.engagement is not None]
    made = SponsoredWork(posts=[p.id for p in paid], organic=len(organic))
    if not paid:
        made.reading = say(
            language,
            en="No post discloses a paid or gifted partnership; undisclosed ones are not seen.",
            zh="没有帖子标明商业合作；未标明的无法识别。",
        )
    elif len(known) < MIN_SPONSORED or len(organic) < MIN_ORGANIC:
        made.reading = say(
            language,
            en=f"{len(paid)} disclosed partnerships: too few to compare with other posts.",
            zh=f"{len(paid)} 篇标明合作，数量过少，无法与其他内容比较。",
        )
    else:
        r = made.ratio = _ratio(known, organic)
        made.reading = say(
            language,
            en=f"{len(known)} disclosed partnerships get {r.p50:.2f} times the engagement of {len(organic)} other posts "
            f"(80 % interval {r.p10:.2f} to {r.p90:.2f}).",
            zh=f"{len(known)} 篇标明合作的帖子，互动中位数为其他 {len(organic)} 篇的 {r.p50:.2f} 倍（80% 区间 {r.p10:.2f}～{r.p90:.2f}）。",
        )
    return made


def _ratio(paid: Sequence[Post], organic: Sequence[Post]) -> Interval:
    import numpy as np

    rng = np.random.default_rng(0)

    def medians(posts: Sequence[Post]) -> np.ndarray:
        values = np.array([p.engagement or 0 for p in posts], dtype=float)
        drawn: np.ndarray = np.median(values[rng.integers(0, len(values), (DRAWS, len(values)))], axis=1)
        return drawn

    ratios = (medians(paid) + 1) / (medians(organic) + 1)
    middle = (np.median([p.engagement or 0 for p in paid]) + 1) / (np.median([p.engagement or 0 for p in organic]) + 1)
    low, high = np.quantile(ratios, [0.1, 0.9])
    return Interval(p10=float(min(low, middle)), p50=float(middle), p90=float(max(high, middle)))


def conflicts_of(entry: Entry, brief: Brief, pool: Pool, days: int) -> list[Conflict]:
    """Disclosed work of the last ``days`` days that names what the brief rules out, or that is about the very thing the brief sells."""
    language = brief.language
    recent = [p for p in entry.posts if p.created_at is not None and age_days(p, pool.clock) <= days and is_sponsored(p)]
    own = _names([brief.brand] if brief.brand else [])
    recent = [p for p in recent if own is None or not own.search(_text(p))]
    found: list[Conflict] = []
    seen: set[str] = set()
    for name in brief.must_not_say:
        pattern = _names([name])
        posts = [p for p in recent if pattern is not None and pattern.search(_text(p))]
        if posts:
            ago = round(min(age_days(p, pool.clock) for p in posts))
            seen |= {p.id for p in posts}
            reading = say(
                language,
                en=f"Signals of a conflict: sponsored work that names “{name}”, {ago} days ago.",
                zh=f"潜在冲突信号：{ago} 天前的合作内容提到“{name}”。",
            )
            found.append(Conflict(brand=name, days_ago=ago, posts=[p.id for p in posts], reading=reading))
    same = [p for p in recent if p.id not in seen and pool.topic.is_core(p)]
    if same:
        ago, words = round(min(age_days(p, pool.clock) for p in same)), (disclosure(same[0]) or ("", ""))[1]
        reading = say(
            language,
            en=f"Signals of a conflict: {len(same)} sponsored posts of the same category in the last {days} days, the newest {ago} days ago (“{words}”).",
            zh=f"潜在冲突信号：近 {days} 天有 {len(same)} 篇同品类合作内容，最近一篇在 {ago} 天前（“{words}”）。",
        )
        found.append(Conflict(days_ago=ago, posts=[p.id for p in same], reading=reading))
    return found


def _names(names: Sequence[str]) -> re.Pattern[str] | None:
    names = [n.strip() for n in names if len(n.strip()) >= 2]
    return re.compile(pattern_of(list(names))) if names else None


def _text(post: Post) -> str:
    return f"{post.title} {' '.join(post.hashtags)} {post.text}"
