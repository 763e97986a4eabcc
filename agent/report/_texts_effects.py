"""Texts of what a campaign added and through which channels."""

from __future__ import annotations

EFFECTS: dict[str, tuple[str, str]] = {
    "effect.title": ("What the campaign added", "活动带来的增量"),
    "effect.intro": (
        "Each is an estimate with its 90 % interval, and the campaign's only as far as its assumptions hold.",
        "均为估计值，附 90% 区间；只有在假设成立时才可视为活动带来的增量。",
    ),
    "effect.method": ("Method", "方法"),
    "effect.added": ("Added", "增量"),
    "effect.interval": ("90 % interval", "90% 区间"),
    "effect.relative": ("In percent", "百分比"),
    "effect.to": ("to", "至"),
    "effect.assumptions": ("It assumes", "前提假设"),
    "effect.placebos": ("Placebo tests", "安慰剂检验"),
    "effect.rows": ("Figures from", "数据来源"),
    "effect_method.structural_time_series": ("Structural time series", "结构时间序列"),
    "effect_method.difference_in_differences": ("Difference-in-differences", "双重差分"),
    "effect_verdict.higher": ("more than without it", "高于无活动"),
    "effect_verdict.lower": ("less than without it", "低于无活动"),
    "effect_verdict.unclear": ("no clear effect", "效果不明确"),
    "effect_verdict.not_enough_data": ("not enough data", "数据不足"),
    "attribution.title": ("Which channels conversions went through", "转化经过的渠道"),
    "attribution.intro": (
        "Shares of {n} conversions in {journeys} journeys, with 90 % intervals. Association, not cause.",
        "{journeys} 条路径中 {n} 次转化的占比，附 90% 区间。仅为相关，并非因果。",
    ),
    "attribution.channel": ("Channel", "渠道"),
    "attribution_method.last_touch": ("Last touch", "末次触点"),
    "attribution_method.markov": ("Markov removal", "马尔可夫移除"),
    "attribution_method.shapley": ("Shapley", "沙普利值"),
}
