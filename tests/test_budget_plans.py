"""The cap of a run, over seeded random plans (``KOLONY_BUDGET_PLANS=1000`` for a thousand): steps that spend at once, faults, timeouts, retries, attempts that are taken up again.

The provider keeps its own account, apart from the ledger: it bills whatever reached it, answered or not.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from test_cascade import router

from agent import Artifact, Brief, Context, TransientError, tool
from agent.events import Event, ModelCalled
from agent.executor import Execution
from agent.models import Ledger, ModelSpec
from agent.models.meter import most_tokens
from agent.plan import Plan, Step
from agent.settings import Settings

PLANS = int(os.environ.get("KOLONY_BUDGET_PLANS", 250))
AT_ONCE = 20
IN, OUT = 40.0, 900.0
"""US dollars per million tokens."""


class Note(Artifact):
    text: str = ""


class Provider(BaseChatModel):
    """Bills every request that reaches it, up to the worst that its price allows, and fails as often as not."""

    dice: Any
    bills: Any  # a list as it is, not a copy

    @property
    def _llm_type(self) -> str:
        return "provider"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any) -> ChatResult:
        most = most_tokens([{"role": "user", "content": str(m.content)} for m in messages])
        taken_in = self.dice.choice([most, self.dice.randint(1, most)])
        taken_out = self.dice.choice([options["max_tokens"], self.dice.randint(1, options["max_tokens"])])
        self.bills.append((taken_in * IN + taken_out * OUT) / 1e6)
        await asyncio.sleep(self.dice.choice([0, 0, 0, 0.001, 0.05]))
        if self.dice.random() < 0.2:
            raise self.dice.choice([ConnectionError("reset"), RuntimeError("500")])
        usage = {"input_tokens": taken_in, "output_tokens": taken_out, "total_tokens": taken_in + taken_out}
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="said", usage_metadata=usage))])


def tool_of(dice: random.Random, name: str, needs: int) -> Any:
    texts, room, often = dice.randint(1, 4), dice.randint(1, 60), dice.randint(1, 3)
    fails = dice.choice([0.0, 0.0, 0.4])
    timeout = dice.choice([0.02, 30.0, 30.0])

    async def spend(ctx: Context) -> Note:
        for n in range(often):
            await ctx.models.generate_many([f"{name} {n} {i} " * dice.randint(1, 5) for i in range(texts)], task="t", max_tokens=room)
            if dice.random() < fails:
                raise TransientError("try again")
        return Note(text=name)

    async def alone(ctx: Context) -> Note:
        """Needs nothing."""
        return await spend(ctx)

    async def after(ctx: Context, n0: Note) -> Note:
        """Needs a step."""
        return await spend(ctx)

    async def between(ctx: Context, n0: Note, n1: Note) -> Note:
        """Needs two steps."""
        return await spend(ctx)

    made = (alone, after, between)[needs]
    made.__name__ = name
    return tool(timeout=timeout)(made)


async def one(seed: int, folder: Path) -> tuple[float, float, int, set[str]]:
    """The provider's bill of one plan, its cap, the requests, and how its steps ended."""
    dice = random.Random(seed)
    bills: list[float] = []
    spec = ModelSpec("dear", lambda: Provider(dice=dice, bills=bills), remote=True, usd_per_mtok_in=IN, usd_per_mtok_out=OUT)
    models = router(spec)
    tools, steps = {}, []
    for n in range(dice.randint(1, 6)):
        needs = dice.sample(range(n), dice.randint(0, min(n, 2)))
        made = tool_of(dice, f"t{n}", len(needs))
        tools[made.name] = made
        steps.append(Step(id=f"s{n}", tool=made.name, args={f"n{i}": {"$ref": f"s{at}"} for i, at in enumerate(needs)}))
    cap = dice.choice([0.0, 0.005, 0.05, 0.2, 1.0])
    events: list[Event] = []
    ended: set[str] = set()
    for attempt in range(dice.choice([1, 1, 2, 3])):
        ledger = Ledger(cap, before=[e for e in events if isinstance(e, ModelCalled)])

        def context(step: Step, t: Any, ledger: Ledger = ledger) -> Any:
            bound = models.bind(str(seed), step.id, "any", ledger, t.name, events.append)
            return Context(
                run_id=str(seed), step_id=step.id, store=None, models=bound, prompts=None, settings=Settings(), now=None, folder=folder
            )  # type: ignore[arg-type]

        execution = Execution(
            run_id=str(seed), request="r", plan=Plan(steps=steps), inputs={"brief": Brief()}, tools=tools, types={"Note": Note, "Brief": Brief},
            make_context=context, cost_of=ledger.cost, emit=events.append, checkpoints=folder / f"{seed % AT_ONCE}.sqlite", backoff=0.0,
        )  # fmt: skip
        work = asyncio.ensure_future(execution.run(resume=attempt > 0))
        if dice.random() < 0.1:  # the user stops it
            await asyncio.sleep(dice.choice([0.0, 0.01, 0.05]))
            work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert ledger.spent >= sum(bills) - 1e-9, f"plan {seed}: the ledger knows of ${ledger.spent}, the bill says ${sum(bills)}"
        assert abs(ledger.left - max(0.0, cap - ledger.spent)) < 1e-9, f"plan {seed}: something stays reserved"
        ended |= {r.status for r in execution.results.values()}
    return sum(bills), cap, len(bills), ended


def test_no_plan_is_ever_billed_more_than_its_cap(tmp_path: Path) -> None:
    async def all_of_them() -> list[tuple[float, float, int, set[str]]]:
        async def some(first: int) -> list[tuple[float, float, int, set[str]]]:
            return [await one(seed, tmp_path) for seed in range(first, PLANS, AT_ONCE)]

        return [r for part in await asyncio.gather(*map(some, range(AT_ONCE))) for r in part]

    found = asyncio.run(all_of_them())
    assert [(bill, cap) for bill, cap, _, _ in found if bill > cap + 1e-9] == []
    # Or nothing was put to the test:
    assert sum(n for _, _, n, _ in found) > 2 * PLANS
    assert sum(bill > 0.9 * cap > 0 for bill, cap, _, _ in found) > PLANS // 20
    assert set().union(*(e for _, _, _, e in found)) >= {"done", "failed", "skipped", "interrupted"}
