"""Lift of a campaign in a series: what happened, less the structural model's draws of what would have, and its placebo tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .did import OFTEN_MISSED, ninety
from .structural import DRAWS, Shape, expect

if TYPE_CHECKING:
    import numpy as np

MIN_BEFORE = 20
"""Rows before the campaign that a model needs."""
FAKE_STARTS = 12
PLACEBO_DRAWS = 1000


@dataclass(frozen=True)
class Impact:
    """Draws of what the campaign added, ``(draws, rows)``, and how the same model did where no campaign was."""

    added: np.ndarray
    expected: np.ndarray
    weights: dict[Shape, float]
    p_value: float
    size: float
    """Total effect against the length of its 90 % interval."""
    in_time: list[float]
    """The same of fake starts before the campaign."""
    in_space: list[float]
    """The same of each control as if treated."""
    missed: float | None
    """Share of the fake starts whose 90 % interval, before any widening, leaves out nought."""
    widened: float
    """By how much intervals were widened because of them; 1 is not at all."""

    def total(self) -> tuple[float, float, float]:
        """P5, P50 and P95 of what was added over all rows."""
        return ends(self.added.sum(axis=1))


def ends(draws: np.ndarray) -> tuple[float, float, float]:
    """P5, P50 and P95."""
    import numpy as np

    low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def enough(before: int, after: int) -> bool:
    """Whether a series is long enough before the campaign to say what would have come after."""
    return before >= max(MIN_BEFORE, after)


def impact(
    y: np.ndarray, controls: np.ndarray, before: int, seasons: Sequence[float], seed: int = 0, *, draws: int = DRAWS, fake_starts: int = FAKE_STARTS,
    swap: bool = True,
) -> Impact:  # fmt: skip
    """What the rows from ``before`` on got beyond what the rows before let expect.

    Args:
        y: the outcome, before and during the campaign.
        controls: ``(len(y), c)`` series that the campaign cannot have moved.
        fake_starts: how many dates before the campaign are tried as its start, each with as many rows as the campaign has.
        swap: whether each control is tried as the outcome.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    made = expect(y[:before], controls, seasons, rng, draws=draws)
    # The likeliest models alone are refitted at fake starts: those left out hardly matter, and the time is a tenth.
    likely = sorted(made.weights, key=lambda s: -made.weights[s])[:6]
    after = len(y) - before
    in_time = []
    for at in starts_before(before, after, fake_starts):
        upto = at + after
        in_time.append(_size(y[at:upto], expect(y[:at], controls[:upto], seasons, rng, draws=PLACEBO_DRAWS, among=likely).draws))
    missed = sum(abs(s) > 1 for s in in_time) / len(in_time) if in_time else None
    widened = 1.0
    if len(in_time) >= 9 and missed is not None and missed > OFTEN_MISSED:
        widened = max(1.0, ninety(np.abs(in_time)))
    middle = np.median(made.draws, axis=0)
    expected = middle + widened * (made.draws - middle)
    added = y[before:] - expected
    totals = added.sum(axis=1)
    tail = min((totals <= 0).mean(), (totals >= 0).mean())
    return Impact(added, expected, made.weights, max(2 * float(tail), 1 / draws), _size(y[before:], expected), in_time,
                  _in_space(controls, before, seasons, rng) if swap else [], missed, widened)  # fmt: skip


def starts_before(before: int, after: int, count: int) -> list[int]:
    """Rows at which a campaign as long as this one could have started and ended before this one did."""
    import numpy as np

    first = max(MIN_BEFORE, after, before // 2)
    if before - after < first or count < 1:
        return []
    return sorted({int(s) for s in np.linspace(first, before - after, count)})


def _in_space(controls: np.ndarray, before: int, seasons: Sequence[float], rng: np.random.Generator) -> list[float]:
    """Each control as the outcome, with the others as its controls."""
    import numpy as np

    found = []
    for i in range(controls.shape[1]):
        fake = controls[:, i]
        if fake[:before].std() > 1e-9 * max(1.0, abs(float(fake[:before].mean()))):
            made = expect(fake[:before], np.delete(controls, i, axis=1), seasons, rng, draws=PLACEBO_DRAWS)
            found.append(_size(fake[before:], made.draws))
    return found


def _size(actual: np.ndarray, expected: np.ndarray) -> float:
    """How far the total lies from its expectation, 1 being the end of the 90 % interval on that side."""
    low, middle, high = ends(expected.sum(axis=1))
    gap = float(actual.sum()) - middle
    reach = high - middle if gap > 0 else middle - low
    return gap / reach if reach > 0 else 0.0
