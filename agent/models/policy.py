"""In which order models are asked, and why: plain functions of what is known about each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from ..settings import Policy

PRIOR = 4.0
"""How many recorded outcomes a stated quality is worth: the weight of the Beta prior."""
FEW = 4
"""Outcomes below which little is known of a model, and texts that a model is tried on while that is so."""
EXPLORE_EVERY = 10
"""A model that is not worth trying first is tried all the same in every tenth call, so that it can show that it has become better."""


class Candidate(NamedTuple):
    """What is known about one model that may take a call. All figures are for one answer."""

    name: str
    remote: bool
    usd: float
    """Expected price, US dollars."""
    seconds: float
    """Expected time."""
    quality: float
    """Expected share of answers that pass their check, 0 to 1."""
    tried: float = 0.0
    """Recorded outcomes of such calls."""
    passed_over: int = 0
    """Calls since it was last asked first, in which it was not worth trying."""
    place: int = 0
    """Place in the settings; decides between equals."""


class Ranked(NamedTuple):
    """One model's place in the order, and why it stands there."""

    model: Candidate
    rule: str
    """``best``, ``cheapest``, ``plain`` (nobody checks the answer), ``cascade`` or ``again`` (tried so that it can recover)."""
    threshold: float | None = None
    """Pass rate from which asking it before a dearer model saves money; ``None`` where there is no dearer one."""
    sample: int = 0
    """Ask it for this many texts at most, to learn; 0: for all of them."""
    passed_over: bool = False
    """Whether it costs less than the first, and does not pass often enough to be asked before it."""

    @property
    def reason(self) -> str:
        """In words."""
        c = self.model
        if self.rule == "best":
            return f"best quality ({c.quality:.2f})"
        if self.rule == "cheapest":
            return f"lowest price (${c.usd:.6f} expected)"
        if self.rule == "plain":
            return "remote, and the text may leave" if c.remote else "on this machine"
        passes = f"{c.quality:.0%} of its answers are expected to pass"
        if self.rule == "again":
            return f"tried again after {c.passed_over} calls without it; {passes}"
        if self.threshold is None:
            return f"{passes}, and none is dearer"
        return f"{passes}, and from {self.threshold:.0%} it is worth trying first"


def posterior(quality: float, passed: float, failed: float) -> float:
    """Expected pass rate: mean of the Beta posterior of a prior with mean ``quality`` and weight :data:`PRIOR`."""
    return (PRIOR * quality + passed) / (PRIOR + passed + failed)


def rank(policy: Policy, candidates: Sequence[Candidate], *, checked: bool, usd_per_second: float = 0.0) -> list[Ranked]:
    """The order in which ``candidates`` are asked, first to last.

    - ``best``: by quality, then price. ``cheapest``: by price, then time.
    - ``auto``, ``local-only``, ``remote-only`` with a check: the order of least expected cost (:func:`_cascade`).
    - without a check: remote models before those on this machine, since nobody looks whether a small model's text is good;
      among each those whose quality for their cost is at least half the highest, in the order of the settings; then the others.

    Args:
        checked: whether answers are checked, and those that fail asked of the next model.
        usd_per_second: what a second of waiting counts for.
    """
    if policy == "best":
        return [Ranked(c, "best") for c in sorted(candidates, key=lambda c: (-c.quality, c.usd, c.place))]
    if policy == "cheapest":
        return [Ranked(c, "cheapest") for c in sorted(candidates, key=lambda c: (c.usd, c.seconds, c.place))]
    if checked and len(candidates) > 1:
        return _cascade(candidates, usd_per_second)

    worth = {c: (c.quality + 1e-9) / (c.usd + c.seconds * usd_per_second + 1e-9) for c in candidates}
    most = {remote: max((w for c, w in worth.items() if c.remote == remote), default=0.0) for remote in (True, False)}

    def place(c: Candidate) -> tuple[bool, float, int]:
        return not c.remote, 0.0 if 2 * worth[c] >= most[c.remote] else -worth[c] / most[c.remote] + 1, c.place

    return [Ranked(c, "plain") for c in sorted(candidates, key=place)]


def _cascade(candidates: Sequence[Candidate], usd_per_second: float) -> list[Ranked]:
    """By expected cost per answer that passes, lowest first.

    Asking one after the other until an answer passes costs least in expectation in the order of cost ÷ pass rate: a cheap model
    goes before a dear one as long as ``pass rate × the dear one's cost per passing answer > its own cost``. (Least-cost testing
    sequence: L. G. Mitten, "An analytic solution to the least cost testing sequence problem", J. Industrial Engineering 11, 1960.)
    """
    candidates = sorted(candidates, key=attrgetter("place"))
    costs = [c.usd + c.seconds * usd_per_second for c in candidates]
    per_pass = [cost / (c.quality or 1e-6) for cost, c in zip(costs, candidates, strict=True)]
    order = sorted(range(len(costs)), key=per_pass.__getitem__)
    lowest = costs[order[0]]
    again = next((i for i in order if candidates[i].passed_over >= EXPLORE_EVERY - 1 and costs[i] < lowest), None)
    if again is not None:
        order.remove(again)
        order.insert(0, again)
    thresholds: list[float | None] = [None] * len(costs)
    dearer = equal = dearest = math.inf  # cost per pass: the least of those dearer, and of those exactly as dear as the last
    for i in sorted(order, key=costs.__getitem__, reverse=True):
        if costs[i] < dearest:
            dearer, equal, dearest = min(dearer, equal), math.inf, costs[i]
        if dearer < math.inf:
            thresholds[i] = min(1.0, costs[i] / dearer)
        equal = min(equal, per_pass[i])
    ranked = []
    for i in order:
        c = candidates[i]
        sample = FEW if i == order[0] and (i == again or c.tried < FEW) else 0
        rule = "again" if i == again else "cascade"
        ranked.append(Ranked(c, rule, thresholds[i], sample, i != again and costs[i] < lowest))
    return ranked
