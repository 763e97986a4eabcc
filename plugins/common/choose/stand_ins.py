"""Who could step in for a pick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .model import Choice, Objective, Option, Rules, checked
from .rules import rows_of
from .value import Overlap, SetValue


@dataclass(frozen=True)
class Replacement:
    """Somebody who could step in for one pick while all others stay."""

    id: str
    value_change: float
    """What the whole choice's value changes by; shared audience is counted once."""
    cost_change: int | None
    """Cents; ``None`` when one of the two has no known price."""


def replacements(
    options: Sequence[Option], rules: Rules, choice: Choice, objective: Objective = "total", overlap: Overlap | None = None, most: int = 3
) -> dict[str, list[Replacement]]:
    """For each pick, those outside the choice who could take its place, best first (by what ``objective`` maximises).

    Every rule that the choice keeps to still holds after the change. A pick that is a must can still drop out, so it has some too.
    """
    offered = checked(options, rules)
    rows = rows_of(offered, rules, objective)
    value = SetValue(offered, overlap)
    costs = np.array([o.cost or 0 for o in offered], dtype=np.int64)
    counted = np.maximum(costs, 1)
    place = {o.id: i for i, o in enumerate(offered)}
    picked = [place[id] for id in choice.picked]
    outside = np.array([i for i in range(len(offered)) if i not in set(picked)], dtype=np.int64)
    before, found = value(picked), {}
    for out in picked:
        rest = [i for i in picked if i != out]
        fits = np.ones(len(outside), dtype=bool)
        for row in rows:
            if row.name == f"must:{offered[out].id}":
                continue
            after = row.weights[outside] + row.of(rest)
            fits &= (after <= row.high) & (after >= min(row.low, row.of(picked)))
        may = outside[fits]
        values = value(rest) + value.gains(value.sums(rest), may)
        goals = values if objective == "total" else values / (counted[may] + counted[rest].sum())
        found[offered[out].id] = [
            Replacement(offered[i].id, float(values[k] - before), _change(offered[out].cost, offered[i].cost))
            for k in np.argsort(-goals, kind="stable")[:most]
            for i in (int(may[k]),)
        ]
    return found


def _change(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else new - old
