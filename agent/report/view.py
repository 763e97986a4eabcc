"""What the templates show, computed once from a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from vectorstore.records import AudienceStats

from ..approvals import Approval
from ..artifacts import (
    Artifact,
    Brief,
    Candidate,
    ContentReview,
    Draft,
    DraftReview,
    DraftSet,
    Forecast,
    Interval,
    Money,
    Outcome,
    Persona,
    PersonaSet,
    Pick,
    Question,
    QuoteOf,
    Reply,
    SentimentReport,
    Shortlist,
    Shot,
    Slate,
    StepResult,
    Voiced,
)
from ..campaign import Campaign
from . import summary
from .checks import Checks
from .evidence import Evidence
from .measured import Shares, Shown
from .numbers import NONE, Numbers
from .safe import clean
from .texts import Texts
from .worth import Worth

_SHOWN: tuple[type[Artifact], ...] = (
    Shortlist, Slate, PersonaSet, SentimentReport, DraftSet, ContentReview, Forecast, Outcome, Reply, Question,
)  # fmt: skip


class View:
    """A campaign with everything a template needs next to it: texts ``t``, numbers ``f``, evidence, and what follows from the data."""

    def __init__(self, campaign: Campaign) -> None:
        self.c = campaign
        self.brief: Brief = campaign.brief
        self.t, self.f = Texts(self.brief.language), Numbers(self.brief.language)
        self.language = self.t.language
        self.evidence = Evidence(campaign.sources, self.t, self.f)
        self.title = summary.title(self.brief, self.t)
        self.lead = summary.lead(campaign, self.t, self.f)
        self.tiles = summary.tiles(campaign, self.t, self.f)
        self.attention = summary.attention(campaign, self.t, self.f)
        get = campaign.get
        self.slate, self.shortlist, self.forecast = get(Slate), get(Shortlist), get(Forecast)
        self.personas, self.sentiment = get(PersonaSet), get(SentimentReport)
        self.drafts, self.review = get(DraftSet), get(ContentReview)
        self.outcome, self.reply, self.question = get(Outcome), get(Reply), get(Question)
        self.worth = Worth(self.slate or Slate(), self.t, self.f)
        effects, attribution = (self.outcome.effects, self.outcome.attribution) if self.outcome else ([], [])
        self.effects = [Shown(e, self.brief.flight.start, self.t, self.f) for e in effects]
        self.shares = Shares(attribution, self.t, self.f)
        shown = [get(kind) for kind in _SHOWN]
        self.others = {id: a for id, a in campaign.artifacts.items() if not isinstance(a, Brief) and not any(a is other for other in shown)}
        self.statuses: dict[str, str] = {s.id: s.status for s in campaign.steps}
        self.currency = summary.currency_of(campaign) or ""

    # --- frame -----------------------------------------------------------------------------------------------------

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Anchor and title of every section that this campaign has, in order."""
        t = self.t
        present = [
            ("brief", t("brief.title"), True),
            ("approvals", t("approvals.title"), self.c.approvals),
            ("creators", t("slate.title") if self.slate else t("shortlist.title"), self.slate or self.shortlist),
            ("forecast", t("forecast.title"), self.forecast),
            ("outcome", t("outcome.title"), self.outcome),
            ("drafts", t("drafts.title"), self.drafts or self.review),
            ("personas", t("personas.title"), self.personas),
            ("sentiment", t("sentiment.title"), self.sentiment),
            ("reply", t("reply.title"), self.reply or self.question),
            ("other", t("other.title"), self.others),
            ("missing", t("missing.title"), self.missing),
            ("process", t("process.title"), True),
            ("evidence", t("evidence.title"), self.evidence),
        ]
        return [(anchor, title) for anchor, title, there in present if there]

    @property
    def missing(self) -> list[StepResult]:
        """Steps of the plan that gave nothing, those that never began included."""
        ran = {s.id for s in self.c.steps}
        unrun = [
            StepResult(id=s.id, tool=s.tool, produces="", status="skipped", error=self.t("missing.unrun"))
            for s in self.c.plan.steps
            if s.id not in ran
        ]
        held = {
            status: {"error": self.t(f"missing.{status}"), "hint": self.t("missing.see")} for status in ("waiting", "rejected", "in_doubt")
        }
        return [s.model_copy(update=held.get(s.status, {})) for s in self.c.steps if s.status != "done"] + unrun

    # --- approvals -------------------------------------------------------------------------------------------------

    def shown(self, approval: Approval, length: int | None = None) -> str:
        """What would go out, or the beginning of it."""
        text = clean(approval.shown)
        return text if length is None or len(text) <= length else text[:length].rstrip() + "…"

    def longer(self, approval: Approval, length: int) -> bool:
        return len(clean(approval.shown)) > length

    # --- brief -----------------------------------------------------------------------------------------------------

    @property
    def brief_fields(self) -> list[tuple[str, str, str]]:
        """Label, value, and who said it (`rules`, `model`, `user` or nothing), for every field that was said."""
        b, t, f = self.brief, self.t, self.f
        count = (
            f"{b.creator_count_min}–{b.creator_count}"
            if b.creator_count_min and b.creator_count_min != b.creator_count
            else b.creator_count
        )
        values: dict[str, Any] = {
            "brand": b.brand, "product": b.product, "objective": b.objective and t.word("objective", b.objective),
            "platforms": [t.word("platform", p) for p in b.platforms], "budget": b.budget and f.price(b.budget), "creator_count": count,
            "creator_tiers": [t.word("tier", x) for x in b.creator_tiers], "creator_locations": b.creator_locations, "creators": b.creators,
            "excluded_creators": b.excluded_creators, "similar_to": b.similar_to, "competitors": b.competitors, "posts_per_creator": b.posts_per_creator,
            "formats": [t.word("format", x) for x in b.formats], "forms": [t.word("form", x) for x in b.forms], "variants": b.variants,
            "audience": self._audience(), "flight": self._flight(), "topics": b.topics,
            "deliverables": [t.word("deliverable", d) for d in b.deliverables], "not_wanted": [t.word("deliverable", d) for d in b.not_wanted],
            "must_say": b.must_say, "must_not_say": b.must_not_say, "facts": b.facts,
        }  # fmt: skip
        shown = ((k, f.join(v) if isinstance(v, list) else str(v or "")) for k, v in values.items())
        return [(t(f"brief.{k}"), v, b.sources.get(k, "")) for k, v in shown if v]

    @property
    def unsaid(self) -> list[str]:
        """Fields that matter to most campaigns and that the request leaves open."""
        b = self.brief
        open_fields = {
            "brand": b.brand, "product": b.product, "objective": b.objective, "platforms": b.platforms, "budget": b.budget,
            "creator_count": b.creator_count, "audience": self._audience(), "flight": self._flight(),
        }  # fmt: skip
        return [self.t(f"brief.{k}") for k, v in open_fields.items() if not v]

    def _audience(self) -> list[str]:
        a, t = self.brief.audience, self.t
        ages = ""
        if a.age_min is not None and a.age_max is not None:
            ages = t("audience.ages", low=a.age_min, high=a.age_max)
        elif a.age_min is not None:
            ages = t("audience.from", low=a.age_min)
        elif a.age_max is not None:
            ages = t("audience.to", high=a.age_max)
        return [x for x in (t.word("gender", a.gender) if a.gender else "", ages, *a.locations, *a.interests) if x]

    def _flight(self) -> str:
        start, end = self.brief.flight.start, self.brief.flight.end
        key = "flight.range" if start and end else "flight.from" if start else "flight.to"
        return self.t(key, start=self.f.day(start), end=self.f.day(end)) if start or end else ""

    # --- creators --------------------------------------------------------------------------------------------------

    def price(self, candidate: Candidate) -> str:
        """The price for one post; an estimate with its range."""
        money = candidate.price
        if money is None:
            return self.t("basis.unknown")
        if candidate.price_basis == "estimated" and candidate.price_low is not None and candidate.price_high is not None:
            return f"{self.f.price(money)} ({self.f.money_range(candidate.price_low, candidate.price_high, money.currency)})"
        return self.f.price(money)

    def order(self, pick: Pick) -> str:
        posts = self.t("order.posts", n=pick.posts)
        return f"{posts} · {self.t.word('format', pick.format)}" if pick.format else posts

    @property
    def budget(self) -> Money | None:
        return (self.slate.budget if self.slate else None) or self.brief.budget

    @property
    def budget_left(self) -> float | None:
        """Budget minus total in the budget's currency; ``None`` where they cannot be compared."""
        total = self.slate.total if self.slate else None
        if total is None or self.budget is None or total.currency != self.budget.currency:
            return None
        return self.budget.amount - total.amount

    def costs(self) -> list[tuple[str, float, bool]]:
        """Reading, amount and whether it is estimated, for every priced pick."""
        picks = self.slate.picks if self.slate else []
        return [
            (f"{p.candidate.name}: {self.f.price(p.cost)}", p.cost.amount, p.candidate.price_basis == "estimated") for p in picks if p.cost
        ]

    def top_score(self) -> float:
        """The scale of the score bars: one, or the best score where scores run higher."""
        candidates = [p.candidate for p in self.slate.picks] if self.slate else self.shortlist.candidates if self.shortlist else []
        return max([1.0, *(c.score for c in candidates)])

    def bar_parts(self, c: Candidate) -> list[tuple[str, float]]:
        return [(f"{self.t.word('part', p.name)} {p.value:.2f} {p.reading}", p.value) for p in c.parts]

    def score_reading(self, c: Candidate) -> str:
        parts = self.f.join([f"{self.t.word('part', p.name)} {p.value:.2f}" for p in c.parts])
        return self.t("score.reading", score=f"{c.score:.2f}", parts=parts)

    def checks(self, candidate: Candidate) -> Checks:
        return Checks(candidate, self.t, self.f)

    def ago(self, days: int) -> str:
        return self.t("conflicts.ago", n=days) if days > 0 else self.t("conflicts.today")

    # --- forecast, drafts ------------------------------------------------------------------------------------------

    def top(self, intervals: list[Interval | None], observed: list[float] = []) -> float:  # noqa: B006  never changed
        return max([1.0, *(i.p90 for i in intervals if i is not None), *observed])

    @property
    def totals(self) -> list[tuple[str, str, str, Interval | None]]:
        """Label, middle estimate and 80% interval of the forecast's totals, and the interval to draw where it starts above nothing."""
        fc, f, t = self.forecast, self.f, self.t
        if fc is None:
            return []
        rows: list[tuple[str, str, str, Interval | None]] = []
        for name, interval in (("engagements", fc.engagements), ("reach", fc.reach)):
            if interval:
                rows.append((t(f"forecast.{name}"), f.count(interval.p50), f.span(interval), interval))
            if name == "engagements":
                rows += [(t("forecast.of_which", kind=t.word("kind", k)), f.count(i.p50), f.span(i), None) for k, i in fc.kinds.items()]
        if fc.cost:
            rows.append((t("forecast.cost"), f.price(fc.cost), "", None))
        money = self.currency or None
        for name, interval in (("cpe", fc.cpe), ("cpm", fc.cpm), ("emv", fc.emv)):
            if interval:
                rows.append((t(f"forecast.{name}"), f.money(interval.p50, money), f.span(interval, self.currency), interval))
        if fc.roi:
            rows.append((t("forecast.roi"), f.signed_percent(fc.roi.p50), f.span(fc.roi, percent=True), None))
        return rows

    @property
    def each(self) -> tuple[list[str], list[tuple[str, list[tuple[str, str]]]]]:
        """Titles of the columns, and for each creator the middle and the 80% interval of every measure that any of them has."""
        fc, f, t, money = self.forecast, self.f, self.t, self.currency or None
        people = fc.creators if fc else []
        kinds = list(dict.fromkeys(k for x in people for k in x.kinds))
        costs = [name for name in ("cpe", "cpm", "emv") if any(getattr(x, name) for x in people)]
        roi = any(x.roi for x in people)
        titles = (
            [t.readable(t.word("kind", k)) for k in kinds]
            + [t(f"forecast.{name}") for name in costs]
            + ([t("forecast.roi")] if roi else [])
        )
        rows = []
        for x in people:
            cells = [(f.count(i.p50), f.span(i)) if (i := x.kinds.get(k)) else (NONE, "") for k in kinds]
            found = [getattr(x, name) for name in costs]
            cells += [(f.money(i.p50, money), f.span(i, self.currency)) if i else (NONE, "") for i in found]
            if roi:
                cells.append((f.signed_percent(x.roi.p50), f.span(x.roi, percent=True)) if x.roi else (NONE, ""))
            rows.append((x.name, cells))
        return titles, rows if titles else []

    def who(self, people: AudienceStats) -> list[str]:
        """What is known of a group's gender, ages, places and interests, largest shares first."""
        f = self.f
        gender = [self.t("persona.female", share=f.percent(people.female))] if people.female is not None else []
        shares = [sorted(d.items(), key=lambda item: -item[1])[:4] for d in (people.ages, people.regions, people.interests)]
        return gender + [f"{name} {f.percent(share)}" for group in shares for name, share in group]

    def persona_share(self, persona: Persona) -> str:
        """A persona's share with its interval, and how many authors and posts it rests on."""
        t, f, parts = self.t, self.f, [self.t("persona.share", share=self.f.percent(persona.share))]
        if persona.share_low is not None and persona.share_high is not None and persona.share_low < persona.share_high:
            parts.append(t("persona.share.range", low=f.percent(persona.share_low), high=f.percent(persona.share_high)))
        parts.append(t("persona.posts", authors=t("persona.authors", n=persona.authors), posts=t("n.posts", n=f.exact(persona.posts))))
        return f.join(parts)

    def persona_stability(self, persona: Persona) -> str:
        word = self.t("persona.stable" if (persona.stability or 0) >= 0.75 else "persona.soft")
        return self.t("persona.stability", value=f"{persona.stability or 0:.2f}", word=word)

    def voices(self, found: Sequence[Voiced], plain: Sequence[str]) -> list[str]:
        """Needs or objections with the number of authors, where that is known."""
        return [f"{x.label} ({self.t('persona.authors', n=x.authors)})" for x in found] or list(plain)

    def kinds(self, by_kind: dict[str, float]) -> str:
        return self.f.join([f"{self.t.word('kind', k)} {self.f.count(v)}" for k, v in by_kind.items()])

    def author(self, written_by: str) -> str:
        """Who wrote a text, said plainly."""
        if written_by in ("template", "request"):
            return self.t(f"draft.by.{written_by}")
        model, both, _ = written_by.partition(" + template")
        return self.t("draft.by.both" if both else "draft.by.model", model=model)

    @property
    def draft_groups(self) -> list[list[Draft]]:
        """The drafts, versions of the same text together."""
        groups: list[list[Draft]] = []
        latest: dict[tuple[object, ...], list[Draft]] = {}
        for d in self.drafts.drafts if self.drafts else []:
            text = (d.creator, d.platform, d.form, d.format, d.ad_manager)
            if d.variant == 1 or text not in latest:
                latest[text] = []
                groups.append(latest[text])
            latest[text].append(d)
        return groups

    def kind(self, draft: Draft) -> str:
        """Where a draft goes and what it is: platform, kind of text, format, ad manager."""
        t = self.t
        where = t.word("ad_manager", draft.ad_manager) if draft.ad_manager else t.word("platform", draft.platform) if draft.platform else ""
        what = t.word("form", draft.form) if draft.form != "post" else t.word("format", draft.format) if draft.format else ""
        return " · ".join(x for x in (where, what) if x)

    def seconds(self, shot: Shot) -> str:
        return f"{shot.start:g}–{shot.end:g}" if shot.start is not None and shot.end is not None else ""

    def review_of(self, draft: str) -> DraftReview | None:
        reviews = self.review.reviews if self.review else []
        return next((r for r in reviews if r.draft == draft), None)

    @property
    def orphan_reviews(self) -> list[DraftReview]:
        ids = {d.id for d in self.drafts.drafts} if self.drafts else set()
        return [r for r in self.review.reviews if r.draft not in ids] if self.review else []

    def quote_source(self, quote: QuoteOf) -> Any:
        return self.evidence.find(quote.post)

    # --- run -------------------------------------------------------------------------------------------------------

    @property
    def timeline(self) -> list[tuple[StepResult, float | None, str]]:
        """Every step with the seconds from the run's start to its own (``None`` if it never began) and a reading."""
        rows: list[tuple[StepResult, float | None, str]] = []
        for step in self.c.steps:
            began = None
            if step.started is not None:
                start, own = self.c.started, step.started
                if (start.tzinfo is None) != (own.tzinfo is None):
                    start, own = start.replace(tzinfo=None), own.replace(tzinfo=None)
                began = max((own - start) / timedelta(seconds=1), 0.0)
            reading = self.t(
                "steps.run", name=self.t.tool(step.tool), start=self.f.seconds(began or 0), seconds=self.f.seconds(step.seconds)
            )
            rows.append((step, began, reading))
        return rows

    @property
    def whole(self) -> float:
        """Seconds that the time line spans: at least as long as its last step."""
        return max([self.c.seconds, *((began or 0) + s.seconds for s, began, _ in self.timeline)])
