"""How the steps of a run ended."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from .base import Model

StepStatus = Literal["done", "failed", "skipped", "interrupted", "waiting", "rejected", "in_doubt"]
"""``waiting``: for a person's approval. ``in_doubt``: it may or may not have gone out; a person must say."""
RunStatus = Literal["done", "partial", "failed", "interrupted", "waiting"]
"""``waiting``: at least one step waits for a person, or is in doubt."""


class StepCost(Model):
    """What one step used."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    in_doubt_usd: float = Field(0.0, description="at most, of requests that were sent before a kill hid whether they were answered")
    model_seconds: float = 0.0


class StepResult(Model):
    """How one step of a run ended."""

    id: str
    tool: str
    produces: str
    status: StepStatus
    started: datetime | None = None
    seconds: float = 0.0
    attempts: int = 0
    error: str = ""
    hint: str = ""
    cost: StepCost = Field(default_factory=StepCost)
