"""The cap holds: over random parallel schedules with faults, hedges and escalations, to the price of a single token."""

from __future__ import annotations

import asyncio
import functools
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from loopback import Loopback, Received, Reply, refuses, says, serving
from test_cascade import Scripted, dear, good, router, spec

from agent.errors import ModelError
from agent.events import ModelCalled
from agent.models import Ledger
from agent.models.ledger import Reservation
from agent.models.remote import ChatOpenAI

SCHEDULES = 300


class Watched(Ledger):
    """A ledger that looks at itself after every change."""

    def __init__(self, cap_usd: float) -> None:
        super().__init__(cap_usd)
        self.most = 0.0
        self.changes = 0

    def look(self) -> None:
        with self._lock:
            self.changes += 1
            self.most = max(self.most, self._spent + self._reserved)

    def reserve(self, step: str, usd: float) -> Reservation:
        made = super().reserve(step, usd)
        self.look()
        ledger = self

        class Looked(Reservation):
            def settle(self, **booked: Any) -> None:
                super().settle(**booked)
                ledger.look()

            def release(self) -> None:
                super().release()
                ledger.look()

        made.__class__ = Looked
        return made


class Server:
    """Answers by chance, and never bills more than was asked for."""

    def __init__(self) -> None:
        self.random = random.Random(0)
        self.lock = threading.Lock()

    def __call__(self, request: Received) -> Reply:
        with self.lock:
            dice, share = self.random.random(), self.random.random()
        tokens_in, most = 10 + len(request.said), int(request.body["max_tokens"])
        if dice < 0.5:
            if dice < 0.06:
                time.sleep(0.01)
            return says("good" if dice < 0.35 else "poor", tokens_in, max(1, int(most * share)))
        if dice < 0.6:
            return says("good", tokens_in, most)
        if dice < 0.7:
            return refuses(500, "oops")
        if dice < 0.75:
            return refuses(401, "no")
        if dice < 0.8:
            return refuses(400, "content management policy")
        if dice < 0.85:
            return refuses(400, "maximum context length exceeded")
        return Reply(200, b'{"choices": [{"mess')


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving(Server()) as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without waiting, and one client for all schedules."""
    monkeypatch.setattr("agent.models.remote.ChatOpenAI", functools.cache(functools.partial(ChatOpenAI, first_wait=0.0, attempts=2)))


def test_spent_and_reserved_never_pass_the_cap(server: Loopback) -> None:
    dice = random.Random(1)
    sent = refused = 0

    async def main() -> None:
        nonlocal sent, refused
        for _ in range(SCHEDULES):
            hedge = dice.choice([None, 0.002])
            events: list[Any] = []
            prices = {"usd_per_mtok_in": dice.choice([0.0, 7.0]), "usd_per_mtok_out": dice.choice([3.0, 1_000.0])}
            r = router(
                spec(Scripted(), quality=dice.random()),
                models=[dear(server, "a", hedge_after=hedge, **prices), dear(server, "b", usd_per_mtok_out=500.0)],
                policy=dice.choice(["auto", "cheapest", "best", "remote-only"]),
                events=events,
            )
            ledger = Watched(dice.choice([0.0, 0.001, 0.02, 0.1]))

            async def step(n: int, r: Any = r, ledger: Ledger = ledger) -> None:
                prompts = [f"text {i} " * dice.randint(1, 9) for i in range(dice.randint(1, 3))]
                check = dice.choice([None, good])
                work = r.bind("r", f"s{n}", "any", ledger).generate_many(prompts, task="t", max_tokens=dice.randint(1, 30), check=check)
                await asyncio.wait_for(work, dice.choice([0.02, 10.0]))  # some steps are stopped half-way

            results = await asyncio.gather(*map(step, range(dice.randint(1, 4))), return_exceptions=True)
            assert all(x is None or isinstance(x, ModelError | TimeoutError) for x in results), results
            assert ledger.most <= ledger.cap + 1e-12
            booked = sum(e.usd for e in events if isinstance(e, ModelCalled))
            assert ledger.spent == pytest.approx(booked)
            assert ledger.left == pytest.approx(max(0.0, ledger.cap - ledger.spent))  # nothing stays reserved
            assert sum(e.usd for e in events if isinstance(e, ModelCalled) and e.model == "small") == 0
            sent += sum(isinstance(e, ModelCalled) and e.usd > 0 for e in events)
            refused += sum("of the run's" in x.message for x in results if isinstance(x, ModelError))

    asyncio.run(main())
    assert sent > SCHEDULES  # or nothing was put to the test
    assert refused > 10
