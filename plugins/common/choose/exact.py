"""The best choice as a mixed-integer programme, solved by HiGHS through SciPy.

Value per cost is a ratio of two sums; Dinkelbach ("On nonlinear fractional programming", *Management Science* 13, 1967) turns it
into a few programmes of ``value - ratio * cost``.

Shared audience makes the value concave in a sum per segment. Tangents of a concave function lie above it, so a programme with
tangents in its place gives an upper bound; each solution adds the tangents at its own place, until bound and solution meet (outer
approximation: Kelley, "The cutting-plane method for solving convex programs", *SIAM Journal* 8, 1960; Duran and Grossmann,
*Mathematical Programming* 36, 1986).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, vstack

from .rules import FREE, Row, keeps
from .value import SetValue

CLOSE = 1e-6
"""Bound and solution have met when they differ by no more than this share."""
TANGENTS = 12
"""Tangents per segment from the start, between nothing and the most that ``count`` picks can bring."""


@dataclass(frozen=True)
class Solved:
    """A choice by places, its goal, and the most that any choice can have."""

    picked: list[int]
    goal: float
    bound: float


class Programme:
    """Maximises ``f(x) - ratio * max(cost(x), 1)`` under rows; ``ratio`` 0 leaves the cost out."""

    def __init__(self, rows: Sequence[Row], value: SetValue, costs: np.ndarray, with_cost: bool) -> None:
        self.rows, self.value, self.costs, self.with_cost = rows, value, costs, with_cost
        self.n, self.segments = len(costs), value.size.size
        # Columns: an x for each option, a sum and a value for each segment, the cost.
        self.width = self.n + 2 * self.segments + 1
        weights = csr_array(np.array([row.weights for row in rows], dtype=float))
        self._fixed = [hstack([weights, csr_array((len(rows), self.width - self.n))])]
        self._low = [np.array([row.low for row in rows], dtype=float)]
        self._high = [np.array([np.inf if row.high >= FREE else row.high for row in rows], dtype=float)]
        scale = max(float(value.single.max(initial=0.0)), 1e-9)
        self.scale = scale
        if self.segments:
            sums = hstack([csr_array(value.weights.T), -csr_array(np.eye(self.segments)), csr_array((self.segments, self.segments + 1))])
            self._add(sums, np.zeros(self.segments), np.zeros(self.segments))
            most = np.sort(value.weights, axis=0)[::-1][: max(row.high for row in rows if row.name == "count")].sum(axis=0)
            for step in np.linspace(0.0, 1.0, TANGENTS):
                self.cut(most * step)
        if with_cost:
            line = np.zeros(self.width)
            line[: self.n], line[-1] = costs, -1.0
            self._add(csr_array(line[None, :]), np.array([-np.inf]), np.zeros(1))

    def _add(self, matrix: csr_array, low: np.ndarray, high: np.ndarray) -> None:
        self._fixed.append(matrix)
        self._low.append(low)
        self._high.append(high)

    def cut(self, sums: np.ndarray) -> None:
        """Holds each segment's value under the tangent at ``sums``: ``t <= size * (1 - e^-a + e^-a * (z - a))``."""
        slope = self.value.size * np.exp(-sums) / self.scale
        height = self.value.size / self.scale * -np.expm1(-sums)
        lines = hstack(
            [
                csr_array((self.segments, self.n)),
                csr_array(np.diag(-slope)),
                csr_array(np.eye(self.segments)),
                csr_array((self.segments, 1)),
            ]
        )
        self._add(lines, np.full(self.segments, -np.inf), height - slope * sums)

    def goal(self, picked: Sequence[int], ratio: float) -> float:
        found = self.value(picked)
        return found - ratio * max(int(self.costs[list(picked)].sum()) if len(picked) else 0, 1) if self.with_cost else found

    def maximise(self, start: Sequence[int], ratio: float, until: float) -> Solved:
        """The best choice; ``start``, which keeps to the rows, is the least that comes back."""
        best, best_goal = list(start), self.goal(start, ratio)
        bound = np.inf
        aim = np.zeros(self.width)
        aim[: self.n] = -self.value.own / self.scale
        aim[self.n + self.segments : self.n + 2 * self.segments] = -1.0
        aim[-1] = ratio / self.scale
        whole = np.zeros(self.width)
        whole[: self.n] = 1
        low, high = np.zeros(self.width), np.full(self.width, np.inf)
        high[: self.n] = 1
        low[-1] = 1.0
        if self.segments:
            self.cut(self.value.sums(best))
        while bound - best_goal > CLOSE * max(abs(best_goal), 1e-12) and time.monotonic() < until:
            found = milp(
                aim,
                integrality=whole,
                bounds=Bounds(low, high),
                constraints=LinearConstraint(vstack(self._fixed).tocsr(), np.concatenate(self._low), np.concatenate(self._high)),
                options={"mip_rel_gap": 0.0 if not self.segments else CLOSE / 4, "time_limit": max(0.05, until - time.monotonic())},
            )
            if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
                bound = min(bound, -found.mip_dual_bound * self.scale)
            if found.x is None:
                break
            picked = [int(i) for i in np.flatnonzero(found.x[: self.n] > 0.5)]
            if not keeps(self.rows, picked):
                # The solver allows for rounding, money does not: this very set is out.
                self._forbid(picked)
                continue
            goal = self.goal(picked, ratio)
            if goal > best_goal:
                best, best_goal = picked, goal
            if not self.segments or found.status != 0:
                break
            self.cut(self.value.sums(picked))
        if not self.segments and np.isfinite(bound) and bound - best_goal < CLOSE * max(abs(bound), 1e-12):
            bound = best_goal
        return Solved(best, best_goal, max(bound, best_goal))

    def _forbid(self, picked: Sequence[int]) -> None:
        line = np.zeros(self.width)
        line[: self.n] = -1
        line[list(picked)] = 1
        self._add(csr_array(line[None, :]), np.array([-np.inf]), np.array([len(picked) - 1.0]))


def best_total(rows: Sequence[Row], value: SetValue, costs: np.ndarray, start: Sequence[int], seconds: float) -> Solved:
    """The choice with the highest value. ``start`` keeps to the rows."""
    return Programme(rows, value, costs, with_cost=False).maximise(start, 0.0, time.monotonic() + seconds)


def best_ratio(rows: Sequence[Row], value: SetValue, costs: np.ndarray, start: Sequence[int], seconds: float) -> Solved:
    """The choice with the highest value per cent of cost. ``start`` keeps to the rows."""
    until = time.monotonic() + seconds
    programme = Programme(rows, value, costs, with_cost=True)
    best = list(start)
    while True:
        ratio = programme.goal(best, 0.0) / max(int(costs[best].sum()) if best else 0, 1)
        found = programme.maximise(best, ratio, until)
        better = found.goal > CLOSE * max(value(best), 1e-12)
        if not better or time.monotonic() >= until:
            # value <= ratio * cost + bound for every choice, and no cost is below one cent.
            return Solved(best, ratio, ratio + max(0.0, found.bound) / max(_least_cost(rows, costs), 1))
        best = found.picked


def _least_cost(rows: Sequence[Row], costs: np.ndarray) -> int:
    """A cost that no choice under the rows is below: that of the cheapest ``count_min`` options."""
    least = max((row.low for row in rows if row.name == "count_min"), default=0)
    return int(np.sort(costs)[:least].sum())
