"""From a brief, a shortlist and settings to options and rules."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent import Brief, Candidate, ToolError
from plugins.common.choose import Objective, Option, Rules
from plugins.common.money import exchange
from plugins.common.places import place_of

CENTS = 100
"""Costs are compared in whole cents, so that no rounding can overrun the budget."""


class SlateSettings(BaseModel):
    """``[tools.select_slate]``."""

    model_config = ConfigDict(extra="ignore", strict=False)  # `policy` and `model` are every tool's

    default_count: int = Field(5, ge=1)
    alternates: int = Field(5, ge=0)
    objective: Literal["auto", "engagement", "reach", "engagement_per_cost", "reach_per_cost"] = "auto"
    at_least: dict[str, int] = Field(default_factory=dict)
    at_most: dict[str, int] = Field(default_factory=dict)
    price_cap: float | None = Field(None, ge=0, allow_inf_nan=False)
    exclusive: list[list[str]] = Field(default_factory=list)
    overlap: str = "segments"
    shared_audience: float = Field(0.2, gt=0, le=0.5)
    seconds: float = Field(5.0, gt=0, le=120)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> SlateSettings:
        """Raises: ToolError: naming the field and what is wrong with it."""
        try:
            settings = cls.model_validate(dict(given))
        except ValidationError as e:
            faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
            raise ToolError(f"[tools.select_slate] cannot be used: {faults}.", hint="See `docs/settings.md`.") from e
        for field in ("at_least", "at_most"):
            for group, number in getattr(settings, field).items():
                if group.partition(":")[0] not in ("tier", "platform", "gender", "region") or not group.partition(":")[2]:
                    raise ToolError(
                        f"[tools.select_slate] {field} names {group!r}.",
                        hint="A group is tier:micro, platform:xiaohongshu, gender:female or region:Dallas.",
                    )
                if number < 0:
                    raise ToolError(f"[tools.select_slate] {field}: {group} is {number}; it must be 0 or more.")
        return settings


@dataclass(frozen=True)
class Offer:
    """A candidate as an option, and what the option was made from."""

    candidate: Candidate
    option: Option
    engagements: float
    """Expected of all posts ordered."""
    fit: float

    @property
    def cost(self) -> int | None:
        return self.option.cost


@dataclass(frozen=True)
class Task:
    """What is to be chosen from, and how."""

    offers: list[Offer]
    rules: Rules
    objective: Objective
    unit: Literal["engagement", "reach"]
    guessed_followers: int
    """Candidates whose following is unknown and was guessed, where people are counted."""


def task_of(brief: Brief, candidates: Sequence[Candidate], genders: Mapping[str, str | None], settings: SlateSettings) -> Task:
    """Options and rules. Amounts are in the budget's currency, in cents."""
    unit: Literal["engagement", "reach"]
    if settings.objective == "auto":
        unit = "reach" if brief.objective == "awareness" else "engagement"
    else:
        unit = "reach" if settings.objective.startswith("reach") else "engagement"
    candidates = [c for c in candidates if not any(called(name, c) for name in brief.excluded_creators)]
    posts = brief.posts_per_creator or 1
    regions = sorted({g.partition(":")[2] for g in (*settings.at_least, *settings.at_most) if g.startswith("region:")})
    rates = [c.engagement_rate for c in candidates if c.engagement_rate]
    rate = statistics.median(rates) if rates else None
    offers, guessed = [], 0
    for c in candidates:
        per_post = c.expected_engagement if c.expected_engagement is not None else c.median_engagement
        if per_post is None:
            per_post = (rate or 0.0) * (c.followers or 0)
        engagements, fit = per_post * posts, fit_of(c)
        plain = engagements
        if unit == "reach":
            # Another post to the same followers reaches nobody new.
            plain = float(c.followers) if c.followers is not None else per_post / rate if rate else per_post
            guessed += c.followers is None
        option = Option(
            c.creator, max(plain, 0.01) * fit, _cents(c, brief, posts), _groups(c, genders.get(c.creator), regions),
            any(called(name, c) for name in brief.creators),
        )  # fmt: skip
        offers.append(Offer(c, option, engagements, fit))
    count = brief.creator_count or settings.default_count
    rules = Rules(
        count=count,
        count_min=min(brief.creator_count_min or count, count),
        budget=None if brief.budget is None else math.floor(brief.budget.amount * CENTS + 1e-6),
        at_least=settings.at_least,
        at_most=settings.at_most,
        price_cap=None if settings.price_cap is None else math.floor(settings.price_cap * CENTS + 1e-6),
        exclusive=[frozenset(c.creator for c in candidates if any(called(n, c) for n in names)) for names in settings.exclusive],
    )
    return Task(offers, rules, "per_cost" if settings.objective.endswith("per_cost") else "total", unit, guessed)


def _cents(c: Candidate, brief: Brief, posts: int) -> int | None:
    money = c.price
    if money is not None and brief.budget is not None:
        money = exchange(money, brief.budget.currency)
    return None if money is None else math.ceil(round(money.amount * CENTS * posts, 4))


def _groups(c: Candidate, gender: str | None, regions: Sequence[str]) -> tuple[str, ...]:
    found = [f"platform:{c.platform}"]
    if c.tier is not None:
        found.append(f"tier:{c.tier}")
    if gender is not None:
        found.append(f"gender:{gender}")
    return (*found, *(f"region:{r}" for r in regions if c.location and place_of(r).inside.search(c.location)))


def fit_of(c: Candidate) -> float:
    """Fit, 0-1: weighted geometric mean of the score's parts without performance, which the engagements already count.

    Geometric, because a creator of another place or subject is no better for being regular.
    """
    parts = [p for p in c.parts if p.name != "performance" and p.weight > 0]
    if not parts:
        return min(1.0, max(0.01, c.score))
    return math.exp(sum(p.weight * math.log(max(p.raw, 0.01)) for p in parts) / sum(p.weight for p in parts))


def called(name: str, c: Candidate) -> bool:
    """Whether a request's name for a creator (@handle, name or id) is this candidate's."""
    wanted = name.strip().lstrip("@").lower()
    return wanted in {c.name.lower(), c.handle.lower().lstrip("@"), c.creator.lower(), c.creator.split(":", 1)[-1].lower()}
