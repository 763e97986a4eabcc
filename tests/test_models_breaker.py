"""Endpoints that are down, slow or busy: the circuit breaker, cooldowns, hedging."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from loopback import Received, Reply, refuses, says, serving
from test_cascade import Scripted, ask, dear, good, router, spec

from agent.errors import ModelUnavailable
from agent.events import ModelCalled, ModelRouted
from agent.models import Ledger, Router
from agent.models.breaker import COOLDOWN, FAULTS, LONGEST, Breaker, answered, fault_of
from agent.settings import RemoteModel, Settings


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


TIMEOUT = "m1 at 127.0.0.1:1 gives no answer within 5 s."
REFUSED = "no connection (All connection attempts failed)"


@pytest.mark.parametrize(
    ("error", "fault", "alive"),
    [
        (TIMEOUT, "timeout", False),
        ("timeout", "timeout", False),
        ("TimeoutError", "timeout", False),
        ("ReadTimeout", "timeout", False),
        ("APITimeoutError", "timeout", False),
        (REFUSED, "connection", False),
        ("ConnectError", "connection", False),
        ("HTTP 504 gives no answer within 30 s", "", True),
        ("far knows no model 'm' (HTTP 404).", "", True),
        ("its answer is unusable (not JSON, or cut off)", "", False),
        ("cancelled", "", False),
        ("", "", False),
    ],
)
def test_what_an_error_says_about_its_endpoint(error: str, fault: str, alive: bool) -> None:
    assert (fault_of(error), answered(error)) == (fault, alive)


# --- the breaker alone -----------------------------------------------------------------------------------------------


def test_a_timeout_opens_it_and_a_probe_closes_it() -> None:
    clock = Clock()
    b = Breaker(clock)
    b.enter("e").failed(TIMEOUT)
    assert TIMEOUT in b.blocked("e")
    assert not b.blocked("other")
    with pytest.raises(ModelUnavailable, match="e is left alone: failed a moment ago"):
        b.enter("e")
    clock.now += COOLDOWN
    assert (b.blocked("e"), b.probing("e")) == ("", True)
    probe = b.enter("e")
    with pytest.raises(ModelUnavailable, match="being tried again by another call"):
        b.enter("e")
    probe.answered()
    assert (b.blocked("e"), b.probing("e")) == ("", False)


def test_a_probe_that_fails_waits_longer_up_to_a_limit() -> None:
    clock = Clock()
    b = Breaker(clock)
    waits = []
    for _ in range(6):
        b.enter("e").failed(REFUSED) if b.probing("e") else b.enter("e").failed(TIMEOUT)
        start = clock.now
        while b.blocked("e"):
            clock.now += 10
        waits.append(clock.now - start)
    assert waits == [60, 120, 240, 480, 600, 600]
    assert max(waits) == LONGEST


def test_a_probe_that_is_dropped_leaves_room_for_another() -> None:
    clock = Clock()
    b = Breaker(clock)
    b.enter("e").failed(TIMEOUT)
    clock.now += COOLDOWN
    b.enter("e").dropped()
    b.enter("e").answered()
    assert not b.probing("e")


def test_connections_that_fail_now_and_then_do_not_open_it() -> None:
    b = Breaker(Clock())
    for _ in range(10):
        b.enter("e").failed(REFUSED)
        b.enter("e").answered()
    assert not b.blocked("e")
    for _ in range(FAULTS):
        b.enter("e").failed(REFUSED)
    assert b.blocked("e")


def test_an_endpoint_that_answers_others_is_slow_and_not_down() -> None:
    clock = Clock()
    b = Breaker(clock)
    slow, quick = b.enter("e"), b.enter("e")
    clock.now += 1
    quick.answered()
    clock.now += 4
    slow.failed(TIMEOUT)
    assert not b.blocked("e")


def test_who_waits_is_told_unless_the_endpoint_answered_meanwhile() -> None:
    clock = Clock()
    b = Breaker(clock)
    told: list[str] = []
    b.watch("e", lambda why: told.append("early"))
    ended = b.watch("e", lambda why: told.append("ended"))
    ended()
    clock.now += 1
    b.enter("e").answered()
    clock.now += 1
    b.watch("e", lambda why: told.append("late"))
    b.watch("other", lambda why: told.append("other"))
    b.enter("e").failed(TIMEOUT)
    assert told == ["late"]


class Machine(RuleBasedStateMachine):
    """Whatever happens in whatever order: it opens only by a fault, and always opens up again."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.b = Breaker(self.clock)
        self.flights: list[Any] = []
        self.faults = 0

    @rule()
    def enter(self) -> None:
        try:
            self.flights.append(self.b.enter("e"))
        except ModelUnavailable:
            assert self.faults

    @rule(how=st.sampled_from(["answered", "dropped", "timeout", "connection", "http"]), which=st.integers(0, 99))
    def end(self, how: str, which: int) -> None:
        if not self.flights:
            return
        flight = self.flights.pop(which % len(self.flights))
        if how in ("answered", "http"):
            flight.answered()
        elif how == "dropped":
            flight.dropped()
        else:
            self.faults += 1
            flight.failed(TIMEOUT if how == "timeout" else REFUSED)

    @rule(seconds=st.floats(0.1, 700))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def opens_up(self) -> None:
        if not self.flights:
            before, self.clock.now = self.clock.now, self.clock.now + LONGEST
            assert not self.b.blocked("e")
            self.clock.now = before


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestMachine = Machine.TestCase


# --- with servers ----------------------------------------------------------------------------------------------------


def far(url: str, name: str = "far", **options: Any) -> RemoteModel:
    return RemoteModel(**{"name": name, "model": name, "base_url": url, "timeout": 0.6, **options})


def test_a_dead_endpoint_costs_one_timeout_for_all_calls_and_all_its_models() -> None:
    with serving(says("awake")) as good_one:
        ask(router(models=[far(good_one.url)]), ["x"])  # the first call of all imports its libraries
    with serving(Reply(hang=True)) as server:
        r = router(spec(Scripted()), models=[far(server.url, timeout=1.5), far(server.url, "far2", timeout=1.5)])
        events: list[Any] = []
        r.emit = events.append

        async def main() -> list[Any]:
            async def one(n: int) -> Any:
                await asyncio.sleep(0.1 * n)  # the last begin when the first have almost timed out
                return await r.bind("r", f"s{n}", "any", Ledger(1)).generate(f"x{n}", task="t")

            return await asyncio.gather(*map(one, range(8)))

        answers = asyncio.run(main())
        assert {a.model for a in answers} == {"small"}
        sent = len(server.received)
        assert sent <= 8  # "far2", at the same endpoint, is not tried after it
        again = ask(r, ["y"])[0]
        assert (again.model, len(server.received)) == ("small", sent)
    timeouts = [e for e in events if isinstance(e, ModelCalled) and "no answer within" in e.error]
    assert len(timeouts) < 8
    assert any("given up" in e.reason for e in events if isinstance(e, ModelRouted))


def test_a_refused_connection_is_found_out_once_and_tried_again_after_the_cooldown() -> None:
    with serving(says("x")) as gone:
        url = gone.url
    clock = Clock()
    r = Router(Settings(models=[far(url)], offline_model=False), clock=clock)
    with pytest.raises(ModelUnavailable):
        ask(r, ["x"])
    with pytest.raises(ModelUnavailable, match="failed a moment ago: no connection"):
        ask(r, ["x"])
    assert "failed a moment ago" in r.models()[0].reason
    clock.now += COOLDOWN
    assert r.models()[0].available


def test_after_the_cooldown_one_request_finds_out_for_all() -> None:
    clock = Clock()
    with serving(Reply(hang=True), says("back")) as server:
        r = Router(Settings(models=[far(server.url)], offline_model=False), clock=clock)
        with pytest.raises(ModelUnavailable):
            ask(r, ["x"])
        clock.now += COOLDOWN
        answers = ask(r, [f"y{n}" for n in range(5)])
        assert [a.text for a in answers] == ["back"] * 5
        assert [x.said for x in server.received] == ["x", "y0", *(x.said for x in server.received[2:])]
    assert not r.breaker.probing(r._specs[0].endpoint)


def test_a_wrong_key_rests_that_model_alone() -> None:
    def script(request: Received) -> Reply:
        return refuses(401, "no") if request.body["model"] == "far" else says("yes")

    with serving(script) as server:
        r = router(models=[far(server.url), far(server.url, "far2")])
        assert [ask(r, ["x"])[0].model, ask(r, ["y"])[0].model] == ["far2", "far2"]
        assert [x.body["model"] for x in server.received] == ["far", "far2", "far2"]


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_refusals_do_not_open_it(status: int) -> None:
    with serving(refuses(status, "no such thing")) as server:
        r = router(spec(Scripted(), context=100_000), models=[far(server.url)])
        for n in range(3):
            ask(r, [f"x{n}"])
        assert not r.breaker.blocked(r._specs[0].endpoint)


def test_a_server_that_asks_to_wait_is_left_alone_for_as_long() -> None:
    clock = Clock()
    with serving(refuses(429, "slow down", {"Retry-After": "500"}), says("again")) as server:
        r = Router(Settings(models=[far(server.url)], offline_model=False), clock=clock)
        with pytest.raises(ModelUnavailable, match="it asks to wait 500 s"):
            ask(r, ["x"])
        clock.now += 499
        with pytest.raises(ModelUnavailable, match="failed a moment ago"):
            ask(r, ["x"])
        clock.now += 2
        assert ask(r, ["x"])[0].text == "again"


class Unreachable(Scripted):
    """A chat model of some provider's package, whose server hangs."""

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> Any:
        self.asked.append(str(messages[-1].content))
        raise TimeoutError("read timed out")


def test_a_plugins_model_that_times_out_is_left_alone_too() -> None:
    away, house = Unreachable(), Scripted()
    r = router(spec(away, "away", remote=True), spec(house, "house"))
    assert [ask(r, [f"x{n}"])[0].model for n in range(3)] == ["house"] * 3
    assert away.asked == ["x0"]


# --- hedging ---------------------------------------------------------------------------------------------------------


def test_a_slow_model_is_hedged_and_the_loser_is_cancelled_and_booked() -> None:
    events: list[Any] = []
    ledger = Ledger(1.0)
    with serving(Reply(hang=True)) as slow, serving(says("quick", 10, 10)) as quick:
        models = [dear(slow, "slow", hedge_after=0.1), dear(quick, "quick")]
        r = router(models=models, events=events)
        answer = asyncio.run(r.bind("r", "s", "any", ledger).generate("x", task="t", max_tokens=10))
        assert (len(slow.received), len(quick.received)) == (1, 1)
    assert answer.model == "quick"
    assert "asked as well: slow has not answered within 0.1 s" in [e.reason for e in events if isinstance(e, ModelRouted)]
    lost = next(e for e in events if isinstance(e, ModelCalled) and e.model == "slow")
    assert lost.error == "cancelled"
    assert ledger.spent == pytest.approx(answer.usd + lost.usd)
    assert ledger.left == pytest.approx(1.0 - ledger.spent)
    assert not r.breaker.blocked(r._specs[0].endpoint)


def test_a_model_that_answers_in_time_is_not_hedged() -> None:
    with serving(says("in time")) as first, serving(says("x")) as second:
        r = router(models=[dear(first, "first", hedge_after=3.0), dear(second, "second")])
        assert ask(r, ["x"])[0].text == "in time"
        assert not second.received


def test_the_first_good_answer_wins_and_a_bad_one_does_not() -> None:
    late = threading.Event()

    def slow_but_good(request: Received) -> Reply:
        late.wait(5)
        return says("good at last")

    def quick_but_bad(request: Received) -> Reply:
        threading.Timer(0.2, late.set).start()
        return says("poor")

    with serving(slow_but_good) as slow, serving(quick_but_bad) as quick:
        models = [dear(slow, "slow", hedge_after=0.1, quality=0.95), dear(quick, "quick", quality=0.95)]
        (answer,) = ask(router(models=models), ["x"], good)
    assert (answer.model, answer.check) == ("slow", "")


def test_no_hedge_that_the_budget_does_not_hold() -> None:
    with serving(lambda r: (time.sleep(0.4), says("slow", 10, 10))[1]) as slow, serving(says("x")) as quick:
        models = [dear(slow, "slow", hedge_after=0.1), dear(quick, "quick")]
        answer = ask(router(models=models), ["x"], cap=0.0012, max_tokens=40)[0]
        assert (answer.model, len(quick.received)) == ("slow", 0)


@given(st.booleans())
@settings(max_examples=2, deadline=None)
def test_private_texts_are_hedged_with_models_of_this_machine_only(personal: bool) -> None:
    text = "mei.lin@example.org" if personal else "hello"
    with serving(lambda r: (time.sleep(0.3), says("house"))[1]) as house, serving(says("far")) as away:
        models = [far(house.url, "house", trusted=True, timeout=5.0, hedge_after=0.05), far(away.url, "away")]
        r = router(models=models)
        answer = ask(r, [text], privacy="any" if personal else "local")[0]
        assert answer.model == "house"
        assert not away.received
