"""What a request was compiled to, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from .artifacts import Artifact, Brief
from .plan import Estimate, Plan, Problem
from .tools import Tool

if TYPE_CHECKING:
    import pandas


@dataclass
class Planned:
    """What will be run, and why; nothing has run or cost anything yet."""

    request: str
    brief: Brief
    inputs: dict[str, Artifact]
    plan: Plan
    planned_by: Literal["compiler", "model"] = "compiler"
    note: str = ""
    estimate: Estimate = field(default_factory=Estimate)
    problems: list[Problem] = field(default_factory=list)

    @property
    def faults(self) -> list[Problem]:
        """Problems that keep the plan from running."""
        return [p for p in self.problems if p.severity == "error"]

    def to_frame(self) -> pandas.DataFrame:
        """A row for each step."""
        return self.plan.to_frame()

    def _repr_html_(self) -> str:
        from .report.display import planned_html

        return planned_html(self)

    def _repr_markdown_(self) -> str:
        from .report.display import planned_markdown

        return planned_markdown(self)

    def to_dict(self, tools: Mapping[str, Tool] = MappingProxyType({})) -> dict[str, Any]:
        """The stable JSON form of ``kolony plan --json``; ``produces`` is null for tools that are not given."""
        brief = self.brief.model_dump(mode="json", exclude={"evidence", "notes", "request", "problems"})
        steps = [
            {
                "id": s.id,
                "tool": s.tool,
                "args": s.args,
                "needs": self.plan.needs(s),
                "produces": tools[s.tool].output.__name__ if s.tool in tools else None,
            }
            for s in self.plan.steps
        ]
        return {
            "brief": brief,
            "plan": {"steps": steps},
            "planned_by": self.planned_by,
            "estimate": self.estimate.model_dump(),
            "problems": [p.model_dump() for p in self.problems],
        }
