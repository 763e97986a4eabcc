"""What a slate should bring."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from .base import Artifact, Interval, Model, Money


class CreatorForecast(Model):
    creator: str
    name: str
    posts: int
    engagements: Interval
    reach: Interval | None = None
    by_kind: dict[str, float] = Field(default_factory=dict, description="likes, collects, comments, shares: expected numbers")
    kinds: dict[str, Interval] = Field(default_factory=dict, description="likes, collects, comments, shares")
    cost: Money | None = None
    cpm: Interval | None = None
    cpe: Interval | None = None
    emv: Interval | None = None
    roi: Interval | None = None
    history: int = Field(description="posts of the creator it rests on")


class Forecast(Artifact):
    """What the slate should bring. Every interval is P10-P90."""

    deliverable: ClassVar[str] = "forecast"

    creators: list[CreatorForecast] = Field(default_factory=list)
    engagements: Interval | None = None
    kinds: dict[str, Interval] = Field(default_factory=dict, description="likes, collects, comments, shares of all creators")
    reach: Interval | None = None
    cost: Money | None = None
    cpm: Interval | None = Field(None, description="cost per 1,000 people reached")
    cpe: Interval | None = Field(None, description="cost per engagement")
    emv: Interval | None = Field(None, description="earned media value, in the budget's currency")
    roi: Interval | None = Field(None, description="(revenue - cost) / cost; only when revenue inputs were given")
    assumptions: list[str] = Field(default_factory=list)
    method: str = ""
