"""Judges before and after: reviews drafts, forecasts what a slate brings, and measures what it brought."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from agent import Brief, ContentReview, Context, DraftSet, Forecast, Outcome, Slate, hookimpl, tool

if TYPE_CHECKING:
    import typer


@tool(
    asks=[
        "review", "check this caption", "check the caption", "check this post", "check the copy", "compliance check", "is this allowed",
        "proofread", "brand safety", "content review", "legal check", "ftc", "审核", "检查文案", "检查这段文案", "合规", "违禁词", "敏感词", "广告法",
        "能不能发", "审稿", "校对", "违规",
    ],
    seconds=1,
)  # fmt: skip
def review_content(ctx: Context, brief: Brief, drafts: DraftSet, market: str | None = None) -> ContentReview:
    """Each draft against platform limits, disclosure rules, words that the law or the brief forbids, and claims without ground.

    Every finding names its rule, the words, why it applies or is exempt, a way to mend it and the source of the rule. ``market`` is
    cn, us, uk, eu, or one of a registered rule pack; by default that of the draft's platform or language. Guards run as well.
    """
    from plugins.common.compliance import review

    return review(brief, drafts, ctx.guards, packs=ctx.rule_packs, market=market)


@tool(
    asks=[
        "forecast", "predict", "estimate the results", "expected results", "expected reach", "projected", "what will it bring", "roi estimate",
        "performance estimate", "预估", "预测", "效果预估", "预期效果", "预计效果", "能带来多少", "投放效果", "曝光预估",
    ],
    seconds=4,
)  # fmt: skip
def forecast_campaign(ctx: Context, brief: Brief, slate: Slate) -> Forecast:
    """What the slate should bring: engagements, reach, CPM, CPE, EMV, and ROI where revenue inputs exist, each as P10, P50, P90.

    Rests on the creators' own past posts known at ``ctx.now``. Settings (``[tools.forecast_campaign]``): ``half_life_days``,
    ``engagement_per_view`` (``[low, middle, high]``), ``value_per_engagement`` (``{low, middle, high, currency}``),
    ``average_order_value`` (in the budget's currency) and ``conversion_rate`` (orders per engagement) for ROI.
    """
    from .forecast import forecast

    return forecast(ctx, brief, slate)


@tool(
    asks=[
        "measure", "campaign results", "how did it do", "how did the campaign perform", "post-campaign report", "wrap-up report", "what did it bring",
        "actual results", "复盘", "结案", "投放结果", "实际效果", "效果复盘", "活动效果如何", "投放数据总结",
    ],
    seconds=3,
)  # fmt: skip
def measure_campaign(ctx: Context, brief: Brief, slate: Slate | None = None, forecast: Forecast | None = None) -> Outcome:
    """What a finished campaign brought: its posts against the forecast and against usual posts, lift in a series, attribution.

    Counts posts within the brief's flight, by the slate's (or the brief's) creators, that mention brand, product or topic, and holds
    them against similar creators' posts (difference-in-differences). ``Outcome.lift`` is an association, never a proof of cause.

    Settings (``[tools.measure_campaign]``): ``since`` (ISO date) and ``window_days`` (30), used when the request names no dates;
    ``series`` (CSV with a date column), of it ``treated`` and ``controls`` (columns), for the effect by a structural time series and
    by difference-in-differences; ``paths`` (CSV of journeys) for attribution.

    Raises:
        ToolError: a table cannot be used; names file, line and column.
    """
    from .measure import measure

    return measure(ctx, brief, slate, forecast)


@hookimpl
def register_tools() -> Iterable[Any]:
    """The tools of this plugin."""
    return [review_content, forecast_campaign, measure_campaign]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    """``kolony backtest`` and ``kolony review``."""
    from . import command, review_command

    command.add_to(app)
    review_command.add_to(app)
