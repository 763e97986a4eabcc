"""What campaign posts got beyond the creators' usual posts, net of what similar creators' posts did at the same time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from agent import Context, Effect, EffectPoint, Filter, Post, Range90
from plugins.common import say

from . import wording

PERIOD_DAYS = (7, 30)
"""A period is as long as the campaign, but no shorter and no longer than this."""
PERIODS_BEFORE = 6
MIN_PAST, MIN_NOW = 4, 1
"""Posts that a creator, of either group, needs before the start and since."""
MIN_OTHERS = 10
MAX_OTHERS = 60


def posts_effect(
    ctx: Context, campaign: Sequence[Post], treated: Sequence[str], names_brand: Callable[[Post], bool], since: datetime, until: datetime, language: str
) -> Effect | None:  # fmt: skip
    """Difference-in-differences of log engagements per post; ``None`` where there is no campaign post.

    Treated are the campaign's posts against their creators' earlier ones; their other posts since the start are left out, since the
    campaign may have touched them. Untreated are the creators of the same platforms in the store whose level is nearest, unless they
    wrote about the brand.
    """
    posts = [p for p in campaign if p.creator_id in set(treated) and p.engagement is not None and p.created_at is not None]
    if not posts:
        return None
    outcome = say(language, en="engagements per campaign post", zh="活动帖单篇互动")
    made = Effect(
        method="difference_in_differences", outcome=outcome, verdict="not_enough_data",
        assumptions=wording.parallel_assumptions(language, percent=True, posts=True),
    )  # fmt: skip
    length = min(max((until - since) / timedelta(days=1), PERIOD_DAYS[0]), PERIOD_DAYS[1])
    first = since - timedelta(days=PERIODS_BEFORE * length)
    platforms = tuple(sorted({p.platform for p in posts}))
    around = [p for p in ctx.store.posts(where=Filter(platforms=platforms, since=first, until=until)) if p.engagement is not None]
    wanted, theirs = {p.id for p in posts}, set(treated)
    by: dict[str, list[Post]] = defaultdict(list)
    for p in around:
        if p.created_at is not None and (p.creator_id not in theirs or p.created_at < since or p.id in wanted):
            by[p.creator_id].append(p)
    touched = {p.creator_id for p in around if p.creator_id not in theirs and names_brand(p)}
    usable = {id: own for id, own in by.items() if id not in touched and _usable(own, since)}
    ours = [id for id in usable if id in theirs]
    level = {id: _level(own, since) for id, own in usable.items()}
    middle = sum(level[id] for id in ours) / len(ours) if ours else 0.0
    others = sorted((id for id in usable if id not in theirs), key=lambda id: (abs(level[id] - middle), id))[:MAX_OTHERS]
    if not ours or len(others) < MIN_OTHERS:
        made.reading = wording.too_few(
            language, outcome,
            en=f"{len(ours)} creators of the campaign and {len(others)} others have at least {MIN_PAST} posts in the {PERIODS_BEFORE * length:.0f} "
            f"days before it and one since; at least 1 and {MIN_OTHERS} are needed.",
            zh=f"活动前 {PERIODS_BEFORE * length:.0f} 天内至少 {MIN_PAST} 篇、之后至少一篇的，有 {len(ours)} 位活动达人和 {len(others)} 位其他达人；至少需要 1 位和 {MIN_OTHERS} 位。",
        )  # fmt: skip
        return made
    return _estimated(made, ours, others, usable, since, length, language)


def _usable(own: Sequence[Post], since: datetime) -> bool:
    past = sum(p.created_at is not None and p.created_at < since for p in own)
    return past >= MIN_PAST and len(own) - past >= MIN_NOW


def _level(own: Sequence[Post], since: datetime) -> float:
    past = [math.log1p(p.engagement or 0) for p in own if p.created_at is not None and p.created_at < since]
    return sum(past) / len(past)


def _estimated(
    made: Effect, ours: Sequence[str], others: Sequence[str], usable: dict[str, list[Post]], since: datetime, length: float, language: str
) -> Effect:  # fmt: skip
    import numpy as np

    from .did import Panel, difference

    units = {id: i for i, id in enumerate([*ours, *others])}
    rows = [p for id in units for p in sorted(usable[id], key=lambda p: p.id)]
    periods = [math.floor(((p.created_at or since) - since) / timedelta(days=length)) for p in rows]
    panel = Panel(
        np.array([units[p.creator_id] for p in rows]), np.array(periods), np.array([math.log1p(p.engagement or 0) for p in rows]),
        frozenset(range(len(ours))),
    )  # fmt: skip
    found = difference(panel, np.random.default_rng(0))
    campaign = [p for p, k in zip(rows, periods, strict=True) if p.creator_id in set(ours) and k >= 0]
    got = sum((p.engagement or 0) + 1 for p in campaign)
    low, mid, high = (got * -math.expm1(-e) for e in (found.low, found.effect, found.high))
    made.total = Range90(p5=low, p50=mid, p95=high)
    made.relative = Range90(p5=math.expm1(found.low), p50=math.expm1(found.effect), p95=math.expm1(found.high))
    made.p_value = found.p_value
    made.points = [
        EffectPoint(period=f"{k:+d}", effect=Range90(p5=math.expm1(a), p50=math.expm1(b), p95=math.expm1(c))) for k, a, b, c in found.shifts
    ]
    made.placebos = [wording.trend(language, found.trend_p), wording.in_space(language, found.placebos, found.placebo_p, posts=True)]
    what = say(
        language,
        en=f"what the usual posts of these {len(ours)} creators and the change of {len(others)} similar creators' posts let expect for {len(campaign)} "
        "campaign posts",
        zh=f"这 {len(ours)} 位达人的日常帖子及 {len(others)} 位相似达人同期变化所预期的 {len(campaign)} 篇活动帖",
    )
    made.reading = wording.reading(language, made.outcome, made.total, made.relative, expected_by=what)
    wording.weigh(language, made)
    before = len(rows) - len(campaign) - sum(p.creator_id in set(others) and k >= 0 for p, k in zip(rows, periods, strict=True))
    made.rows = [
        say(
            language,
            en=f"store: {len(campaign)} campaign posts, {before} earlier posts of all, {len(rows) - before - len(campaign)} posts of the others since",
            zh=f"库内：活动帖 {len(campaign)} 篇，之前的帖子 {before} 篇，其他达人同期帖子 {len(rows) - before - len(campaign)} 篇",
        )
    ]
    made.evidence = [*ours, *(p.id for p in campaign), *others]
    return made
