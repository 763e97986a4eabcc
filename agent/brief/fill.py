"""A model fills what the rules left open. It may overwrite nothing, and what it says must stand in the request.

Budgets, dates, claims and exclusions are left to the rules alone: a wrong one costs money or breaks the law, and no
check short of a person can tell a right one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ..artifacts import Brief, Gender, Objective
from .numbers import find_numbers
from .reader import LIMIT
from .tables.deliverables import ORDER
from .tables.messages import QUESTIONS
from .text import Text, fold

if TYPE_CHECKING:
    from ..context import StepModels


class Because(BaseModel):
    """A choice, and the words of the request that it rests on."""

    words: str = Field("", description="the words of the request that say so, copied exactly")


class ObjectiveSaid(Because):
    value: Objective


class GenderSaid(Because):
    value: Gender


class DeliverableSaid(Because):
    value: str = Field(description=f"one of: {', '.join(ORDER)}")


class ModelReading(BaseModel):
    """What a model read in a request. Text is copied from the request word for word; what is not said is left out."""

    brand: str | None = None
    product: str | None = None
    topics: list[str] = Field(default_factory=list)
    audience_locations: list[str] = Field(default_factory=list)
    audience_interests: list[str] = Field(default_factory=list)
    creator_locations: list[str] = Field(default_factory=list)
    creator_count: int | None = Field(None, ge=1)
    age_min: int | None = Field(None, ge=0, le=120)
    age_max: int | None = Field(None, ge=0, le=120)
    gender: GenderSaid | None = None
    objective: ObjectiveSaid | None = None
    deliverables: list[DeliverableSaid] = Field(default_factory=list)


_TEXTS = {
    "brand": "brand",
    "product": "product",
    "topics": "topics",
    "audience_locations": "audience.locations",
    "audience_interests": "audience.interests",
    "creator_locations": "creator_locations",
}
_NUMBERS = {"creator_count": "creator_count", "age_min": "audience.age_min", "age_max": "audience.age_max"}
_CHOICES = {"gender": "audience.gender", "objective": "objective"}
_MODEL_FIELDS = (*_TEXTS.values(), *_NUMBERS.values(), *_CHOICES.values(), "deliverables")
_MOST_CHARS = 60
_ANSWERED = {"product": ("product", "brand", "topics"), "objective": ("objective",), "creator_count": ("creator_count",), "deliverables": ("deliverables",),
             "audience": ("audience.age_min", "audience.age_max", "audience.gender", "audience.interests")}  # fmt: skip
"""Open question to the fields of which any one answers it."""


async def fill_with_model(brief: Brief, models: StepModels) -> Brief:
    """A copy of the brief in which a model has filled fields that the rules left empty.

    A value is kept only if it can be checked: text must stand in the request word for word, a number must be one that the
    request names, a choice must quote the words it rests on. All else is dropped. ``Brief.sources`` says ``"model"``
    for what was filled.

    Raises:
        ModelUnavailable, BudgetExceeded, ModelError: as ``StepModels.generate`` does; the brief given is unchanged.
    """
    empty = [f for f in _MODEL_FIELDS if f not in brief.sources and _get(brief, f) in (None, [])]
    if not brief.request.strip() or not empty:
        return brief
    from prompts import Prompts

    prompt = Prompts().get("read_brief", brief.language).render(request=brief.request[:LIMIT], fields=empty, deliverables=list(ORDER))
    answer = await models.generate(prompt, task="read_brief", language=brief.language, schema=ModelReading, max_tokens=400)
    if not isinstance(answer.parsed, ModelReading):
        return brief
    return _merge(brief, answer.parsed, empty)


def _merge(brief: Brief, reading: ModelReading, empty: list[str]) -> Brief:
    filled = brief.model_copy(deep=True)
    for name, value in _checked(brief, reading).items():
        if name in empty and value not in (None, []):
            _set(filled, name, value)
            filled.sources[name] = "model"
    low, high = filled.audience.age_min, filled.audience.age_max
    if low is not None and high is not None and low > high:
        for name in ("audience.age_min", "audience.age_max"):
            if filled.sources.get(name) == "model":
                _set(filled, name, None)
                del filled.sources[name]
    for key, fields in _ANSWERED.items():
        if any(filled.sources.get(f) == "model" for f in fields):
            filled.open_questions = [q for q in filled.open_questions if q != QUESTIONS[key][brief.language]]
    return filled


def _checked(brief: Brief, reading: ModelReading) -> dict[str, object]:
    """Field to value, those values only that the request bears out."""
    said = brief.request[:LIMIT]
    numbers = {n for found in find_numbers(Text(said)) for n in (found.low, found.high)}
    values: dict[str, object] = {}
    for name, field in _TEXTS.items():
        value = getattr(reading, name)
        if isinstance(value, list):
            values[field] = list(dict.fromkeys(exact for v in value if (exact := _as_written(v, said))))
        elif value:
            values[field] = _as_written(value, said)
    for name, field in _NUMBERS.items():
        value = getattr(reading, name)
        values[field] = value if value is not None and float(value) in numbers else None
    for name, field in _CHOICES.items():
        choice = getattr(reading, name)
        values[field] = choice.value if choice is not None and _as_written(choice.words, said) else None
    wanted = {d.value for d in reading.deliverables if d.value in ORDER and d.value not in brief.not_wanted and _as_written(d.words, said)}
    values["deliverables"] = [d for d in ORDER if d in wanted]
    return values


def _as_written(words: str, said: str) -> str | None:
    """The words as the request writes them, whatever their case; ``None`` when it does not hold them as whole words."""
    looked_for = fold(words.strip())
    if not 2 <= len(looked_for) <= _MOST_CHARS:
        return None
    edge_before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", looked_for) else ""
    edge_after = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", looked_for) else ""
    m = re.search(edge_before + re.escape(looked_for) + edge_after, fold(said))
    return said[m.start() : m.end()] if m else None


def _get(brief: Brief, field: str) -> object:
    value: object = brief
    for part in field.split("."):
        value = getattr(value, part)
    return value


def _set(brief: Brief, field: str, value: object) -> None:
    *path, last = field.split(".")
    owner: object = brief
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, value)
