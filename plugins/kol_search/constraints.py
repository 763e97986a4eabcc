"""Hard constraints: who fails which, and what relaxing them would bring. They never give way silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from agent import Brief
from plugins.common import say
from plugins.common.history import age_days
from plugins.common.money import show

from .pool import Entry, Pool, called
from .price import Price
from .retrieve import INACTIVE_DAYS, enough_on_topic

LANGUAGE_SHARE = 0.5
"""A creator writes in a language if this share of their newest posts is in it."""
SHOWN = 4
"""Ways to relax that are named."""


@dataclass(frozen=True)
class Wanted:
    """What the constraints are held against."""

    brief: Brief
    pool: Pool
    prices: Mapping[str, Price]
    language: str | None = None


def _wrong_platform(e: Entry, w: Wanted) -> bool:
    return bool(w.brief.platforms) and e.platform not in w.brief.platforms


def _elsewhere(e: Entry, w: Wanted) -> bool:
    return bool(w.brief.creator_locations) and not e.place.local and not e.named


def _other_language(e: Entry, w: Wanted) -> bool:
    if w.language is None or e.named:
        return False
    share = e.share_in(w.language)
    return share is None or share < LANGUAGE_SHARE


def _wrong_tier(e: Entry, w: Wanted) -> bool:
    return bool(w.brief.creator_tiers) and (e.creator.tier if e.creator else None) not in w.brief.creator_tiers and not e.named


def _excluded(e: Entry, w: Wanted) -> bool:
    return any(called(name, e.id, e.creator) for name in w.brief.excluded_creators)


def _too_dear(e: Entry, w: Wanted) -> bool:
    price = w.prices[e.id]
    if w.brief.budget is None or price.money is None:
        return False
    least = price.low if price.low is not None else price.money.amount
    return least * (w.brief.posts_per_creator or 1) > w.brief.budget.amount


def _off_topic(e: Entry, w: Wanted) -> bool:
    if e.named or w.pool.topic.wide is None:
        return False
    if not e.posts:
        return not w.pool.topic.names(f"{e.creator.name} {e.creator.bio} {' '.join(e.creator.categories)}" if e.creator else "")
    return not enough_on_topic(len(e.on_topic), len(e.posts))


def _inactive(e: Entry, w: Wanted) -> bool:
    dated = [p for p in e.posts if p.created_at is not None]
    return bool(dated) and not e.named and min(age_days(p, w.pool.clock) for p in dated) > INACTIVE_DAYS


def _model(e: Entry, w: Wanted) -> bool:
    return e.model and not e.named


HARD: dict[str, Callable[[Entry, Wanted], bool]] = {
    "platform": _wrong_platform,
    "place": _elsewhere,
    "language": _other_language,
    "tier": _wrong_tier,
    "excluded": _excluded,
    "price": _too_dear,
    "topic": _off_topic,
    "inactive": _inactive,
    "model": _model,
}
_LABELS = {
    "platform": ("the platform", "平台"),
    "place": ("the creators' place", "达人所在地"),
    "language": ("the language", "语言"),
    "tier": ("the follower tier", "粉丝量级"),
    "excluded": ("the exclusions", "排除名单"),
    "price": ("the budget", "预算"),
    "topic": ("the topic", "主题"),
    "inactive": ("the wish for recent posts", "近期活跃"),
}


def failures_of(wanted: Wanted) -> dict[str, frozenset[str]]:
    """Creator to the hard constraints that they fail."""
    return {e.id: frozenset(name for name, fails in HARD.items() if fails(e, wanted)) for e in wanted.pool.entries}


def advice(wanted: Wanted, failures: Mapping[str, frozenset[str]], score: Callable[[Entry], float]) -> list[str]:
    """Which constraint to relax when fewer fit than are asked for, and what that would bring: how many, the best score, who.

    Single constraints come first; pairs where no single one brings anybody.
    """
    brief, language = wanted.brief, wanted.brief.language
    if not wanted.pool.entries:
        return [
            say(
                language,
                en="The store holds no creators: run `kolony ingest PATH` first.",
                zh="库中没有达人：请先运行 `kolony ingest 路径` 导入数据。",
            )
        ]
    fitting, asked = sum(not f for f in failures.values()), max(brief.creator_count or 1, len(brief.creators))
    if fitting >= asked:
        return []
    said = [say(language, en=f"{fitting} creators fit, {asked} are asked for.", zh=f"符合条件的达人 {fitting} 位，需求为 {asked} 位。")]
    ways = _ways(wanted, failures, 1)
    if not ways:
        ways = _ways(wanted, failures, 2)
        if ways:
            said.append(say(language, en="No single constraint is to blame.", zh="放宽任何单一条件都不够。"))
    if not ways:
        said.append(
            say(
                language,
                en="Not even relaxing two constraints together brings anybody: ingest more creators, or change the request.",
                zh="同时放宽两个条件也不够：请导入更多达人数据，或调整需求。",
            )
        )
    return [*said, *(_said(wanted, names, gained, more, score) for names, gained, more in ways[:SHOWN])]


def _ways(wanted: Wanted, failures: Mapping[str, frozenset[str]], size: int) -> list[tuple[tuple[str, ...], list[Entry], int]]:
    """Sets of ``size`` constraints, the creators that fail these and no others, and how many more there are that were not read."""
    found = []
    for names in combinations(_LABELS, size):
        gained = [e for e in wanted.pool.entries if failures[e.id] == frozenset(names)]
        more = sum(why == frozenset(names) for why in wanted.pool.ruled_out.values())
        if gained:
            found.append((names, gained, more))
    return sorted(found, key=lambda way: (-len(way[1]) - way[2], way[0]))


def _said(wanted: Wanted, names: Sequence[str], gained: Sequence[Entry], more: int, score: Callable[[Entry], float]) -> str:
    brief, language = wanted.brief, wanted.brief.language
    scored = sorted(((score(e), e) for e in gained), key=lambda pair: (-pair[0], pair[1].id))
    some = "、" if language == "zh" else ", "
    who = some.join(e.name for _, e in scored[:3]) + (" …" if len(scored) > 3 else "")
    details = [say(language, en=f"best score {scored[0][0]:.0%}", zh=f"最高评分 {scored[0][0]:.0%}")]
    if "price" in names:
        prices = [p.money.amount if p.low is None else p.low for e in gained if (p := wanted.prices[e.id]).money is not None]
        least = show(min(prices) * (brief.posts_per_creator or 1), brief.budget.currency if brief.budget else "CNY")
        details.append(say(language, en=f"the cheapest of them needs {least}", zh=f"其中最低需要 {least}"))
    if "platform" in names:
        details.append(some.join(f"{slug} {n}" for slug, n in Counter(e.platform for e in gained).most_common(3)))
    if "tier" in names:
        tiers = Counter(e.creator.tier if e.creator else None for e in gained)
        details.append(some.join(f"{tier or say(language, en='unknown', zh='未知')} {n}" for tier, n in tiers.most_common(3)))
    what_en = " and ".join(_LABELS[n][0] for n in names)
    what_zh = "与".join(_LABELS[n][1] for n in names)
    least_en, least_zh = ("at least ", "至少") if more else ("", "")
    return say(
        language,
        en=f"Relaxing {what_en} {'alone' if len(names) == 1 else 'together'} brings {least_en}{len(gained) + more} more: "
        f"{who} ({'; '.join(details)}).",
        zh=f"{'只放宽' if len(names) == 1 else '同时放宽'}{what_zh}可增加{least_zh} {len(gained) + more} 位：{who}（{'；'.join(details)}）。",
    )
