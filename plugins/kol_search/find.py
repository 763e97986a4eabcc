"""From a brief to a shortlist: hard constraints first, then the score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from agent import Brief, Candidate, Context, PersonaSet, Shortlist
from plugins.common import say
from plugins.common.history import age_days
from plugins.common.money import show
from plugins.common.topics import topic_of

from .authenticity import Peers
from .constraints import Wanted, advice, failures_of
from .expand import Expansion, expand
from .paid import conflicts_of, sponsored_work
from .pool import Entry, Pool, called, gather, median_engagement
from .price import Price, PriceBook
from .safety import flags_of
from .score import Scorer
from .settings import Options, read_options, weights_of

STALE_DAYS = 180


def find(ctx: Context, brief: Brief, personas: PersonaSet | None, limit: int, language: str | None = None) -> Shortlist:
    """See ``search_creators``."""
    options = read_options(ctx.settings.tools.get("search_creators", {}))
    weights = weights_of(options, brief, personas)
    wider = expand(ctx, brief) if options.expand else Expansion()
    topic = topic_of(brief, wider.words)
    pool = gather(ctx, brief, topic, options, weights, wider.queries)
    book = PriceBook(pool.entries, brief)
    wanted = Wanted(brief, pool, {e.id: book.of(e) for e in pool.entries}, language)
    failures = failures_of(wanted)
    eligible = [e for e in pool.entries if not failures[e.id]]
    scorer = Scorer(pool, eligible, brief, personas, weights, Peers(pool.entries, brief.language))
    scored = sorted(((scorer.score(e), e) for e in eligible), key=lambda pair: (not pair[1].named, -pair[0], pair[1].id))
    shown = [_candidate(e, brief, pool, wanted.prices[e.id], scorer, options) for _, e in scored[:limit]]
    found = Shortlist(candidates=shown, considered=pool.considered, scored=len(pool.entries))
    reasons = Counter(name for names in [*failures.values(), *pool.ruled_out.values()] for name in names)
    found.rejected = {name: n for name, n in reasons.most_common() if name != "model"}
    found.advice = advice(wanted, failures, scorer.score)
    found.notes = [*wider.notes, *_notes(brief, pool, book, shown, ctx, len(eligible))]
    found.evidence = list(dict.fromkeys(i for c in shown for i in (c.creator, *c.posts)))
    return found


def _notes(brief: Brief, pool: Pool, book: PriceBook, shown: Sequence[Candidate], ctx: Context, fitting: int) -> list[str]:
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
    if not pool.whole:
        notes.append(
            say(
                language,
                en=f"{pool.considered:,} creators are in the store; the {len(pool.entries):,} that the index put first were scored in full, {fitting:,} of them fit.",
                zh=f"库内共 {pool.considered:,} 位达人，按索引初筛对前 {len(pool.entries):,} 位完整评分，其中 {fitting:,} 位符合条件。",
            )
        )
    asked = [*brief.creators, *brief.similar_to]
    missing = [name for name in asked if not any((e.named or e.model) and called(name, e.id, e.creator) for e in pool.entries)]
    if missing:
        who = ", ".join(missing)
        notes.append(
            say(language, en=f"Not in the store: {who}. Ingest their posts to judge them.", zh=f"库中没有：{who}。导入其数据后才能评估。")
        )
    return notes


def _candidate(e: Entry, brief: Brief, pool: Pool, price: Price, scorer: Scorer, options: Options) -> Candidate:
    parts = scorer.parts(e)
    median = median_engagement(e)
    core = {p.id for p in e.core}
    shows = {
        p.id: (1.0 if p.id in core else 0.5) + 0.5 * 0.5 ** (age_days(p, pool.clock) / 365) + (0.3 if p.id in e.best_hits else 0.0)
        for p in e.on_topic
    }
    posts = sorted(shows, key=lambda id: -shows[id])[:6] or e.best_hits[:3]
    c = e.creator
    flags, paid = flags_of(e, brief.language), sponsored_work(e, brief.language)
    conflicts = conflicts_of(e, brief, pool, options.conflict_days)
    return Candidate(
        creator=e.id, name=e.name, platform=e.platform, handle=c.handle if c else "", url=c.url if c else None,  # type: ignore[arg-type]
        followers=e.followers, tier=c.tier if c else None, location=c.location if c else None, audience=c.audience if c else None,
        score=sum(p.value for p in parts), parts=parts, posts=posts, on_topic_posts=len(e.on_topic), median_engagement=median, expected_engagement=e.expected,
        engagement_rate=median / e.followers if median is not None and e.followers else None,
        price=price.money, price_basis=price.basis, price_low=price.low, price_high=price.high, price_note=price.note,  # type: ignore[arg-type]
        authenticity=scorer.peers.judge(e), safety=flags, sponsored=paid, conflicts=conflicts,
        warnings=[*price.warnings, *(c.reading for c in conflicts), *_warnings(e, brief, price, pool)],
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
