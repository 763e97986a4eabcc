"""What is written, and whether it may be published."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from vectorstore.records import Platform

from .base import Artifact, DraftForm, Model, PostFormat, QuoteOf, Share


class Shot(Model):
    """One shot of a video, or one picture of an image brief."""

    start: float | None = Field(None, ge=0, description="seconds from the beginning; None for a picture")
    end: float | None = Field(None, ge=0)
    picture: str = Field("", description="what is seen")
    spoken: str = Field("", description="words said; empty for a picture")
    on_screen: str = Field("", description="text on screen or in the picture")


class AdText(Model):
    """One text of an ad, as an ad manager takes it."""

    kind: Literal["headline", "primary", "description"]
    text: str
    limit: int | None = Field(None, description="characters the ad manager takes or recommends")
    length: int = Field(0, description="characters as the ad manager counts them")


class Section(Model):
    """A heading of an article, and what stands under it."""

    heading: str
    text: str = ""


class CommentReply(Model):
    """A reply that is ready for a kind of comment."""

    comment: str = Field(description="what the comment is about, never a private person's words")
    kind: Literal["question", "need", "objection", "praise", "complaint"] = "question"
    text: str
    confirm: bool = Field(False, description="True when a person has to add what the brief does not say")


class Draft(Model):
    """A text ready for review. ``body`` is always the readable whole; the typed fields hold the same words by their parts."""

    id: str = Field(description="unique in the set, e.g. `d1`")
    creator: str | None = Field(None, description="creator id; None for the brand's own account")
    creator_name: str = ""
    platform: Platform | None = None
    format: PostFormat | None = None
    form: DraftForm = Field("post", description="what kind of text it is")
    language: Literal["en", "zh"] = "en"
    title: str = ""
    body: str
    hashtags: list[str] = Field(default_factory=list, description="without the leading #")
    shots: list[Shot] = Field(default_factory=list, description="of a video script or an image brief, in order")
    must_show: list[str] = Field(default_factory=list, description="of an image brief")
    must_not_show: list[str] = Field(default_factory=list, description="of an image brief")
    ad_manager: str = Field("", description="of an ad: where it is booked, e.g. `meta`")
    ads: list[AdText] = Field(default_factory=list, description="of an ad: headlines, primary texts, descriptions")
    outline: list[Section] = Field(default_factory=list, description="of an article: its sections, in order")
    replies: list[CommentReply] = Field(default_factory=list, description="of a set of comment replies")
    disclosure: str = Field("", description="the words or label that disclose the paid partnership")
    written_by: str = Field("template", description="`template`, `request`, or the model's name")
    grounded_on: list[str] = Field(default_factory=list, description="post ids whose style or facts it uses")
    facts_used: list[str] = Field(default_factory=list)
    persona: str | None = None
    variant: int = Field(1, ge=1, description="number among the drafts of the same creator, platform and form")
    revisions: int = Field(0, ge=0, description="times it was written anew because of what its review found")
    flags: list[str] = Field(default_factory=list, description="what is still wrong with it after its revisions, in words")


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
    family: str = Field("", description="kind of rule, e.g. `absolute`, `health`, `disclosure`")
    market: str = Field("", description="whose rules: cn, us, uk, eu")
    part: Literal["", "title", "body", "hashtags"] = Field("", description="part of the draft that `start` and `end` count in")
    start: int | None = Field(None, ge=0, description="`part[start:end] == span`, in code points; None where no words are to blame")
    end: int | None = Field(None, ge=0)
    exempt: bool = Field(False, description="the words are allowed here, for the reason in `why`; it does not count")
    why: str = Field("", description="why the rule applies, or why the words are exempt")


class DraftReview(Model):
    draft: str = Field(description="draft id")
    verdict: Literal["pass", "revise", "block"]
    score: Share
    findings: list[Finding] = Field(default_factory=list)


class ContentReview(Artifact):
    deliverable: ClassVar[str] = "review"

    reviews: list[DraftReview] = Field(default_factory=list)
    rules_checked: list[str] = Field(default_factory=list)
    markets: list[str] = Field(default_factory=list, description="whose rules were applied: cn, us, uk, eu")


class Citation(Model):
    """Where a statement of a reply stands in the brand's material, or in the brief's facts."""

    n: int = Field(ge=1, description="the number in brackets in the reply")
    source: str = Field(description="the document's name, or `brief` for a fact of the brief")
    heading: str = Field("", description="headings above the passage, outermost first, or the question that it answers")
    line: int | None = Field(None, description="line of the document on which the passage begins; of a PDF its page")
    text: str = Field(description="the words that the reply rests on, word for word")


class Reply(Artifact):
    """An answer to a customer, grounded in brand material."""

    deliverable: ClassVar[str] = "reply"

    text: str
    language: Literal["en", "zh"] = "en"
    status: Literal["answered", "partly_answered", "asked_back", "handed_over", "greeted"] | None = None
    grounded: bool = Field(description="False when nothing in the material answers the question")
    citations: list[Citation] = Field(default_factory=list)
    quotes: list[QuoteOf] = Field(default_factory=list)
    hand_over: str = Field("", description="why a person should answer, when one should")
    reasons: list[str] = Field(
        default_factory=list,
        description="the same as keys: medical, legal, money, privacy, complaint, safety, unsupported, conflict, instructions, language",
    )
    written_by: str = "template"
