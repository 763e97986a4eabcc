"""The best choice as a mixed-integer programme, solved by HiGHS through SciPy.

Value per cost is a ratio of two sums; Dinkelbach ("On nonlinear fractional programming", *Management Science* 13, 1967) turns it
into a few programmes of ``value - ratio * cost``.

Shared audience makes the value concave in a sum per segment. Tangents of a concave function lie above it, so a programme with
tangents in its place gives an upper bound; each solution adds the tangents at its own place, until bound and solution meet (outer
approximation: Kelley, "The cutting-plane method for solving convex programs", *SIAM Journal* 8, 1960; Duran and Grossmann,
*Mathematical Programming* 36, 1986). The linear relaxation comes first: an option whose reduced cost says that no choice with it
beats the best known one is left out of the programme (reduced-cost fixing), which leaves few to choose from.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from .model import Solved
from .rules import FREE, Row, keeps
from .value import SetValue

CLOSE, CLOSE_SHARED = 1e-6, 1e-4
"""Bound and solution have met when they differ by no more than this share of the value: where values add up, and where tangents
stand for shared audience."""
ROUNDS = 40
"""Linear relaxations at most before the programme in whole numbers."""


class Programme:
    """Maximises ``f(x) - fees . x`` under rows.

    Columns: an x for each option, then a value for each segment, all values in units of the greatest.
    """

    def __init__(self, rows: Sequence[Row], value: SetValue) -> None:
        self.rows, self.value = rows, value
        self.n, self.segments = len(value.own), value.size.size
        self.scale = max(float(value.single.max(initial=0.0)), 1e-12)
        self.weights = csr_array(value.weights.T)
        self.matrix = csr_array(np.array([row.weights for row in rows], dtype=float))
        self.low = np.array([row.low for row in rows], dtype=float)
        self.high = np.array([np.inf if row.high >= FREE else row.high for row in rows], dtype=float)
        self.cuts: list[tuple[csr_array, np.ndarray]] = []
        self._known: set[tuple[int, ...]] = set()

    def cut(self, sums: np.ndarray) -> None:
        """Hold each segment's value under its tangent at ``sums`` (a): ``t <= size (1 - e^-a + e^-a (z - a))``."""
        slope = self.value.size / self.scale * np.exp(-sums)
        height = self.value.size / self.scale * -np.expm1(-sums)
        self.cuts.append((self.weights.multiply(slope[:, None]).tocsr(), height - slope * sums))

    def cut_at(self, picked: Sequence[int]) -> None:
        """Hold each segment's value under what a set has and what each other adds to it (Nemhauser and Wolsey, *Mathematics of
        Operations Research* 6, 1981): tighter than the tangent for those outside, and the tangent as well."""
        if tuple(picked) in self._known:
            return
        self._known.add(tuple(picked))
        sums = self.value.sums(picked)
        left = self.value.size / self.scale * np.exp(-sums)
        adds = self.value.parts.T * left[:, None]
        adds[:, list(picked)] = 0.0
        self.cuts.append((csr_array(adds), self.value.size / self.scale * -np.expm1(-sums)))
        if len(picked):
            self.cut(sums)

    def _limits(self, keep: np.ndarray) -> tuple[csr_array, np.ndarray, np.ndarray]:
        """Rows and tangents over the options at ``keep``: matrix, lower and upper ends."""
        parts = [hstack([self.matrix[:, keep], csr_array((len(self.rows), self.segments))])]
        parts += [hstack([-lines[:, keep], eye_array(self.segments)]) for lines, _ in self.cuts]
        low = np.concatenate([self.low, np.full(len(self.cuts) * self.segments, -np.inf)])
        high = np.concatenate([self.high, *(height for _, height in self.cuts)])
        return vstack(parts).tocsr(), low, high

    def _columns(self, keep: np.ndarray) -> np.ndarray:
        return np.concatenate([keep, np.arange(self.n, self.n + self.segments)])

    def _relax(self, aim: np.ndarray, target: float, low: np.ndarray, high: np.ndarray, until: float) -> float:
        """Bound of the linear relaxation. Narrows ``low`` and ``high``, the least and most that each option may be in a choice above
        ``target``."""
        bound = np.inf
        for _ in range(ROUNDS):
            keep = np.flatnonzero(high > 0)
            if not len(keep):
                return target  # nothing left that could be better
            matrix, least, most = self._limits(keep)
            has_least, has_most = np.isfinite(least), np.isfinite(most)
            found = linprog(
                aim[self._columns(keep)],
                A_ub=vstack([matrix[has_most], -matrix[has_least]]).tocsr(),
                b_ub=np.concatenate([most[has_most], -least[has_least]]),
                bounds=[*zip(low[keep], high[keep], strict=True), *[(0, None)] * self.segments],
                method="highs",
            )
            if found.status == 2:
                return target
            if found.status != 0:
                break
            before, bound = bound, min(bound, -found.fun)
            # A little room for the solver's tolerance, so that no better choice is lost to rounding.
            beyond = -found.fun - target + 1e-9
            high[keep[found.lower.marginals[: len(keep)] > beyond]] = 0.0
            low[keep[-found.upper.marginals[: len(keep)] > beyond]] = 1.0
            sums = self.weights[:, keep] @ found.x[: len(keep)]
            over = found.x[len(keep) :] + self.value.size / self.scale * np.expm1(-sums)
            near = 1e-5 * max(abs(bound), 1e-9)
            if bound <= target or over.sum() <= near or before - bound < near or time.monotonic() > until:
                break
            self.cut(sums)
            self.cut_at([int(i) for i in keep[found.x[: len(keep)] > 0.5]])
        return bound

    def maximise(self, start: Sequence[int], fees: np.ndarray, until: float) -> Solved:
        """The best choice; ``start``, which keeps to the rows, is the least that comes back."""

        def goal_of(picked: list[int]) -> float:
            return (self.value(picked) - float(fees[picked].sum())) / self.scale

        best = sorted(start)
        best_goal, bound = goal_of(best), np.inf
        close = CLOSE_SHARED if self.segments else CLOSE
        enough = close * max(self.value(best) / self.scale, 1e-9)
        aim = np.concatenate([(fees - self.value.own) / self.scale, -np.ones(self.segments)])
        low, high = np.zeros(self.n), np.ones(self.n)
        forbidden: list[list[int]] = []
        if self.segments:
            self.cut_at([])
            self.cut_at(best)
        while True:
            bound = max(best_goal, min(bound, self._relax(aim, best_goal, low, high, until)))
            if bound - best_goal <= enough or time.monotonic() >= until:
                break
            found = self._in_whole_numbers(aim, low, high, forbidden, close / 4 if self.segments else 0.0, until)
            if found.status == 2:
                bound = best_goal  # nothing left that could be better
                break
            if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
                bound = max(best_goal, min(bound, -found.mip_dual_bound))
            if found.x is None:
                break
            keep = np.flatnonzero(high > 0)
            picked = [int(i) for i in keep[found.x[: len(keep)] > 0.5]]
            if not keeps(self.rows, picked):
                forbidden.append(picked)  # the solver allows for rounding, money does not: this very set is out
                continue
            if goal_of(picked) > best_goal:
                best, best_goal = picked, goal_of(picked)
            if not self.segments or found.status != 0 or bound - best_goal <= enough:
                break
            self.cut_at(picked)
        if not self.segments and bound - best_goal <= enough:
            bound = best_goal
        return Solved(best, best_goal * self.scale, max(bound, best_goal) * self.scale)

    def _in_whole_numbers(
        self, aim: np.ndarray, low: np.ndarray, high: np.ndarray, forbidden: Sequence[list[int]], gap: float, until: float
    ) -> Any:
        """What ``milp`` says of the options that are left (``high > 0``)."""
        keep = np.flatnonzero(high > 0)
        matrix, least, most = self._limits(keep)
        constraints = [LinearConstraint(matrix, least, most)]
        for picked in forbidden:
            line = np.concatenate([np.where(np.isin(keep, picked), 1.0, -1.0), np.zeros(self.segments)])
            constraints.append(LinearConstraint(line[None, :], ub=len(picked) - 1.0))
        return milp(
            aim[self._columns(keep)],
            integrality=np.concatenate([np.ones(len(keep)), np.zeros(self.segments)]),
            bounds=Bounds(
                np.concatenate([low[keep], np.zeros(self.segments)]), np.concatenate([high[keep], np.full(self.segments, np.inf)])
            ),
            constraints=constraints,
            options={"mip_rel_gap": gap, "time_limit": max(0.05, until - time.monotonic())},
        )


def best_total(rows: Sequence[Row], value: SetValue, costs: np.ndarray, start: Sequence[int], seconds: float) -> Solved:
    """The choice with the highest value. ``start`` keeps to the rows."""
    return Programme(rows, value).maximise(start, np.zeros(len(costs)), time.monotonic() + seconds)


def best_ratio(rows: Sequence[Row], value: SetValue, costs: np.ndarray, start: Sequence[int], seconds: float) -> Solved:
    """The choice with the highest value per cent of cost, where a cost of 0 counts as one cent. ``start`` keeps to the rows."""
    until = time.monotonic() + seconds
    counted = np.maximum(costs, 1)
    least = max((row.low for row in rows if row.name == "count_min"), default=0)
    cheapest = max(1, int(np.sort(counted)[:least].sum()))
    programme = Programme(rows, value)
    best = sorted(start)
    while True:
        ratio = value(best) / float(counted[best].sum()) if best else 0.0
        found = programme.maximise(best, ratio * counted, until)
        if found.goal <= (CLOSE if value.additive else CLOSE_SHARED / 4) * max(value(best), 1e-12) or time.monotonic() >= until:
            # value <= ratio * cost + bound for every choice, and none costs less than the cheapest.
            return Solved(best, ratio, ratio + max(0.0, found.bound) / cheapest)
        best = found.picked
