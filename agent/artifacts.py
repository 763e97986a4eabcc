"""What tools exchange. Each artifact carries its evidence: ids of the posts and creators that it rests on.

Money is in the unit of its ``currency`` (yuan, dollars), never in cents. Shares and rates are fractions of one.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from vectorstore.records import AudienceStats, Platform, Tier

Objective = Literal["awareness", "engagement", "conversion", "launch", "reputation", "research"]
Gender = Literal["female", "male", "any"]
PostFormat = Literal["image", "video", "text"]
Share = Annotated[float, Field(ge=0, le=1)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Artifact(Model):
    """Base of everything a tool may give. A subclass in a plugin is wired like a built-in one."""

    deliverable: ClassVar[str] = ""
    """The word by which a brief asks for it; by default the class name in snake case."""

    evidence: list[str] = Field(default_factory=list, description="ids of posts and creators this rests on")
    notes: list[str] = Field(default_factory=list, description="what the reader must know: assumptions, gaps, fallbacks")

    @classmethod
    def deliverable_name(cls) -> str:
        return cls.__dict__.get("deliverable") or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


class Money(Model):
    amount: float = Field(ge=0)
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217")


class Interval(Model):
    """A forecast quantity: P10, P50 and P90 of its predictive distribution."""

    p10: float
    p50: float
    p90: float


# --- what the request says -------------------------------------------------------------------------------------------


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
    posts_per_creator: int | None = Field(None, ge=1)
    formats: list[PostFormat] = Field(default_factory=list)
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


# --- creators --------------------------------------------------------------------------------------------------------


class ScorePart(Model):
    """One named part of a score; the parts of a score sum to it."""

    name: str
    value: float = Field(description="weight x raw, what it adds to the score")
    raw: float = Field(description="the part before weighting, 0-1")
    weight: float
    reading: str = Field("", description="what it says, in plain words of the brief's language")
    evidence: list[str] = Field(default_factory=list)


class Reference(Model):
    """What is usual: the values that a signal is compared with."""

    n: int = Field(description="creators")
    median: float
    p5: float
    p95: float
    source: str = Field(description="whose values these are, in plain words")


class Signal(Model):
    """One thing about an account, and how usual it is among its peers. A signal is no proof of anything."""

    name: str
    value: float | None = Field(None, description="None: not enough data")
    reference: Reference | None = Field(None, description="None: too few peers, or judged by itself")
    score: Share | None = Field(None, description="1: as usual, 0: far from it; None: not enough data")
    reading: str = Field("", description="what it says, in plain words of the brief's language")
    evidence: list[str] = Field(default_factory=list)


class Authenticity(Model):
    """How usual an account's figures are among its peers: signals to look into, never an accusation."""

    score: Interval | None = Field(None, description="share of usual signals, 0-1, with P10-P90; None: not enough data")
    signals: list[Signal] = Field(default_factory=list)
    reading: str = ""


class SafetyFlag(Model):
    """Posts with words that a brand may want to see before it is seen beside them."""

    category: str = Field(description="politics, gambling, adult, violence, medical, minors")
    label: str = Field("", description="the category in the brief's language")
    words: list[str] = Field(default_factory=list, description="the words found, as written")
    posts: list[str] = Field(default_factory=list, description="post ids, newest first")


class SponsoredWork(Model):
    """Posts that disclose a paid or gifted partnership, and how they do beside the creator's others."""

    posts: list[str] = Field(default_factory=list, description="ids of the disclosed posts, newest first")
    organic: int = Field(0, description="other posts that they are compared with")
    ratio: Interval | None = Field(None, description="median engagement, sponsored / organic; None: too few of either")
    reading: str = ""


class Conflict(Model):
    """Recent work for somebody who sells the same."""

    brand: str = Field("", description="the competitor as named; empty where only the category is known")
    days_ago: int
    posts: list[str] = Field(default_factory=list)
    reading: str = ""


class Candidate(Model):
    """A creator that fits the brief, with why."""

    creator: str = Field(description="creator id")
    name: str
    platform: Platform
    handle: str = ""
    url: str | None = None
    followers: int | None = None
    tier: Tier | None = None
    location: str | None = None
    audience: AudienceStats | None = None
    score: float
    parts: list[ScorePart] = Field(default_factory=list)
    posts: list[str] = Field(default_factory=list, description="ids of the posts that show the fit, best first")
    on_topic_posts: int = 0
    median_engagement: float | None = Field(None, description="of the on-topic posts (of all posts when none is on topic)")
    expected_engagement: float | None = Field(None, description="of one on-topic post to come: the forecast's middle")
    engagement_rate: float | None = Field(None, description="median engagement per post / followers")
    price: Money | None = None
    price_basis: Literal["quoted", "estimated", "unknown"] = "unknown"
    price_low: float | None = Field(None, description="lower end of an estimated price")
    price_high: float | None = None
    price_note: str = Field("", description="where the quote stands, or how the estimate was made")
    authenticity: Authenticity | None = None
    safety: list[SafetyFlag] = Field(default_factory=list)
    sponsored: SponsoredWork | None = None
    conflicts: list[Conflict] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)


class Shortlist(Artifact):
    candidates: list[Candidate] = Field(default_factory=list, description="best first")
    considered: int = Field(0, description="creators looked at")
    scored: int = Field(0, description="of these, scored in full; in a large store only those that the index brings up")
    rejected: dict[str, int] = Field(default_factory=dict, description="hard constraint to number of creators it ruled out")
    advice: list[str] = Field(default_factory=list, description="which constraint to relax, and what that would bring")


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


# --- people and words ------------------------------------------------------------------------------------------------


class QuoteOf(Model):
    """A passage from a post, word for word."""

    text: str
    post: str = Field(description="post id")


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


# --- content ---------------------------------------------------------------------------------------------------------


class Draft(Model):
    """A post ready for review."""

    id: str = Field(description="unique in the set, e.g. `d1`")
    creator: str | None = Field(None, description="creator id; None for the brand's own account")
    creator_name: str = ""
    platform: Platform | None = None
    format: PostFormat | None = None
    language: Literal["en", "zh"] = "en"
    title: str = ""
    body: str
    hashtags: list[str] = Field(default_factory=list, description="without the leading #")
    disclosure: str = Field("", description="the words or label that disclose the paid partnership")
    written_by: str = Field("template", description="`template`, `request`, or the model's name")
    grounded_on: list[str] = Field(default_factory=list, description="post ids whose style or facts it uses")
    facts_used: list[str] = Field(default_factory=list)
    persona: str | None = None


class DraftSet(Artifact):
    deliverable: ClassVar[str] = "drafts"

    drafts: list[Draft] = Field(default_factory=list)


class Finding(Model):
    """One thing that review found in a draft."""

    rule: str = Field(description="stable id, e.g. `disclosure.missing`")
    severity: Literal["block", "warn", "info"]
    message: str
    span: str = Field("", description="the words it is about")
    fix: str = ""
    source: str = Field("", description="the law, guideline or platform rule behind it")


class DraftReview(Model):
    draft: str = Field(description="draft id")
    verdict: Literal["pass", "revise", "block"]
    score: Share
    findings: list[Finding] = Field(default_factory=list)


class ContentReview(Artifact):
    deliverable: ClassVar[str] = "review"

    reviews: list[DraftReview] = Field(default_factory=list)
    rules_checked: list[str] = Field(default_factory=list)


# --- numbers ---------------------------------------------------------------------------------------------------------


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


class CreatorOutcome(Model):
    creator: str
    name: str
    posts: list[str] = Field(default_factory=list)
    engagements: int
    forecast: Interval | None = None
    inside_interval: bool | None = None


class Range90(Model):
    """Middle and 90 % interval of what was measured: P5, P50 and P95."""

    p5: float
    p50: float
    p95: float


class EffectPoint(Model):
    """One row of the campaign: what happened, and what would have been without it."""

    period: str = Field(description="first day of the row, YYYY-MM-DD; of an event study, the period's place before or after the start")
    actual: float | None = None
    expected: Range90 | None = Field(None, description="without the campaign")
    effect: Range90
    cumulative: Range90 | None = Field(None, description="effect added up from the start")


class PlaceboTest(Model):
    """The same method where no campaign was. Where it finds effects there, it is not to be believed here."""

    kind: Literal["time", "space", "trend"] = Field(
        description="time: start dates before the campaign; space: each control as if treated; trend: differences before the start"
    )
    runs: int = Field(description="placebos that could be run")
    p_value: float | None = Field(
        None, description="share of placebos at least as large as the effect, the effect itself counted among them"
    )
    missed: float | None = Field(None, description="share of the placebos' 90 % intervals that leave out the truth: no effect")
    reading: str = ""


class Effect(Model):
    """What the campaign added to an outcome, by one method."""

    method: Literal["structural_time_series", "difference_in_differences"]
    outcome: str = Field(description="what was measured: a column of the series, or engagements per post")
    verdict: Literal["higher", "lower", "unclear", "not_enough_data"]
    total: Range90 | None = Field(None, description="added over the whole campaign, in the outcome's unit")
    relative: Range90 | None = Field(None, description="total / what would have been without the campaign")
    p_value: float | None = Field(None, description="two-sided, of no effect")
    placebos: list[PlaceboTest] = Field(default_factory=list)
    points: list[EffectPoint] = Field(default_factory=list, description="row by row, in order")
    reading: str = Field("", description="what it says and how sure that is, in plain words of the brief's language")
    assumptions: list[str] = Field(default_factory=list, description="what must hold for the effect to be the campaign's")
    rows: list[str] = Field(default_factory=list, description="where the figures stand, e.g. `sales.csv:2-53`")
    evidence: list[str] = Field(default_factory=list, description="ids of the posts and creators it rests on")


class ChannelShare(Model):
    """A channel's share of the conversions."""

    channel: str
    share: Share
    low: Share = Field(description="P5 under resampling of journeys")
    high: Share = Field(description="P95")
    conversions: float = Field(description="share x all conversions")


class Attribution(Model):
    """Which channels conversions went through: an association, not what the channels caused."""

    method: Literal["last_touch", "markov", "shapley"]
    channels: list[ChannelShare] = Field(default_factory=list, description="largest share first; shares sum to one")
    conversions: int = 0
    journeys: int = 0
    reading: str = ""
    rows: list[str] = Field(default_factory=list, description="where the journeys stand, e.g. `paths.csv:2-810`")


class Outcome(Artifact):
    """What a finished campaign brought, from the posts in the store and from series and journeys that the settings name."""

    deliverable: ClassVar[str] = "outcome"

    creators: list[CreatorOutcome] = Field(default_factory=list)
    engagements: int = 0
    baseline: float | None = Field(None, description="engagements the same creators' usual posts would have had")
    lift: float | None = Field(None, description="(engagements - baseline) / baseline: an association, not a proof of cause")
    cost: Money | None = None
    effects: list[Effect] = Field(
        default_factory=list, description="what the campaign added, by method, each with its assumptions and placebos"
    )
    attribution: list[Attribution] = Field(default_factory=list)


class Reply(Artifact):
    """An answer to a customer, grounded in indexed material."""

    deliverable: ClassVar[str] = "reply"

    text: str
    language: Literal["en", "zh"] = "en"
    grounded: bool = Field(description="False when nothing indexed answers the question")
    quotes: list[QuoteOf] = Field(default_factory=list)
    hand_over: str = Field("", description="why a person should answer, when one should")
    written_by: str = "template"


class StepCost(Model):
    """What one step used."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    model_seconds: float = 0.0


class StepResult(Model):
    """How one step of a run ended."""

    id: str
    tool: str
    produces: str
    status: Literal["done", "failed", "skipped", "interrupted"]
    started: datetime | None = None
    seconds: float = 0.0
    attempts: int = 0
    error: str = ""
    hint: str = ""
    cost: StepCost = Field(default_factory=StepCost)
