"""From a slate to what it should bring: engagements by simulation, then reach and money from stated assumptions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent import Brief, Context, CreatorForecast, Filter, Forecast, Money, Pick, Post, Slate
from plugins.common import say
from plugins.common.engagement import HALF_LIFE, EngagementModel
from plugins.common.history import age_days, clock_of
from plugins.common.levels import OFF_TOPIC
from plugins.common.money import exchange
from plugins.common.topics import Topic, topic_of

from .seeds import generator
from .worth import Revenue, benchmarks, interval, per_engagement, per_view, unit_costs, usual_level

if TYPE_CHECKING:
    import numpy as np

DRAWS = 4000
PEERS = 300
"""At most this many other creators teach what is usual."""
THIN = 5
"""Below this many on-topic posts a forecast leans on similar creators, and says so."""
SPLIT_POSTS = 60
"""The newest posts that say how engagements split into kinds."""
KINDS = ("likes", "collects", "comments", "shares")


def forecast(ctx: Context, brief: Brief, slate: Slate) -> Forecast:
    """See ``forecast_campaign``."""
    language = brief.language
    if not slate.picks:
        note = say(language, en="The slate is empty: there is nothing to forecast.", zh="投放组合为空，无法预估效果。")
        return Forecast(notes=[note, *slate.notes], method=_method(language, HALF_LIFE))
    import numpy as np

    options: Mapping[str, Any] = ctx.settings.tools.get("forecast_campaign", {})
    ctx.progress("reading past posts")
    histories, followers, quotes = _past(ctx, slate)
    clock = clock_of([p for posts in histories.values() for p in posts], ctx.now)
    topic = topic_of(brief)
    half_life = float(options.get("half_life_days", HALF_LIFE))
    model = EngagementModel(histories, followers, lambda p: topic.match(p) >= 0.5, clock, half_life, _usual(slate, followers))
    rng = generator("forecast", brief.request, *(f"{p.candidate.creator}x{p.posts}" for p in slate.picks))
    shock, effect = rng.standard_normal(DRAWS), rng.standard_normal(DRAWS)
    currency = _currency(brief, slate)
    value, value_said = per_engagement(currency, model, quotes, options, language)
    value_drawn = np.exp(rng.triangular(*(math.log(v) for v in value), DRAWS))
    revenue = Revenue.of(options)
    result, assumptions = Forecast(method=_method(language, half_life), cost=_cost(slate.picks)), []
    totals, reach_total, paid, paid_reach = (np.zeros(DRAWS) for _ in range(4))
    kinds_total: dict[str, np.ndarray] = {}
    everybody = [p for posts in histories.values() for p in posts]
    for pick in slate.picks:
        id = pick.candidate.creator
        own = histories.get(id, [])
        draws = model.draw(id, pick.posts, rng, DRAWS, shock, effect)
        rate, said = per_view(own, pick.candidate.platform, options, rng, DRAWS, language)
        reached = draws / rate
        kinds = _kinds(own or everybody, draws, clock, half_life, rng)
        assumptions.append(said)
        totals += draws
        reach_total += reached
        for kind, drawn in kinds.items():
            kinds_total[kind] = kinds_total.get(kind, 0) + drawn
        units = {}
        if pick.cost is not None:
            paid += draws
            paid_reach += reached
            units = unit_costs(pick.cost.amount, draws, reached, revenue)
        engagements = interval(draws)
        middle = sum(float(np.median(d)) for d in kinds.values()) or 1.0
        result.creators.append(
            CreatorForecast(
                creator=id, name=pick.candidate.name, posts=pick.posts, engagements=engagements, reach=interval(reached), cost=pick.cost,
                # The P50 split so that its parts sum to it, which medians of the parts would not.
                by_kind={k: round(engagements.p50 * float(np.median(d)) / middle, 1) for k, d in kinds.items()},
                kinds={k: interval(d, 1) for k, d in kinds.items()}, emv=interval(draws * value_drawn, 2), history=model.level(id).history,
                **units,
            )
        )  # fmt: skip
        result.evidence += [id, *(p.id for p in _weightiest(own, topic, clock))] if own or ctx.store.creator(id) else []
    result.evidence = list(dict.fromkeys(result.evidence))
    result.engagements, result.reach = interval(totals), interval(reach_total)
    result.kinds = {k: interval(d, 1) for k, d in kinds_total.items()}
    result.emv = interval(totals * value_drawn, 2)
    if result.cost is not None:
        # Costs per unit count only the picks whose cost is known.
        for name, made in unit_costs(result.cost.amount, paid, paid_reach, revenue).items():
            setattr(result, name, made)
    assumptions += [
        value_said,
        *_formulae(result, revenue, currency, language),
        _paid_said(model, language),
        *_borrowed(model, slate, language),
    ]
    result.assumptions = [*dict.fromkeys(a for a in assumptions if a)]
    result.notes = _notes(brief, slate, result.creators, model, clock, ctx)
    return result


def _past(ctx: Context, slate: Slate) -> tuple[dict[str, list[Post]], dict[str, int | None], dict[str, tuple[float, str]]]:
    """Posts known at ``ctx.now``, followers, and quotes: of the slate's creators and of others on their platforms."""
    picked = [p.candidate.creator for p in slate.picks]
    platforms = tuple(dict.fromkeys(p.candidate.platform for p in slate.picks))
    profiles = {c.id: c for c in [*ctx.store.creators(ids=picked), *ctx.store.creators(platforms=platforms, limit=PEERS)]}
    ids = list(dict.fromkeys([*picked, *profiles]))
    histories: dict[str, list[Post]] = defaultdict(list)
    for start in range(0, len(ids), 200):
        for post in ctx.store.posts(where=Filter(creators=tuple(ids[start : start + 200]), until=ctx.now)):
            histories[post.creator_id].append(post)
    followers: dict[str, int | None] = {id: c.followers for id, c in profiles.items()}
    for pick in slate.picks:
        followers.setdefault(pick.candidate.creator, pick.candidate.followers)
    quotes = {id: (c.quotes[0].amount, c.quotes[0].currency) for id, c in profiles.items() if c.quotes and c.quotes[0].amount > 0}
    return dict(histories), followers, quotes


def _usual(slate: Slate, followers: Mapping[str, int | None]) -> dict[str, float]:
    """What creators of the picks' tier usually get, by the benchmark table: for stores whose posts cannot tell."""
    made = {}
    for pick in slate.picks:
        c = pick.candidate
        if (level := usual_level(c.platform, followers.get(c.creator))) is not None:
            made[c.creator] = level
    return made


def _weightiest(posts: Sequence[Post], topic: Topic, clock: datetime) -> list[Post]:
    """The eight posts that weigh most in a creator's level: on the topic, newest first."""
    return sorted((p for p in posts if p.engagement is not None), key=lambda p: (topic.match(p) < 0.5, age_days(p, clock)))[:8]


def _kinds(posts: Sequence[Post], draws: np.ndarray, clock: datetime, half_life: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The draws split into kinds as recent posts were; how sure that is, by the Bayesian bootstrap over posts (Rubin 1981)."""
    import numpy as np

    newest = sorted((p for p in posts if p.engagement), key=lambda p: age_days(p, clock))[:SPLIT_POSTS]
    known = [k for k in KINDS if any(getattr(p, k) is not None for p in newest)]
    if not known:
        return {}
    counts = np.array([[float(getattr(p, k) or 0) for k in known] for p in newest])
    weights = np.array([0.5 ** (age_days(p, clock) / half_life) for p in newest])
    sums = (rng.exponential(size=(len(draws), len(newest))) * weights) @ counts
    shares = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)
    return {kind: draws * shares[:, i] for i, kind in enumerate(known)}


def _cost(picks: Sequence[Pick]) -> Money | None:
    costs = [p.cost for p in picks if p.cost is not None]
    return Money(amount=round(sum(c.amount for c in costs), 2), currency=costs[0].currency) if costs else None


def _currency(brief: Brief, slate: Slate) -> str:
    cost = _cost(slate.picks)
    return cost.currency if cost else brief.budget.currency if brief.budget else ("CNY" if brief.language == "zh" else "USD")


def _formulae(result: Forecast, revenue: Revenue | None, currency: str, language: str) -> list[str]:
    """Each figure's formula, its variant and where that is from."""
    table = benchmarks()["formulae"]
    said = [table[name][language] for name in ("cpm", "cpe", "emv", "roi") if getattr(result, name) is not None]
    if result.roi is not None and revenue is not None:
        return [revenue.said(currency, language), *said]
    return [
        *said,
        say(
            language,
            en="No ROI: set `average_order_value` and `conversion_rate` under [tools.forecast_campaign]. EMV is no revenue.",
            zh="未计算 ROI：请在 [tools.forecast_campaign] 中设置 `average_order_value` 与 `conversion_rate`。EMV 不等于收入。",
        ),
    ]


def _paid_said(model: EngagementModel, language: str) -> str:
    effect, error = math.expm1(model.paid), 1.2816 * model.paid_error
    low, high = math.expm1(model.paid - error), math.expm1(model.paid + error)
    return say(
        language,
        en=f"Being marked as paid changes engagement by {effect:+.0%} ({low:+.0%} to {high:+.0%}), from {model.paid_posts} posts in the store that disclose a "
        "partnership, against their creators' others.",
        zh=f"标注合作对互动的影响按 {effect:+.0%}（{low:+.0%}～{high:+.0%}）计，依据库内 {model.paid_posts} 篇披露合作的帖子与同一达人其他帖子的对比。",
    )


def _borrowed(model: EngagementModel, slate: Slate, language: str) -> list[str]:
    if not any(model.from_benchmark(p.candidate.creator) for p in slate.picks):
        return []
    table = benchmarks()["engagement_rate"]
    return [
        say(
            language,
            en=f"Too few creators with posts are in the store: what is usual comes from published engagement rates by tier ({table['date']}; {table['source']}).",
            zh=f"库内有帖子的达人过少：常见水平取自公开的分层互动率（{table['date']}；{table['source']}）。",
        )
    ]


def _notes(
    brief: Brief, slate: Slate, rows: Sequence[CreatorForecast], model: EngagementModel, clock: datetime, ctx: Context
) -> list[str]:  # fmt: skip
    language, notes = brief.language, []
    thin = [r.name for r in rows if model.level(r.creator).on_topic < THIN]
    if thin:
        who = ("、" if language == "zh" else ", ").join(thin)
        notes.append(
            say(
                language,
                en=f"Fewer than {THIN} on-topic posts: {who}. Their forecasts lean on similar creators and are wide.",
                zh=f"相关帖子不足 {THIN} 篇：{who}。其预估主要借用相近达人的表现，区间较宽。",
            )
        )
    unpriced = sum(p.cost is None for p in slate.picks)
    if unpriced:
        notes.append(
            say(language, en=f"CPM and CPE leave out {unpriced} creators without a price.", zh=f"CPM、CPE 未计入 {unpriced} 位无报价达人。")
        )
    if (ctx.now - clock).days > 30:
        notes.append(
            say(
                language,
                en=f"Rests on posts up to {clock:%Y-%m-%d}, the newest in the store.",
                zh=f"依据截至 {clock:%Y-%m-%d} 的帖子（库内最新）。",
            )
        )
    others = {p.cost.currency for p in slate.picks if p.cost} - ({brief.budget.currency} if brief.budget else set())
    if brief.budget and others and exchange(brief.budget, next(iter(others))) is None:
        notes.append(say(language, en="Some prices are in a currency without a known rate.", zh="部分报价币种没有参考汇率。"))
    return notes


def _method(language: str, half_life: float) -> str:
    return say(
        language,
        en=f"Hierarchical log-normal over the creator's own posts (half-life {half_life:.0f} days, off-topic posts count {OFF_TOPIC:.0%}), shrunk towards "
        "creators of like following; how far levels last and stray is learnt by refitting at earlier moments; tails are resampled. Good and "
        f"bad times shared by all creators are drawn together; totals from {DRAWS:,} seeded draws. Intervals are P10-P90.",
        zh=f"以达人自身历史帖子建立分层对数正态模型（半衰期 {half_life:.0f} 天，非相关帖子按 {OFF_TOPIC:.0%} 计），向粉丝量相近的达人收缩；"
        f"水平的延续与漂移通过在更早时点重新拟合来估计，尾部取自实际残差，达人共同的行情起伏一并模拟；合计由 {DRAWS:,} 次固定种子模拟得出，区间为 P10～P90。",
    )
