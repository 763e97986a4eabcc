"""What is chosen from, under which rules, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agent import ToolError

Objective = Literal["total", "per_cost"]
MOST_CENTS = 10**13
"""A hundred billion of a currency: beyond it, sums of costs would not be exact in the solver's arithmetic."""


@dataclass(frozen=True)
class Option:
    """One creator that could be picked."""

    id: str
    value: float
    """Expected engagements, or people reached, of all posts ordered; 0 or more."""
    cost: int | None
    """Whole cents for all posts ordered; ``None`` when no price is known."""
    groups: tuple[str, ...] = ()
    """What rules may speak of, as ``kind:name``: ``tier:micro``, ``platform:xiaohongshu``, ``gender:female``, ``region:US-TX``."""
    must: bool = False
    """The client wants this one."""


@dataclass(frozen=True)
class Rules:
    """What a choice must keep to. Amounts are in whole cents."""

    count: int
    """The most creators."""
    count_min: int = 0
    budget: int | None = None
    at_least: Mapping[str, int] = field(default_factory=dict)
    """Group to the least number of picks from it."""
    at_most: Mapping[str, int] = field(default_factory=dict)
    price_cap: int | None = None
    """The most one creator may cost. Somebody without a known price is not held to it."""
    exclusive: Sequence[frozenset[str]] = ()
    """Sets of ids of which at most one may be picked."""


@dataclass(frozen=True)
class Problem:
    """Rules that cannot all hold. Names: ``budget``, ``count``, ``count_min``, ``price_cap``, ``at_least:GROUP``, ``at_most:GROUP``,
    ``exclusive:N``, ``must:ID``, ``unpriced`` (too few have a price)."""

    rules: tuple[str, ...]
    """A smallest set that cannot hold together: without any one of them, the others could."""
    given_up: Mapping[str, tuple[int, int]]
    """Rule to (what it asks for, what the choice has of it). Only wishes (must, at least, least number) are ever given up."""


@dataclass(frozen=True)
class Choice:
    """Who is picked, and how sure it is that nothing better exists."""

    picked: tuple[str, ...] = ()
    """Ids in the order in which they add most."""
    marginal: Mapping[str, float] = field(default_factory=dict)
    """Id to what it adds to those picked before it; shared audience is counted once. They sum to ``value``."""
    value: float = 0.0
    cost: int = 0
    """Cents, over the picks that have a price."""
    goal: float = 0.0
    """What was maximised: ``value``, or value per cent (a cost of 0 counts as one cent)."""
    bound: float = 0.0
    """No choice under these rules has a higher ``goal``."""
    method: Literal["exact", "celf"] = "exact"
    problems: tuple[Problem, ...] = ()

    @property
    def gap(self) -> float:
        """How far ``goal`` may be below the best possible, as a share of it (0-1)."""
        return 0.0 if self.bound <= 0 else min(1.0, max(0.0, 1 - self.goal / self.bound))


@dataclass(frozen=True)
class Solved:
    """A choice by places, its goal, and the most that any choice can have."""

    picked: list[int]
    goal: float
    bound: float


def checked(options: Sequence[Option], rules: Rules) -> list[Option]:
    """The options in the order of their ids.

    Raises:
        ToolError: an option or a rule cannot be meant: a value that is no number, a negative cost, one id twice.
    """
    seen: set[str] = set()
    for o in options:
        if o.id in seen:
            raise ToolError(f"The creator {o.id!r} is offered twice.", hint="Offer each creator once.")
        seen.add(o.id)
        if not (math.isfinite(o.value) and o.value >= 0):
            raise ToolError(f"The value of {o.id!r} is {o.value!r}.", hint="It must be a number, 0 or more.")
        if o.cost is not None and not 0 <= o.cost <= MOST_CENTS:
            raise ToolError(f"The cost of {o.id!r} is {o.cost!r}.", hint=f"It must be in whole cents, 0 to {MOST_CENTS:,}, or None.")
        if o.cost is not None and o.cost != int(o.cost):
            raise ToolError(f"The cost of {o.id!r} is {o.cost!r}, not a whole number of cents.", hint="Round it up.")
    numbers = {"count": rules.count, "count_min": rules.count_min, "budget": rules.budget, "price_cap": rules.price_cap}
    numbers |= {f"at_least {g}": n for g, n in rules.at_least.items()} | {f"at_most {g}": n for g, n in rules.at_most.items()}
    for name, number in numbers.items():
        if number is not None and (number != number or number < 0 or number != int(number)):
            raise ToolError(f"The rule {name} is {number!r}.", hint="It must be a whole number, 0 or more.")
    return sorted(options, key=lambda o: o.id)
