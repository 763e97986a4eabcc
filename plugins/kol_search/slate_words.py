"""What a slate says of itself, in English and Chinese."""

from __future__ import annotations

from typing import Literal

from agent import Brief, Slate
from plugins.common import say
from plugins.common.choose import Choice, Problem
from plugins.common.money import show

from .overlap import FULLEST, AudienceMap
from .slate_rules import CENTS, Offer, SlateSettings, Task

Unit = Literal["engagement", "reach"]


def why_of(o: Offer, posts: int, currency: str, language: str, marginal: float, unit: Unit) -> str:
    """Why somebody is on the slate."""
    c = o.candidate
    strongest = sorted((p for p in c.parts if p.reading and p.raw > 0), key=lambda p: -p.value)[:2]
    named = say(language, en="Named in the request. ", zh="需求点名。") if o.option.must else ""
    each = show(round(o.cost / CENTS / o.engagements, 2), currency) if o.cost and o.engagements >= 1 else ""
    if language == "zh":
        gist = f"评分 {c.score:.2f}，{posts} 篇预计互动约 {o.engagements:,.0f}"
        gist += f"，费用 {show(o.cost / CENTS, currency)}" if o.cost is not None else "，价格未知，需询价"
        gist += f"（单次互动约 {each}）。" if each else "。"
    else:
        gist = f"Score {c.score:.2f}; {posts} post{'s' if posts > 1 else ''} should bring about {o.engagements:,.0f} engagements"
        gist += f" for {show(o.cost / CENTS, currency)}" if o.cost is not None else "; no price known, ask"
        gist += f" ({each} each). " if each else ". "
    shared = 1 - marginal / o.option.value if o.option.value > 0 else 0.0
    if shared >= 0.05:
        gist += say(
            language,
            en=f"About {shared:.0%} of {'the people reached' if unit == 'reach' else 'these'} are estimated to come with the picks above already. ",
            zh=f"其中估计约 {shared:.0%} 的{'触达人群' if unit == 'reach' else '互动'}已由前面的达人覆盖。",
        )
    return (named + gist + ("" if language == "zh" else " ").join(p.reading for p in strongest)).strip()


def notes_of(brief: Brief, task: Task, choice: Choice, slate: Slate, twice: float) -> list[str]:
    """What the reader must know of the slate."""
    language, picks, count = brief.language, slate.picks, task.rules.count
    notes: list[str] = []

    def note(en: str, zh: str) -> None:
        notes.append(say(language, en=en, zh=zh))

    if brief.creator_count is None:
        note(f"The request names no number of creators: up to {count} were chosen.", f"需求未说明人数，按最多 {count} 位选择。")
    names = {o.option.id: o.candidate.name for o in task.offers}
    notes += [_conflict(p, names, language) for p in choice.problems]
    if len(picks) < count:
        note(f"{len(picks)} of {count} creators could be chosen.", f"需要 {count} 位，实际选出 {len(picks)} 位。")
        notes += _too_dear(brief, task, choice)
    if slate.unpriced:
        note(
            f"{slate.unpriced} of the picks have no known price and are not in the total: ask before ordering.",
            f"{slate.unpriced} 位价格未知，未计入合计，下单前请询价。",
        )
    currency = slate.total.currency if slate.total else ""
    if slate.estimated_prices:
        guessed = [p for p in picks if p.candidate.price_basis == "estimated"]
        worst = sum((p.candidate.price_high or 0) * p.posts if p in guessed else p.cost.amount if p.cost else 0 for p in picks)
        note(
            f"{len(guessed)} prices are estimates; at their upper ends the slate costs {show(worst, currency)}.",
            f"{len(guessed)} 位为估价；若按估价上限计，合计 {show(worst, currency)}。",
        )
    if brief.budget is not None and picks and len(picks) >= count and choice.cost < 0.7 * brief.budget.amount * CENTS:
        spare = show(brief.budget.amount - choice.cost / CENTS, currency or brief.budget.currency)
        note(
            f"{spare} of the budget is left: more creators, or a second post each, would fit.",
            f"预算尚余 {spare}：可增加人数，或每人加发一篇。",
        )
    notes += _curve(slate, language)
    if twice >= 0.01:
        note(
            f"{twice:.0%} of what the picks bring one by one is estimated to come from people who follow several of them, and is counted once.",
            f"各达人单独效果之和中，估计有 {twice:.0%} 来自同时关注多位达人的人群，只计一次。",
        )
    if task.guessed_followers:
        note(
            f"{task.guessed_followers} candidates have no known number of followers; it was derived from their engagements.",
            f"{task.guessed_followers} 位候选达人粉丝数未知，按其互动量推算。",
        )
    if choice.gap >= 0.0005:
        note(
            f"A better slate is possible, by {choice.gap:.1%} at most: that is how far the search could prove it.",
            f"理论上可能存在更优组合，但差距不超过 {choice.gap:.1%}（已证明的上限）。",
        )
    doubtful = [p.candidate.name for p in picks if p.candidate.warnings]
    if doubtful:
        note(f"See the warnings on: {', '.join(doubtful)}.", f"请留意以下达人的提示：{'、'.join(doubtful)}。")
    return notes


def _too_dear(brief: Brief, task: Task, choice: Choice) -> list[str]:
    known = sorted(o.cost for o in task.offers if o.cost is not None)
    priced = sum(o.cost is not None for o in task.offers if o.option.id in choice.picked)
    if brief.budget is None or not known or priced >= min(task.rules.count, len(known)):
        return []
    currency, several = brief.budget.currency, min(task.rules.count, len(known))
    budget, least, need = (show(x, currency) for x in (brief.budget.amount, known[0] / CENTS, sum(known[:several]) / CENTS))
    if sum(known[:several]) <= brief.budget.amount * CENTS:
        return []
    return [
        say(
            brief.language,
            en=f"The budget of {budget} is the limit: the cheapest candidate costs {least}, the {several} cheapest together {need}.",
            zh=f"预算 {budget} 不足：最便宜的一位需 {least}，最便宜的 {several} 位合计 {need}。",
        )
    ]


def _curve(slate: Slate, language: str) -> list[str]:
    """What half the money would keep, and half as much again would bring."""
    if slate.budget is None or not slate.value or slate.per_cost:
        return []
    shares = {round(p.budget.amount / slate.budget.amount, 2): p.value / slate.value for p in slate.curve if slate.budget.amount}
    if 0.5 not in shares or 1.5 not in shares:
        return []
    return [
        say(
            language,
            en=f"Half the budget would bring {shares[0.5]:.0%} of this value, half as much again {shares[1.5]:.0%}.",
            zh=f"预算减半可保留 {shares[0.5]:.0%} 的效果，预算增加一半可达到 {shares[1.5]:.0%}。",
        )
    ]


def _conflict(problem: Problem, names: dict[str, str], language: str) -> str:
    rules = [_rule(r, names, language) for r in problem.rules]
    given_up = "；".join if language == "zh" else "; ".join
    kept = given_up(
        say(language, en=f"{_rule(r, names, language)}: {got} of {asked}", zh=f"{_rule(r, names, language)}：{asked} 中满足 {got}")
        for r, (asked, got) in problem.given_up.items()
    )
    if len(rules) == 1:
        text = say(language, en=f"This cannot be met: {rules[0]}.", zh=f"以下条件无法满足：{rules[0]}。")
    else:
        text = say(language, en=f"These cannot all hold: {', '.join(rules)}.", zh=f"以下条件不能同时满足：{'、'.join(rules)}。")
    return text + (say(language, en=f" Met as far as possible: {kept}.", zh=f"已尽量满足：{kept}。") if kept else "")


_RULES = {
    "budget": ("the budget", "预算"),
    "count": ("the most creators", "人数上限"),
    "count_min": ("the number of creators", "人数"),
    "price_cap": ("the price cap per creator", "单人价格上限"),
    "unpriced": ("known prices", "价格已知"),
}


def _rule(rule: str, names: dict[str, str], language: str) -> str:
    kind, _, rest = rule.partition(":")
    if kind == "must":
        return say(language, en=f"{names.get(rest, rest)}, named in the request", zh=f"需求点名的 {names.get(rest, rest)}")
    if kind in ("at_least", "at_most"):
        return say(
            language,
            en=f"{'the least' if kind == 'at_least' else 'the most'} of {rest}",
            zh=f"{rest} 的{'下限' if kind == 'at_least' else '上限'}",
        )
    if kind == "exclusive":
        return say(language, en=f"exclusive set {int(rest) + 1}", zh=f"第 {int(rest) + 1} 组互斥")
    en, zh = _RULES[kind]
    return zh if language == "zh" else en


def method_of(task: Task, choice: Choice, map: AudienceMap | None, settings: SlateSettings, language: str) -> str:
    """How the slate was chosen, and what is assumed."""
    how = {
        "exact": ("Exact 0-1 programme (HiGHS)", "精确 0-1 规划（HiGHS）"),
        "celf": ("Lazy greedy with swaps (CELF)", "惰性贪心加替换搜索（CELF）"),
    }[choice.method]
    what = {
        "engagement": ("the most expected engagements × fit", "“预期互动 × 契合度”之和最大"),
        "reach": ("the most followers × fit", "“粉丝数 × 契合度”之和最大"),
    }[task.unit]
    per = (" per cost", "（按每单位费用计）") if task.objective == "per_cost" else ("", "")
    proven = choice.gap < 0.0005
    best = (
        ("proven the best", "已证明为最优")
        if proven
        else (f"proven within {choice.gap:.1%} of the best", f"与最优解的差距不超过 {choice.gap:.1%}")
    )
    en = f"{how[0]}: {what[0]}{per[0]} within the budget, with as many creators as asked for where it allows; {best[0]}. "
    zh = f"{how[1]}：在预算内、尽量满足人数的前提下，使{what[1]}{per[1]}；{best[1]}。"
    en += "Expected engagements are the forecast's middle for one post, fit is the weighted geometric mean of the other score parts. "
    zh += "预期互动取单篇预估的中位数，契合度取其余评分项的加权几何平均。"
    if map is None:
        return say(language, en=en + "Overlap of audiences is not counted.", zh=zh + "未计受众重叠。")
    if settings.overlap != "segments":
        en += f"Overlap of audiences: model “{settings.overlap}”, random within a segment."
        zh += f"受众重叠：模型“{settings.overlap}”，同一人群内按随机重叠计。"
        return say(language, en=en, zh=zh)
    fans, posts, nothing = (map.sources.get(k, 0) for k in ("fans", "posts", "nothing"))
    en += (
        f"Follower lists are unknown, so overlap is estimated from fans' regions, gender, age and interests ({fans} candidates), the subjects of "
        f"posts ({posts}) or the average ({nothing}): within a kind of people, followers are random (Sainsbury). Assumed: two creators of usual "
        f"size with the same kinds of followers have {settings.shared_audience:.0%} in common, nobody reaches more than {max(FULLEST, settings.shared_audience):.0%} of a kind, "
        "platforms have different people"
    )
    zh += (
        f"粉丝名单未知，受众重叠由粉丝地域、性别、年龄、兴趣（{fans} 位）、帖子主题（{posts} 位）或平均水平（{nothing} 位）估算，同类人群内视为随机重叠（Sainsbury 公式）。"
        f"假设：规模居中、粉丝构成相同的两位达人有 {settings.shared_audience:.0%} 的粉丝重合，任何人最多覆盖一类人群的 {max(FULLEST, settings.shared_audience):.0%}，不同平台的人群不重合"
    )
    if task.unit == "engagement":
        en += "; of people who follow several picks, engagement counts once, and nobody shares more of it than of their followers"
        zh += "；同时关注多位达人的人，其互动只计一次，且扣除比例不超过粉丝重合比例"
    return say(language, en=en + ".", zh=zh + "。")
