"""The typed stream of what happens in a run. Views, logs and reports are readers of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from .artifacts import Model, RunStatus, StepCost, StepStatus


class BaseEvent(Model):
    run_id: str
    at: datetime


class RunStarted(BaseEvent):
    type: Literal["run_started"] = "run_started"
    request: str
    steps: list[str]
    resumed: bool = False


class StepStarted(BaseEvent):
    type: Literal["step_started"] = "step_started"
    step: str
    tool: str
    attempt: int = 1


class StepProgress(BaseEvent):
    type: Literal["step_progress"] = "step_progress"
    step: str
    message: str
    done: int | None = None
    total: int | None = None


class ModelRouted(BaseEvent):
    """Which model a call goes to, and why.

    ``passed_over`` names the models that could not take it, each with the reason. Where a text must stay on this machine, the
    reason says which kind of data it holds, never the data. ``model`` is empty when none may take the call.
    """

    type: Literal["model_routed"] = "model_routed"
    step: str
    task: str
    model: str
    reason: str
    passed_over: list[str] = Field(default_factory=list)


class ModelAsked(BaseEvent):
    """A request is about to go to a model's server; on the disk before it does. One without its ``ModelCalled`` may have been billed."""

    type: Literal["model_asked"] = "model_asked"
    step: str
    task: str
    model: str
    usd: float
    """The most it may cost."""
    request: str
    """Idempotency key that goes along."""
    body: str
    """SHA-256 of what is sent."""
    key: str = ""
    """As of :class:`ModelCalled`."""


class ModelCalled(BaseEvent):
    """One request to a model, or with ``cached`` an earlier answer that was given again for nothing."""

    type: Literal["model_called"] = "model_called"
    step: str
    task: str
    model: str
    tokens_in: int
    tokens_out: int
    usd: float
    seconds: float
    error: str = ""
    cached: bool = False
    key: str = ""
    """Of what was asked, SHA-256: under it the answer is kept."""
    request: str = ""
    """As of the :class:`ModelAsked` that it answers."""
    once: bool = False
    """The server says that it keeps track of idempotency keys, and so bills all requests of this key once."""


class StepRetried(BaseEvent):
    type: Literal["step_retried"] = "step_retried"
    step: str
    attempt: int
    wait: float
    error: str


class StepFinished(BaseEvent):
    type: Literal["step_finished"] = "step_finished"
    step: str
    tool: str
    status: StepStatus
    seconds: float = 0.0
    summary: str = ""
    error: str = ""
    hint: str = ""
    cost: StepCost = Field(default_factory=StepCost)


class ApprovalRequested(BaseEvent):
    """A step waits for a person. ``content`` is the SHA-256 of what would be sent; what that is, the run's folder keeps."""

    type: Literal["approval_requested"] = "approval_requested"
    step: str
    tool: str
    effect: str
    content: str = ""
    expires: datetime | None = None
    why: str = Field("", description="why it is asked for again: expired, or other content")


class ApprovalDecided(BaseEvent):
    """A person decided. ``decision`` is approved, edited, rejected, resolved_sent or resolved_not_sent."""

    type: Literal["approval_decided"] = "approval_decided"
    step: str
    decision: str
    content: str
    by: str
    why: str = ""


class RunFinished(BaseEvent):
    type: Literal["run_finished"] = "run_finished"
    status: RunStatus
    seconds: float


Event = Annotated[
    RunStarted
    | StepStarted
    | StepProgress
    | ModelRouted
    | ModelAsked
    | ModelCalled
    | StepRetried
    | StepFinished
    | ApprovalRequested
    | ApprovalDecided
    | RunFinished,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
