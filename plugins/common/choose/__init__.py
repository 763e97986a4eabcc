"""Choosing creators under a budget and rules: exactly, or greedily where exact is slow.

    choice = choose(options, Rules(count=6, budget=300_000, at_least={"tier:micro": 2}))

``choose`` is pure and deterministic: the order of the options changes nothing, options alike in everything are taken by their ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from . import exact, greedy
from .conflicts import problems_of, settle
from .model import Choice, Objective, Option, Problem, Rules, checked
from .rules import Row, keeps, rows_of
from .stand_ins import Replacement, replacements
from .value import Overlap, SetValue

__all__ = [
    "Choice",
    "Objective",
    "Option",
    "Overlap",
    "Problem",
    "Replacement",
    "Rules",
    "SetValue",
    "choose",
    "replacements",
    "value_curve",
]

Method = Literal["auto", "exact", "greedy"]
EXACT, EXACT_SHARED = 5_000, 600
"""Up to so many options ``auto`` is exact: where values add up, and where audiences are shared."""


def choose(
    options: Sequence[Option], rules: Rules, objective: Objective = "total", overlap: Overlap | None = None,
    method: Method = "auto", seconds: float = 10.0,
) -> Choice:  # fmt: skip
    """The creators of the highest value (``total``), or of the highest value per cost (``per_cost``), under the rules.

    The sum of known costs never exceeds the budget. Creators without a price are picked only where they must be, or for
    ``total`` where fewer creators than wanted have one. Rules that cannot all hold are in ``Choice.problems``; the choice then keeps
    to all upper ends and to as many wishes as possible.

    Args:
        overlap: whose audience is whose; ``None``: values add up.
        seconds: after this long the exact solver gives the best it has, with its gap.

    Raises:
        ToolError: an option or a rule cannot be meant.
    """
    offered = checked(options, rules)
    if not offered:
        wishes = ["count_min"] * bool(rules.count_min) + [f"at_least:{g}" for g, least in sorted(rules.at_least.items()) if least]
        lows = {"count_min": rules.count_min} | {f"at_least:{g}": least for g, least in rules.at_least.items()}
        return Choice(problems=tuple(Problem((w,), {w: (lows[w], 0)}) for w in wishes))
    rows = rows_of(offered, rules, objective)
    costs = np.array([o.cost or 0 for o in offered], dtype=np.int64)
    value = SetValue(offered, overlap)
    settled = settle(rows, costs)
    room = greedy.Room(settled.rows, costs)
    quick, exactly = (greedy.best_total, exact.best_total) if objective == "total" else (greedy.best_ratio, exact.best_ratio)
    start = quick(room, value, settled.start)
    if method == "exact" or (method == "auto" and len(offered) <= (EXACT if value.additive else EXACT_SHARED)):
        found, how = exactly(settled.rows, value, costs, start, seconds), "exact"
    else:
        found, how = greedy.bounded(room, value, start, objective), "celf"
    picked, added = in_order(value, _useful(settled.rows, value, found.picked))
    ids = [offered[i].id for i in picked]
    return Choice(
        picked=tuple(ids), marginal=dict(zip(ids, added, strict=True)), value=value(picked), cost=int(costs[picked].sum()),
        goal=found.goal, bound=found.bound, method=how, problems=problems_of(rows, settled.conflicts, picked),
    )  # fmt: skip


def _useful(rows: Sequence[Row], value: SetValue, picked: Sequence[int]) -> list[int]:
    """The picks without those that bring nothing and that no rule asks for."""
    kept = sorted(picked)
    for i in sorted(picked, reverse=True):
        rest = [k for k in kept if k != i]
        if value(rest) >= value(kept) and keeps(rows, rest):
            kept = rest
    return kept


def in_order(value: SetValue, picked: Sequence[int]) -> tuple[list[int], list[float]]:
    """The picks in the order in which they add most, and what each adds."""
    left, done, added = sorted(picked), [], []
    while left:
        gains = value.gains(value.sums(done), np.array(left))
        best = int(np.argmax(gains))
        added.append(float(gains[best]))
        done.append(left.pop(best))
    return done, added


def value_curve(
    options: Sequence[Option], rules: Rules, budgets: Sequence[int], objective: Objective = "total", overlap: Overlap | None = None,
    method: Method = "auto", seconds: float = 2.0,
) -> list[tuple[int, float]]:  # fmt: skip
    """``(budget, value)`` of the best choice for each budget (cents), in rising order; ``seconds`` are for each.

    Budgets under which the rules cannot hold are left out.
    """
    curve: list[tuple[int, float]] = []
    for budget in sorted(set(budgets)):
        choice = choose(options, replace(rules, budget=budget), objective, overlap, method, seconds)
        if not choice.problems:
            # What less money buys, more money buys too, also where a greedy choice did not find it.
            least = curve[-1][1] if curve and objective == "total" else 0.0
            curve.append((budget, max(choice.value, least)))
    return curve
