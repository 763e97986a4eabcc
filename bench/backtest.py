"""Slates chosen as of past dates against simpler ways to choose, and against the oracle, on real posts (markdown lines).

Constants of the model were chosen on the even half of the creators and on dates before July 2023 (``bench/forecast.py``); nothing is
fitted here. Intervals are paired bootstraps over dates in blocks of half a year, because neighbouring dates share most posts.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from plugins.evaluator.backtest import GOALS, Goal, World, Worth, backtest, baselines, pick, predict, worth

DATES = [datetime(y, m, 1, tzinfo=UTC) for y in (2022, 2023, 2024) for m in range(1, 13) if (2022, 5) <= (y, m) <= (2024, 10)]
TUNED_UNTIL = datetime(2023, 7, 1, tzinfo=UTC)
K, BUDGET = 6, 3000.0
HALVES, HALF_K = 10, 3
"""Random halves of the creators, and how many are chosen from each."""
BLOCK, RESAMPLES = 6, 2000
"""Dates in a block of the bootstrap, and resamples."""
LABELS = {"top_followers": "top_followers (of the export's day: hindsight)"}
TOPIC = "美食 甜品 探店"


def slates(world: World, dates: Sequence[datetime], k: int) -> dict[Goal, list[dict[str, Worth]]]:
    """For each objective, one row a date: name of the way to choose to what its slate brought."""
    made: dict[Goal, list[dict[str, Worth]]] = {goal: [] for goal in GOALS}
    for date in dates:
        cases = world.cases(date)
        if len(cases) <= k:
            continue
        predicted = predict(world.known(date), lambda p: p.id in world.about, date, list(cases))
        prices = {id: c.price for id, c in cases.items()}
        others = baselines(cases, k, BUDGET)
        for goal in GOALS:
            ours = worth(cases, pick({id: p.value[goal] for id, p in predicted.items()}, prices, k, BUDGET, goal))
            best = worth(cases, pick({id: c.realised for id, c in cases.items()}, prices, k, BUDGET, goal))
            made[goal].append({"forecast": ours, **others, "oracle": best})
    return made


def accuracy(world: World, dates: Sequence[datetime]) -> str:
    """How well the medians were foretold, as a sentence."""
    made = [backtest(world, date, K, BUDGET, "per_post") for date in dates]
    cases = sum(len(b.cases) for b in made)
    inside, error, naive = (sum(getattr(b, name) * len(b.cases) for b in made) / cases for name in ("coverage", "mae", "mae_naive"))
    return (
        f"Realised medians of all candidates ({cases} at {len(made)} dates): {inside:.1%} inside the 80 % interval; mean absolute error {error:.1f}, "
        f"of the creators' own means {naive:.1f} ({1 - error / naive:.0%} less)."
    )


def compare(rows: Sequence[dict[str, Worth]], goal: Goal, name: str) -> tuple[float, float, float, float]:
    """``(mean of the way, mean gain of the forecast over it, P2.5 and P97.5 of that gain)``."""
    import numpy as np

    theirs = np.array([getattr(r[name], goal) for r in rows])
    gain = np.array([getattr(r["forecast"], goal) for r in rows]) - theirs
    blocks = [gain[i : i + BLOCK] for i in range(len(gain))]  # moving blocks (Künsch 1989)
    rng = np.random.default_rng(0)
    count = -(-len(gain) // BLOCK)
    means = [np.concatenate([blocks[i] for i in rng.integers(len(blocks), size=count)]).mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(theirs.mean()), float(gain.mean()), float(low), float(high)


def _share(rows: Sequence[dict[str, Worth]], goal: Goal, name: str = "forecast") -> float:
    return sum(getattr(r[name], goal) for r in rows) / sum(getattr(r["oracle"], goal) for r in rows)


def run() -> list[str]:
    """Markdown lines for the benchmark page."""
    from vectorstore import read_exports

    folder = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "xhs_koc"
    if not folder.is_dir():
        return [f"SKIPPED: {folder} is not there (set KOLONY_DATA)."]
    read = read_exports([folder])
    world = World(read.posts, read.creators, TOPIC)
    whole = slates(world, DATES, K)
    lines = [f"{K} creators under {BUDGET:,.0f} {world.currency}, chosen at {len(whole['per_post'])} dates from {DATES[0]:%Y-%m} to {DATES[-1]:%Y-%m}:", ""]  # fmt: skip
    lines += ["| objective | way to choose | mean | share of oracle | forecast's gain over it (95 % interval) |", "|---|---|---|---|---|"]
    for goal in GOALS:
        for name in whole[goal][0]:
            mean, gain, low, high = compare(whole[goal], goal, name)
            versus = "" if name == "forecast" else f"{gain:+.2f} ({low:+.2f} to {high:+.2f})"
            lines.append(f"| {goal} | {LABELS.get(name, name)} | {mean:.2f} | {_share(whole[goal], goal, name):.1%} | {versus} |")
    lines += ["", accuracy(world, DATES[::3])]
    ids = sorted(world.posts)
    lines += ["", f"Parts of it, {HALF_K} creators chosen where creators are halved; the model sees no creator outside its part:", ""]
    lines += ["| creators | dates | objective | forecast | share of oracle | best baseline | its share |", "|---|---|---|---|---|---|---|"]
    early, late = [d for d in DATES if d < TUNED_UNTIL][::2], [d for d in DATES if d >= TUNED_UNTIL][::2]
    even, odd = world.of(ids[::2]), world.of(ids[1::2])
    parts = [
        ("all", "2023-07 and later", slates(world, late, K)), ("even half", "before 2023-07 (chosen on)", slates(even, early, HALF_K)),
        ("even half", "later", slates(even, late, HALF_K)), ("odd half", "before 2023-07", slates(odd, early, HALF_K)),
        ("odd half", "later", slates(odd, late, HALF_K)), (f"{HALVES} random halves", "every sixth", _halves(world, ids)),
    ]  # fmt: skip
    for who, when, rows in parts:
        for goal in GOALS:
            shares = {name: _share(rows[goal], goal, name) for name in rows[goal][0] if name not in ("forecast", "oracle")}
            best = max(shares, key=lambda name: shares[name])
            mean = statistics.fmean(getattr(r["forecast"], goal) for r in rows[goal])
            lines.append(f"| {who} | {when} | {goal} | {mean:.2f} | {_share(rows[goal], goal):.1%} | {best} | {shares[best]:.1%} |")
    return lines


def _halves(world: World, ids: Sequence[str]) -> dict[Goal, list[dict[str, Worth]]]:
    import numpy as np

    made: dict[Goal, list[dict[str, Worth]]] = {goal: [] for goal in GOALS}
    for seed in range(HALVES):
        chosen = np.random.default_rng(seed).choice(len(ids), len(ids) // 2, replace=False)
        for goal, rows in slates(world.of([ids[i] for i in chosen]), DATES[1::6], HALF_K).items():
            made[goal] += rows
    return made


if __name__ == "__main__":
    print("\n".join(run()))
