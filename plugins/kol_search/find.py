"""From a brief to a shortlist: hard constraints first, then the score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from agent import Brief, Candidate, Context, PersonaSet, Shortlist
from plugins.common import say
from plugins.common.history import age_days
from plugins.common.money import show

from .pool import Entry, Pool, called, gather, median_engagement
from .price import Price, PriceBook
from .score import Scorer

STALE_DAYS = 180
INACTIVE_DAYS = 365
TOPIC_POSTS, TOPIC_SHARE = 10, 0.1


def find(ctx: Context, brief: Brief, personas: PersonaSet | None, limit: int) -> Shortlist:
    """See ``search_creators``."""
    pool = gather(ctx, brief)
    book = PriceBook(pool.entries, brief)
    prices = {e.id: book.of(e) for e in pool.entries}
    failures = {e.id: [name for name, fails in _HARD.items() if fails(e, brief, prices[e.id], pool)] for e in pool.entries}
    eligible = [e for e in pool.entries if not failures[e.id]]
    options = ctx.settings.tools.get("search_creators", {})
    scorer = Scorer(pool, eligible, brief, personas, options.get("weights", {}))
    candidates = [_candidate(e, brief, pool, prices[e.id], scorer) for e in eligible]
    named = {e.id for e in eligible if e.named}
    candidates.sort(key=lambda c: (c.creator not in named, -c.score, c.creator))
    shown = candidates[:limit]
    found = Shortlist(candidates=shown, considered=len(pool.entries))
    found.rejected = dict(Counter(name for names in failures.values() for name in names).most_common())
    found.advice = _advice(brief, pool, failures, prices, len(eligible))
    found.notes = _notes(brief, pool, book, shown, ctx)
    found.evidence = list(dict.fromkeys(i for c in shown for i in (c.creator, *c.posts)))
    return found


# --- hard constraints: each says whether an entry fails ---------------------------------------------------------------


def _wrong_platform(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    return bool(brief.platforms) and e.platform not in brief.platforms


def _elsewhere(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    return bool(brief.creator_locations) and not e.place.local and not e.named


def _wrong_tier(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    return bool(brief.creator_tiers) and (e.creator.tier if e.creator else None) not in brief.creator_tiers and not e.named


def _excluded(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    return any(called(name, e) for name in brief.excluded_creators)


def _too_dear(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    if brief.budget is None or price.money is None:
        return False
    least = price.low if price.low is not None else price.money.amount
    return least * (brief.posts_per_creator or 1) > brief.budget.amount


def _off_topic(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    """One stray post on the topic makes nobody a creator of it: a tenth of their posts must be, or ten of them."""
    if e.named or pool.topic.wide is None:
        return False
    if not e.posts:
        return not pool.topic.names(f"{e.creator.name} {e.creator.bio} {' '.join(e.creator.categories)}" if e.creator else "")
    return len(e.on_topic) < min(TOPIC_POSTS, max(1, TOPIC_SHARE * len(e.posts)))


def _inactive(e: Entry, brief: Brief, price: Price, pool: Pool) -> bool:
    dated = [p for p in e.posts if p.created_at is not None]
    return bool(dated) and not e.named and min(age_days(p, pool.clock) for p in dated) > INACTIVE_DAYS


_HARD: dict[str, Callable[[Entry, Brief, Price, Pool], bool]] = {
    "platform": _wrong_platform,
    "place": _elsewhere,
    "tier": _wrong_tier,
    "excluded": _excluded,
    "price": _too_dear,
    "topic": _off_topic,
    "inactive": _inactive,
}
_LABELS = {
    "platform": ("the platform", "平台"),
    "place": ("the creators' place", "达人所在地"),
    "tier": ("the follower tier", "粉丝量级"),
    "price": ("the budget", "预算"),
    "topic": ("the topic", "主题"),
    "inactive": ("the wish for recent posts", "近期活跃"),
}


def _advice(brief: Brief, pool: Pool, failures: dict[str, list[str]], prices: dict[str, Price], fitting: int) -> list[str]:
    """Which constraint to relax when fewer fit than asked, by what relaxing that one alone would bring."""
    language = brief.language
    if not pool.entries:
        return [
            say(
                language,
                en="The store holds no creators: run `kolony ingest PATH` first.",
                zh="库中没有达人：请先运行 `kolony ingest 路径` 导入数据。",
            )
        ]
    if fitting >= (brief.creator_count or 1):
        return []
    wanted = brief.creator_count or 1
    advice = [say(language, en=f"{fitting} creators fit, {wanted} are asked for.", zh=f"符合条件的达人 {fitting} 位，需求为 {wanted} 位。")]
    gains = {name: [e for e in pool.entries if failures[e.id] == [name]] for name in _LABELS}
    for name, gained in sorted(gains.items(), key=lambda item: -len(item[1])):
        if not gained:
            continue
        en, zh = _LABELS[name]
        some = "、" if language == "zh" else ", "
        who = some.join(e.name for e in gained[:3]) + (" …" if len(gained) > 3 else "")
        detail = ""
        if name == "price":
            cheapest = min(p.money.amount for e in gained if (p := prices[e.id]).money is not None)
            least = show(cheapest * (brief.posts_per_creator or 1), brief.budget.currency if brief.budget else "CNY")
            detail = say(language, en=f" (the cheapest of them needs {least})", zh=f"（其中最低需要 {least}）")
        if name == "platform":
            where = Counter(e.platform for e in gained)
            detail = " (" + ", ".join(f"{slug} {n}" for slug, n in where.most_common(3)) + ")"
        advice.append(
            say(
                language,
                en=f"Relaxing {en} alone brings {len(gained)} more: {who}{detail}.",
                zh=f"只放宽{zh}可增加 {len(gained)} 位：{who}{detail}。",
            )
        )
    if len(advice) == 1:
        advice.append(
            say(
                language,
                en="No single constraint is to blame: relax place and tier together, or ingest more creators.",
                zh="放宽任何单一条件都不够：请同时放宽地点与量级，或导入更多达人数据。",
            )
        )
    return advice


def _notes(brief: Brief, pool: Pool, book: PriceBook, shown: list[Candidate], ctx: Context) -> list[str]:
    language, notes = brief.language, []
    behind = (ctx.now - pool.clock).days
    if pool.entries and behind > 14:
        notes.append(
            say(
                language,
                en=f"The newest post in the store is of {pool.clock:%Y-%m-%d}: “recent” is counted from there.",
                zh=f"库内最新帖子日期为 {pool.clock:%Y-%m-%d}，“近期”按该日起算。",
            )
        )
    if book.repeated:
        amount, currency, times = book.repeated
        notes.append(
            say(
                language,
                en=f"{times} of {len(book.quotes)} quotes are exactly {show(amount, currency)}: probably a minimum or placeholder, not a price.",
                zh=f"{len(book.quotes)} 份报价中有 {times} 份同为 {show(amount, currency)}，可能是起步价或占位价而非真实报价。",
            )
        )
    unknown = sum(c.price is None for c in shown)
    if unknown:
        notes.append(say(language, en=f"{unknown} of {len(shown)} have no known price.", zh=f"{len(shown)} 位中有 {unknown} 位价格未知。"))
    missing = [name for name in brief.creators if not any(e.named and called(name, e) for e in pool.entries)]
    if missing:
        who = ", ".join(missing)
        notes.append(
            say(language, en=f"Not in the store: {who}. Ingest their posts to judge them.", zh=f"库中没有：{who}。导入其数据后才能评估。")
        )
    return notes


def _candidate(e: Entry, brief: Brief, pool: Pool, price: Price, scorer: Scorer) -> Candidate:
    parts = scorer.parts(e)
    median = median_engagement(e)
    core = {p.id for p in e.core}
    shows = {
        p.id: (1.0 if p.id in core else 0.5) + 0.5 * 0.5 ** (age_days(p, pool.clock) / 365) + (0.3 if p.id in e.best_hits else 0.0)
        for p in e.on_topic
    }
    posts = sorted(shows, key=lambda id: -shows[id])[:6] or e.best_hits[:3]
    c = e.creator
    return Candidate(
        creator=e.id, name=e.name, platform=e.platform, handle=c.handle if c else "", url=c.url if c else None,  # type: ignore[arg-type]
        followers=e.followers, tier=c.tier if c else None, location=c.location if c else None, audience=c.audience if c else None,
        score=sum(p.value for p in parts), parts=parts, posts=posts, on_topic_posts=len(e.on_topic), median_engagement=median, expected_engagement=e.expected,
        engagement_rate=median / e.followers if median is not None and e.followers else None,
        price=price.money, price_basis=price.basis, price_low=price.low, price_high=price.high, price_note=price.note,  # type: ignore[arg-type]
        warnings=[*price.warnings, *_warnings(e, brief, price, pool)],
    )  # fmt: skip


def _warnings(e: Entry, brief: Brief, price: Price, pool: Pool) -> list[str]:
    language, made = brief.language, []
    if e.creator is None:
        made.append(say(language, en="Known from posts only: no profile, followers or quote.", zh="仅有帖子，没有资料、粉丝数和报价。"))
    if not e.posts:
        made.append(say(language, en="No posts in the store: judged by the profile alone.", zh="库中没有其帖子，仅依据资料判断。"))
    if e.named and brief.creator_locations and not e.place.local:
        made.append(
            say(
                language,
                en="Named in the request, though nothing shows them at the place asked for.",
                zh="需求点名的达人，但没有证据显示在目标地点。",
            )
        )
    if e.named and not e.on_topic:
        made.append(
            say(language, en="Named in the request, though no post of theirs is on the topic.", zh="需求点名的达人，但没有相关主题的帖子。")
        )
    for posts, en, zh in ((e.posts, "Has not posted", "没有更新"), (e.on_topic, "Has not posted on the topic", "没有发布相关内容")):
        dated = [p for p in posts if p.created_at is not None]
        if dated and (quiet := min(age_days(p, pool.clock) for p in dated)) > STALE_DAYS:
            made.append(say(language, en=f"{en} for {quiet:.0f} days.", zh=f"已 {quiet:.0f} 天{zh}。"))
            break
    if brief.budget and price.high and price.high * (brief.posts_per_creator or 1) > brief.budget.amount:
        made.append(say(language, en="The upper end of the price estimate is above the whole budget.", zh="估价上限超过总预算。"))
    return made
