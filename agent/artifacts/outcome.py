"""What a campaign did bring."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from .base import Artifact, Interval, Model, Money, Share


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
