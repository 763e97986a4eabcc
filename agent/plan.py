"""A plan is a typed dataflow program: steps that call tools, with references to what other steps make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import pandas


class Ref(BaseModel):
    """``{"$ref": "slate", "path": "picks.0.candidate"}``: what a step or an input made, or a field of it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    ref: str = Field(alias="$ref")
    path: str | None = None


def as_ref(value: Any) -> Ref | None:
    """The reference a JSON value stands for, or ``None``. A string is never a reference: "$100" is money."""
    if isinstance(value, dict) and "$ref" in value and set(value) <= {"$ref", "path"} and isinstance(value["$ref"], str):
        return Ref.model_validate(value)
    return None


class Step(BaseModel):
    """One tool call. ``args`` holds JSON values and references (``{"$ref": …}``)."""

    model_config = ConfigDict(extra="forbid")

    id: str
    tool: str
    args: dict[str, Any] = Field(default_factory=dict)
    approval: bool = Field(False, description="a person must approve it before it runs")

    @property
    def refs(self) -> dict[str, Ref]:
        return {name: ref for name, value in self.args.items() if (ref := as_ref(value)) is not None}


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid")

    steps: list[Step] = Field(default_factory=list)

    def step(self, id: str) -> Step:
        return next(s for s in self.steps if s.id == id)

    def needs(self, step: Step) -> list[str]:
        """Ids of the steps that ``step`` waits for, in the order of its arguments."""
        ids = {s.id for s in self.steps}
        return list(dict.fromkeys(r.ref for r in step.refs.values() if r.ref in ids))

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return self.model_dump(mode="json")

    def to_frame(self) -> pandas.DataFrame:
        """A row for each step: its id, tool, what it needs, and whether a person must approve it."""
        from .report.frames import frame

        rows = [{"id": s.id, "tool": s.tool, "needs": self.needs(s), "approval": s.approval} for s in self.steps]
        return frame({"steps": rows}, "steps")

    def _repr_html_(self) -> str:
        from .report.display import plan_html

        return plan_html(self)

    def _repr_markdown_(self) -> str:
        from .report.display import plan_markdown

        return plan_markdown(self)


class Estimate(BaseModel):
    """What a run should take. Dollars count remote calls only."""

    model_calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    seconds: float = Field(0.0, description="along the critical path")


class Problem(BaseModel):
    """A fault of a plan or brief, with its place and a plain-words mend."""

    where: str
    message: str
    mend: str = ""
    severity: Literal["error", "warning"] = "error"
