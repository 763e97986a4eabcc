"""What the marketer must know about a brief: contradictions, open questions, and how doubtful things were read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from vectorstore.records import PLATFORMS

from ..artifacts import Brief
from .counts import Counts
from .dates import FlightReading
from .deliverables import Asks
from .money import BudgetReading
from .people import People
from .places import Places
from .tables.messages import DELIVERABLES, GENDERS, NOTES, PROBLEMS, QUESTIONS, Language

_NEEDS_A_CAMPAIGN = {"slate", "forecast", "drafts", "personas", "sentiment"}


def _days(start: date | None, end: date | None) -> str:
    return " - ".join(d.isoformat() for d in (start, end) if d)


def problems(
    brief: Brief,
    asks: Asks,
    budget: BudgetReading,
    counts: Counts,
    people: People,
    flight: FlightReading,
    unknown: Sequence[str],
    both: Sequence[str],
) -> list[str]:
    """Contradictions and things that could not be read, in the brief's language."""
    found: list[str] = []

    def say(key: str, **values: object) -> None:
        found.append(PROBLEMS[key][brief.language].format(**values))

    for name in unknown:
        say("unknown_platform", name=name, known=", ".join(PLATFORMS))
    for name in both:
        say("platform_both", name=name)
    if budget.fault == "two" and budget.money:
        say("two_budgets", amounts=" / ".join(budget.rivals), used=f"{budget.money.amount:,.0f} {budget.money.currency}")
    elif budget.fault in ("zero", "negative", "inverted"):
        say(f"budget_{budget.fault}")
    if counts.zero:
        say("zero_creators")
    if counts.inverted:
        say("count_inverted", low=counts.inverted[0], high=counts.inverted[1])
    if counts.rivals:
        say("two_counts", counts=" / ".join(map(str, counts.rivals)))
    if "slate" in brief.not_wanted and (brief.creator_count or brief.creator_count_min):
        say("creators_refused", count=brief.creator_count or brief.creator_count_min)
    for deliverable in asks.contradicted:
        if deliverable in brief.deliverables and not asks.everything:
            say("asked_and_refused", deliverable=DELIVERABLES.get(deliverable, {}).get(brief.language, deliverable))
    if people.inverted:
        say("age_inverted", low=people.inverted[0], high=people.inverted[1])
    elif people.age_min is not None and people.age_max is not None and people.age_min > people.age_max:
        say("age_empty", low=people.age_min, high=people.age_max)
    if flight.inverted:
        say("flight_inverted", start=brief.flight.start, end=brief.flight.end)
    elif flight.past:
        say("flight_past", days=_days(brief.flight.start, brief.flight.end))
    for words in flight.impossible:
        say("no_such_date", words=words)
    return found


def open_questions(brief: Brief, carried: set[str], budget: BudgetReading, places: Places) -> list[str]:
    """What was not said and matters for what is asked, in the brief's language, the weightiest first."""
    wanted = set(brief.deliverables)
    campaign = bool(wanted & _NEEDS_A_CAMPAIGN) or not wanted
    creators = "slate" in wanted or "forecast" in wanted
    audience = brief.audience
    subject = brief.product or brief.brand or brief.topics or brief.audience.interests
    asked = (
        ("deliverables", not wanted),
        ("caption", "review" in wanted and "drafts" not in wanted and "drafts" not in carried),
        ("question", "reply" in wanted and "question" not in carried),
        ("campaign", "outcome" in wanted and not creators and not (brief.creators or brief.flight.start)),
        ("product", campaign and not subject),
        ("platforms", (creators or "drafts" in wanted) and not brief.platforms),
        ("budget", creators and brief.budget is None),
        ("currency", budget.assumed_currency),
        ("creator_count", "slate" in wanted and not (brief.creator_count or brief.creator_count_min or brief.creators)),
        ("local", places.local_to_nowhere),
        (
            "audience",
            bool(wanted & {"slate", "drafts"}) and not (audience.age_min or audience.age_max or audience.gender or audience.interests),
        ),
        ("flight", creators and brief.flight.start is None and brief.flight.end is None),
        ("facts", "drafts" in wanted and not brief.facts),
        ("objective", creators and brief.objective is None),
    )
    return [QUESTIONS[key][brief.language] for key, is_open in asked if is_open]


def notes(brief: Brief, budget: BudgetReading, counts: Counts, people: People, flight: FlightReading) -> list[str]:
    """How things that can be read in more than one way were read."""
    language: Language = brief.language
    said: list[str] = []

    def say(key: str, **values: object) -> None:
        said.append(NOTES[key][language].format(**values))

    if flight.season:
        say("season", season=flight.season, days=_days(brief.flight.start, brief.flight.end))
    if budget.each:
        say("each", amount=f"{budget.each.amount:,.0f} {budget.each.currency}")
    if budget.low is not None and budget.money:
        say("budget_low", low=budget.low, currency=budget.money.currency)
    if counts.rough and counts.creators:
        say("rough", count=counts.creators)
    if counts.summed:
        say("summed", parts=" + ".join(map(str, counts.summed)), count=counts.creators)
    if people.creator_gender:
        say("creator_gender", gender=GENDERS[people.creator_gender][language])
    if people.creator_ages:
        say("creator_ages", ages=people.creator_ages)
    return said
