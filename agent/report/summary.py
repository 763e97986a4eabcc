"""What a reader sees first: a title, two or three sentences, the figures that matter, and what needs attention."""

from __future__ import annotations

from dataclasses import dataclass

from ..artifacts import (
    Brief,
    ContentReview,
    DraftSet,
    Effect,
    Forecast,
    Outcome,
    PersonaSet,
    Range90,
    Reply,
    SentimentReport,
    Shortlist,
    Slate,
)
from ..campaign import Campaign
from .numbers import Numbers
from .safe import snippet
from .texts import Texts


@dataclass(frozen=True)
class Tile:
    """One figure of the headline."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Attention:
    """One thing a person should look at, with the section that says more."""

    severity: str
    text: str
    anchor: str


_MOST_WARNINGS = 4
_ORDER = {"block": 0, "warn": 1, "info": 2}


def title(brief: Brief, t: Texts) -> str:
    names = [n for n in (brief.brand, brief.product) if n]
    if len(names) == 2 and names[0] in names[1]:
        names = names[1:]
    if brief.objective:
        names.append(t.word("objective", brief.objective))
    if len(names) < 2:
        names.append(t("title.default"))
    return snippet(t("title.joiner").join(names), 110)


def lead(c: Campaign, t: Texts, f: Numbers) -> str:
    """Two or three sentences that say what came out."""
    said: list[str] = []
    slate, forecast = c.get(Slate), c.get(Forecast)
    if slate is not None:
        said.append(_slate_sentence(slate, c.brief, t, f))
    if forecast is not None and forecast.engagements is not None:
        values = {"engagements": f.count(forecast.engagements.p50), "span": f.span(forecast.engagements)}
        key = "lead.forecast" if forecast.cpe is None else "lead.forecast.cpe"
        said.append(t(key, **values, cpe=f.money(forecast.cpe.p50, currency_of(c)) if forecast.cpe else ""))
    if (outcome := c.get(Outcome)) is not None:
        key = "lead.outcome" if outcome.lift is None else "lead.outcome.lift"
        if outcome.creators or not outcome.effects:
            said.append(t(key, engagements=f.count(outcome.engagements), lift=f.signed_percent(outcome.lift)))
        if (effect := foremost(outcome)) is not None:
            said.append(_effect_sentence(effect, t, f))
    if (review := c.get(ContentReview)) is not None:
        passed = sum(r.verdict == "pass" for r in review.reviews)
        said.append(t("lead.review", drafts=t("n.drafts", n=len(review.reviews)), passed=passed))
    elif (drafts := c.get(DraftSet)) is not None and slate is None:
        said.append(t("lead.drafts", drafts=t("n.drafts", n=len(drafts.drafts))))
    if slate is None and (personas := c.get(PersonaSet)) is not None:
        said.append(
            t("lead.personas", personas=t("n.personas", n=len(personas.personas)), posts=t("n.posts", n=f.exact(personas.posts_used)))
        )
    if slate is None and (mood := c.get(SentimentReport)) is not None and mood.overall is not None:
        shares = {"positive": f.percent(mood.overall.positive), "negative": f.percent(mood.overall.negative)}
        said.append(t("lead.sentiment", posts=t("n.posts", n=f.exact(mood.posts_used)), **shares))
    if slate is None and (reply := c.get(Reply)) is not None:
        said.append(t("lead.reply.person" if reply.hand_over or not reply.grounded else "lead.reply"))
    made = [s for s in c.steps if s.status == "done"]
    if not said:
        said.append(t("lead.other", n=len(made)) if made else t("lead.nothing"))
    return t.gap.join(said)


def foremost(outcome: Outcome) -> Effect | None:
    """The effect to name first: the first that could be estimated."""
    return next((e for e in outcome.effects if e.total is not None), next(iter(outcome.effects), None))


def _effect_sentence(e: Effect, t: Texts, f: Numbers) -> str:
    values = {"outcome": snippet(e.outcome, 60)}
    if e.total is None or e.verdict not in ("higher", "lower"):
        return t("lead.effect.unclear" if e.verdict != "not_enough_data" else "lead.effect.not_enough_data", **values)
    ends = sorted(abs(v) for v in (e.total.p5, e.total.p95))
    span = f.spread(Range90(p5=ends[0], p50=abs(e.total.p50), p95=ends[1]))
    return t(f"lead.effect.{e.verdict}", **values, total=f.figure(abs(e.total.p50)), span=span)


def _slate_sentence(slate: Slate, brief: Brief, t: Texts, f: Numbers) -> str:
    if not slate.picks:
        return t("lead.slate.empty")
    platforms = f.all_of([t.word("platform", p) for p in dict.fromkeys(p.candidate.platform for p in slate.picks)])
    budget = slate.budget or brief.budget
    key = "lead.slate.unpriced" if slate.total is None else "lead.slate.of" if budget else "lead.slate"
    return t(
        key, creators=t("n.creators", n=len(slate.picks)), platforms=platforms, posts=t("n.posts", n=sum(p.posts for p in slate.picks)),
        total=f.price(slate.total), budget=f.price(budget),
    )  # fmt: skip


def currency_of(c: Campaign) -> str | None:
    """The currency a forecast's money is in: that of its cost, the slate's total or the budget."""
    slate, forecast = c.get(Slate), c.get(Forecast)
    money = (forecast and forecast.cost) or (slate and (slate.total or slate.budget)) or c.brief.budget
    return money.currency if money else None


def tiles(c: Campaign, t: Texts, f: Numbers) -> list[Tile]:
    """At most five figures, by what the run made."""
    found: list[Tile] = []
    slate, forecast = c.get(Slate), c.get(Forecast)
    if slate is not None:
        asked = c.brief.creator_count
        found.append(
            Tile(t("tile.creators"), f.exact(len(slate.picks)), t("asked", n=asked) if asked and asked != len(slate.picks) else "")
        )
        budget = slate.budget or c.brief.budget
        note = t("tile.cost.of", budget=f.price(budget)) if budget else t("tile.cost.no_budget")
        found.append(Tile(t("tile.cost"), f.price(slate.total), note))
    if (outcome := c.get(Outcome)) is not None:
        note = t("tile.lift", lift=f.signed_percent(outcome.lift)) if outcome.lift is not None else ""
        if outcome.creators or not outcome.effects:
            found.append(Tile(t("tile.outcome"), f.count(outcome.engagements), note))
        if (effect := foremost(outcome)) is not None and effect.relative is not None:
            span = t("interval.90", span=f.spread(effect.relative, percent=True))
            found.append(Tile(t("tile.effect", outcome=snippet(effect.outcome, 30)), f.signed_percent(effect.relative.p50), span))
    if forecast is not None:
        if forecast.engagements is not None:
            found.append(
                Tile(t("tile.engagements"), f.count(forecast.engagements.p50), t("tile.interval", span=f.span(forecast.engagements)))
            )
        if forecast.reach is not None:
            found.append(Tile(t("tile.reach"), f.count(forecast.reach.p50), t("tile.interval", span=f.span(forecast.reach))))
        if forecast.cpe is not None:
            currency = currency_of(c)
            note = t("tile.interval", span=f.span(forecast.cpe, currency or ""))
            found.append(Tile(t("tile.cpe"), f.money(forecast.cpe.p50, currency), note))
    if slate is None and (personas := c.get(PersonaSet)) is not None:
        note = t("tile.posts_used", posts=t("n.posts", n=f.exact(personas.posts_used)))
        found.append(Tile(t("tile.personas"), f.exact(len(personas.personas)), note))
    if slate is None and (mood := c.get(SentimentReport)) is not None and mood.overall is not None:
        note = t("tile.posts_used", posts=t("n.posts", n=f.exact(mood.posts_used)))
        found.append(Tile(t("tile.positive"), f.percent(mood.overall.positive), note))
    if slate is None and (drafts := c.get(DraftSet)) is not None:
        review = c.get(ContentReview)
        note = t("tile.drafts.passed", n=sum(r.verdict == "pass" for r in review.reviews)) if review else ""
        found.append(Tile(t("tile.drafts"), f.exact(len(drafts.drafts)), note))
    return found[:5]


def attention(c: Campaign, t: Texts, f: Numbers) -> list[Attention]:
    """What a person should look at before using the result, the gravest first."""
    found = [*_run(c, t, f), *_slate(c, t, f), *_content(c, t)]
    found += [Attention("warn", problem, "brief") for problem in dict.fromkeys(c.brief.problems)]
    found += [Attention("info", p.message, "process") for p in c.problems if p.where == "privacy"]
    if c.brief.open_questions:
        found.append(Attention("info", t("attention.questions", n=len(c.brief.open_questions)), "brief"))
    return sorted(found, key=lambda a: _ORDER[a.severity])


def _run(c: Campaign, t: Texts, f: Numbers) -> list[Attention]:
    found = [
        Attention(
            "block", t("attention.failed", step=t.tool(s.tool), error=snippet(" ".join(x for x in (s.error, s.hint) if x), 240)), "missing"
        )
        for s in c.steps
        if s.status == "failed"
    ]
    found += [Attention("block", t("attention.interrupted", step=t.tool(s.tool)), "missing") for s in c.steps if s.status == "interrupted"]
    for status, severity in (("in_doubt", "block"), ("waiting", "warn"), ("rejected", "info")):
        found += [Attention(severity, t(f"attention.{status}", step=t.tool(s.tool)), "approvals") for s in c.steps if s.status == status]
    skipped = [t.tool(s.tool) for s in c.steps if s.status == "skipped"]
    if skipped:
        found.append(Attention("warn", t("attention.skipped", n=len(skipped), steps=f.join(skipped)), "missing"))
    return found


def _slate(c: Campaign, t: Texts, f: Numbers) -> list[Attention]:
    slate = c.get(Slate)
    if slate is None:
        shortlist = c.get(Shortlist)
        return [Attention("block", t("attention.empty"), "creators")] if shortlist is not None and not shortlist.candidates else []
    if not slate.picks:
        return [Attention("block", t("attention.empty"), "creators")]
    found: list[Attention] = []
    budget = slate.budget or c.brief.budget
    if slate.total and budget and slate.total.currency == budget.currency and slate.total.amount > budget.amount:
        over = f.money(slate.total.amount - budget.amount, budget.currency)
        found.append(Attention("block", t("attention.over", over=over), "creators"))
    wanted = c.brief.creator_count_min or c.brief.creator_count
    if wanted and len(slate.picks) < wanted:
        found.append(Attention("warn", t("attention.few", found=len(slate.picks), asked=wanted), "creators"))
    for basis, key in (("estimated", "attention.estimated"), ("unknown", "attention.unpriced")):
        names = [p.candidate.name for p in slate.picks if p.candidate.price_basis == basis]
        if names:
            found.append(Attention("warn", t(key, n=len(names), names=_few(names, t, f)), "creators"))
    warned: dict[str, list[str]] = {}
    for pick in slate.picks:
        for warning in pick.candidate.warnings:
            warned.setdefault(warning, []).append(pick.candidate.name)
    for warning, names in list(warned.items())[:_MOST_WARNINGS]:
        found.append(Attention("warn", t("attention.warning", names=_few(names, t, f), warning=snippet(warning, 200)), "creators"))
    return found


def _few(names: list[str], t: Texts, f: Numbers, limit: int = 5) -> str:
    shown = f.join([snippet(n, 40) for n in names[:limit]])
    return shown if len(names) <= limit else f"{shown} {t('n.more', n=len(names) - limit)}"


def _content(c: Campaign, t: Texts) -> list[Attention]:
    found: list[Attention] = []
    review, drafts, reply = c.get(ContentReview), c.get(DraftSet), c.get(Reply)
    if review is not None:
        for verdict, severity, key in (("block", "block", "attention.blocked"), ("revise", "warn", "attention.revise")):
            n = sum(r.verdict == verdict for r in review.reviews)
            if n:
                found.append(Attention(severity, t(key, n=n), "drafts"))
    if drafts is not None and (n := sum(d.written_by == "template" for d in drafts.drafts)):
        found.append(Attention("info", t("attention.template", n=n), "drafts"))
    if reply is not None and reply.hand_over:
        found.append(Attention("warn", t("attention.hand_over", why=snippet(reply.hand_over, 200)), "reply"))
    elif reply is not None and not reply.grounded:
        found.append(Attention("warn", t("attention.ungrounded"), "reply"))
    return found
