"""The creators to work with."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from .base import Artifact, Model, Money, PostFormat, Share
from .creators import Candidate


class Replacement(Model):
    """Somebody who could step in for one pick while all others stay."""

    creator: str = Field(description="creator id")
    name: str
    value_change: float = Field(description="what the slate's value changes by, in its unit")
    cost_change: float | None = Field(None, description="in the slate's currency; None when one of the two has no known price")


class CurvePoint(Model):
    """What the best slate under another budget would be worth."""

    budget: Money
    value: float = Field(description="in the slate's unit of value")


class Pick(Model):
    """A creator on the slate."""

    candidate: Candidate
    posts: int = Field(1, ge=1, description="posts ordered")
    format: PostFormat | None = None
    cost: Money | None = Field(None, description="posts x price; None when no price is known")
    value: float = Field(description="expected engagements of this pick by itself")
    marginal: float | None = Field(None, description="what it adds to the slate's value beside the picks above it, in the slate's unit")
    replacements: list[Replacement] = Field(default_factory=list, description="who could step in for this pick, best first")
    why: str = ""


class Slate(Artifact):
    """The creators to work with, within the budget."""

    deliverable: ClassVar[str] = "slate"

    picks: list[Pick] = Field(default_factory=list)
    alternates: list[Candidate] = Field(default_factory=list)
    total: Money | None = None
    budget: Money | None = None
    estimated_prices: int = Field(0, description="picks whose price is an estimate")
    unpriced: int = Field(0, description="picks without any price, not counted in the total")
    objective: Literal["engagement", "reach"] = Field("engagement", description="unit of value: engagements, or people reached")
    per_cost: bool = Field(False, description="whether value per cost was maximised instead of value")
    value: float | None = Field(None, description="of the slate: engagements or people, each weighted by fit, shared audience counted once")
    gap: Share | None = Field(None, description="how far the value may be below the best possible, as a share of it")
    curve: list[CurvePoint] = Field(default_factory=list, description="value against budget, rising")
    method: str = ""
