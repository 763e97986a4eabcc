"""A run with one or more tools that publish, a record of what really went out, and a clock that tests set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from toolbox import Number, execution, with_inputs

from agent import Tool, tool
from agent.approvals.book import Book
from agent.approvals.desk import Desk
from agent.approvals.gate import Gate
from agent.artifacts import Artifact, Brief
from agent.plan import Plan, Step
from agent.settings import Settings

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


class World:
    """``sent`` holds (step, value, idempotency key) of every call that reached the outside."""

    def __init__(self, folder: Path, shape: dict[str, tuple[str, ...]], gated: set[str], effect: Any = "publish") -> None:
        self.folder, self.run_id = folder, "run-1"
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(now=START)
        self.sent: list[tuple[str, float, str]] = []
        self.key = ""
        self.values: dict[str, float] = {}
        self.on_send: Callable[[str], None] = lambda step: None
        self.tools: dict[str, Tool] = {}
        for id, needs in shape.items():
            self.tools[id] = self._sender(id, needs, effect) if id in gated else self._maker(id, needs)
        steps = [Step(id=id, tool=id, args={n: {"$ref": n} for n in needs}, approval=id in gated) for id, needs in shape.items()]
        self.plan = Plan(steps=steps)
        self.events: list[Any] = []

    def _maker(self, id: str, needs: tuple[str, ...]) -> Tool:
        async def make(ctx: Any, **given: Number) -> Number:
            """Make a number."""
            return Number(value=self.values.get(id, 1.0) + sum(n.value for n in given.values()))

        return with_inputs(make, id, dict.fromkeys(needs, Number), Number)

    def _sender(self, id: str, needs: tuple[str, ...], effect: Any) -> Tool:
        async def send(ctx: Any, **given: Number) -> Number:
            """Send the numbers out."""
            self.key = ctx.idempotency_key
            self.on_send(id)
            total = sum(n.value for n in given.values())
            self.sent.append((id, total, ctx.idempotency_key))
            return Number(value=total)

        made = with_inputs(send, id, dict.fromkeys(needs, Number), Number)
        return tool(made.function, name=id, effect=effect)

    @property
    def types(self) -> dict[str, type[Artifact]]:
        return {"Number": Number, "Brief": Brief}

    def book(self) -> Book:
        return Book(self.folder, self.run_id)

    def desk(self) -> Desk:
        return Desk(self.book(), self.tools, self.types, self.settings, self.events.append)

    def run(self, *, resume: bool = False, **options: Any) -> Any:
        gate = Gate(self.book(), self.types, self.settings, self.events.append)
        e = execution(self.plan, self.tools, self.folder, gate=gate, events=self.events, **options)
        e.make_context = lambda step, t: SimpleNamespace(idempotency_key="", step_id=step.id)  # type: ignore[assignment,return-value]
        asyncio.run(e.run(resume=resume))
        return e

    def pass_days(self, days: float) -> None:
        assert self.settings.now is not None
        self.settings.now += timedelta(days=days)

    def statuses(self, e: Any) -> dict[str, str]:
        return {id: r.status for id, r in e.results.items()}
