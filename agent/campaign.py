"""What a run gives: the campaign, whole or partial, with everything a report needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from .approvals import Approval
from .artifacts import Artifact, Brief, RunStatus, StepCost, StepResult
from .plan import Estimate, Plan, Problem

if TYPE_CHECKING:
    import pandas

    from vectorstore import Store

    from .runs import RunRecord

EVIDENCE_LIMIT = 600
"""Records copied into a report's appendix at most."""
_ID_FIELDS = {"evidence", "post", "posts", "creator", "grounded_on"}
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

    def to_dict(self) -> dict[str, Any]:
        """What ``report.json`` holds: personal data of third persons is masked."""
        import json

        from .report import campaign_json

        found: dict[str, Any] = json.loads(campaign_json(self))
        return found

    def to_frame(self) -> pandas.DataFrame:
        """A row for each step. The tables of what it made are those of its artifacts: ``campaign.get(Slate).to_frame()``."""
        from .report.frames import frame

        return frame({"steps": [s.model_dump(mode="json") for s in self.steps]}, "steps")

    def _repr_html_(self) -> str:
        from .report.display import campaign_html

        return campaign_html(self)

    def _repr_markdown_(self) -> str:
        from .report.display import campaign_markdown

        return campaign_markdown(self)


def assemble(
    record: RunRecord,
    results: Mapping[str, StepResult],
    artifacts: Mapping[str, Artifact],
    types: Mapping[str, type[Artifact]],
    approvals: Sequence[Approval],
    store: Store,
) -> Campaign:
    """The campaign of a run, from its record and what its steps gave, with the records behind every id that these name."""
    steps = [results[s.id] for s in record.plan.steps if s.id in results]
    made = {s.id: artifacts[s.id] for s in record.plan.steps if s.id in artifacts}
    carried = {name: a.unpack(types) for name, a in record.inputs.items() if name != "brief"}
    return Campaign(
        run_id=record.id, request=record.request, brief=record.brief, plan=record.plan, planned_by=record.planned_by,
        planning_note=record.planning_note, estimate=record.estimate, problems=record.problems,
        status="interrupted" if record.status == "running" else record.status, started=record.created, seconds=record.seconds, steps=steps,
        artifacts={**carried, **made}, approvals=list(approvals), sources=_sources(made.values(), store),
        critical_path=_critical_path(record.plan, results),
    )  # fmt: skip


def _sources(artifacts: Iterable[Artifact], store: Store) -> dict[str, Any]:
    ids = list(dict.fromkeys(id for a in artifacts for id in _evidence(a.model_dump(mode="json"))))[:EVIDENCE_LIMIT]
    found = {p.id: p for p in store.posts(ids=ids)} | {c.id: c for c in store.creators(ids=ids)}
    return {id: found[id].model_dump(mode="json", exclude_none=True) for id in ids if id in found}


def _evidence(value: Any, field: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _evidence(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _evidence(inner, field)
    elif isinstance(value, str) and field in _ID_FIELDS:
        yield value


def _critical_path(plan: Plan, results: Mapping[str, StepResult]) -> float:
    longest: dict[str, float] = {}
    for s in plan.steps:
        own = results[s.id].seconds if s.id in results else 0.0
        longest[s.id] = own + max((longest[n] for n in plan.needs(s)), default=0.0)
    return round(max(longest.values(), default=0.0), 3)
