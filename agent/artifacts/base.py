"""What every artifact is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import pandas

PostFormat = Literal["image", "video", "text"]
DraftForm = Literal["post", "script", "image_brief", "ad", "article", "replies"]
"""Kinds of text: a post as the platform takes it, a video script, a brief for pictures, an ad, an article, replies to comments."""
Share = Annotated[float, Field(ge=0, le=1)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Artifact(Model):
    """Base of everything a tool may give. A subclass in a plugin is wired like a built-in one."""

    deliverable: ClassVar[str] = ""
    """The word by which a brief asks for it; by default the class name in snake case."""

    evidence: list[str] = Field(default_factory=list, description="ids of posts and creators this rests on")
    notes: list[str] = Field(default_factory=list, description="what the reader must know: assumptions, gaps, fallbacks")

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return self.model_dump(mode="json")

    def to_frame(self, rows: str = "") -> pandas.DataFrame:
        """A row for each item of the list ``rows``, by default the first list of records. See ``agent.report.frames.frame``."""
        from ..report.frames import frame

        return frame(self.to_dict(), rows)

    def _repr_html_(self) -> str:
        from ..report.display import artifact_html

        return artifact_html(self)

    def _repr_markdown_(self) -> str:
        from ..report.display import artifact_markdown

        return artifact_markdown(self)

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


class Reference(Model):
    """What is usual: the values that a signal is compared with."""

    n: int = Field(description="creators")
    median: float
    p5: float
    p95: float
    source: str = Field(description="whose values these are, in plain words")


class QuoteOf(Model):
    """A passage from a post, word for word."""

    text: str
    post: str = Field(description="post id")
