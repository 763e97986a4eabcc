"""Chooses the slate: the creators that bring most for the money, with people who follow several of them counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent import Brief, Candidate, Context, CurvePoint, Filter, Money, Pick, Post, Replacement, Shortlist, Slate
from plugins.common import say
from plugins.common.choose import Choice, Overlap, SetValue, choose, replacements, value_curve

from .overlap import FULLEST, AudienceMap, Model, model_named, overlap_of
from .slate_rules import CENTS, Offer, SlateSettings, Task, task_of
from .slate_words import method_of, notes_of, why_of

POSTS_READ = 30
"""Newest posts of a creator that say what they write about, where nothing is known of the fans' interests."""
STEPS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Budgets of the curve, as multiples of the one given."""
CURVE_EXACT = 60
"""Up to so many candidates the curve is exact; above, it is greedy."""


def select(ctx: Context, brief: Brief, shortlist: Shortlist) -> Slate:
    """See ``select_slate``."""
    settings = SlateSettings.read(ctx.settings.tools.get("select_slate", {}))
    model = model_named(settings.overlap)
    language = brief.language
    if not shortlist.candidates:
        notes = [
            say(language, en="No creator fits, so there is nobody to choose from.", zh="没有符合条件的达人，无法组成投放组合。"),
            *shortlist.advice,
        ]
        return Slate(budget=brief.budget, notes=notes)
    task = task_of(brief, shortlist.candidates, _genders(ctx, shortlist.candidates, settings), settings)
    candidates = [o.candidate for o in task.offers]
    map, overlap = _overlap(ctx, candidates, task, model, settings.shared_audience)
    options = [o.option for o in task.offers]
    ctx.progress("choosing creators")
    choice = choose(options, task.rules, task.objective, overlap, seconds=settings.seconds)
    slate = _slate(brief, shortlist, task, choice)
    _stand_ins(slate, task, choice, overlap, settings.alternates)
    if brief.budget is not None and choice.picked:
        slate.curve = _curve(task, choice, overlap, slate, settings.seconds)
    slate.method = method_of(task, choice, map, settings, language)
    slate.notes = notes_of(brief, task, choice, slate, _counted_twice(task, choice, overlap))
    if len(slate.picks) < task.rules.count:
        slate.notes += [a for a in shortlist.advice if a not in slate.notes]
    return slate


def _genders(ctx: Context, candidates: Sequence[Candidate], settings: SlateSettings) -> dict[str, str | None]:
    """Creators' genders, read where a rule speaks of them."""
    if not any(g.startswith("gender:") for g in (*settings.at_least, *settings.at_most)):
        return {}
    return {c.id: c.gender for c in ctx.store.creators(ids=[c.creator for c in candidates])}


def _overlap(
    ctx: Context, candidates: Sequence[Candidate], task: Task, model: Model | None, shared: float
) -> tuple[AudienceMap | None, Overlap | None]:
    if model is None or len(candidates) < 2:
        return None, None
    unknown = [c.creator for c in candidates if c.audience is None or not c.audience.interests]
    posts: Mapping[str, Sequence[Post]] = {
        id: ctx.store.posts(where=Filter(creators=(id,), until=ctx.now), limit=POSTS_READ) for id in unknown
    }
    map = AudienceMap(*model(candidates, posts, shared))
    return map, overlap_of(map, candidates, {o.option.id: o.option.value for o in task.offers}, max(FULLEST, shared))


def _slate(brief: Brief, shortlist: Shortlist, task: Task, choice: Choice) -> Slate:
    offers = {o.option.id: o for o in task.offers}
    currency = _currency(brief, shortlist)
    # Those without a price come last: the money says nothing of them.
    chosen = sorted((offers[id] for id in choice.picked), key=lambda o: o.cost is None)
    picks = [_pick(o, brief, choice, task, currency) for o in chosen]
    return Slate(
        picks=picks,
        total=Money(amount=choice.cost / CENTS, currency=currency) if any(o.cost is not None for o in chosen) else None,
        budget=brief.budget,
        estimated_prices=sum(p.candidate.price_basis == "estimated" for p in picks),
        unpriced=sum(p.cost is None for p in picks),
        objective=task.unit,
        per_cost=task.objective == "per_cost",
        value=round(choice.value, 2),
        gap=choice.gap,
        evidence=list(dict.fromkeys(i for p in picks for i in (p.candidate.creator, *p.candidate.posts[:3]))),
    )


def _currency(brief: Brief, shortlist: Shortlist) -> str:
    if brief.budget is not None:
        return brief.budget.currency
    return next((c.price.currency for c in shortlist.candidates if c.price), "CNY" if brief.language == "zh" else "USD")


def _pick(o: Offer, brief: Brief, choice: Choice, task: Task, currency: str) -> Pick:
    posts = brief.posts_per_creator or 1
    return Pick(
        candidate=o.candidate,
        posts=posts,
        format=brief.formats[0] if brief.formats else None,
        cost=None if o.cost is None else Money(amount=o.cost / CENTS, currency=currency),
        value=round(o.engagements, 1),
        marginal=round(choice.marginal[o.option.id], 2),
        why=why_of(o, posts, currency, brief.language, choice.marginal[o.option.id], task.unit),
    )


def _stand_ins(slate: Slate, task: Task, choice: Choice, overlap: Overlap | None, most: int) -> None:
    """Who could step in for each pick, and for any of them: the best of those first, then by value."""
    offers = {o.option.id: o for o in task.offers}
    found = replacements([o.option for o in task.offers], task.rules, choice, task.objective, overlap)
    for pick in slate.picks:
        pick.replacements = [
            Replacement(
                creator=r.id,
                name=offers[r.id].candidate.name,
                value_change=round(r.value_change, 2),
                cost_change=None if r.cost_change is None else r.cost_change / CENTS,
            )
            for r in found[pick.candidate.creator]
        ]
    ranked = sorted((r for many in found.values() for r in many), key=lambda r: (-r.value_change, r.id))
    rest = sorted(
        (o for o in task.offers if o.option.id not in choice.picked), key=lambda o: (o.cost is None, -o.option.value, o.option.id)
    )
    ids = dict.fromkeys([*(r.id for r in ranked), *(o.option.id for o in rest if not choice.picked or task.rules.budget is None)])
    slate.alternates = [offers[id].candidate for id in list(ids)[:most]]


def _curve(task: Task, choice: Choice, overlap: Overlap | None, slate: Slate, seconds: float) -> list[CurvePoint]:
    """What other budgets would buy. The one given has the slate's own value."""
    budget = task.rules.budget or 0
    method = "auto" if len(task.offers) <= CURVE_EXACT else "greedy"
    others = [round(budget * step) for step in STEPS if step != 1.0]
    found = dict(value_curve([o.option for o in task.offers], task.rules, others, task.objective, overlap, method, seconds / len(STEPS)))
    if not choice.problems:
        found[budget] = choice.value
    currency = slate.budget.currency if slate.budget else ""
    points, so_far = [], 0.0
    for cents, value in sorted(found.items()):
        # More money buys at least what less money buys; a greedy choice may fall short of that by a little.
        so_far = max(so_far, value) if task.objective == "total" else value
        points.append(CurvePoint(budget=Money(amount=cents / CENTS, currency=currency), value=round(so_far, 2)))
    return points


def _counted_twice(task: Task, choice: Choice, overlap: Overlap | None) -> float:
    """The share of the picks' own values that others of them bring as well (0-1)."""
    picked = [o.option for o in task.offers if o.option.id in choice.marginal]
    alone = sum(o.value for o in picked)
    return 1 - SetValue(picked, overlap)(range(len(picked))) / alone if overlap is not None and alone > 0 else 0.0
