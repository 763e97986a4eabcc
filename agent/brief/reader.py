"""From a request to a brief, by rules alone.

Each reader blots out what it has read, so the order below is part of the rules: quoted material first, then what has a form
of its own (handles, dates, ages, money), then what is told by the words around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from vectorstore.records import Platform

from ..artifacts import Artifact, Audience, Brief, Draft, DraftSet, Question
from . import checks
from .carried import read_caption, read_question
from .claims import read_claims
from .competitors import compared_brand, read_competitors
from .counts import Counts, read_counts
from .dates import read_flight
from .deliverables import Asks, read_asks
from .forms import read_forms
from .money import BudgetReading, read_budget
from .names import read_brand, read_handles
from .numbers import find_numbers
from .people import People, read_ages, read_gender, read_interests
from .places import Places, read_places
from .platforms import read_platforms
from .product import read_product
from .subject import read_subject
from .tables.messages import PROBLEMS
from .text import Text, chinese_share

LIMIT = 20_000
"""Characters that are read of a request."""

FIELDS: tuple[str, ...] = (
    "brand", "product", "objective", "platforms", "budget", "creator_count", "creator_count_min", "creator_tiers", "creator_locations", "creators",
    "excluded_creators", "similar_to", "competitors", "posts_per_creator", "formats", "forms", "variants", "audience.age_min", "audience.age_max", "audience.gender", "audience.locations",
    "audience.interests", "flight.start", "flight.end", "topics", "deliverables", "not_wanted", "must_say", "must_not_say", "facts",
)  # fmt: skip
"""The fields of a brief that a request can fill."""


def read_brief(request: str, *, now: datetime, asks: Mapping[str, Sequence[str]] | None = None) -> tuple[Brief, dict[str, Artifact]]:
    """Read a request in English or Chinese.

    Args:
        request: what the marketer wrote. At most 20,000 characters are read; ``Brief.problems`` says so when there are more.
        now: the clock, by which "next month" and generations are reckoned.
        asks: deliverable to the phrases that ask for it, for what third parties' tools make.

    Returns:
        The brief, and the further artifacts that the request carries: ``drafts`` (a `DraftSet` of one draft to review) and
        ``question`` (a customer's `Question`). No request raises an exception: an unreadable one gives an empty brief whose
        ``problems`` and ``open_questions`` say what is missing.
    """
    text = Text(request[:LIMIT])
    if not text.raw.strip():
        return _empty(request), {}
    everything_said = read_asks(text, asks)
    claims = read_claims(text)
    caption, question = read_caption(text, everything_said), read_question(text, everything_said)
    language = _language(text)
    said = read_asks(text, asks)
    named, excluded, models = read_handles(text)
    places = read_places(text)
    named_places = [*places.audience, *places.creators]
    competitors = read_competitors(text)
    brand = read_brand(text, named_places) or (compared_brand(text) if competitors else None)
    product = read_product(text, brand, named_places)
    platforms, doubtful, unknown = read_platforms(text)
    people = People()
    read_gender(text, people)
    read_interests(text, people)
    subject = read_subject(text, people.creator_interests)
    flight = read_flight(text, now.date(), backwards="outcome" in said.wanted and "slate" not in said.wanted)
    numbers = find_numbers(text)
    texts = read_forms(text, numbers, said)
    read_ages(text, numbers, now.year, people)
    budget = read_budget(text, numbers, language)
    counts = read_counts(text, numbers)

    brief = Brief(
        request=request, language=language, brand=brand, product=product, objective=subject.objective, platforms=platforms, budget=budget.money,
        creator_count=counts.creators, creator_count_min=counts.creators_min, creator_tiers=counts.tiers, creator_locations=places.creators,
        creators=named, excluded_creators=excluded, similar_to=models, competitors=competitors, posts_per_creator=counts.posts_each, formats=counts.formats, forms=texts.forms, variants=texts.variants,
        audience=_audience(people, places), flight=flight.flight, topics=subject.topics, deliverables=_deliverables(said, counts),
        not_wanted=said.not_wanted, must_say=claims.must_say, must_not_say=claims.must_not_say, facts=claims.facts,
    )  # fmt: skip
    carried = _carried(caption, question, platforms)
    brief.problems = checks.problems(brief, said, budget, counts, people, flight, unknown, doubtful)
    if len(request) > LIMIT:
        brief.problems.insert(0, PROBLEMS["too_long"][language].format(length=len(request), limit=LIMIT))
    brief.open_questions = checks.open_questions(brief, set(carried), budget, places)
    brief.notes = checks.notes(brief, budget, counts, people, flight)
    brief.sources = dict.fromkeys(filled_fields(brief), "rules")
    return brief, carried


def _empty(request: str) -> Brief:
    brief = Brief(request=request, problems=[PROBLEMS["empty"]["en"]])
    brief.open_questions = checks.open_questions(brief, set(), BudgetReading(), Places())
    return brief


def _language(text: Text) -> Literal["en", "zh"]:
    """The language of the request's own words; of what it quotes, when it has none."""
    own = text.s if any(c.isalpha() for c in text.s) else text.raw
    return "zh" if chinese_share(own) > 0.5 else "en"


def _deliverables(said: Asks, counts: Counts) -> list[str]:
    """What is asked for. Who speaks of a number or a size of creators wants a slate, unless the campaign is over."""
    wanted = said.wanted
    speaks_of_creators = bool(counts.creators or counts.creators_min or (counts.tiers and not wanted))
    if speaks_of_creators and "slate" not in wanted and not said.of("slate") and "outcome" not in wanted:
        wanted = ["slate", *wanted]
    return wanted


def _audience(people: People, places: Places) -> Audience:
    low, high = people.age_min, people.age_max
    if people.inverted and low is not None and high is not None and low > high:
        low, high = high, low
    return Audience(age_min=low, age_max=high, gender=people.gender, locations=places.audience, interests=people.interests)


def _carried(caption: str | None, question: str | None, platforms: Sequence[Platform]) -> dict[str, Artifact]:
    found: dict[str, Artifact] = {}
    platform = platforms[0] if len(platforms) == 1 else None
    if caption:
        draft = Draft(id="d1", body=caption, language=_language(Text(caption)), platform=platform, written_by="request")
        found["drafts"] = DraftSet(drafts=[draft])
    if question:
        found["question"] = Question(text=question, language=_language(Text(question)), channel=platform)
    return found


def filled_fields(brief: Brief) -> list[str]:
    """Names of the brief's fields that say something, those of the audience and flight with a dot (``audience.age_min``)."""
    names: list[str] = []
    for name in FIELDS:
        value: object = brief
        for part in name.split("."):
            value = getattr(value, part)
        if value not in (None, [], ""):
            names.append(name)
    return names
