"""Around every single request to a model: reserve, send, settle, tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..events import Event, ModelCalled, ModelRouted
from .ledger import Ledger, Reservation
from .spec import ChatMessage


def most_tokens(messages: Sequence[ChatMessage]) -> int:
    """An upper bound of a prompt's tokens under any byte-level tokenizer: its UTF-8 bytes, and a few for each turn's frame."""
    return sum(len(m["content"].encode()) + 16 for m in messages) + 16


@dataclass
class Meter:
    """Counts the requests that one routed call makes; by default for nobody, free of charge."""

    ledger: Ledger = field(default_factory=lambda: Ledger(0.0))
    emit: Callable[[Event], None] = lambda event: None
    run_id: str = ""
    step: str = ""
    task: str = ""
    model: str = ""
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0

    def price(self, tokens_in: int, tokens_out: int) -> float:
        """US dollars."""
        return (tokens_in * self.usd_per_mtok_in + tokens_out * self.usd_per_mtok_out) / 1e6

    def open(self, tokens_in: int, tokens_out: int) -> Request:
        """Set the worst case aside before sending.

        Raises:
            BudgetExceeded: it does not fit under the run's cap.
        """
        return Request(self, self.ledger.reserve(self.step, self.price(tokens_in, tokens_out)))

    def routed(self, reason: str, model: str = "") -> None:
        self.emit(
            ModelRouted(run_id=self.run_id, at=datetime.now(UTC), step=self.step, task=self.task, model=model or self.model, reason=reason)
        )


class Request:
    """One request under way. End it with exactly one of :meth:`done`, :meth:`refused` and :meth:`lost`."""

    def __init__(self, meter: Meter, reservation: Reservation) -> None:
        self.meter, self.reservation, self.started = meter, reservation, time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def done(self, tokens_in: int, tokens_out: int) -> float:
        """It was answered. Returns its price, US dollars."""
        usd = self.meter.price(tokens_in, tokens_out)
        self.reservation.settle(usd=usd, tokens_in=tokens_in, tokens_out=tokens_out, seconds=self.seconds)
        self._tell(tokens_in, tokens_out, usd, "")
        return usd

    def refused(self, error: str) -> None:
        """It was not served, and so costs nothing (no connection, 4xx, 5xx)."""
        self.reservation.release()
        self._tell(0, 0, 0.0, error)

    def lost(self, error: str) -> None:
        """It may have been served though no answer arrived whole: book all that was set aside."""
        usd = self.reservation.usd
        self.reservation.settle(seconds=self.seconds)
        self._tell(0, 0, usd, error)

    def _tell(self, tokens_in: int, tokens_out: int, usd: float, error: str) -> None:
        m = self.meter
        m.emit(
            ModelCalled(
                run_id=m.run_id,
                at=datetime.now(UTC),
                step=m.step,
                task=m.task,
                model=m.model,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                usd=usd,
                seconds=self.seconds,
                error=error,
            )
        )
