"""Who they speak to, and what people say."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from vectorstore.records import AudienceStats

from .base import Artifact, Model, QuoteOf, Share


class Persona(Model):
    """A group of people as the data show them. Unknown stays unknown."""

    name: str = Field(description="what they care about, not an invented person")
    share: Share = Field(description="share of the posts looked at")
    authors: int
    posts: int
    keywords: list[str] = Field(default_factory=list)
    needs: list[str] = Field(default_factory=list)
    objections: list[str] = Field(default_factory=list)
    vocabulary: list[str] = Field(default_factory=list)
    active_hours: list[int] = Field(default_factory=list, description="hours of the day, UTC, busiest first")
    content_that_works: list[str] = Field(default_factory=list)
    demographics: AudienceStats | None = None
    quotes: list[QuoteOf] = Field(default_factory=list)


class PersonaSet(Artifact):
    deliverable: ClassVar[str] = "personas"

    personas: list[Persona] = Field(default_factory=list)
    posts_used: int = 0


class Polarity(Model):
    """Shares of negative, neutral and positive texts; they sum to one."""

    negative: Share
    neutral: Share
    positive: Share


class AspectSentiment(Model):
    aspect: str = Field(description="what about the product: taste, price, service, …")
    label: str = Field("", description="the aspect in the brief's language")
    mentions: int
    polarity: Polarity
    words: list[str] = Field(default_factory=list, description="the opinion words that say so, most used first")
    quotes: list[QuoteOf] = Field(default_factory=list)


class SentimentPoint(Model):
    period: str = Field(description="YYYY-MM")
    posts: int
    net: float = Field(ge=-1, le=1, description="share positive - share negative")


class SentimentReport(Artifact):
    deliverable: ClassVar[str] = "sentiment"

    subject: str = ""
    posts_used: int = 0
    overall: Polarity | None = None
    aspects: list[AspectSentiment] = Field(default_factory=list)
    trend: list[SentimentPoint] = Field(default_factory=list)
    quotes: dict[Literal["negative", "neutral", "positive"], list[QuoteOf]] = Field(default_factory=dict)
    method: str = ""
