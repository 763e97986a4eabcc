"""What a campaign's artifacts hold beside their plain figures: signals, a slate's worth, effects and attribution, in both languages."""

from __future__ import annotations

import math
from datetime import date, timedelta

from agent.artifacts import (
    Attribution,
    Authenticity,
    ChannelShare,
    Conflict,
    CurvePoint,
    Effect,
    EffectPoint,
    Interval,
    Money,
    Pick,
    PlaceboTest,
    Range90,
    Reference,
    Replacement,
    SafetyFlag,
    Signal,
    SponsoredWork,
)  # fmt: skip

START = date(2026, 3, 2)


def authenticity(zh: bool, n: int, posts: list[str]) -> Authenticity | None:
    """Full for the first creators, thin for the fourth, none for the last."""
    if n > 3:
        return None
    peers = "小红书初级达人" if zh else "creators of 10,000 to 50,000 followers on this platform"

    def among(low: float, middle: float, high: float) -> Reference:
        return Reference(n=38, p5=low, median=middle, p95=high, source=peers)

    if n == 3:
        few = "帖子太少（2 篇）。" if zh else "Too few posts (2)."
        return Authenticity(signals=[Signal(name="engagement_rate", reading=few)], reading=few)
    signals = [
        Signal(name="engagement_rate", value=0.046 + 0.02 * n, reference=among(0.011, 0.043, 0.118), score=0.97, evidence=posts,
               reading="互动率在同类账号的中段。" if zh else "Engagement against followers is in the middle of its peers."),
        Signal(name="comments_per_like", value=0.004 + 0.02 * n, reference=among(0.02, 0.071, 0.16), score=0.31 + 0.1 * n, evidence=posts[:1],
               reading="评论在互动中的占比低于大多数同类账号；抽奖或纯图片内容也会如此。" if zh
               else "Comments are a smaller share of engagements than for most peers; giveaways or picture posts can do that too."),
        Signal(name="follow_ratio", value=61.0, reference=among(0.9, 4.2, 22.0), score=0.55,
               reading="粉丝与关注之比高于同类账号。" if zh else "Followers per account followed is above its peers."),
        Signal(name="rhythm", value=0.83, reference=among(0.4, 0.8, 1.9), score=1.0, reading="发帖间隔与同类账号相近。" if zh else "Gaps between posts are like its peers'."),
        Signal(name="repeated_texts", reading="导出数据中没有评论正文。" if zh else "The export holds no texts of comments."),
    ]  # fmt: skip
    text = "多数信号与同类账号相近，评论占比值得进一步了解。" if zh else "Most signals are as usual; the share of comments is worth a look."
    return Authenticity(score=Interval(p10=0.68 + 0.05 * n, p50=0.79 + 0.05 * n, p90=0.88 + 0.03 * n), signals=signals, reading=text)


def safety(zh: bool, n: int, posts: list[str]) -> list[SafetyFlag]:
    if n != 1:
        return []
    return [SafetyFlag(category="medical", label="医疗健康" if zh else "Health claims", words=["瘦身", "排毒"] if zh else ["detox", "burns fat"], posts=posts)]  # fmt: skip


def sponsored(zh: bool, n: int, posts: list[str]) -> SponsoredWork | None:
    if n == 0:
        return SponsoredWork(posts=posts, organic=21, ratio=Interval(p10=0.61, p50=0.82, p90=1.1), reading="商单互动略低于日常。" if zh else "Paid posts do a little worse than the others.")  # fmt: skip
    return SponsoredWork(posts=posts[:1], organic=17) if n == 1 else None


def conflicts(zh: bool, n: int, posts: list[str]) -> list[Conflict]:
    if n != 0:
        return []
    said = "近期为同品类品牌发过合作帖。" if zh else "Disclosed work for a brand of the same category."
    return [
        Conflict(brand="甜野奶冻" if zh else "Grackle Roasters", days_ago=12, posts=posts[:1], reading=said),
        Conflict(days_ago=1, reading=said),
    ]


def with_worth(picks: list[Pick], currency: str) -> dict[str, object]:
    """Adds to the picks what they add and who could step in; gives the slate's own fields."""
    for n, p in enumerate(picks):
        p.marginal = p.value * (0.95 - 0.06 * n)
        others = picks[n + 1 :] or picks[:1]
        p.replacements = [
            Replacement(creator=o.candidate.creator, name=o.candidate.name, value_change=-18.0 - 31 * k, cost_change=(-40.0, 0.0, 120.0)[k] if o.cost else None)
            for k, o in enumerate(others[: 3 if n else 2])
        ]  # fmt: skip
    picks[-1].replacements = []
    value = sum(p.marginal or 0 for p in picks)
    spent = 3000 if currency == "CNY" else 18_000
    curve = [CurvePoint(budget=Money(amount=spent * k / 6, currency=currency), value=value * (1 - math.exp(-0.32 * k)) / (1 - math.exp(-0.32 * 6)))
             for k in range(1, 11)]  # fmt: skip
    return {"value": value, "gap": 0.012 if currency == "CNY" else 0.0, "curve": curve}


def spread(middle: float, half: float) -> Range90:
    return Range90(p5=middle - half, p50=middle, p95=middle + half)


def effects(zh: bool, posts: list[str]) -> list[Effect]:
    points, total = [], 0.0
    for i in range(12):
        usual, lift = 5200 + 420 * math.sin(i / 2), 260 + 95 * i - (400 if i == 4 else 0)
        total += lift
        points.append(
            EffectPoint(period=(START + timedelta(weeks=i)).isoformat(), actual=usual + lift, expected=spread(usual, 310 + 12 * i),
                        effect=spread(lift, 310 + 12 * i), cumulative=spread(total, 310 * math.sqrt(i + 1) + 40 * i))
        )  # fmt: skip
    whole = points[-1].cumulative
    assert whole is not None
    series = Effect(
        method="structural_time_series", outcome="门店销售额" if zh else "store sales", verdict="higher", total=whole, relative=spread(0.128, 0.041), p_value=0.0007, points=points,
        placebos=[
            PlaceboTest(kind="time", runs=18, p_value=0.053, missed=0.11, reading="在活动前的 18 个虚构开始日期上，11% 的 90% 区间误报了效果（正常约 10%）。" if zh
                        else "At 18 fake start dates before the campaign, 11% of the 90% intervals found an effect where none was (about 10% are to be expected)."),
            PlaceboTest(kind="space", runs=2, p_value=0.33, reading="把 2 个对照序列当作参加了活动：不小于真实效果的比例为 0.33。" if zh else "Treating 2 controls as if the campaign had been theirs: a share of 0.33 is at least as large."),
        ],
        reading="门店销售额：比开始前 104 行所预期的结果多 8,905（+13%；90% 区间 +9% – +17%）。只有在下列假设成立时，才可视为活动带来的增量。" if zh
        else "store sales: 8,905 more (+13%; +9% – +17%) than what 104 rows before the start let expect. It is the campaign's only as far as the assumptions hold.",
        assumptions=["活动期间没有其他同时开始或结束、会影响结果的事情（如大促、其他广告、缺货）。", "活动没有影响对照序列（普莱诺、休斯敦）。"] if zh
        else ["Nothing else that moves the outcome began or ended with the campaign (no sale, no other advertising, no stock-out).", "The campaign did not move the controls (Plano, Houston)."],
        rows=["sales.csv:2-105", "sales.csv:106-117"],
    )  # fmt: skip
    study = Effect(
        method="difference_in_differences", outcome="活动帖单篇互动" if zh else "engagements per campaign post", verdict="unclear", total=Range90(p5=-210.4, p50=388.0, p95=940.0),
        relative=Range90(p5=-0.06, p50=0.19, p95=0.52), p_value=0.21,
        points=[EffectPoint(period=f"{k:+d}", effect=Range90(p5=m - 0.22, p50=m, p95=m + 0.26)) for k, m in zip(range(-6, 2), (0.02, -0.05, 0.04, 0.0, -0.03, 0.01, 0.19, 0.12), strict=True)],
        placebos=[PlaceboTest(kind="trend", runs=1, p_value=0.44, reading="活动前两组走势没有明显分开（p = 0.44）。" if zh else "Before the start, treated and untreated show no clear drift apart (p = 0.44).")],
        reading="活动帖单篇互动：未见明确效果。" if zh else "engagements per campaign post: no clear effect.", assumptions=["活动没有波及对照组。"] if zh else ["The campaign did not reach the untreated."],
        rows=["库内：活动帖 4 篇" if zh else "store: 4 campaign posts"], evidence=posts,
    )  # fmt: skip
    thin = Effect(
        method="difference_in_differences", outcome="新客数" if zh else "new customers", verdict="not_enough_data",
        reading="新客数：数据不足，开始前只有 6 行。" if zh else "new customers: not enough data, only 6 rows before the start.", rows=["crm.csv:2-9"],
    )  # fmt: skip
    return [series, study, thin]


def attribution(zh: bool) -> list[Attribution]:
    names = ["小红书达人", "微信公众号", "搜索", "门店海报"] if zh else ["creators", "email", "search", "posters"]
    table = {"last_touch": (0.19, 0.28, 0.44, 0.09), "markov": (0.36, 0.23, 0.32, 0.09), "shapley": (0.34, 0.24, 0.33, 0.09)}
    said = "这只是相关关系。" if zh else "This is association."
    return [
        Attribution(
            method=method, conversions=412, journeys=3120, reading=f"{names[shares.index(max(shares))]}: {max(shares):.0%}. {said}", rows=["paths.csv:2-810"],
            channels=[ChannelShare(channel=c, share=s, low=s * 0.82, high=min(1.0, s * 1.2), conversions=s * 412) for c, s in sorted(zip(names, shares, strict=True), key=lambda x: -x[1])],
        )
        for method, shares in table.items()
    ]  # fmt: skip
