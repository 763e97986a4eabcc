"""One tool called from outside Kolony, by a client of the MCP server or a LangChain agent.

The caller gives a request in words, and where it has them artifacts: as JSON, or by the id of an earlier result (``RUN/STEP``). What
the tool needs besides is planned and made as for any other request, so a call is a run with its own report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from .artifacts import Artifact, Brief
from .campaign import Campaign
from .checker import check_plan
from .errors import ToolError, UsageError
from .kolony import Kolony
from .plan import Problem
from .planned import Planned
from .planner import compile_plan, estimate
from .tools import Input, Tool


def arguments_schema(t: Tool) -> dict[str, Any]:
    """JSON schema of what a caller may give: ``request``, the artifact inputs, and the tool's plain arguments."""
    schema = t.params_schema()
    properties: dict[str, Any] = {
        request_name(t): {
            "type": "string",
            "description": "What is wanted, in English or Chinese, as a marketer would write it: product, platforms, audience, budget, "
            "number of creators. Everything that the tool needs and is not given here is made from it.",
        }
    }
    for i in t.inputs:
        properties[i.name] = {
            "anyOf": [{"type": "string"}, {"type": "object"}],
            "description": f"{i.type.__name__}: the id of an earlier result (RUN/STEP) or the artifact as JSON. "
            + ("Read from the request when left out." if i.type is Brief else "Made when left out." if i.required else "Optional."),
        }
    return {**schema, "title": t.name, "type": "object", "properties": {**properties, **schema.get("properties", {})}}


def result_schema(t: Tool) -> dict[str, Any]:
    """JSON schema of :meth:`Called.to_dict`: the artifact's own, with the ids around it."""
    artifact = t.output.model_json_schema(mode="serialization")
    definitions = artifact.pop("$defs", {})
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "id of this result, for other tools that take it"},
            "run": {"type": "string", "description": "the run that made it; its report is a resource"},
            "artifact": artifact,
        },
        "required": ["id", "run", "artifact"],
        "$defs": definitions,
    }


def request_name(t: Tool) -> str:
    """The argument for the request in words; another name where the tool has one of its own called so."""
    return "request" if t.input("request") is None and "request" not in t.params_model.model_fields else "campaign_request"


@dataclass(frozen=True)
class Called:
    """What a call gave: an artifact as it may be shown (personal data masked), and the run that made it."""

    run: str
    step: str
    artifact: Artifact
    campaign: Campaign

    @property
    def id(self) -> str:
        return f"{self.run}/{self.step}"

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "run": self.run, "artifact": self.artifact.model_dump(mode="json")}


async def plan_call(k: Kolony, t: Tool, arguments: Mapping[str, Any]) -> Planned:
    """The plan that makes one tool's artifact from what the caller gave.

    Raises:
        UsageError: an argument is unknown, missing or of the wrong form, or an id names no result.
        PlanError: something the tool needs can be made from nothing that was given.
    """
    given = dict(arguments)
    words = given.pop(request_name(t), None)
    if words is not None and not isinstance(words, str):
        raise UsageError(f"{request_name(t)} must be text.", hint="Write what you want in words.")
    artifacts = {i.name: artifact_of(k, i, value) for i in t.inputs if (value := given.pop(i.name, None)) is not None}
    brief, carried = Brief(request=words or t.name), dict[str, Artifact]()
    if words:
        read = await k.aplan(words)
        brief, carried = read.brief, {n: a for n, a in read.inputs.items() if n != "brief"}
    brief = next((a for a in artifacts.values() if isinstance(a, Brief)), brief)
    if not words and any(i.type is Brief and i.required for i in t.inputs) and not any(isinstance(a, Brief) for a in artifacts.values()):
        raise UsageError(f"{t.name} needs to know what it is for.", hint=f"Give `{request_name(t)}`: what you want, in words.")
    brief = brief.model_copy(update={"deliverables": [t.output.deliverable_name()]})
    inputs: dict[str, Artifact] = {**carried, **{n: a for n, a in artifacts.items() if not isinstance(a, Brief)}, "brief": brief}
    others = {n: o for n, o in k.host.tools.items() if o is t or not issubclass(o.output, t.output)}
    plan = compile_plan(brief, others, inputs)
    step = next(s for s in plan.steps if s.tool == t.name)
    step.args.update({n: {"$ref": "brief" if isinstance(a, Brief) else n} for n, a in artifacts.items()})
    step.args.update(given)
    cost = estimate(plan, k.host.tools)
    faults = check_plan(plan, k.host.tools, inputs, estimate=cost, max_usd=k.settings.max_usd)
    if faults:
        where = faults[0].where.partition(".args")[2].lstrip(".")
        raise UsageError(f"{t.name}: {where + ': ' if where else ''}{faults[0].message}", hint=faults[0].mend)
    warnings = [Problem(where="brief", message=p, severity="warning") for p in brief.problems]
    return Planned(words or t.name, brief, inputs, plan, note=f"called as the tool {t.name}", estimate=cost, problems=warnings)


def called(t: Tool, campaign: Campaign) -> Called:
    """What a run of :func:`plan_call` gave for the tool itself.

    Raises:
        ToolError: its step did not finish; the message is that of the step where the run broke off.
    """
    from .report.masking import masked

    step = next(s for s in campaign.plan.steps if s.tool == t.name)
    shown = masked(campaign)
    if step.id in shown.artifacts:
        return Called(campaign.run_id, step.id, shown.artifacts[step.id], campaign)
    broken = next((s for s in shown.steps if s.status not in ("done", "skipped")), None)
    if broken is None or not broken.error:
        raise ToolError(f"{t.name} gave nothing.", hint=f"See `kolony runs show {campaign.run_id}`.")
    raise ToolError(f"{broken.tool}: {broken.error}", hint=broken.hint)


def artifact_of(k: Kolony, i: Input, value: Any) -> Artifact:
    """The artifact that a caller means: one as JSON, or an earlier result by its id.

    Raises:
        UsageError: it is neither, or of another type than the tool takes.
    """
    if isinstance(value, i.type):
        return value
    if isinstance(value, Mapping):
        inner = value.get("artifact")
        data = inner if isinstance(inner, Mapping) and "run" in value else value  # a whole result is as good as what is in it
        try:
            return i.type.model_validate(data)
        except ValidationError as e:
            fault = e.errors()[0]
            where = ".".join(map(str, (i.name, *fault["loc"])))
            raise UsageError(f"{where}: {fault['msg']}.", hint=f"{i.name} takes a {i.type.__name__} as JSON, or its id.") from e
    if not isinstance(value, str):
        raise UsageError(f"{i.name} takes a {i.type.__name__} as JSON, or its id (RUN/STEP).")
    found = stored(k, value)
    if not isinstance(found, i.type):
        raise UsageError(f"{i.name} takes a {i.type.__name__}; {value} is a {type(found).__name__}.", hint="Give the id of another result.")
    return found


def stored(k: Kolony, id: str) -> Artifact:
    """An earlier result by its id (``RUN/STEP``), as its report shows it.

    Raises:
        UsageError: there is no such result.
    """
    from .report.jsonfile import read_report

    run, _, step = id.partition("/")
    if not step:
        raise UsageError(f"{id!r} is no id of a result.", hint="It has the form RUN/STEP, as in the `id` of what a tool gave.")
    report = read_report(k.runs.find(run).path / "report.json", k.host.artifact_types)
    if step == "brief":
        return report.brief
    if step not in report.artifacts:
        raise UsageError(f"The run {report.run_id} has no result {step!r}.", hint=f"It has: {', '.join(report.artifacts) or 'none'}.")
    return report.artifacts[step]
