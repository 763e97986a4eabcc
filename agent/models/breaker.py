"""Circuit breaker per endpoint: one that is down is found out once, for all models and all calls that use it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ..errors import ModelUnavailable

COOLDOWN = 60.0
"""Seconds that an endpoint is left alone after its first fault; doubled for each further one, up to :data:`LONGEST`."""
LONGEST = 600.0
FAULTS = 2
"""Connections that fail one after the other, with no answer between, before an endpoint counts as down. A timeout counts at once."""

Fault = Literal["timeout", "connection", ""]


def fault_of(error: str) -> Fault:
    """What an error says about the endpoint. An answer of any kind, a refusal too, is no fault of it."""
    if answered(error):
        return ""
    if re.search(r"no answer within|^\w*Timeout(?:Error|Exception)?$|^timeout", error):
        return "timeout"
    return "connection" if re.search(r"^no connection|^\w*Connect\w*$", error) else ""


def answered(error: str) -> bool:
    """Whether the endpoint did answer, if only to refuse."""
    return re.search(r"\bHTTP \d", error) is not None


@dataclass
class _Line:
    faults: int = 0
    openings: int = 0
    until: float = 0.0
    why: str = ""
    probe: object | None = None
    answered: float = float("-inf")
    waiting: dict[object, Callable[[str], None]] = field(default_factory=dict)


class Flight:
    """One request under way to an endpoint. End it with exactly one of :meth:`answered`, :meth:`failed` and :meth:`dropped`."""

    def __init__(self, breaker: Breaker, endpoint: str) -> None:
        self._breaker, self._endpoint, self._since = breaker, endpoint, breaker.clock()

    def answered(self) -> None:
        """The endpoint is alive, whatever it said."""
        self._breaker._answered(self._endpoint)

    def failed(self, error: str) -> None:
        """The request ended without an answer; ``error`` tells whether that is the endpoint's fault."""
        self._breaker._failed(self._endpoint, self, error)

    def dropped(self) -> None:
        """Nobody waits for it any more; that says nothing about the endpoint."""
        self._breaker._dropped(self._endpoint, self)


class Breaker:
    """Knows which endpoints are down. Thread-safe.

    closed: requests pass. A timeout, or :data:`FAULTS` failed connections with no answer between, open it: requests are refused
    without being sent, and those under way are given up unless the endpoint has answered since they began. After the cooldown
    one request passes as a probe (half-open): an answer closes it, a fault opens it for twice as long.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def blocked(self, endpoint: str) -> str:
        """Why nothing is sent to ``endpoint`` now, or ``""``."""
        line = self._lines.get(endpoint)  # a missing or stale line is decided again in `enter`
        if line is None or not line.openings:
            return ""
        if self.clock() < line.until:
            return f"failed a moment ago: {line.why}"
        return "being tried again by another call" if line.probe is not None else ""

    def probing(self, endpoint: str) -> bool:
        """Whether the next request is the one that finds out whether the endpoint is back: send it alone."""
        line = self._lines.get(endpoint)
        return line is not None and line.openings > 0

    def enter(self, endpoint: str) -> Flight:
        """Begin a request.

        Raises:
            ModelUnavailable: the endpoint is down.
        """
        with self._lock:
            line = self._lines.setdefault(endpoint, _Line())
            why = self.blocked(endpoint)
            if why:
                raise ModelUnavailable(f"{endpoint} is left alone: {why}.", hint="It is tried again after a while.")
            flight = Flight(self, endpoint)
            if line.openings:
                line.probe = flight
            return flight

    def watch(self, endpoint: str, give_up: Callable[[str], None]) -> Callable[[], None]:
        """Have ``give_up(why)`` called when the endpoint turns out to be down, from any thread. Returns what ends the watch."""
        key = object()
        began = self.clock()

        def told(why: str) -> None:
            if self._lines[endpoint].answered <= began:
                give_up(why)

        with self._lock:
            self._lines.setdefault(endpoint, _Line()).waiting[key] = told

        def end() -> None:
            with self._lock:
                self._lines[endpoint].waiting.pop(key, None)

        return end

    def _answered(self, endpoint: str) -> None:
        with self._lock:
            line = self._lines[endpoint]
            line.faults = line.openings = 0
            line.probe, line.answered = None, self.clock()

    def _failed(self, endpoint: str, flight: Flight, error: str) -> None:
        fault = fault_of(error)
        with self._lock:
            line = self._lines[endpoint]
            probe = line.probe is flight
            if probe:
                line.probe = None
            # One that answered others meanwhile is slow, not down.
            if not fault or (line.answered > flight._since and not probe):
                return
            line.faults += 1
            if not (probe or fault == "timeout" or line.faults >= FAULTS) or self.clock() < line.until:
                return
            line.openings += 1
            line.until = self.clock() + min(LONGEST, COOLDOWN * 2 ** (line.openings - 1))
            line.why = error
            told = list(line.waiting.values())
        for give_up in told:
            give_up(error)

    def _dropped(self, endpoint: str, flight: Flight) -> None:
        with self._lock:
            line = self._lines[endpoint]
            if line.probe is flight:
                line.probe = None
