"""What is written, and whether it may be published."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from vectorstore.records import Platform

from .base import Artifact, Model, PostFormat, QuoteOf, Share


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


class Reply(Artifact):
    """An answer to a customer, grounded in indexed material."""

    deliverable: ClassVar[str] = "reply"

    text: str
    language: Literal["en", "zh"] = "en"
    grounded: bool = Field(description="False when nothing indexed answers the question")
    quotes: list[QuoteOf] = Field(default_factory=list)
    hand_over: str = Field("", description="why a person should answer, when one should")
    written_by: str = "template"
