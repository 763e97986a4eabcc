"""The ledger: what every model call cost, and a hard cap that calls running at once cannot overrun."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable

from ..artifacts import StepCost
from ..errors import BudgetExceeded
from ..events import Event, ModelAsked, ModelCalled


class Reservation:
    """Money set aside for one request. Settle it exactly once; as a context manager it releases itself on an error."""

    def __init__(self, ledger: Ledger, step: str, usd: float) -> None:
        self._ledger, self._step, self.usd = ledger, step, usd
        self._open = True

    def settle(self, *, usd: float | None = None, tokens_in: int = 0, tokens_out: int = 0, seconds: float = 0.0) -> None:
        """Book what the request really took. ``usd=None`` books all that was reserved: the answer was lost, the bill was not."""
        with self._ledger._lock:
            if not self._open:
                return
            self._open = False
            spent = self.usd if usd is None else usd
            self._ledger._reserved -= self.usd
            self._ledger._book(self._step, spent, tokens_in, tokens_out, seconds)

    def release(self) -> None:
        """Nothing was charged: give the whole reservation back."""
        with self._ledger._lock:
            if self._open:
                self._open = False
                self._ledger._reserved -= self.usd


class Ledger:
    """Counts a run's model cost, US dollars, per step. Thread-safe.

    ``spent + reserved <= cap`` holds at every moment, whatever runs in parallel, as long as no endpoint bills more than the
    worst case its stated price allows. ``before`` is what earlier attempts at the same run used. A request that they sent and of
    whose answer nothing is known is in doubt: it counts as spent at the most it may cost, and is asked again under its own
    idempotency key.
    """

    def __init__(self, cap_usd: float, before: Iterable[Event] | None = None) -> None:
        if not cap_usd >= 0:
            raise ValueError(f"The cap must be zero or more US dollars, not {cap_usd}.")
        self.cap = float(cap_usd)
        self._lock = threading.Lock()
        self._spent = 0.0
        self._reserved = 0.0
        self._steps: dict[str, StepCost] = defaultdict(StepCost)
        self._booked: set[str] = set()
        self.resumable = before is not None
        """Whether a killed attempt is taken up again with what it paid for."""
        self._times: Counter[str] = Counter()
        self._doubts: dict[str, list[ModelAsked]] = defaultdict(list)
        for e in before or ():
            if isinstance(e, ModelAsked):
                self._doubts[e.request].append(e)
                self._add_doubt(e.step, e.usd)
            if not isinstance(e, ModelCalled):
                continue
            if e.request:
                self._answered(e.request, all=e.once)
            self._booked.add(e.key)
            if not e.cached and (e.usd or not e.error):  # what was refused cost nothing
                self._book(e.step, e.usd, e.tokens_in, e.tokens_out, e.seconds)
        self._unsure = [asked[-1] for asked in self._doubts.values() if asked]

    def reserve(self, step: str, usd: float) -> Reservation:
        """Set aside the most that a request may cost, before it is sent.

        Raises:
            BudgetExceeded: it does not fit under the cap. Nothing is set aside.
        """
        if not usd >= 0:
            raise ValueError(f"A reservation must be zero or more US dollars, not {usd}.")
        with self._lock:
            # A free call is never refused, also not when an endpoint billed more than it said it could.
            if usd and self._spent + self._reserved + usd > self.cap:
                raise self._refusal(step, usd)
            self._reserved += usd
        return Reservation(self, step, usd)

    def book(self, step: str, usd: float, tokens_in: int, tokens_out: int) -> None:
        """Count a call that was paid before and of which no event tells."""
        with self._lock:
            self._book(step, usd, tokens_in, tokens_out, 0.0)

    def _book(self, step: str, usd: float, tokens_in: int, tokens_out: int, seconds: float) -> None:
        cost = self._steps[step]
        cost.calls += 1
        cost.tokens_in += tokens_in
        cost.tokens_out += tokens_out
        cost.usd += usd
        cost.model_seconds += seconds
        self._spent += usd

    def again(self, step: str, body: str) -> str:
        """Idempotency key of a request of an earlier attempt that is in doubt, each once; ``""`` where there is none of this body."""
        with self._lock:
            found = next((e for e in self._unsure if (e.step, e.body) == (step, body)), None)
            if found is None:
                return ""
            self._unsure.remove(found)
            return found.request

    def billed_once(self, request: str) -> None:
        """The server says that it bills a request once, however often it comes, so that nothing of it is in doubt any more."""
        with self._lock:
            self._answered(request, all=True)

    def arrived(self, key: str) -> str:
        """The answer kept under ``key`` is that of a request in doubt: which, or ``""``. It is so no longer."""
        with self._lock:
            found = next((e for e in reversed(self._unsure) if key and e.key == key), None)
            if found is None:
                return ""
            self._unsure.remove(found)
            self._answered(found.request, all=False)
            return found.request

    def _answered(self, request: str, *, all: bool) -> None:
        doubts = self._doubts.get(request, [])
        while doubts:
            asked = doubts.pop()
            self._add_doubt(asked.step, -asked.usd)
            if not all:
                break

    def _add_doubt(self, step: str, usd: float) -> None:
        self._spent += usd
        self._steps[step].in_doubt_usd = max(0.0, round(self._steps[step].in_doubt_usd + usd, 12))

    def tell(self, key: str) -> bool:
        """Note that an event tells of the call under ``key``; whether one did before."""
        with self._lock:
            known = key in self._booked
            self._booked.add(key)
            return known

    def time(self, key: str) -> int:
        """How often this was asked before in this attempt."""
        with self._lock:
            self._times[key] += 1
            return self._times[key] - 1

    def refusal(self, step: str, usd: float) -> BudgetExceeded:
        """The error for a call of ``usd`` at the worst that does not fit."""
        with self._lock:
            return self._refusal(step, usd)

    def _refusal(self, step: str, usd: float) -> BudgetExceeded:
        left = max(0.0, self.cap - self._spent - self._reserved)
        return BudgetExceeded(
            f"A model call of step {step!r} may cost up to ${usd:.4f}, and ${left:.4f} of the run's ${self.cap:.2f} is left.",
            hint="Raise `max_usd` in kolony.toml (or KOLONY_MAX_USD), or use a local model.",
        )

    @property
    def spent(self) -> float:
        """US dollars booked so far."""
        with self._lock:
            return self._spent

    @property
    def left(self) -> float:
        """US dollars neither booked nor set aside."""
        with self._lock:
            return max(0.0, self.cap - self._spent - self._reserved)

    def cost(self, step: str) -> StepCost:
        """What ``step`` used so far."""
        with self._lock:
            return self._steps[step].model_copy() if step in self._steps else StepCost()
