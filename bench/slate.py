"""Choosing creators: exact against lazy greedy (CELF), plain greedy and top-k on seeded instances, and how long each takes.

Instances are drawn, not real: values (engagements) and prices are log-normal and go together, as quotes and engagement do; fans are
spread over segments, and nobody reaches more than 30 % of one. Nothing was tuned on them but the running time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

INSTANCES = 500
REPEATS = 5
CLOSE = 1e-4
"""What lies this close to the best counts as the best: the exact choice itself is proven no closer where audience is shared."""


def instance(seed: int, n: int, count: int, segments: int) -> tuple[Any, Any, Any]:
    """``(options, rules, overlap)``: a budget that buys about ``count`` creators of the usual price, two of them at least of one tier."""
    import numpy as np

    from plugins.common.choose import Option, Overlap, Rules

    rng = np.random.default_rng(seed)
    value = rng.lognormal(5, 1, n)
    cents = (value * rng.lognormal(3, 0.5, n)).astype(int) + 1000
    tier = rng.choice(["nano", "micro", "mid"], n, p=[0.5, 0.35, 0.15])
    options = [Option(f"c{i:06d}", float(value[i]), int(cents[i]), (f"tier:{tier[i]}",)) for i in range(n)]
    share = rng.dirichlet(np.ones(segments), n)
    fans = value[:, None] * share
    # As select_slate assumes: two of the usual size with the same fans have a fifth in common, nobody has more than 30 % of a segment.
    size = np.maximum((value**2).sum() / value.sum() / 0.2 * fans.sum(axis=0) / fans.sum(), fans.max(axis=0) / 0.3)
    rules = Rules(count, budget=int(np.median(cents) * count), at_least={"tier:micro": 2})
    return options, rules, Overlap([o.id for o in options], share, size)


def ways(options: Any, rules: Any, overlap: Any) -> dict[str, tuple[float, bool]]:
    """Way of choosing to (value, whether every rule holds)."""
    import numpy as np

    from plugins.common.choose import SetValue, choose, greedy
    from plugins.common.choose.rules import rows_of

    rows, value = rows_of(options, rules, "total"), SetValue(options, overlap)
    room = greedy.Room(rows, np.array([o.cost for o in options]))
    found = {}
    for name, method in (("exact", "exact"), ("CELF with swaps", "greedy")):
        choice = choose(options, rules, "total", overlap, method)
        found[name] = (choice.value, not choice.problems)
    simple: dict[str, Callable[[], list[int]]] = {
        "plain greedy": lambda: greedy.plain_greedy(room, value, greedy.by_gain),
        "plain greedy per cost": lambda: greedy.plain_greedy(room, value, greedy.by_gain_per_cost),
        "top-k by value": lambda: greedy.top_values(room, value),
    }
    for name, way in simple.items():
        picked = way()
        found[name] = (value(picked), room.met(picked))
    return found


def compared(n: int, count: int, segments: int, seeds: range) -> list[str]:
    """Table rows of value against the exact choice's."""
    ratios: dict[str, list[float]] = {}
    unmet: dict[str, int] = {}
    below = 0
    for seed in seeds:
        options, rules, overlap = instance(seed, n, count, segments)
        found = ways(options, rules, overlap if segments > 1 else None)
        for name, (value, holds) in found.items():
            if holds:
                ratios.setdefault(name, []).append(value / found["exact"][0])
            else:
                unmet[name] = unmet.get(name, 0) + 1
        simple = max(v for name, (v, holds) in found.items() if holds and name not in ("exact", "CELF with swaps"))
        below += found["CELF with swaps"][0] < simple * (1 - 1e-9)
        below += found["exact"][0] < found["CELF with swaps"][0] * (1 - 1e-9)
    lines = [
        f"| {name} | {statistics.fmean(r):.2%} | {min(r):.2%} | {sum(x >= 1 - CLOSE for x in r) / len(r):.1%} | {unmet.get(name, 0)} |"
        for name, r in ratios.items()
    ]
    return [*lines, "", f"CELF below a simpler way, or exact below CELF: {below} of {len(seeds)} instances."]


def timed(n: int, segments: int, method: str, objective: str) -> tuple[list[float], float]:
    """Wall time on each of ``REPEATS`` instances, and the widest gap."""
    from plugins.common.choose import choose

    taken, gap = [], 0.0
    for seed in range(REPEATS):
        options, rules, overlap = instance(seed, n, 10, max(1, segments))
        start = time.perf_counter()
        choice = choose(options, rules, objective, overlap if segments else None, method)
        taken.append(time.perf_counter() - start)
        gap = max(gap, choice.gap)
    return taken, gap


def run() -> list[str]:
    """Markdown lines for the benchmark page."""
    lines = []
    for title, segments, seeds in (
        ("audience shared in 6 segments", 6, range(INSTANCES // 2)),
        ("values that add up", 1, range(INSTANCES // 2, INSTANCES)),
    ):
        lines += [f"{len(seeds)} instances of 40 creators, up to 6 of them under a budget, 2 at least of a tier; {title}:", ""]
        lines += ["| way | value ÷ exact, mean | worst | best found | rules missed |", "|---|---|---|---|---|"]
        lines += [*compared(40, 6, segments, seeds), ""]
    lines += ["| task (k = 10) | median, s | worst, s | widest gap |", "|---|---|---|---|"]
    for name, n, segments, method, objective in (
        ("exact, 300 creators", 300, 0, "exact", "total"),
        ("exact, 300 creators, value per cost", 300, 0, "exact", "per_cost"),
        ("exact, 300 creators, audience shared in 12 segments", 300, 12, "exact", "total"),
        ("exact, 300 creators, audience shared in 24 segments", 300, 24, "exact", "total"),
        ("greedy, 100,000 creators", 100_000, 0, "greedy", "total"),
        ("greedy, 100,000 creators, audience shared in 24 segments", 100_000, 24, "greedy", "total"),
    ):
        taken, gap = timed(n, segments, method, objective)
        lines.append(f"| {name} | {statistics.median(taken):.2f} | {max(taken):.2f} | {gap:.2%} |")
    lines += ["", f"{REPEATS} instances each. Targets: exact, 300 creators under 2 s; greedy, 100,000 creators under 5 s."]
    return lines


if __name__ == "__main__":
    print("\n".join(run()))
