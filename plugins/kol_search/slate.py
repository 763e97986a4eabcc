"""Chooses the slate: an exact 0-1 programme over the priced candidates, solved by HiGHS through SciPy."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent import Brief, Candidate, Money, Pick, Shortlist, Slate
from plugins.common import say
from plugins.common.money import exchange, show

CENTS = 100
"""Costs are compared in whole cents, so that no rounding of the solver can overrun the budget."""


@dataclass(frozen=True)
class Option:
    """A candidate as the programme sees it."""

    candidate: Candidate
    cost: int | None
    """Cents for all posts ordered; ``None`` when no price is known."""
    engagements: float
    """Expected from all posts ordered."""
    value: float
    """Engagements weighted by fit: what is maximised."""
    named: bool


def select(brief: Brief, shortlist: Shortlist, settings: Mapping[str, Any]) -> Slate:
    """See ``select_slate``."""
    language = brief.language
    if not shortlist.candidates:
        notes = [
            say(language, en="No creator fits, so there is nobody to choose from.", zh="没有符合条件的达人，无法组成投放组合。"),
            *shortlist.advice,
        ]
        return Slate(budget=brief.budget, notes=notes, method=_method(language))
    posts = brief.posts_per_creator or 1
    options = _options(brief, shortlist.candidates, posts)
    count = brief.creator_count or int(settings.get("default_count", 5))
    budget = None if brief.budget is None else math.floor(brief.budget.amount * CENTS + 1e-6)
    priced = [o for o in options if o.cost is not None]
    chosen = choose(priced, budget, count, brief.creator_count_min or count)
    free = [o for o in options if o.cost is None]
    # Someone without a price could cost anything: only when the priced ones do not fill the slate, or the request names them.
    named_free = [o for o in free if o.named]
    room = count - len(chosen)
    if len(named_free) > room:
        keep = sorted(chosen, key=lambda o: (not o.named, -o.value))[: max(0, count - len(named_free))]
        chosen, room = keep, count - len(keep)
    fill = named_free[:room]
    if len(priced) < count:
        rest = sorted((o for o in free if not o.named), key=lambda o: -o.value)
        fill += rest[: max(0, room - len(fill))]
    return _slate(brief, shortlist, options, chosen, fill, count, posts, settings)


def _options(brief: Brief, candidates: Sequence[Candidate], posts: int) -> list[Option]:
    rates = [c.engagement_rate for c in candidates if c.engagement_rate is not None]
    usual_rate = statistics.median(rates) if rates else 0.0
    made = []
    for c in candidates:
        per_post = c.expected_engagement if c.expected_engagement is not None else c.median_engagement
        if per_post is None:
            per_post = usual_rate * (c.followers or 0)
        money = c.price
        if money is not None and brief.budget is not None:
            money = exchange(money, brief.budget.currency)
        cost = None if money is None else math.ceil(round(money.amount * CENTS * posts, 4))
        named = any(_called(name, c) for name in brief.creators)
        engagements = per_post * posts
        made.append(Option(c, cost, engagements, max(engagements, 0.01) * fit_of(c), named))
    return made


def fit_of(c: Candidate) -> float:
    """Fit, 0-1: weighted geometric mean of the score's parts without performance, which the engagements already count.

    Geometric, because a creator of another place or subject is no better for being regular.
    """
    parts = [p for p in c.parts if p.name != "performance" and p.weight > 0]
    if not parts:
        return min(1.0, max(0.01, c.score))
    return math.exp(sum(p.weight * math.log(max(p.raw, 0.01)) for p in parts) / sum(p.weight for p in parts))


def _called(name: str, c: Candidate) -> bool:
    wanted = name.strip().lstrip("@").lower()
    return wanted in {c.name.lower(), c.handle.lower().lstrip("@"), c.creator.lower(), c.creator.split(":", 1)[-1].lower()}


def choose(options: Sequence[Option], budget: int | None, count: int, count_min: int) -> list[Option]:
    """The subset of priced options with the greatest value, among those within ``budget`` (cents) and of at most ``count``.

    As many as were asked for come before value: at least ``count_min`` are chosen, or as many as the budget can buy.
    Options named by the request are taken before others, the cheapest first when not all of them fit.
    """
    if not options or count < 1:
        return []
    limit = budget if budget is not None else sum(o.cost or 0 for o in options)
    forced: list[int] = []
    left = limit
    for i in sorted((i for i, o in enumerate(options) if o.named), key=lambda i: options[i].cost or 0):
        if (options[i].cost or 0) <= left and len(forced) < count:
            forced.append(i)
            left -= options[i].cost or 0
    possible = len(forced)
    for o in sorted((o for i, o in enumerate(options) if i not in forced), key=lambda o: o.cost or 0):
        if possible >= count_min or possible >= count or (o.cost or 0) > left:
            break
        left -= o.cost or 0
        possible += 1
    if possible == 0 and min(o.cost or 0 for o in options) > limit:
        return []

    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    values = np.array([o.value for o in options])
    costs = np.array([float(o.cost or 0) for o in options])
    lower = np.zeros(len(options))
    lower[forced] = 1
    found = milp(
        -values / max(float(values.max()), 1e-9),
        integrality=np.ones(len(options)),
        bounds=Bounds(lower, 1),
        constraints=[LinearConstraint(costs[None, :], ub=limit), LinearConstraint(np.ones((1, len(options))), lb=possible, ub=count)],
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:  # not reached for a feasible programme; HiGHS stopped early
        return []
    return [o for o, x in zip(options, found.x, strict=True) if x > 0.5]


def _slate(
    brief: Brief, shortlist: Shortlist, options: Sequence[Option], chosen: Sequence[Option], fill: Sequence[Option],
    count: int, posts: int, settings: Mapping[str, Any],
) -> Slate:  # fmt: skip
    currency = _currency(brief, shortlist)
    picks = [_pick(o, brief, posts, currency) for o in sorted([*chosen, *fill], key=lambda o: (o.cost is None, -o.value))]
    total = sum(o.cost or 0 for o in chosen)
    taken = {p.candidate.creator for p in picks}
    rest = sorted((o for o in options if o.candidate.creator not in taken), key=lambda o: -o.value)
    spare = None if brief.budget is None else math.floor(brief.budget.amount * CENTS + 1e-6) - total
    dearest = max((o.cost or 0 for o in chosen), default=0)
    # An alternate is somebody who could step in: for the dearest pick's money and what is left over.
    fits = [o for o in rest if spare is None or (o.cost is not None and o.cost <= dearest + spare)] or rest
    slate = Slate(
        picks=picks,
        alternates=[o.candidate for o in fits[: int(settings.get("alternates", 5))]],
        total=Money(amount=total / CENTS, currency=currency) if chosen else None,
        budget=brief.budget,
        estimated_prices=sum(p.candidate.price_basis == "estimated" for p in picks),
        unpriced=sum(p.cost is None for p in picks),
        method=_method(brief.language),
        notes=_notes(brief, options, chosen, picks, count, total, currency),
        evidence=list(dict.fromkeys(i for p in picks for i in (p.candidate.creator, *p.candidate.posts[:3]))),
    )
    if len(picks) < count:
        slate.notes += [a for a in shortlist.advice if a not in slate.notes]
    return slate


def _currency(brief: Brief, shortlist: Shortlist) -> str:
    if brief.budget is not None:
        return brief.budget.currency
    return next((c.price.currency for c in shortlist.candidates if c.price), "CNY" if brief.language == "zh" else "USD")


def _pick(o: Option, brief: Brief, posts: int, currency: str) -> Pick:
    c, language = o.candidate, brief.language
    strongest = sorted((p for p in c.parts if p.reading and p.raw > 0), key=lambda p: -p.value)[:2]
    if language == "zh":
        gist = f"评分 {c.score:.2f}，{posts} 篇预计互动约 {o.engagements:,.0f}"
        gist += f"，费用 {show(o.cost / CENTS, currency)}" if o.cost is not None else "，价格未知，需询价"
        if o.cost and o.engagements >= 1:
            gist += f"（单次互动约 {show(round(o.cost / CENTS / o.engagements, 2), currency)}）"
        why = ("需求点名。" if o.named else "") + gist + "。" + "".join(p.reading for p in strongest)
    else:
        gist = f"Score {c.score:.2f}; {posts} post{'s' if posts > 1 else ''} should bring about {o.engagements:,.0f} engagements"
        gist += f" for {show(o.cost / CENTS, currency)}" if o.cost is not None else "; no price known, ask"
        if o.cost and o.engagements >= 1:
            gist += f" ({show(round(o.cost / CENTS / o.engagements, 2), currency)} each)"
        why = ("Named in the request. " if o.named else "") + gist + ". " + " ".join(p.reading for p in strongest)
    cost = None if o.cost is None else Money(amount=o.cost / CENTS, currency=currency)
    return Pick(
        candidate=c, posts=posts, format=brief.formats[0] if brief.formats else None, cost=cost, value=round(o.engagements, 1), why=why
    )


def _notes(
    brief: Brief, options: Sequence[Option], chosen: Sequence[Option], picks: Sequence[Pick], count: int, total: int, currency: str
) -> list[str]:
    language, notes = brief.language, []
    if brief.creator_count is None:
        notes.append(
            say(
                language,
                en=f"The request names no number of creators: up to {count} were chosen.",
                zh=f"需求未说明人数，按最多 {count} 位选择。",
            )
        )
    known = sorted(o.cost for o in options if o.cost is not None)
    if len(picks) < count:
        notes.append(
            say(language, en=f"{len(picks)} of {count} creators could be chosen.", zh=f"需要 {count} 位，实际选出 {len(picks)} 位。")
        )
        if brief.budget is not None and known and len(chosen) < min(count, len(known)):
            need = show(sum(known[:count]) / CENTS, currency)
            notes.append(
                say(
                    language,
                    en=f"The budget of {show(brief.budget.amount, currency)} is the limit: the cheapest candidate costs {show(known[0] / CENTS, currency)}, "
                    f"the {min(count, len(known))} cheapest together {need}.",
                    zh=f"预算 {show(brief.budget.amount, currency)} 不足：最便宜的一位需 {show(known[0] / CENTS, currency)}，"
                    f"最便宜的 {min(count, len(known))} 位合计 {need}。",
                )
            )
    unpriced = sum(p.cost is None for p in picks)
    if unpriced:
        notes.append(
            say(
                language,
                en=f"{unpriced} of the picks have no known price and are not in the total: ask before ordering.",
                zh=f"{unpriced} 位价格未知，未计入合计，下单前请询价。",
            )
        )
    estimated = sum(p.candidate.price_basis == "estimated" for p in picks)
    if estimated:
        worst = sum(
            (p.candidate.price_high or 0) * p.posts if p.candidate.price_basis == "estimated" else (p.cost.amount if p.cost else 0)
            for p in picks
        )
        notes.append(
            say(
                language,
                en=f"{estimated} prices are estimates; at their upper ends the slate costs {show(worst, currency)}.",
                zh=f"{estimated} 位为估价；若按估价上限计，合计 {show(worst, currency)}。",
            )
        )
    if brief.budget is not None and chosen and len(picks) >= count and total < 0.7 * brief.budget.amount * CENTS:
        spare = show(brief.budget.amount - total / CENTS, currency)
        notes.append(
            say(
                language,
                en=f"{spare} of the budget is left: more creators, or a second post each, would fit.",
                zh=f"预算尚余 {spare}：可增加人数，或每人加发一篇。",
            )
        )
    doubtful = [p.candidate.name for p in picks if p.candidate.warnings]
    if doubtful:
        who = ("、" if language == "zh" else ", ").join(doubtful)
        notes.append(say(language, en=f"See the warnings on: {who}.", zh=f"请留意以下达人的提示：{who}。"))
    return notes


def _method(language: str) -> str:
    return say(
        language,
        en="Exact 0-1 programme (HiGHS): the most expected engagements × fit within the budget, with as many creators as asked for where it allows. "
        "Expected engagements are the forecast's middle for one post, fit is the weighted geometric mean of the other score parts; overlap of audiences is not counted.",
        zh="精确 0-1 规划（HiGHS）：在预算内、尽量满足人数的前提下，使“预期互动 × 契合度”之和最大。预期互动取单篇预估的中位数，契合度取其余评分项的加权几何平均，未计受众重叠。",
    )
