"""In which order models are asked, and why: plain functions of what is known about each."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    """One model's place in the order. ``sample``: ask it for this many texts at most, to learn; 0: for all of them."""

    name: str
    reason: str
    threshold: float | None = None
    """Pass rate from which asking it before the model after it saves money; ``None`` where nothing comes after it."""
    sample: int = 0
    passed_over: bool = False
    """Whether it would have been cheaper than what is asked before it, and does not pass often enough."""


def posterior(quality: float, passed: float, failed: float) -> float:
    """Expected pass rate: mean of the Beta posterior of a prior with mean ``quality`` and weight :data:`PRIOR`."""
    return (PRIOR * quality + passed) / (PRIOR + passed + failed)


def rank(policy: Policy, candidates: Sequence[Candidate], *, checked: bool, usd_per_second: float = 0.0) -> list[Ranked]:
    """The order in which ``candidates`` are asked, first to last.

    - ``best``: by quality, then price. ``cheapest``: by price, then time.
    - ``auto``, ``local-only``, ``remote-only`` with a check: the order of least expected cost (:func:`_cascade`).
    - without a check: remote models before those on this machine, since nobody looks whether a small model's text is good;
      among each by quality for its cost, where differences below a factor of two leave the order of the settings.

    Args:
        checked: whether answers are checked, and those that fail asked of the next model.
        usd_per_second: what a second of waiting counts for.
    """
    if policy == "best":
        order = sorted(candidates, key=lambda c: (-c.quality, c.usd, c.place))
        return [Ranked(c.name, f"best quality ({c.quality:.2f})") for c in order]
    if policy == "cheapest":
        order = sorted(candidates, key=lambda c: (c.usd, c.seconds, c.place))
        return [Ranked(c.name, f"lowest price (${c.usd:.6f} expected)") for c in order]
    if checked and len(candidates) > 1:
        return _cascade(candidates, usd_per_second)

    def worth(c: Candidate) -> int:
        return round(math.log2((c.quality + 1e-9) / (_cost(c, usd_per_second) + 1e-9)))

    order = sorted(candidates, key=lambda c: (not c.remote, -worth(c), c.place))
    return [Ranked(c.name, "remote, and the text may leave" if c.remote else "on this machine") for c in order]


def _cost(c: Candidate, usd_per_second: float) -> float:
    return c.usd + c.seconds * usd_per_second


def _cascade(candidates: Sequence[Candidate], usd_per_second: float) -> list[Ranked]:
    """By expected cost per answer that passes, lowest first.

    Asking one after the other until an answer passes costs least in expectation in the order of cost ÷ pass rate: a cheap model
    goes before a dear one as long as ``pass rate × the dear one's cost per passing answer > its own cost``. (Least-cost testing
    sequence: L. G. Mitten, "An analytic solution to the least cost testing sequence problem", J. Industrial Engineering 11, 1960.)
    """

    def per_pass(c: Candidate) -> float:
        return _cost(c, usd_per_second) / max(c.quality, 1e-6)

    order = sorted(candidates, key=lambda c: (per_pass(c), c.place))
    first = order[0]
    due = [c for c in order[1:] if _cost(c, usd_per_second) < _cost(first, usd_per_second)]
    explored = next((c for c in due if c.passed_over >= EXPLORE_EVERY - 1), None)
    if explored:
        order = [explored, *(c for c in order if c is not explored)]
    ranked = []
    for i, c in enumerate(order):
        dearer = min((per_pass(d) for d in order if d is not c and _cost(d, usd_per_second) > _cost(c, usd_per_second)), default=None)
        threshold = min(1.0, _cost(c, usd_per_second) / dearer) if dearer else None
        sample = FEW if i == 0 and len(order) > 1 and (c is explored or c.tried < FEW) else 0
        if c is explored:
            reason = f"tried again after {c.passed_over} calls without it: {c.quality:.0%} of its answers passed"
        elif threshold is None:
            reason = f"the dearest; {c.quality:.0%} of its answers pass"
        else:
            better = "worth" if c.quality >= threshold else "not worth"
            reason = f"{c.quality:.0%} of its answers pass, {better} trying first from {threshold:.0%}"
        ranked.append(Ranked(c.name, reason, threshold, sample, c is not explored and c in due))
    return ranked
