"""Small tools for tests of planning and running: real tools, no campaign."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from agent import Artifact, Brief, Tool, tool
from agent.artifacts import StepCost
from agent.executor import Execution
from agent.plan import Plan, Step


class Number(Artifact):
    value: float = 0.0


def sleeper(name: str, seconds: float, needs: tuple[str, ...] = (), log: list[str] | None = None, thread: bool = False) -> Tool:
    """A tool that sleeps, then gives the sum of what it was given plus one."""

    def total(given: dict[str, Number]) -> Number:
        if log is not None:
            log.append(name)
        return Number(value=1 + sum(n.value for n in given.values()))

    async def run(ctx: Any, **given: Number) -> Number:
        """Sleep."""
        await asyncio.sleep(seconds)
        return total(given)

    def run_blocking(ctx: Any, **given: Number) -> Number:
        """Sleep."""
        time.sleep(seconds)
        return total(given)

    f: Any = run_blocking if thread else run
    return with_inputs(f, name, dict.fromkeys(needs, Number), Number)


def with_inputs(f: Any, name: str, inputs: dict[str, type[Artifact]], output: type[Artifact]) -> Tool:
    """A tool of a function that takes its inputs as keywords."""
    import inspect

    parameters = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any)]
    parameters += [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, annotation=t) for n, t in inputs.items()]
    f.__signature__ = inspect.Signature(parameters, return_annotation=output)
    f.__annotations__ = {"ctx": Any, **inputs, "return": output}
    made: Tool = tool(f, name=name)
    return made


def graph(shape: dict[str, tuple[str, ...]], seconds: dict[str, float], log: list[str] | None = None) -> tuple[Plan, dict[str, Tool]]:
    """A plan of sleeping steps: step id to the ids it needs."""
    tools = {id: sleeper(id, seconds.get(id, 0.0), needs, log) for id, needs in shape.items()}
    steps = [Step(id=id, tool=id, args={n: {"$ref": n} for n in needs}) for id, needs in shape.items()]
    return Plan(steps=steps), tools


def execution(plan: Plan, tools: dict[str, Tool], folder: Path, run_id: str = "run-1", **options: Any) -> Execution:
    folder.mkdir(parents=True, exist_ok=True)
    events: list[Any] = options.pop("events", [])
    return Execution(
        run_id=run_id,
        request="",
        plan=plan,
        inputs={"brief": Brief()},
        tools=tools,
        types={"Number": Number, "Brief": Brief, **{t.output.__name__: t.output for t in tools.values()}},
        make_context=lambda step, t: None,  # type: ignore[arg-type,return-value]
        cost_of=lambda step: StepCost(),
        emit=events.append,
        checkpoints=folder / "checkpoints.sqlite",
        backoff=0.001,
        **options,
    )
