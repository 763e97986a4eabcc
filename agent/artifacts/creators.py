"""Creators found, and what is known of each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vectorstore.records import AudienceStats, Platform, Tier

from .base import Artifact, Interval, Model, Money, Reference, Share


class ScorePart(Model):
    """One named part of a score; the parts of a score sum to it."""

    name: str
    value: float = Field(description="weight x raw, what it adds to the score")
    raw: float = Field(description="the part before weighting, 0-1")
    weight: float
    reading: str = Field("", description="what it says, in plain words of the brief's language")
    evidence: list[str] = Field(default_factory=list)


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
