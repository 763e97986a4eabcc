"""What a person, a report or a script sees of a step that needs somebody's approval."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["pending", "expired", "approved", "rejected", "in_doubt", "sent"]
Kind = Literal[
    "requested", "edited", "approved", "rejected", "sending", "sent", "not_sent", "in_doubt", "resolved_sent", "resolved_not_sent"
]


class Decision(BaseModel):
    """One thing that happened to a step's approval, and who did it."""

    model_config = ConfigDict(extra="forbid")

    at: datetime
    kind: Kind
    by: str = Field("", description="who decided; empty for what the run itself did")
    why: str = ""
    content: str = Field(description="SHA-256 of the content it is about")


class Approval(BaseModel):
    """A step that spends, publishes or contacts, with what it would send and what was decided."""

    model_config = ConfigDict(extra="forbid")

    run: str
    step: str
    tool: str
    effect: Literal["read", "write", "spend", "publish", "contact"]
    state: State
    content: str = Field(description="SHA-256 of the content, hexadecimal")
    shown: str = Field(description="what would be sent, and to whom, in words")
    arguments: dict[str, Any] = Field(default_factory=dict, description="the content itself, as JSON; what `--edit` takes")
    expires: datetime | None = Field(None, description="until when the request or the approval holds, UTC")
    idempotency_key: str = Field("", description="what the outside call carries, so that a receiver can tell a repetition")
    trail: list[Decision] = Field(default_factory=list, description="oldest first")

    @property
    def short(self) -> str:
        """The first 12 digits of the content's SHA-256, as people compare it."""
        return self.content[:12]
