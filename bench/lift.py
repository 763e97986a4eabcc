"""Whether a known lift is found again: the structural model on real-looking revenue, difference-in-differences on a made panel.

The judged trials were used for nothing else: the model's settings come from generated series (random walks, autoregressive and
heavy-tailed noise, sharp peaks), never from this revenue. Any widening of an interval is learned within each trial, before its start.
"""

from __future__ import annotations

import csv
import os
import statistics
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

TRIALS, PANELS = 200, 200
SIZES = (0.0, 0.05, 0.1, 0.2)
SEED = 20_26
CONTROLS = ("competitor_sales_B", "tv_S", "ooh_S", "print_S", "facebook_S", "search_S")
"""What an influencer campaign does not move: a competitor's sales and what was spent elsewhere."""


@dataclass(frozen=True)
class Trial:
    """One injected lift and what was said of it; shares of what there would have been without it."""

    size: float
    truth: float
    low: float
    middle: float
    high: float
    widened: bool = False

    @property
    def inside(self) -> bool:
        return self.low <= self.truth <= self.high


def revenue(folder: Path) -> dict[str, list[float]]:
    """Columns of the weekly table by name."""
    with (folder / "media_mix" / "dt_simulated_weekly.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {c: [float(r[c]) for r in rows] for c in ("revenue", *CONTROLS)}


def series_trial(job: tuple[int, dict[str, list[float]], tuple[str, ...]]) -> Trial:
    """A lift of a random size over 4 to 26 weeks from a random start in the third or fourth year; the noise is left as it is."""
    import numpy as np

    from plugins.evaluator.causal.impact import impact

    seed, columns, controls = job
    rng = np.random.default_rng([SEED, seed])
    y = np.array(columns["revenue"])
    size, length = float(rng.choice(SIZES)), int(rng.integers(4, 27))
    start = int(rng.integers(104, len(y) - length + 1))
    upto = start + length
    without = float(y[start:upto].sum())
    y[start:upto] *= 1 + size
    x = np.column_stack([columns[c][:upto] for c in controls]) if controls else np.empty((upto, 0))
    found = impact(y[:upto], x, start, (52.18,), seed, draws=2000, swap=False)
    return Trial(size, size, *(v / without for v in found.total()), widened=found.widened > 1)


def panel_trial(job: tuple[int, int, int]) -> Trial:
    """Creators with levels, common shocks, heavy-tailed posts and changes of their own; a lift on some of them, one to three posts each."""
    import numpy as np

    from plugins.evaluator.causal.did import Panel, difference

    seed, treated, others = job
    rng = np.random.default_rng([SEED, treated, seed])
    size = float(rng.choice((0.0, 0.2, 0.5, 1.0)))
    shock = rng.normal(0, 0.2, 7)
    unit, period, y = [], [], []
    for u in range(treated + others):
        level, moved = rng.normal(5, 1), rng.normal(0, 0.2)
        for k in range(-6, 1):
            posts = int(rng.integers(1, 4)) if u < treated and k == 0 else 1 + rng.poisson(2)
            noise = 0.6 * rng.standard_t(4, posts) + rng.normal(0, 0.15)
            lift = np.log1p(size) if u < treated and k == 0 else 0.0
            unit += [u] * posts
            period += [k] * posts
            y += list(level + shock[k + 6] + (moved if k == 0 else 0.0) + noise + lift)
    found = difference(Panel(np.array(unit), np.array(period), np.array(y), frozenset(range(treated))), rng)
    return Trial(size, size, *(float(np.expm1(v)) for v in (found.low, found.effect, found.high)))


def regions_trial(seed: int) -> Trial:
    """Weekly sales of five regions with a common season and shocks that last; a lift in one of them for 4 to 16 weeks."""
    import numpy as np

    from plugins.evaluator.causal.did import series_difference
    from plugins.evaluator.causal.impact import starts_before

    rng = np.random.default_rng([SEED, 5, seed])
    size, length, before = float(rng.choice(SIZES)), int(rng.integers(4, 17)), int(rng.integers(40, 120))
    noise = rng.normal(0, 0.06, (5, before + length))
    for i in range(1, before + length):
        noise[:, i] += 0.5 * noise[:, i - 1]
    logs = noise + 0.3 * np.sin(2 * np.pi * np.arange(before + length) / 52.18)
    logs[0, before:] += np.log1p(size)
    found = series_difference(logs[0] - logs[1:].mean(axis=0), before, fake_starts=starts_before(before, length, 12))
    return Trial(size, size, *(float(np.expm1(v)) for v in (found.low, found.effect, found.high)), widened=found.widened > 1)


def table(trials: Sequence[Trial]) -> list[str]:
    """Markdown rows by lift size: trials, coverage, width, bias, and how often an effect was claimed."""
    lines = [
        "| lift | trials | 90 % interval holds it | mean width | median error | called an effect |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]

    def row(name: str, of: Sequence[Trial]) -> str:
        share = sum(t.inside for t in of) / len(of)
        width = statistics.fmean(t.high - t.low for t in of)
        error = statistics.median(t.middle - t.truth for t in of)
        called = sum(t.low > 0 or t.high < 0 for t in of) / len(of)
        return f"| {name} | {len(of)} | {share:.1%} | {width:.1%} | {error:+.1%} | {called:.1%} |"

    lines += [row(f"{size:.0%}", [t for t in trials if t.size == size]) for size in sorted({t.size for t in trials})]
    return [*lines, row("all", trials)]


def spread(trial: Callable[[Any], Trial], jobs: Iterable[Any]) -> list[Trial]:
    """The trials, two processes at once."""
    # One thread each: the matrices are small, and threads would fight for the two cores.
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return list(pool.map(trial, jobs, chunksize=10))


def run() -> list[str]:
    """Coverage, width, bias and false alarms by lift size, as markdown."""
    folder = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    lines = []
    if (folder / "media_mix").is_dir():
        columns = revenue(folder)
        for name, controls in (("a competitor's sales and five kinds of spend as controls", CONTROLS), ("no controls", ())):
            found = spread(series_trial, [(i, columns, controls) for i in range(TRIALS)])
            lines += [
                f"**Structural time series** on 208 weeks of revenue, {name}; {TRIALS} seeded trials, start in week 105 or later, 4 to 26 weeks.",
                "",
            ]
            lines += [*table(found), ""]
            # A lift changes nothing before its start, so a window whose interval misses one misses any, nought included.
            lines += [f"Windows at which no lift would have been called one: {sum(not t.inside for t in found) / len(found):.1%}. "
                      f"Intervals widened after fake starts: {sum(t.widened for t in found) / len(found):.0%} of trials.", ""]  # fmt: skip
    else:
        lines += ["The structural trials were skipped: no `media_mix` data.", ""]
    for treated, others, how in ((3, 25, "interval from placebos in space"), (12, 40, "cluster-robust interval")):
        found = spread(panel_trial, [(i, treated, others) for i in range(PANELS)])
        lines += [
            f"**Difference-in-differences** on a simulated panel of posts: {treated} creators treated, {others} not; {how}.",
            "",
            *table(found),
            "",
        ]
    found = spread(regions_trial, range(TRIALS))
    lines += [f"**Difference-in-differences** of simulated weekly sales, one region treated, four not; {TRIALS} trials.", "", *table(found)]
    return lines
