"""Good choices quickly: lazy greedy, then swaps.

CELF (Leskovec et al., "Cost-effective outbreak detection in networks", *KDD* 2007): greedy by gain and greedy by gain per cost, the
better of the two, evaluated lazily. What an option adds only falls while the set grows, so an option whose last known gain is below
the best fresh one need not be looked at again. Plain greedy, the options of the highest values by themselves and the best single one
are tried as well, so that the result is never below any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .model import Objective, Solved
from .rules import Row, keeps
from .value import SetValue

BLOCK = 64
"""Options looked at together when stale gains are refreshed."""
SWAP_POOL = 3000
"""Swaps try this many options at most: those of the highest gains, values and values per cost."""

Key = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""``(gains, costs) -> what to go by``; falls when the gains fall."""


class Room:
    """Which options may still be added so that upper ends hold and the wishes can yet be met.

    Money and places are kept back for wishes: for each group the cheapest of its members. That is careful where groups overlap, so
    it may refuse what would be possible; the callers begin from a possible choice too.
    """

    def __init__(self, rows: Sequence[Row], costs: np.ndarray) -> None:
        self.rows, self.costs = rows, costs
        self.matrix = np.array([row.weights for row in rows])
        self.high = np.array([row.high for row in rows])
        self.count = min(row.high for row in rows if row.name == "count")
        self.budget = next((row.high for row in rows if row.name == "budget"), None)
        self.least = max((row.low for row in rows if row.name == "count_min"), default=0)
        self.must = [int(np.flatnonzero(row.weights)[0]) for row in rows if row.name.startswith("must:") and row.low]
        self.wishes = [row for row in rows if row.low and row.name != "count_min" and not row.name.startswith("must:")]
        self._cheap = [self._sorted(row) for row in self.wishes]
        self._all = np.argsort(costs, kind="stable")

    def _sorted(self, row: Row) -> np.ndarray:
        members = np.flatnonzero(row.weights)
        return members[np.argsort(self.costs[members], kind="stable")]

    def open(self, picked: Sequence[int]) -> np.ndarray:
        """Shape (n,): whether each option may be added."""
        used = self.matrix[:, list(picked)].sum(axis=1)
        may = (self.matrix <= (self.high - used)[:, None]).all(axis=0)
        may[list(picked)] = False
        places = self.count - len(picked) - 1
        cost = self.costs + int(self.costs[list(picked)].sum())
        needed = np.zeros(len(self.costs), dtype=np.int64)
        for row, cheap in zip(self.wishes, self._cheap, strict=True):
            need = max(0, row.low - row.of(picked))
            if need:
                inside = row.weights > 0
                needed += need - inside
                cost = cost + np.where(inside, self._kept(cheap, need - 1, picked), self._kept(cheap, need, picked))
        more = np.maximum(0, self.least - len(picked) - 1 - needed)
        for extra in np.unique(more[may]):
            chosen = more == extra
            cost[chosen] += self._kept(self._all, int(extra), picked)[chosen]
        may &= needed <= places
        if self.budget is not None:
            may &= cost <= self.budget
        return may

    def _kept(self, cheap: np.ndarray, need: int, picked: Sequence[int]) -> np.ndarray:
        """Shape (n,): cost of the cheapest ``need`` of ``cheap``, without those picked and without the option itself."""
        if need <= 0:
            return np.zeros(len(self.costs), dtype=np.int64)
        left = [i for i in cheap[: need + 1 + len(picked)].tolist() if i not in set(picked)]
        first = left[:need]
        whole = np.full(len(self.costs), int(self.costs[first].sum()), dtype=np.int64)
        if len(left) > need:
            whole[first] += self.costs[left[need]] - self.costs[first]
        return whole

    def met(self, picked: Sequence[int]) -> bool:
        return keeps(self.rows, picked)


def lazy_greedy(room: Room, value: SetValue, key: Key) -> list[int]:
    """Take the option of the highest key again and again (ties: the first), refreshing gains only where they may matter.

    Options that bring nothing are taken only while a wish is open.
    """
    picked = list(room.must)
    sums = value.sums(picked)
    stale = key(value.gains(sums), room.costs)
    while len(picked) < room.count:
        may = np.flatnonzero(room.open(picked))
        if not len(may):
            break
        best = _refreshed_best(may, stale, value, sums, room.costs, key)
        if stale[best] <= 0 and room.met(picked):
            break
        picked.append(best)
        sums = sums + value.weights[best]
    return picked


def _refreshed_best(may: np.ndarray, stale: np.ndarray, value: SetValue, sums: np.ndarray, costs: np.ndarray, key: Key) -> int:
    """The option of the highest fresh key. Updates ``stale`` where it looked."""
    block, fresh = BLOCK, np.zeros(0, dtype=np.int64)
    left = may
    while True:
        if len(left) > block:
            cut = np.partition(stale[left], len(left) - block)[len(left) - block]
            now, left = left[stale[left] >= cut], left[stale[left] < cut]
        else:
            now, left = left, left[:0]
        stale[now] = key(value.gains(sums, now), costs[now])
        fresh = np.concatenate([fresh, now])
        top = stale[fresh].max()
        if not len(left) or stale[left].max() < top:
            return int(fresh[stale[fresh] >= top].min())
        block *= 4


def plain_greedy(room: Room, value: SetValue, key: Key) -> list[int]:
    """The same choice as ``lazy_greedy``, with every gain computed at every step: what the lazy one is measured against."""
    picked = list(room.must)
    while len(picked) < room.count:
        may = np.flatnonzero(room.open(picked))
        if not len(may):
            break
        keys = key(value.gains(value.sums(picked), may), room.costs[may])
        best = int(may[int(np.argmax(keys))])
        if keys.max() <= 0 and room.met(picked):
            break
        picked.append(best)
    return picked


def top_values(room: Room, value: SetValue) -> list[int]:
    """The options of the highest values by themselves, as far as the rules allow (ties: the first)."""
    picked = list(room.must)
    while len(picked) < room.count:
        may = np.flatnonzero(room.open(picked))
        if not len(may):
            break
        picked.append(int(may[int(np.argmax(value.single[may]))]))
    return picked


def swapped(room: Room, value: SetValue, start: Sequence[int], fee: float, sweeps: int = 30) -> list[int]:
    """Improve ``value - fee * cost`` by adding, dropping or swapping one option at a time, the best such step each time."""
    picked = sorted(start)
    fees = fee * np.maximum(room.costs, 1)
    for _ in range(sweeps):
        pool = _promising(room, value, picked, fees)
        now = value(picked) - float(fees[picked].sum())
        best: tuple[float, list[int]] = (1e-9 * max(value(picked), 1e-12), picked)
        for out in [None, *picked]:
            rest = [i for i in picked if i != out]
            sums = value.sums(rest)
            base = value(rest) - float(fees[rest].sum()) - now
            used = room.matrix[:, rest].sum(axis=1)
            if out is not None and base > best[0] and room.met(rest):
                best = (base, rest)
            lows = np.array([row.low for row in room.rows])
            after = room.matrix[:, pool] + used[:, None]
            may = ((after <= room.high[:, None]) & (after >= lows[:, None])).all(axis=0)
            if not may.any():
                continue
            steps = base + value.gains(sums, pool[may]) - fees[pool[may]]
            top = int(np.argmax(steps))
            if steps[top] > best[0]:
                best = (float(steps[top]), sorted([*rest, int(pool[may][top])]))
        if best[1] is picked:
            break
        picked = best[1]
    return picked


def _promising(room: Room, value: SetValue, picked: Sequence[int], fees: np.ndarray) -> np.ndarray:
    """Places of options that a swap may bring in."""
    outside = np.ones(len(room.costs), dtype=bool)
    outside[list(picked)] = False
    places = np.flatnonzero(outside)
    if len(places) <= SWAP_POOL:
        return places
    gains = value.gains(value.sums(picked), places)
    share = SWAP_POOL // 3
    per_cost = gains / np.maximum(room.costs[places], 1)
    best = [np.argsort(-keys, kind="stable")[:share] for keys in (gains - fees[places], value.single[places], per_cost)]
    return places[np.unique(np.concatenate(best))]


def by_gain(gains: np.ndarray, costs: np.ndarray) -> np.ndarray:
    return gains


def by_gain_per_cost(gains: np.ndarray, costs: np.ndarray) -> np.ndarray:
    return gains / np.maximum(costs, 1)


def best_total(room: Room, value: SetValue, start: Sequence[int]) -> list[int]:
    """The choice of the highest value found. ``start`` keeps to the rules, and is the least that comes back."""
    found = [list(start), *(lazy_greedy(room, value, key) for key in (by_gain, by_gain_per_cost)), top_values(room, value)]
    found += [[i] for i in np.argsort(-value.single, kind="stable")[:1].tolist()]
    return _best(room, value, found, 0.0)


def best_ratio(room: Room, value: SetValue, start: Sequence[int]) -> list[int]:
    """The choice of the highest value per cost found, by raising the fee for cost until no choice is worth its fee."""
    counted = np.maximum(room.costs, 1)

    def ratio(picked: Sequence[int]) -> float:
        return value(picked) / float(counted[list(picked)].sum()) if len(picked) else 0.0

    best = max((p for p in (best_total(room, value, start), list(start), _singles(room, value, counted)) if room.met(p)), key=ratio)
    while True:
        fee = ratio(best)

        def worth(gains: np.ndarray, costs: np.ndarray, fee: float = fee) -> np.ndarray:
            return gains - fee * np.maximum(costs, 1)

        tried = _best(room, value, [best, lazy_greedy(room, value, worth), lazy_greedy(room, value, by_gain_per_cost)], fee)
        if ratio(tried) <= fee * (1 + 1e-9):
            return best
        best = tried


def _singles(room: Room, value: SetValue, counted: np.ndarray) -> list[int]:
    return [int(np.argmax(value.single / counted))]


def _best(room: Room, value: SetValue, found: Sequence[list[int]], fee: float) -> list[int]:
    fees = fee * np.maximum(room.costs, 1)

    def goal(picked: Sequence[int]) -> float:
        return value(picked) - float(fees[list(picked)].sum())

    possible = sorted({tuple(sorted(p)) for p in found if room.met(p)}, key=lambda p: (-goal(p), p))
    # Where looking costs little, every start is improved; else the best of them.
    starts = possible if len(room.costs) <= SWAP_POOL else possible[:1]
    return min((swapped(room, value, p, fee) for p in starts), key=lambda p: (-goal(p), p))


def bounded(room: Room, value: SetValue, picked: list[int], objective: Objective) -> Solved:
    """A choice with its goal and a bound on all choices."""
    if objective == "total":
        # What a set has, and what the best others would add to it by themselves (Leskovec et al. 2007, section 3.2).
        return Solved(picked, value(picked), max(value(picked), min(_above(room, value, []), _above(room, value, picked))))
    counted = np.maximum(room.costs, 1)
    ratio = value(picked) / float(counted[picked].sum()) if picked else 0.0
    # No set has more value per cost than its best member by itself; nor, beside ``ratio``, more than its members' excess values.
    excess = np.sort(np.maximum(value.single - ratio * counted, 0.0))[::-1][: room.count].sum()
    least = max(1, int(np.sort(counted)[: room.least].sum()))
    return Solved(picked, ratio, max(ratio, min(float((value.single / counted).max()), ratio + float(excess) / least)))


def _above(room: Room, value: SetValue, picked: Sequence[int]) -> float:
    """No choice under the count and the budget is worth more."""
    gains = value.gains(value.sums(picked))
    gains[list(picked)] = 0.0
    by_count = np.sort(gains)[::-1][: room.count].sum()
    if room.budget is None:
        return value(picked) + float(by_count)
    order = np.argsort(-gains / np.maximum(room.costs, 1e-9), kind="stable")
    paid = np.cumsum(room.costs[order])
    last = int(np.searchsorted(paid, room.budget, side="right"))
    by_money = gains[order[:last]].sum()
    if last < len(order):
        left = room.budget - (paid[last - 1] if last else 0)
        by_money += gains[order[last]] * left / room.costs[order[last]]
    return value(picked) + float(min(by_count, by_money))
