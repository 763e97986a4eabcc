"""When not all rules can hold: a choice that keeps to the hard ones and gives up as few wishes as it can, and why.

Upper ends (budget, count, price cap, at most, exclusive) always hold; with them alone the empty choice is possible. Wishes are given
up in this order: the least number of creators, then groups, then creators named by the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from .model import Problem
from .rules import FREE, Row, keeps

WISHES = ("must", "at_least", "count_min")
"""The dearest wish first."""


@dataclass(frozen=True)
class Settled:
    """Rows that can hold, a choice that keeps to them (the cheapest), and what had to be given up."""

    rows: list[Row]
    start: list[int]
    conflicts: list[tuple[str, ...]]


def settle(rows: Sequence[Row], costs: np.ndarray) -> Settled:
    """Make the rows possible."""
    few = _few(rows, costs)
    small = [replace(row, weights=row.weights[few]) for row in rows]
    start = _cheapest(small, costs[few])
    if start is not None:
        return Settled(list(rows), [int(few[i]) for i in start], [])
    conflicts = _conflicts(small, costs[few])
    kept, small = _give_up(rows, small)
    start = _cheapest(small, costs[few])
    if start is None:  # the upper ends alone allow the empty choice, and each step kept to what it had just found possible
        raise AssertionError("rules given up and still none possible")
    return Settled(kept, [int(few[i]) for i in start], conflicts)


def problems_of(rows: Sequence[Row], conflicts: Sequence[tuple[str, ...]], picked: Sequence[int]) -> tuple[Problem, ...]:
    """The conflicts with what the choice has of each wish in them."""
    named = {row.name: row for row in rows}
    return tuple(
        Problem(names, {n: (named[n].low, named[n].of(picked)) for n in names if named[n].low > named[n].of(picked)}) for names in conflicts
    )


def _few(rows: Sequence[Row], costs: np.ndarray) -> np.ndarray:
    """Places of options that decide whether any of the rows can hold together: of those alike in every rule the cheapest, as many as
    all wishes together ask for."""
    count = max(1, sum(row.low for row in rows))
    kinds = np.array([row.weights for row in rows if row.name != "budget"])
    _, kind = np.unique(kinds, axis=1, return_inverse=True)
    kind = kind.ravel()
    order = np.lexsort((np.arange(len(costs)), costs, kind))
    first = np.searchsorted(kind[order], kind[order])
    return np.sort(order[np.arange(len(order)) - first < count])


def _solve(rows: Sequence[Row], aim: np.ndarray, slack: Sequence[Row] = ()) -> list[float] | None:
    """Options and the shortfalls of the rows in ``slack``, in that order, or ``None`` when impossible."""
    n, extra = len(rows[0].weights), len(slack)
    every = [*rows, *slack]
    matrix = np.zeros((len(every), n + extra))
    for k, row in enumerate(every):
        matrix[k, :n] = row.weights
    for k in range(extra):
        matrix[len(rows) + k, n + k] = 1
    upper = np.concatenate([np.ones(n), [row.low for row in slack]])
    ends = [np.inf if row.high >= FREE else row.high for row in every]
    whole = np.ones(n + extra)
    blocked: list[LinearConstraint] = []
    while True:
        limits = [LinearConstraint(matrix, [row.low for row in every], ends), *blocked]
        found = milp(aim, integrality=whole, bounds=Bounds(0, upper), constraints=limits, options={"mip_rel_gap": 0.0})
        if found.x is None:
            return None
        x = np.round(found.x)
        picked = np.flatnonzero(x[:n])
        if keeps([replace(row, low=0) for row in every], picked):
            return [float(v) for v in x]
        line = np.zeros(n + extra)
        line[:n] = -1
        line[picked] = 1
        blocked.append(LinearConstraint(line[None, :], ub=len(picked) - 1))


def _cheapest(rows: Sequence[Row], costs: np.ndarray) -> list[int] | None:
    if not any(row.low for row in rows):
        return []
    n = len(costs)
    found = _solve(rows, costs / max(1, costs.max(initial=1))) if n else None
    return None if found is None else [i for i in range(n) if found[i] > 0.5]


def _possible(rows: Sequence[Row], costs: np.ndarray) -> bool:
    return all(row.low == 0 for row in rows) or _cheapest(rows, costs) is not None


def _conflicts(rows: Sequence[Row], costs: np.ndarray) -> list[tuple[str, ...]]:
    """Smallest sets of rules that cannot hold together, found by leaving out one rule after another (a deletion filter:
    Chinneck and Dravnieks, *ORSA Journal on Computing* 3, 1991); each names at least one wish, and no wish is named twice."""
    left, found = list(rows), []
    while not _possible(left, costs):
        core = list(left)
        for row in left:
            without = [r for r in core if r is not row]
            if without and not _possible(without, costs):
                core = without
        found.append(tuple(row.name for row in core))
        left = [row for row in left if row not in core or not row.low]
    return found


def _give_up(rows: Sequence[Row], small: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Both lists of rows with the wishes lowered to what is possible, the dearest wish first."""
    kept, few = [r for r in rows if not r.low], [r for r in small if not r.low]
    n = len(few[0].weights)
    for kind in WISHES:
        full, wished = ([r for r in many if r.name.split(":", 1)[0] == kind] for many in (rows, small))
        if not wished:
            continue
        found = _solve(few, np.concatenate([np.zeros(n), np.ones(len(wished))]), wished)
        if found is None:
            raise AssertionError("the rows kept so far are possible")
        short = [int(s) for s in found[n:]]
        if kind == "must":
            # As many of the named as possible; which of them, value decides.
            low = len(wished) - sum(short)
            kept.append(Row("must", np.sum([r.weights for r in full], axis=0), low=low))
            few.append(Row("must", np.sum([r.weights for r in wished], axis=0), low=low))
        else:
            kept += [replace(r, low=r.low - s) for r, s in zip(full, short, strict=True)]
            few += [replace(r, low=r.low - s) for r, s in zip(wished, short, strict=True)]
    return kept, few
