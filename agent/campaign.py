"""What a run gives: the campaign, whole or partial, with everything a report needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from .approvals import Approval
from .artifacts import Artifact, Brief, RunStatus, StepCost, StepResult
from .plan import Estimate, Plan, Problem

A = TypeVar("A", bound=Artifact)


class Campaign(BaseModel):
    """A finished (or partly finished) run."""

    model_config = ConfigDict(extra="forbid")

    run_id: str
    request: str
    brief: Brief
    plan: Plan
    planned_by: Literal["compiler", "model"] = "compiler"
    planning_note: str = Field("", description="why this way of planning")
    estimate: Estimate = Field(default_factory=Estimate)
    problems: list[Problem] = Field(default_factory=list)
    status: RunStatus = "done"
    started: datetime
    seconds: float = 0.0
    steps: list[StepResult] = Field(default_factory=list)
    artifacts: dict[str, SerializeAsAny[Artifact]] = Field(default_factory=dict, description="step or input id to what it made")
    sources: dict[str, Any] = Field(default_factory=dict, description="evidence id to the record behind it (as JSON)")
    approvals: list[Approval] = Field(default_factory=list, description="steps that need a person, and what was decided")
    critical_path: float = Field(0.0, description="seconds of the longest chain of dependent steps")

    def get(self, type: type[A]) -> A | None:
        """The last artifact of a type that the run made, or ``None``."""
        found = [a for a in self.artifacts.values() if isinstance(a, type)]
        return found[-1] if found else None

    @property
    def cost(self) -> StepCost:
        total = StepCost()
        for step in self.steps:
            for name in StepCost.model_fields:
                setattr(total, name, getattr(total, name) + getattr(step.cost, name))
        return total
