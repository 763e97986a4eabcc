"""The ledger: nothing overruns the cap, whatever runs at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import BudgetExceeded
from agent.models import Ledger

usd = st.floats(0, 0.5, allow_nan=False)
calls = st.lists(st.tuples(usd, st.floats(0, 1), st.sampled_from(["settle", "lose", "release"])), max_size=40)


@given(cap=st.floats(0, 2), calls=calls)
@settings(max_examples=60, deadline=None)
def test_spent_and_reserved_never_exceed_the_cap(cap: float, calls: list[tuple[float, float, str]]) -> None:
    ledger = Ledger(cap)
    over: list[float] = []
    start = threading.Barrier(4)

    def run(mine: list[tuple[float, float, str]]) -> float:
        booked = 0.0
        start.wait()
        for most, share, end in mine:
            try:
                reservation = ledger.reserve("s", most)
            except BudgetExceeded:
                continue
            if ledger.spent > cap + 1e-9:
                over.append(ledger.spent)
            if end == "settle":
                reservation.settle(usd=most * share, tokens_in=1)
                booked += most * share
            elif end == "lose":
                reservation.settle()
                booked += most
            else:
                reservation.release()
        return booked

    with ThreadPoolExecutor(4) as pool:
        booked = sum(pool.map(run, [calls[i::4] for i in range(4)]))
    assert not over
    assert ledger.spent <= cap + 1e-9
    assert ledger.spent == pytest.approx(booked)
    assert ledger.cost("s").usd == pytest.approx(booked)
    assert ledger.left == pytest.approx(cap - booked)  # nothing stays reserved


def test_a_call_that_does_not_fit_is_refused_with_the_figures() -> None:
    ledger = Ledger(0.10)
    ledger.reserve("a", 0.08)
    with pytest.raises(BudgetExceeded, match=r"step 'b' may cost up to \$0.0300, and \$0.0200 of the run's \$0.10 is left.*KOLONY_MAX_USD"):
        ledger.reserve("b", 0.03)
    ledger.reserve("b", 0.02)


def test_a_reservation_is_booked_once() -> None:
    ledger = Ledger(1.0)
    reservation = ledger.reserve("s", 0.5)
    reservation.settle(usd=0.1, tokens_in=10, tokens_out=2, seconds=0.5)
    reservation.settle(usd=0.1)
    reservation.release()
    assert ledger.spent == pytest.approx(0.1)
    assert ledger.left == pytest.approx(0.9)
    assert (ledger.cost("s").calls, ledger.cost("s").tokens_in, ledger.cost("s").model_seconds) == (1, 10, 0.5)
    assert ledger.cost("nobody").calls == 0


def test_free_calls_pass_under_a_cap_of_zero() -> None:
    Ledger(0.0).reserve("s", 0.0).settle(usd=0.0)
    with pytest.raises(BudgetExceeded):
        Ledger(0.0).reserve("s", 1e-9)


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_amounts_that_are_no_money(bad: float) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        Ledger(bad)
    with pytest.raises(ValueError, match="zero or more"):
        Ledger(1.0).reserve("s", bad)
