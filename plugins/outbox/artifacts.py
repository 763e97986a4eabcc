"""What this plugin makes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent import Artifact


class Letter(BaseModel):
    """One e-mail to one creator."""

    model_config = ConfigDict(extra="forbid")

    creator: str = Field(description="creator id")
    name: str
    address: str = Field("", description="empty: no address is known")
    language: Literal["en", "zh"] = "en"
    subject: str
    body: str


class Outreach(Artifact):
    """E-mails to creators, as they would go out."""

    deliverable: ClassVar[str] = "outreach"

    sender: str = Field("", description="the address that answers go to; empty: not set")
    sender_name: str = ""
    letters: list[Letter] = Field(default_factory=list)


class OutboxFile(BaseModel):
    """One e-mail on disk."""

    model_config = ConfigDict(extra="forbid")

    creator: str
    name: str
    address: str = ""
    subject: str = ""
    file: str = Field(description="path under the run's folder")
    message_id: str


class Outbox(Artifact):
    """E-mails that lie ready to be sent with a mail program."""

    deliverable: ClassVar[str] = "outbox"

    files: list[OutboxFile] = Field(default_factory=list)


class Publication(Artifact):
    """What was handed to the publishing address."""

    deliverable: ClassVar[str] = "publication"

    host: str = ""
    drafts: list[str] = Field(default_factory=list, description="ids of the drafts handed over")
    held_back: list[str] = Field(default_factory=list, description="ids of drafts that review blocks")
    status: int | None = Field(None, description="HTTP status of the answer")
    answer: str = Field("", description="the beginning of the answer's body")
    idempotency_key: str = ""
