"""The compiler: from the deliverables a brief names to the smallest plan that makes them."""

from __future__ import annotations

from collections.abc import Mapping

from .artifacts import Artifact, Brief
from .errors import PlanError
from .plan import Estimate, Plan, Step
from .tools import Tool

TOKENS_PER_CALL = 600
"""Prompt and answer of one typical model call of the built-in tools, for the estimate only."""


def compile_plan(brief: Brief, tools: Mapping[str, Tool], inputs: Mapping[str, Artifact]) -> Plan:
    """Chain backwards from ``brief.deliverables`` over the tools' types.

    Required inputs are made by the producer that needs the fewest steps (then by name), never by one that spends, publishes or
    contacts unless the request asks for what it makes; optional inputs are wired
    only from steps that are in the plan anyway. Steps stand in an order in which every reference points back.

    Args:
        inputs: artifacts the request carries, by name; ``brief`` is always among them.

    Raises:
        PlanError: no deliverable, one that no tool makes, or one whose inputs nothing gives.
    """
    return _Compiler(tools, {"brief": brief, **inputs}).compile(brief.deliverables)


class _Compiler:
    def __init__(self, tools: Mapping[str, Tool], inputs: Mapping[str, Artifact]) -> None:
        self.tools = [tools[name] for name in sorted(tools)]
        self.inputs = inputs
        self.asked: set[str] = set()

    def compile(self, deliverables: list[str]) -> Plan:
        if not deliverables:
            raise PlanError(
                "The request asks for nothing that Kolony can make.",
                hint=f"Say what you want, for example: {', '.join(sorted(self.known()))}.",
            )
        chosen: dict[type[Artifact], Tool] = {}
        self.asked = set(deliverables)
        for word in deliverables:
            if word not in self.known():
                raise PlanError(f"No tool makes {word!r}.", hint=f"Known: {', '.join(sorted(self.known()))}. See `kolony plugins list`.")
            asked = self.known()[word]
            chosen = self.add(asked, chosen, asked_for=True)
        return self.order(chosen)

    def known(self) -> dict[str, type[Artifact]]:
        return {t.output.deliverable_name(): t.output for t in self.tools}

    def add(
        self, wanted: type[Artifact], chosen: dict[type[Artifact], Tool], *, asked_for: bool = False, above: tuple[type, ...] = ()
    ) -> dict[type[Artifact], Tool]:
        """``chosen`` with a producer of ``wanted`` and of all it requires; the same dict when one is there already."""
        if any(issubclass(made, wanted) for made in chosen) or (not asked_for and self.input_of(wanted)):
            return chosen
        best: dict[type[Artifact], Tool] | None = None
        faults: list[PlanError] = []
        for t in self.tools:
            if not issubclass(t.output, wanted) or t.output in above:
                continue
            if t.gated and t.output.deliverable_name() not in self.asked:
                faults.append(
                    PlanError(
                        f"{t.name} would {t.effect}, and the request does not ask for it.", hint=f"Ask for {t.output.deliverable_name()!r}."
                    )
                )
                continue
            try:
                candidate = {**chosen}
                for i in t.inputs:
                    if i.required:
                        candidate = self.add(i.type, candidate, above=(*above, t.output))
                candidate = {**candidate, t.output: t}
            except PlanError as fault:
                faults.append(fault)
                continue
            if best is None or (_effects(candidate), len(candidate)) < (_effects(best), len(best)):
                best = candidate
        if best is None:
            if faults:
                raise faults[0]
            raise PlanError(
                f"Nothing gives a {wanted.__name__}: no tool makes one and the request does not carry one.",
                hint=_MISSING.get(wanted.__name__, ""),
            )
        return best

    def input_of(self, wanted: type[Artifact]) -> str | None:
        return next((name for name, a in self.inputs.items() if isinstance(a, wanted)), None)

    def order(self, chosen: dict[type[Artifact], Tool]) -> Plan:
        """Name the steps, wire them, and put them in an order in which references point back."""
        names: dict[type[Artifact], str] = {}
        for made, t in chosen.items():
            word = made.deliverable_name()
            names[made] = word if word not in self.inputs and word not in names.values() else t.name
        edges: dict[type[Artifact], dict[str, type[Artifact] | str]] = {made: {} for made in chosen}
        # Required wires first: an optional wire must never close a cycle that they open.
        for required in (True, False):
            for made, t in chosen.items():
                for i in t.inputs:
                    if i.required is not required:
                        continue
                    source = self.source(i.type, made, chosen, edges, optional=not required)
                    if source is not None:
                        edges[made][i.name] = source
        steps: list[Step] = []
        placed: set[type[Artifact]] = set()
        while len(placed) < len(chosen):
            for made, t in chosen.items():
                if made not in placed and all(isinstance(s, str) or s in placed for s in edges[made].values()):
                    wires = {name: edges[made][name] for i in t.inputs if (name := i.name) in edges[made]}
                    args = {name: {"$ref": s if isinstance(s, str) else names[s]} for name, s in wires.items()}
                    steps.append(Step(id=names[made], tool=t.name, args=args, approval=t.gated))
                    placed.add(made)
        return Plan(steps=steps)

    def source(
        self,
        wanted: type[Artifact],
        consumer: type[Artifact],
        chosen: dict[type[Artifact], Tool],
        edges: dict[type[Artifact], dict[str, type[Artifact] | str]],
        *,
        optional: bool,
    ) -> type[Artifact] | str | None:
        for made in chosen:
            if issubclass(made, wanted) and made is not consumer and not (optional and _reaches(consumer, made, edges)):
                return made
        return self.input_of(wanted)


def _effects(chosen: Mapping[type[Artifact], Tool]) -> int:
    """Steps that would spend, publish or contact."""
    return sum(t.gated for t in chosen.values())


def _reaches(start: type[Artifact], end: type[Artifact], edges: dict[type[Artifact], dict[str, type[Artifact] | str]]) -> bool:
    """Whether ``end`` needs ``start``, directly or through others."""
    waiting, seen = [end], set()
    while waiting:
        node = waiting.pop()
        if node is start:
            return True
        if node not in seen:
            seen.add(node)
            waiting.extend(s for s in edges[node].values() if not isinstance(s, str))
    return False


_MISSING = {
    "Question": "Write the customer's message into the request, after “a customer asks:” or “客户问：”.",
    "DraftSet": "Write the text to check into the request, after “check this caption:”.",
}


def estimate(plan: Plan, tools: Mapping[str, Tool], *, drafts: int = 1, usd_per_mtok: float = 0.0) -> Estimate:
    """What a run of ``plan`` should take: calls and tokens summed, seconds along the critical path.

    Args:
        drafts: texts to write; a tool that calls a model calls it once for each.
        usd_per_mtok: price of the model that would be used, US dollars per million tokens (0 for a local one).
    """
    calls = sum(tools[s.tool].model_calls * drafts for s in plan.steps)
    longest: dict[str, float] = {}
    for s in plan.steps:
        longest[s.id] = tools[s.tool].seconds + max((longest[n] for n in plan.needs(s)), default=0.0)
    tokens = calls * TOKENS_PER_CALL
    return Estimate(
        model_calls=calls, tokens=tokens, usd=round(tokens * usd_per_mtok / 1e6, 6), seconds=round(max(longest.values(), default=0.0), 1)
    )
