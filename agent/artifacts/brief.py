"""What the request says."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from vectorstore.records import Platform, Tier

from .base import Artifact, DraftForm, Model, Money, PostFormat

Objective = Literal["awareness", "engagement", "conversion", "launch", "reputation", "research"]
Gender = Literal["female", "male", "any"]


class Audience(Model):
    age_min: int | None = None
    age_max: int | None = None
    gender: Gender | None = None
    locations: list[str] = Field(default_factory=list)
    interests: list[str] = Field(default_factory=list)


class Flight(Model):
    """When the campaign runs, both days included."""

    start: date | None = None
    end: date | None = None


class Brief(Artifact):
    """What a marketer asked for. What the request does not say stays ``None`` or empty: nothing is invented."""

    deliverable: ClassVar[str] = "brief"

    request: str = Field("", description="the request, word for word")
    language: Literal["en", "zh"] = "en"
    brand: str | None = None
    product: str | None = None
    objective: Objective | None = None
    platforms: list[Platform] = Field(default_factory=list)
    budget: Money | None = None
    creator_count: int | None = Field(None, ge=1, description="the most creators wanted; a range keeps its lower end in creator_count_min")
    creator_count_min: int | None = Field(None, ge=1)
    creator_tiers: list[Tier] = Field(default_factory=list)
    creator_locations: list[str] = Field(default_factory=list, description="where the creators should be, when said")
    creators: list[str] = Field(default_factory=list, description="creators named in the request (@handles), to be included")
    excluded_creators: list[str] = Field(default_factory=list)
    similar_to: list[str] = Field(
        default_factory=list, description="creators named as models for others (creators like @x), not to be included"
    )
    competitors: list[str] = Field(default_factory=list, description="brands that the request wants to be compared with")
    posts_per_creator: int | None = Field(None, ge=1)
    formats: list[PostFormat] = Field(default_factory=list)
    forms: list[DraftForm] = Field(default_factory=list, description="kinds of text asked for; none: what each platform takes")
    variants: int | None = Field(None, ge=1, description="drafts wanted of each text")
    audience: Audience = Field(default_factory=lambda: Audience())
    flight: Flight = Field(default_factory=lambda: Flight())
    topics: list[str] = Field(default_factory=list, description="what the posts should be about, as search words")
    deliverables: list[str] = Field(default_factory=list)
    not_wanted: list[str] = Field(default_factory=list, description="deliverables the request rules out")
    must_say: list[str] = Field(default_factory=list)
    must_not_say: list[str] = Field(default_factory=list)
    facts: list[str] = Field(default_factory=list, description="claims the drafts may make, word for word")
    open_questions: list[str] = Field(default_factory=list, description="what was not said and matters, in the brief's language")
    problems: list[str] = Field(default_factory=list, description="contradictions and things that could not be read")
    sources: dict[str, Literal["rules", "model", "user"]] = Field(default_factory=dict, description="who filled which field")

    @property
    def search_text(self) -> str:
        """The words to look for in posts: product, topics and interests, without duplicates."""
        words = [self.product or "", *self.topics, *self.audience.interests]
        return " ".join(dict.fromkeys(w for w in words if w)) or self.request


class Question(Artifact):
    """A customer's message that the request carries."""

    text: str
    language: Literal["en", "zh"] = "en"
    channel: str | None = None
