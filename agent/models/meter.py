"""Around every single request to a model: reserve, send, settle, tell."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from ..events import Event, ModelAsked, ModelCalled, ModelRouted
from .breaker import Breaker, Flight, answered, fault_of
from .ledger import Ledger, Reservation
from .spec import Answer, ChatMessage


def most_tokens(messages: Sequence[ChatMessage]) -> int:
    """An upper bound of a prompt's tokens under any byte-level tokenizer: its UTF-8 bytes, and a few for each turn's frame."""
    return sum(len(m["content"].encode()) + len(json.dumps(m.get("tool_calls", ""))) + 16 for m in messages) + 16


def about_tokens(messages: Sequence[ChatMessage]) -> int:
    """A rough count: a token for four ASCII characters, and one for each other character."""
    total = 0
    for m in messages:
        text = m["content"]
        if text.isascii():
            total += len(text) // 4
        else:
            wide = (len(text.encode()) - len(text)) // 2  # three bytes each, as Chinese has
            total += wide + max(0, len(text) - wide) // 4
    return total + 4 * len(messages)


@dataclass
class Meter:
    """Counts the requests that one routed call makes; by default for nobody, free of charge.

    With ``endpoint``, requests go through its circuit breaker as well.
    """

    ledger: Ledger = field(default_factory=lambda: Ledger(0.0))
    emit: Callable[[Event], None] = lambda event: None
    run_id: str = ""
    step: str = ""
    task: str = ""
    model: str = ""
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0
    breaker: Breaker | None = None
    endpoint: str = ""
    key: str = ""
    """Under which the answer will be kept."""

    def price(self, tokens_in: int, tokens_out: int) -> float:
        """US dollars."""
        return (tokens_in * self.usd_per_mtok_in + tokens_out * self.usd_per_mtok_out) / 1e6

    def open(self, tokens_in: int, tokens_out: int, body: str = "", again: str = "") -> Request:
        """Set the worst case aside before sending.

        Args:
            body: SHA-256 of what is sent to a server. It is written down first that it is sent: killed before the answer is known, the
                run then knows of a request that may have been billed, and repeats it under the same idempotency key.
            again: idempotency key of an earlier request of the same body that was not answered.

        Raises:
            BudgetExceeded: it does not fit under the run's cap.
            ModelUnavailable: the endpoint is down.
        """
        flight = self.breaker.enter(self.endpoint) if self.breaker and self.endpoint else None
        try:
            reservation = self.ledger.reserve(self.step, self.price(tokens_in, tokens_out))
        except BaseException:
            if flight:
                flight.dropped()
            raise
        request = Request(self, reservation, flight)
        if body:
            request.id = again or self.ledger.again(self.step, body) or uuid4().hex
            try:
                self.emit(
                    ModelAsked(
                        run_id=self.run_id, at=datetime.now(UTC), step=self.step, task=self.task, model=self.model, usd=reservation.usd,
                        request=request.id, body=body, key=self.key,
                    )
                )  # fmt: skip
            except BaseException:
                reservation.release()
                if flight:
                    flight.dropped()
                raise
        return request

    def routed(self, reason: str, passed_over: Sequence[str] = ()) -> None:
        self.emit(
            ModelRouted(
                run_id=self.run_id, at=datetime.now(UTC), step=self.step, task=self.task, model=self.model, reason=reason,
                passed_over=list(passed_over),
            )
        )  # fmt: skip

    def cached(self, answer: Answer) -> None:
        """An earlier answer is given again, for nothing."""
        self._called(answer.tokens_in, answer.tokens_out, 0.0, 0.0, cached=True)

    def recovered(self, answer: Answer, key: str) -> None:
        """The answer was paid for by an attempt that was killed before it could say so."""
        usd, request = self.price(answer.tokens_in, answer.tokens_out), self.ledger.arrived(key)
        self.ledger.book(self.step, usd, answer.tokens_in, answer.tokens_out)
        self._called(answer.tokens_in, answer.tokens_out, usd, 0.0, key=key, request=request)

    def _called(
        self, tokens_in: int, tokens_out: int, usd: float, seconds: float, error: str = "", *, cached: bool = False, key: str = "",
        request: str = "", once: bool = False,
    ) -> None:  # fmt: skip
        self.emit(
            ModelCalled(
                run_id=self.run_id, at=datetime.now(UTC), step=self.step, task=self.task, model=self.model, tokens_in=tokens_in,
                tokens_out=tokens_out, usd=usd, seconds=seconds, error=error, cached=cached, key=key,
                request=request, once=once,
            )
        )  # fmt: skip


class Request:
    """One request under way. End it with exactly one of :meth:`done`, :meth:`refused` and :meth:`lost`.

    The error's words tell the breaker what happened: ``no answer within …`` and ``no connection`` are the endpoint's fault,
    ``HTTP 4xx`` or ``5xx`` is an answer of it, anything else says nothing about it.
    """

    def __init__(self, meter: Meter, reservation: Reservation, flight: Flight | None = None) -> None:
        self.meter, self.reservation, self.started = meter, reservation, time.perf_counter()
        self._flight = flight
        self.id = ""
        """Idempotency key, where it goes to a server."""

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def done(self, tokens_in: int, tokens_out: int, *, once: bool = False) -> float:
        """It was answered; ``once`` where the server says that it bills all requests of this key once. Returns its price, US dollars."""
        usd = self.meter.price(tokens_in, tokens_out)
        self.reservation.settle(usd=usd, tokens_in=tokens_in, tokens_out=tokens_out, seconds=self.seconds)
        if self._flight:
            self._flight.answered()
        if once:
            self.meter.ledger.billed_once(self.id)
        self.meter._called(tokens_in, tokens_out, usd, self.seconds, request=self.id, once=once)
        return usd

    def refused(self, error: str) -> None:
        """It was not served, and so costs nothing (no connection, 4xx, 5xx)."""
        self.reservation.release()
        self._landed(error)
        self.meter._called(0, 0, 0.0, self.seconds, error, request=self.id)

    def lost(self, error: str) -> None:
        """It may have been served though no answer arrived whole: book all that was set aside."""
        usd = self.reservation.usd
        self.reservation.settle(seconds=self.seconds)
        self._landed(error)
        self.meter._called(0, 0, usd, self.seconds, error, request=self.id)

    def _landed(self, error: str) -> None:
        if self._flight is None:
            return
        if fault_of(error):
            self._flight.failed(error)
        elif answered(error):
            self._flight.answered()
        else:
            self._flight.dropped()
