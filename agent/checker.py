"""The checker: every fault of a plan, with its place and a mend, before anything runs or costs anything."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Union

from pydantic import BaseModel, ValidationError

from .artifacts import Artifact, Brief
from .plan import Estimate, Plan, Problem, Ref, Step, as_ref
from .tools import Tool


def parse_plan(data: Any) -> tuple[Plan | None, list[Problem]]:
    """A plan from JSON data; faults of form instead of an exception."""
    try:
        return Plan.model_validate(data), []
    except ValidationError as e:
        return None, [
            Problem(where=".".join(map(str, f["loc"])) or "plan", message=f["msg"], mend="A plan is {steps: [{id, tool, args}]}.")
            for f in e.errors()
        ]


def check_plan(
    plan: Plan, tools: Mapping[str, Tool], inputs: Mapping[str, Artifact], *, estimate: Estimate | None = None, max_usd: float | None = None
) -> list[Problem]:
    """All faults of ``plan``; an empty list means it may run."""
    problems: list[Problem] = []
    if not plan.steps:
        problems.append(Problem(where="plan", message="The plan has no steps.", mend="Name at least one deliverable."))
    types_: dict[str, type[Artifact]] = {name: type(a) for name, a in inputs.items()}
    later = {s.id for s in plan.steps}
    cyclic = _in_cycle(plan)
    for n, step in enumerate(plan.steps):
        place = f"steps.{n} ({step.id})"
        if step.id in types_:
            problems.append(Problem(where=place, message=f"The id {step.id!r} is used twice.", mend="Give each step an id of its own."))
        later.discard(step.id)
        t = tools.get(step.tool)
        if t is None:
            problems.append(_unknown(place, "tool", step.tool, tools))
            continue
        problems.extend(_check_args(place, step, t, types_, later, cyclic, inputs))
        if t.gated and not step.approval:
            problems.append(
                Problem(
                    where=place, message=f"{t.name} would {t.effect}, and no person approves it.", mend="Set `approval: true` on the step."
                )
            )
        if t.gated and not _asked_for(t, inputs):
            problems.append(
                Problem(
                    where=place,
                    message=f"{t.name} would {t.effect}, and the request does not ask for it.",
                    mend=f"Leave the step out, or ask for {t.output.deliverable_name()!r}.",
                )
            )
        types_[step.id] = t.output
    if estimate is not None and max_usd is not None and estimate.usd > max_usd:
        problems.append(
            Problem(
                where="estimate",
                message=f"The models would cost about ${estimate.usd:.2f}, over the cap of ${max_usd:.2f}.",
                mend="Raise `max_usd`, ask for less, or use a local model.",
            )
        )
    return problems


def _asked_for(t: Tool, inputs: Mapping[str, Artifact]) -> bool:
    """Whether the brief names what the tool makes. A plan without a brief was written by a person."""
    brief = inputs.get("brief")
    return not isinstance(brief, Brief) or t.output.deliverable_name() in brief.deliverables


def _check_args(
    place: str, step: Step, t: Tool, types_: dict[str, type[Artifact]], later: set[str], cyclic: set[str], inputs: Mapping[str, Artifact]
) -> Iterable[Problem]:
    accepted = [i.name for i in t.inputs] + list(t.params_model.model_fields)
    for name in step.args:
        if name not in accepted:
            yield _unknown(f"{place}.args", "argument", name, accepted)
    for i in t.inputs:
        if i.required and i.name not in step.args:
            yield Problem(
                where=f"{place}.args.{i.name}",
                message=f"{t.name} needs a {i.type.__name__} here.",
                mend='Refer to a step that makes one: {"$ref": "…"}.',
            )
    literals: dict[str, Any] = {}
    for name, value in step.args.items():
        where = f"{place}.args.{name}"
        ref, wanted = as_ref(value), t.input(name)
        if ref is None:
            if wanted is not None:
                yield Problem(
                    where=where, message=f"This must refer to a {wanted.type.__name__}, not hold a value.", mend='Use {"$ref": "…"}.'
                )
            elif name in accepted:
                literals[name] = value
            continue
        if ref.ref not in types_:
            yield _bad_ref(where, ref, step, later, cyclic, types_)
            continue
        annotation, fault = _type_at(types_[ref.ref], ref.path)
        if fault:
            yield Problem(where=f"{where}.path", message=f"{ref.ref}.{ref.path}: {fault}", mend="Name a field that the artifact has.")
            continue
        target = (wanted.type if wanted.required else Union[wanted.type, None]) if wanted else None  # noqa: UP007
        if target is None and name in t.params_model.model_fields:
            target = t.params_model.model_fields[name].annotation
        if target is not None and not _fits(annotation, target):
            at = f"{ref.ref}.{ref.path}" if ref.path else ref.ref
            yield Problem(
                where=where,
                message=f"{at} is {_show(annotation)}; {name} takes {_show(target)}.",
                mend=f"Refer to something that is {_show(target)}.",
            )
    yield from _check_literals(place, step, t, literals)


def _check_literals(place: str, step: Step, t: Tool, literals: dict[str, Any]) -> Iterable[Problem]:
    try:
        t.params_model.model_validate(literals)
    except ValidationError as e:
        for f in e.errors():
            name = str(f["loc"][0]) if f["loc"] else ""
            if f["type"] == "missing" and name in step.args:
                continue  # given by reference
            where = f"{place}.args.{'.'.join(map(str, f['loc']))}"
            yield Problem(where=where, message=f["msg"], mend=f"See the arguments of {t.name}: `kolony plugins list --json`.")


def _bad_ref(where: str, ref: Ref, step: Step, later: set[str], cyclic: set[str], types_: Mapping[str, Any]) -> Problem:
    if ref.ref == step.id:
        return Problem(where=where, message=f"The step {step.id!r} refers to itself.", mend="Refer to an earlier step.")
    if ref.ref in cyclic and step.id in cyclic:
        return Problem(where=where, message=f"{step.id!r} and {ref.ref!r} wait for each other.", mend="Remove one of the references.")
    if ref.ref in later:
        return Problem(where=where, message=f"{ref.ref!r} comes later in the plan.", mend="Move that step before this one.")
    return _unknown(where, "step or input", ref.ref, types_)


def _unknown(where: str, kind: str, name: str, known: Iterable[str]) -> Problem:
    close = difflib.get_close_matches(name, list(known), n=1)
    return Problem(
        where=where,
        message=f"There is no {kind} {name!r}.",
        mend=f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(sorted(known))}.",
    )


def _in_cycle(plan: Plan) -> set[str]:
    """Ids of steps that wait for themselves through others."""
    needs = {s.id: set(plan.needs(s)) for s in plan.steps}
    found: set[str] = set()
    for start in needs:
        waiting, seen = list(needs[start]), set[str]()
        while waiting:
            node = waiting.pop()
            if node == start:
                found.add(start)
                break
            if node not in seen:
                seen.add(node)
                waiting.extend(needs.get(node, ()))
    return found


def _type_at(start: Any, path: str | None) -> tuple[Any, str]:
    """The annotation at a dotted path inside ``start``, or why there is none."""
    annotation = start
    for part in path.split(".") if path else ():
        bare = _bare(annotation)
        origin, args = typing.get_origin(bare), typing.get_args(bare)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            if part not in bare.model_fields:
                close = difflib.get_close_matches(part, bare.model_fields, n=1)
                return None, f"{bare.__name__} has no field {part!r}" + (f"; did you mean {close[0]!r}?" if close else ".")
            annotation = bare.model_fields[part].annotation
        elif origin in (list, tuple):
            if not part.isdecimal():
                return None, f"{part!r} is no position in a list."
            annotation = args[0] if args else Any
        elif origin is dict:
            annotation = args[1] if args else Any
        else:
            return None, f"{_show(bare)} has no parts."
    return annotation, ""


def _members(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return [m for a in typing.get_args(annotation) for m in _members(a)]
    return [annotation]


def _bare(annotation: Any) -> Any:
    """Without ``Annotated`` and ``None``; the first member of a union."""
    return next((m for m in _members(annotation) if m is not type(None)), annotation)


def _fits(source: Any, target: Any) -> bool:
    """Whether every value of ``source`` is one of ``target``."""
    return all(any(_member_fits(s, t) for t in _members(target)) for s in _members(source))


def _member_fits(source: Any, target: Any) -> bool:
    if target is Any or source == target or (source is int and target is float):
        return True
    s_origin, t_origin = typing.get_origin(source), typing.get_origin(target)
    if s_origin is Literal:
        values = typing.get_args(source)
        return set(values) <= set(typing.get_args(target)) if t_origin is Literal else all(isinstance(v, target) for v in values)
    if s_origin or t_origin:
        if s_origin is not t_origin:
            return s_origin is target
        pairs = list(zip(typing.get_args(source), typing.get_args(target), strict=False))
        return bool(pairs) and all(_fits(s, t) for s, t in pairs if s is not ... and t is not ...)
    return isinstance(source, type) and isinstance(target, type) and issubclass(source, target)


def _show(annotation: Any) -> str:
    names = [m.__name__ if isinstance(m, type) and not typing.get_args(m) else str(m).replace("typing.", "") for m in _members(annotation)]
    return " or ".join("nothing" if n == "NoneType" else n for n in names)
