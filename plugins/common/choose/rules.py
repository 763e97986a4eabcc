"""The rules as rows of whole numbers: ``low <= weights . x <= high`` for a choice ``x`` of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .model import MOST_CENTS, Objective, Option, Rules

FREE = MOST_CENTS * 100
"""Above any sum: a row with it on top has no upper end."""


@dataclass(frozen=True)
class Row:
    """One rule. Its lower end is a wish, which may have to be given up; its upper end always holds."""

    name: str
    weights: np.ndarray
    """int64, one number an option."""
    low: int = 0
    high: int = FREE

    def holds(self, picked: Sequence[int]) -> bool:
        return self.low <= self.of(picked) <= self.high

    def of(self, picked: Sequence[int]) -> int:
        return int(self.weights[list(picked)].sum()) if len(picked) else 0


def rows_of(options: Sequence[Option], rules: Rules, objective: Objective) -> list[Row]:
    """The rows for options in this order."""
    n = len(options)
    ones = np.ones(n, dtype=np.int64)
    costs = np.array([o.cost or 0 for o in options], dtype=np.int64)
    rows = [Row("count", ones, high=rules.count)]
    if rules.budget is not None:
        rows.append(Row("budget", costs, high=rules.budget))
    if rules.price_cap is not None and (over := costs > rules.price_cap).any():
        rows.append(Row("price_cap", over.astype(np.int64), high=0))
    # Somebody without a price could cost anything: they only stand in where fewer have a price than are wanted.
    unpriced = np.array([o.cost is None and not o.must for o in options], dtype=bool)
    if unpriced.any():
        room = 0 if objective == "per_cost" else max(0, rules.count - sum(o.cost is not None for o in options))
        rows.append(Row("unpriced", unpriced.astype(np.int64), high=room))
    for group, most in sorted(rules.at_most.items()):
        rows.append(Row(f"at_most:{group}", _members(options, group), high=most))
    place = {o.id: i for i, o in enumerate(options)}
    for number, names in enumerate(rules.exclusive):
        row = np.zeros(n, dtype=np.int64)
        row[[place[id] for id in names if id in place]] = 1
        if row.sum() > 1:
            rows.append(Row(f"exclusive:{number}", row, high=1))
    for i, option in enumerate(options):
        if option.must:
            row = np.zeros(n, dtype=np.int64)
            row[i] = 1
            rows.append(Row(f"must:{option.id}", row, low=1))
    rows += [Row(f"at_least:{group}", _members(options, group), low=least) for group, least in sorted(rules.at_least.items()) if least]
    if rules.count_min:
        rows.append(Row("count_min", ones, low=rules.count_min))
    return rows


def _members(options: Sequence[Option], group: str) -> np.ndarray:
    return np.array([group in o.groups for o in options], dtype=np.int64)


def keeps(rows: Sequence[Row], picked: Sequence[int]) -> bool:
    """Whether a choice holds to every row, in whole numbers."""
    return all(row.holds(picked) for row in rows)


def lowered(rows: Sequence[Row], lows: dict[str, int]) -> list[Row]:
    """The rows with some wishes given up."""
    return [replace(row, low=lows.get(row.name, row.low)) for row in rows]
