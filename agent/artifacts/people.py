"""Who they speak to, and what people say."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from vectorstore.records import AudienceStats

from .base import Artifact, Model, QuoteOf, Share


class Voiced(Model):
    """A need or an objection, and who says it."""

    label: str = Field(description="in the brief's language")
    authors: int = Field(ge=1, description="how many of the persona's authors say it")
    quote: QuoteOf


class Persona(Model):
    """A group of people as the data show them. Unknown stays unknown."""

    name: str = Field(description="what they care about, not an invented person")
    share: Share = Field(description="share of the authors looked at; one who posts on several things counts in parts")
    share_low: Share | None = Field(None, description="5th percentile of the share, other authors drawn")
    share_high: Share | None = Field(None, description="95th percentile")
    authors: int
    posts: int
    stability: Share | None = Field(
        None, description="mean Jaccard similarity with its counterpart where other authors are drawn; None: the only group"
    )
    cares_about: list[str] = Field(default_factory=list, description="concerns and topics that set it apart, in the brief's language")
    keywords: list[str] = Field(default_factory=list)
    needs: list[str] = Field(default_factory=list)
    objections: list[str] = Field(default_factory=list)
    voiced_needs: list[Voiced] = Field(default_factory=list, description="the same needs with a quote and how many authors say it")
    voiced_objections: list[Voiced] = Field(default_factory=list)
    vocabulary: list[str] = Field(default_factory=list)
    active_hours: list[int] = Field(default_factory=list, description="hours of the day in `hours_zone`, busiest first")
    hours_zone: str = Field("UTC", description="IANA name of the audience's likely time zone; UTC where that is unknown")
    content_that_works: list[str] = Field(default_factory=list)
    demographics: AudienceStats | None = Field(None, description="the authors' fan statistics; None: none are known")
    demographics_of: int = Field(0, description="authors whose fan statistics are known")
    quotes: list[QuoteOf] = Field(default_factory=list)


class PersonaSet(Artifact):
    deliverable: ClassVar[str] = "personas"

    personas: list[Persona] = Field(default_factory=list)
    posts_used: int = 0
    authors_used: int = 0
    ungrouped: Share = Field(0.0, description="share of the authors' posts in no persona")
    stability: float | None = Field(
        None, ge=-1, le=1, description="mean adjusted Rand index with the groupings where other authors are drawn; None: one group or none"
    )


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
    low: float | None = Field(None, ge=-1, le=1, description="lower end of the 95% interval of net")
    high: float | None = Field(None, ge=-1, le=1)


class EmotionShare(Model):
    """How many posts speak with one emotion above all others."""

    emotion: str
    label: str = Field("", description="the emotion in the brief's language")
    posts: int
    share: Share = Field(description="share of the posts read")
    quotes: list[QuoteOf] = Field(default_factory=list)


class VoiceShare(Model):
    """How much of what is said about some brands is said about one of them."""

    name: str
    own: bool = Field(False, description="whether it is the brief's brand")
    posts: int = Field(description="posts in the store that name it")
    share: Share = Field(description="of the posts that name any of the brands; a post that names two counts for both")
    engagement: int = Field(0, description="likes, collects, comments and shares of these posts, where known")
    engagement_share: Share | None = Field(None, description="None where no engagement is known")
    read: int = Field(0, description="posts whose sentiment was read")
    net: float | None = Field(
        None, ge=-1, le=1, description="share positive - share negative of what is said about it; None with too few posts"
    )
    quotes: list[QuoteOf] = Field(default_factory=list)


class SentimentReport(Artifact):
    deliverable: ClassVar[str] = "sentiment"

    subject: str = ""
    posts_found: int | None = Field(None, description="posts that speak of the subject; None where nobody counted")
    posts_used: int = Field(0, description="posts read, at most the sample's size")
    authors: int | None = None
    overall: Polarity | None = Field(None, description="every post counts once; uncertain ones are left out")
    weighted: Polarity | None = Field(None, description="the same, each post weighed by its engagement")
    organic: Polarity | None = Field(None, description="the same without posts that look sponsored; None where there are none of these")
    sponsored: int = Field(0, description="posts read that look sponsored")
    uncertain: int = Field(0, description="posts whose words and tone contradict each other: possibly ironic")
    uncertain_quotes: list[QuoteOf] = Field(default_factory=list)
    aspects: list[AspectSentiment] = Field(default_factory=list)
    emotions: list[EmotionShare] = Field(default_factory=list)
    trend: list[SentimentPoint] = Field(default_factory=list)
    voice: list[VoiceShare] = Field(default_factory=list, description="share of voice against competitors")
    quotes: dict[Literal["negative", "neutral", "positive"], list[QuoteOf]] = Field(default_factory=dict)
    method: str = ""
