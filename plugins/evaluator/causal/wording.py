"""What effects and shares say, how sure they are and what they assume, in English and Chinese."""

from __future__ import annotations

from typing import Literal

from agent import Effect, PlaceboTest, Range90
from plugins.common import say

Verdict = Literal["higher", "lower", "unclear", "not_enough_data"]


def number(value: float) -> str:
    """`1,234,567`, `12.3` or `0.0421`: enough digits to tell, no more."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:,.1f}" if size >= 1 else f"{value:.3g}"


def verdict_of(total: Range90) -> Verdict:
    """What the 90 % interval says."""
    return "higher" if total.p5 > 0 else "lower" if total.p95 < 0 else "unclear"


def reading(language: str, outcome: str, total: Range90, relative: Range90 | None, *, expected_by: str) -> str:
    """The effect in one or two sentences. ``expected_by`` says what it is measured against."""
    verdict = verdict_of(total)
    span = f"{number(total.p5)} – {number(total.p95)}"
    percent = f"{relative.p5:+.0%} – {relative.p95:+.0%}" if relative else ""
    part = {"en": f" ({relative.p50:+.0%}; {percent})", "zh": f"（{relative.p50:+.0%}；{percent}）"} if relative else {"en": "", "zh": ""}
    if verdict == "unclear":
        return say(
            language,
            en=f"{outcome}: no clear effect. The difference from {expected_by} is {number(total.p50)}{part['en']}, "
            f"but the 90 % interval, {span}, holds zero: the campaign may have added nothing, or less than the usual ups and downs show.",
            zh=f"{outcome}：未见明确效果。与{expected_by}相比相差 {number(total.p50)}{part['zh']}，但 90% 区间 {span} 包含零："
            "活动可能没有带来增量，也可能增量小于平常的波动。",
        )
    more_en, more_zh = ("more", "多") if verdict == "higher" else ("less", "少")
    return say(
        language,
        en=f"{outcome}: {number(abs(total.p50))} {more_en}{part['en']} than {expected_by}; 90 % interval of the difference {span}. "
        "It is the campaign's only as far as the assumptions hold.",
        zh=f"{outcome}：比{expected_by}{more_zh} {number(abs(total.p50))}{part['zh']}；差异的 90% 区间为 {span}。只有在下列假设成立时，才可视为活动带来的增量。",
    )


DOUBT = 0.25
"""An effect is called unclear when more than this share of at least nine placebos is as large."""


def weigh(language: str, effect: Effect) -> None:
    """Sets the verdict by the interval, then takes back what the placebo tests contradict and says so in the reading."""
    if effect.total is None:
        return
    effect.verdict = verdict_of(effect.total)
    large = [p for p in effect.placebos if p.kind != "trend" and p.runs >= 9 and p.p_value is not None and p.p_value > DOUBT]
    apart = [p for p in effect.placebos if p.kind == "trend" and p.p_value is not None and p.p_value < 0.05]
    if effect.verdict == "unclear" or not (large or apart):
        return
    effect.verdict = "unclear"
    why_en = "treated and untreated moved apart before the start" if apart else "placebos without any campaign are often as large"
    why_zh = "活动前两组走势已经分开" if apart else "没有活动的安慰剂检验也常得出同样大的差异"
    effect.reading += say(language, en=f" But {why_en}: it is not to be relied on.", zh=f"但{why_zh}：此结果不可依赖。")


def too_few(language: str, outcome: str, *, en: str, zh: str) -> str:
    """Why there is no estimate."""
    return say(language, en=f"{outcome}: not enough data. {en}", zh=f"{outcome}：数据不足。{zh}")


_STRUCTURAL = (
    (
        "Nothing else that moves the outcome began or ended with the campaign (no sale, no other advertising, no stock-out).",
        "活动期间没有其他同时开始或结束、会影响结果的事情（如大促、其他广告、缺货）。",
    ),
    (
        "The level, the season and the link to the controls would have gone on as before the start.",
        "如果没有活动，水平、季节规律以及与对照序列的关系会与之前一样延续。",
    ),
    (
        "The campaign had no effect before its start; what comes after its end is not counted.",
        "活动开始之前没有影响；结束之后的后续影响不计入。",
    ),
)  # fmt: skip
_CONTROLS = ("The campaign did not move the controls ({names}).", "活动没有影响对照序列（{names}）。")
_NO_CONTROLS = (
    "There are no controls: a change in the whole market at the same time would be taken for the campaign's effect.",
    "没有对照序列：若整个市场同时发生变化，会被误当作活动的效果。",
)
_PARALLEL = (
    "Without the campaign, treated and untreated would have moved alike{scale}.",
    "如果没有活动，实验组与对照组的变化{scale}会相同（平行趋势）。",
)
_SPILL = ("The campaign did not reach the untreated.", "活动没有波及对照组。")
_POSTS = (
    "The creators would not have posted something better or worse than usual at that time anyway; which posts they made for the campaign "
    "was not chosen by how well they would do.",
    "达人当时本来的发帖表现不会好于或差于平常；活动帖并非挑选表现好的内容。",
)


def structural_assumptions(language: str, controls: list[str]) -> list[str]:
    """What must hold for the counterfactual to be one."""
    said = [say(language, en=en, zh=zh) for en, zh in _STRUCTURAL]
    en, zh = _CONTROLS if controls else _NO_CONTROLS
    names = ("、" if language == "zh" else ", ").join(controls)
    return [*said, say(language, en=en.format(names=names), zh=zh.format(names=names))]


def parallel_assumptions(language: str, *, percent: bool, posts: bool) -> list[str]:
    """What must hold for a difference in differences to be an effect."""
    scale = say(language, en=" in percent", zh="（按百分比）") if percent else ""
    said = [
        say(language, en=_PARALLEL[0].format(scale=scale), zh=_PARALLEL[1].format(scale=scale)),
        say(language, en=_SPILL[0], zh=_SPILL[1]),
    ]
    return [*said, say(language, en=_POSTS[0], zh=_POSTS[1])] if posts else said


def in_time(language: str, runs: int, p_value: float | None, missed: float | None, widened: float = 1.0) -> PlaceboTest:
    """Placebos at fake start dates."""
    if not runs:
        text = say(
            language, en="The series is too short before the start for fake start dates.", zh="活动前的数据太短，无法用虚构的开始日期检验。"
        )
        return PlaceboTest(kind="time", runs=0, reading=text)
    wide_en = f" Intervals were widened {widened:.1f} times for that." if widened > 1 else ""
    wide_zh = f"因此区间已放宽 {widened:.1f} 倍。" if widened > 1 else ""
    text = say(
        language,
        en=f"At {runs} fake start dates before the campaign, {missed or 0:.0%} of the 90 % intervals found an effect where none was "
        f"(about 10 % are to be expected).{wide_en} Share of fakes as large as the real one, itself included: {p_value or 0:.2f}.",
        zh=f"在活动前的 {runs} 个虚构开始日期上，{missed or 0:.0%} 的 90% 区间误报了效果（正常约 10%）。{wide_zh}"
        f"虚构效果不小于真实效果的比例（含自身）：{p_value or 0:.2f}。",
    )
    return PlaceboTest(kind="time", runs=runs, p_value=p_value, missed=missed, reading=text)


def in_space(language: str, runs: int, p_value: float | None, *, posts: bool = False) -> PlaceboTest:
    """Placebos with untreated units as if treated."""
    if p_value is None:
        text = say(language, en="Too few untreated series or creators for a placebo in space.", zh="对照太少，无法做空间安慰剂检验。")
        return PlaceboTest(kind="space", runs=runs, reading=text)
    what_en, what_zh = ("groups of other creators", "组其他达人") if posts else ("controls", "个对照序列")
    floor_en = "" if 1 / (1 + runs) <= 0.1 else f" With so few it cannot fall below {1 / (1 + runs):.2f}."
    floor_zh = "" if 1 / (1 + runs) <= 0.1 else f"对照太少，该值最低只能到 {1 / (1 + runs):.2f}。"
    text = say(
        language,
        en=f"Treating {runs} {what_en} as if the campaign had been theirs: a share of {p_value:.2f} is at least as large, the real one included."
        + floor_en,
        zh=f"把 {runs} {what_zh}当作参加了活动：不小于真实效果的比例（含自身）为 {p_value:.2f}。{floor_zh}",
    )
    return PlaceboTest(kind="space", runs=runs, p_value=p_value, reading=text)


def trend(language: str, p_value: float | None) -> PlaceboTest:
    """Whether treated and untreated moved apart before the campaign."""
    if p_value is None:
        text = say(
            language, en="Too few data to check whether both moved alike before the start.", zh="数据太少，无法检验活动前两组走势是否一致。"
        )
        return PlaceboTest(kind="trend", runs=0, reading=text)
    apart = p_value < 0.05
    text = say(
        language,
        en=f"Before the start, treated and untreated {'moved apart already: the difference is not the campaign’s alone' if apart else 'show no clear drift apart'} "
        f"(p = {p_value:.2f}).",
        zh=f"活动前两组{'走势已经分开：差异不能只归于活动' if apart else '走势没有明显分开'}（p = {p_value:.2f}）。",
    )
    return PlaceboTest(kind="trend", runs=1, p_value=p_value, reading=text)


_METHOD = {
    "last_touch": ("Last touch gives the whole conversion to the last channel", "末次触点把转化全部计给最后一个渠道"),
    "markov": ("Markov removal asks how many conversions would break off without the channel", "马尔可夫移除效应计算去掉某渠道后会中断多少转化"),
    "shapley": ("Shapley divides each conversion among the channels of its journey", "沙普利值把每次转化在其路径的渠道间分摊"),
}  # fmt: skip


def shares(language: str, method: str, best: str, share: float) -> str:
    """What an attribution says, and that it is association."""
    en, zh = _METHOD[method]
    return say(
        language,
        en=f"{en}: {best} has the largest share, {share:.0%}. This is association: who converts anyway also meets channels, so it does not "
        "say what a channel caused.",
        zh=f"{zh}：占比最高的是 {best}（{share:.0%}）。这只是相关关系：本来就会转化的人也会接触渠道，不能说明渠道带来了转化。",
    )
