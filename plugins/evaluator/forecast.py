"""From a slate to what it should bring: engagements by simulation, then reach and money from stated assumptions."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import Brief, Context, CreatorForecast, Filter, Forecast, Interval, Money, Pick, Post, Slate
from plugins.common import load_data, platform_name, say
from plugins.common.engagement import HALF_LIFE, EngagementModel
from plugins.common.history import age_days, clock_of
from plugins.common.money import convert, exchange, placeholder, rates, show
from plugins.common.topics import topic_of

if TYPE_CHECKING:
    import numpy as np

DRAWS = 4000
PEERS = 300
"""At most this many other creators teach what is usual."""
THIN = 5
"""Below this many on-topic posts a forecast leans on similar creators, and says so."""
MIN_QUOTES = 8


def forecast(ctx: Context, brief: Brief, slate: Slate) -> Forecast:
    """See ``forecast_campaign``."""
    language = brief.language
    if not slate.picks:
        note = say(language, en="The slate is empty: there is nothing to forecast.", zh="投放组合为空，无法预估效果。")
        return Forecast(notes=[note, *slate.notes], method=_method(language))
    import numpy as np

    options: Mapping[str, Any] = ctx.settings.tools.get("forecast_campaign", {})
    ctx.progress("reading past posts")
    histories, followers, quotes = _past(ctx, slate)
    clock = clock_of([p for posts in histories.values() for p in posts], ctx.now)
    topic = topic_of(brief)
    model = EngagementModel(
        histories, followers, lambda p: topic.match(p) >= 0.5, clock, float(options.get("half_life_days", HALF_LIFE))
    )  # fmt: skip
    rng = np.random.default_rng(_seed(brief, slate))
    rows: list[CreatorForecast] = []
    totals, reach_total, paid, paid_reach = np.zeros(DRAWS), np.zeros(DRAWS), np.zeros(DRAWS), np.zeros(DRAWS)
    assumptions: list[str] = []
    evidence: list[str] = []
    for pick in slate.picks:
        id = pick.candidate.creator
        own = histories.get(id, [])
        draws = model.draw(id, pick.posts, rng, DRAWS)
        reached = draws / _rate(own, clock, pick.candidate.platform, options, rng, assumptions, language)
        totals += draws
        reach_total += reached
        if pick.cost is not None:
            paid += draws
            paid_reach += reached
        engagements = interval(draws)
        used = sorted(own, key=lambda p: (topic.match(p) < 0.5, age_days(p, clock)))
        evidence += [id, *(p.id for p in used[:8])]
        rows.append(
            CreatorForecast(
                creator=id, name=pick.candidate.name, posts=pick.posts, engagements=engagements, reach=interval(reached), cost=pick.cost,
                by_kind=_by_kind(own, engagements.p50, clock), history=model.level(id).history,
            )
        )  # fmt: skip
    result = Forecast(creators=rows, engagements=interval(totals), reach=interval(reach_total), method=_method(language))
    result.evidence = list(dict.fromkeys(evidence))
    result.cost = _cost(slate.picks)
    _money(result, brief, slate, paid, paid_reach, totals, rng, model, quotes, options, assumptions)
    result.assumptions = [*dict.fromkeys(assumptions)]
    result.notes = _notes(brief, slate, rows, model, clock, ctx)
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


def _seed(brief: Brief, slate: Slate) -> int:
    """The same brief and slate give the same draws."""
    text = brief.request + "|".join(f"{p.candidate.creator}x{p.posts}" for p in slate.picks)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def interval(draws: np.ndarray, digits: int = 0) -> Interval:
    """P10, P50 and P90 of what was drawn."""
    import numpy as np

    low, middle, high = (round(float(v), digits) for v in np.quantile(draws, [0.1, 0.5, 0.9]))
    return Interval(p10=low, p50=middle, p90=high)


def _by_kind(posts: Sequence[Post], total: float, clock: datetime) -> dict[str, float]:
    """The P50 split as the creator's recent engagements were."""
    sums: dict[str, float] = dict.fromkeys(("likes", "collects", "comments", "shares"), 0.0)
    known: set[str] = set()
    for post in posts:
        weight = 0.5 ** (age_days(post, clock) / HALF_LIFE)
        for kind in sums:
            count = getattr(post, kind)
            if count is not None:
                sums[kind] += weight * count
                known.add(kind)
    whole = sum(sums.values())
    return {kind: round(total * sums[kind] / whole, 1) for kind in sums if kind in known} if whole else {}


def benchmarks() -> Any:
    """Dated planning assumptions."""
    return load_data(Path(__file__).parent / "benchmarks.yaml")


def _rate(
    posts: Sequence[Post], clock: datetime, platform: str, options: Mapping[str, Any], rng: np.random.Generator,
    assumptions: list[str], language: str,
) -> np.ndarray:  # fmt: skip
    """Engagements per view, as draws: the creator's own where views are known in five posts, else the stated assumption."""
    import numpy as np

    logs = [math.log((p.engagement or 0) / p.views) for p in posts if p.views and p.engagement]
    if len(logs) >= 5:
        middle = statistics.median(logs)
        spread = max(0.1, 1.4826 * statistics.median(abs(v - middle) for v in logs) / math.sqrt(len(logs)))
        assumptions.append(
            say(
                language,
                en="Reach of creators whose views are known: from their own engagements per view.",
                zh="已知浏览量的达人：触达按其自身“互动/浏览”比推算。",
            )
        )
        return np.exp(middle + spread * rng.standard_normal(DRAWS))
    given = options.get("engagement_per_view")
    table = benchmarks()["engagement_per_view"]
    low, mid, high = (float(v) for v in (given or table.get(platform, table["default"])))
    source = (
        say(language, en="your settings", zh="你的设置")
        if given
        else say(language, en="a planning assumption, not measured", zh="规划假设，非实测")
    )
    assumptions.append(
        say(
            language,
            en=f"ASSUMED reach on {platform_name(platform, language)}: views are not in the data; engagements ÷ {mid:.1%} ({low:.1%}-{high:.1%}) per view ({source}).",
            zh=f"【假设】{platform_name(platform, language)}触达：数据中没有浏览量，按互动 ÷ 每次浏览互动率 {mid:.1%}（{low:.1%}～{high:.1%}）推算（{source}）。",
        )
    )
    return np.exp(rng.triangular(math.log(low), math.log(mid), math.log(high), DRAWS))


def _cost(picks: Sequence[Pick]) -> Money | None:
    costs = [p.cost for p in picks if p.cost is not None]
    return Money(amount=round(sum(c.amount for c in costs), 2), currency=costs[0].currency) if costs else None


def _money(
    result: Forecast, brief: Brief, slate: Slate, paid: np.ndarray, paid_reach: np.ndarray, totals: np.ndarray, rng: np.random.Generator,
    model: EngagementModel, quotes: Mapping[str, tuple[float, str]], options: Mapping[str, Any], assumptions: list[str],
) -> None:  # fmt: skip
    """CPM, CPE, EMV and ROI. Costs per unit count only the picks whose cost is known."""
    import numpy as np

    language = brief.language
    cost = result.cost
    if cost is not None and cost.amount > 0:
        result.cpm = interval(1000 * cost.amount / np.maximum(paid_reach, 1.0), 2)
        result.cpe = interval(cost.amount / np.maximum(paid, 1.0), 3)
    currency = cost.currency if cost else brief.budget.currency if brief.budget else ("CNY" if language == "zh" else "USD")
    value, said = _value_per_engagement(currency, model, quotes, options, language)
    result.emv = interval(totals * np.exp(rng.triangular(*(math.log(v) for v in value), DRAWS)), 2)
    assumptions.append(said)
    order, conversion = options.get("average_order_value"), options.get("conversion_rate")
    if order and conversion and cost is not None and cost.amount > 0:
        result.roi = interval((paid * float(conversion) * float(order) - cost.amount) / cost.amount, 3)
        assumptions.append(
            say(
                language,
                en=f"ROI = (engagements × {float(conversion):.2%} orders each × {show(float(order), currency)} per order − cost) ÷ cost (your settings).",
                zh=f"ROI =（互动 × 每次互动下单率 {float(conversion):.2%} × 客单价 {show(float(order), currency)} − 费用）÷ 费用（取自设置）。",
            )
        )
    else:
        assumptions.append(
            say(
                language,
                en="No ROI: set `average_order_value` and `conversion_rate` under [tools.forecast_campaign]. EMV is no revenue.",
                zh="未计算 ROI：请在 [tools.forecast_campaign] 中设置 `average_order_value` 与 `conversion_rate`。EMV 不等于收入。",
            )
        )


def _value_per_engagement(
    currency: str, model: EngagementModel, quotes: Mapping[str, tuple[float, str]], options: Mapping[str, Any], language: str
) -> tuple[tuple[float, float, float], str]:
    """``(low, middle, high)`` of one engagement, and the sentence that says where it is from."""
    given = options.get("value_per_engagement")
    table = given or benchmarks()["value_per_engagement"]
    dubious = placeholder(list(quotes.values()))
    asked = [
        amount / engagements
        for id, (quoted, of) in quotes.items()
        if (dubious is None or (quoted, of) != dubious[:2])
        and (amount := convert(quoted, of, currency))
        and model.level(id).history >= THIN
        and (engagements := model.expected(id)) > 1
    ]
    if not given and len(asked) >= MIN_QUOTES:
        low, middle, high = (statistics.quantiles(asked, n=20)[i] for i in (4, 9, 14))
        source = say(
            language,
            en=f"what one engagement costs at {len(asked)} quotes in the store (quartiles; placeholders left out)",
            zh=f"库内 {len(asked)} 份报价（占位价除外）折合的单次互动成本（四分位）",
        )
    else:
        made = [convert(float(table[k]), str(table["currency"]), currency) for k in ("low", "middle", "high")]
        low, middle, high = (v if v is not None else float(table[k]) for v, k in zip(made, ("low", "middle", "high"), strict=True))
        source = say(language, en="your settings", zh="你的设置") if given else say(
            language,
            en=f"a planning assumption of {benchmarks()['date']}, there is no standard; converted at the reference rates of {rates()[0]}",
            zh=f"{benchmarks()['date']} 的规划假设，行业没有统一标准；按 {rates()[0]} 参考汇率换算",
        )  # fmt: skip
    middle = max(middle, 1e-6)
    low, high = min(low, middle * 0.999), max(high, middle * 1.001)
    return (max(low, 1e-7), middle, high), say(
        language,
        en=f"EMV = engagements × {show(round(middle, 3), currency)} ({show(round(low, 3), currency)}-{show(round(high, 3), currency)}) each: {source}.",
        zh=f"EMV = 互动 × 单次价值 {show(round(middle, 3), currency)}（{show(round(low, 3), currency)}～{show(round(high, 3), currency)}）：{source}。",
    )


def _notes(brief: Brief, slate: Slate, rows: Sequence[CreatorForecast], model: EngagementModel, clock: datetime, ctx: Context) -> list[str]:
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


def _method(language: str) -> str:
    return say(
        language,
        en="Hierarchical log-normal over the creator's own posts (half-life 240 days, off-topic posts count a quarter), shrunk towards "
        "creators of like following, with resampled tails; totals from 4,000 seeded draws. Intervals are P10-P90. The split by kind is of the P50.",
        zh="以达人自身历史帖子建立分层对数正态模型（半衰期 240 天，非相关帖子按四分之一计），向粉丝量相近的达人收缩，尾部取自实际残差；"
        "合计由 4,000 次固定种子模拟得出，区间为 P10～P90，分项按 P50 拆分。",
    )
