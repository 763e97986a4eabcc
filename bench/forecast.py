"""How often what happened lies inside the forecast's 80 % interval, and how far off its middle is, on real posts (markdown lines).

The constants of ``plugins/common/engagement.py`` and ``levels.py`` were chosen on the even half of the creators and on dates before
July 2023; the other half and later dates are what counts.
"""

from __future__ import annotations

import os
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import Brief, Post
from plugins.common.engagement import EngagementModel
from plugins.common.topics import topic_of

CUTS = [datetime(y, m, 1, tzinfo=UTC) for y in (2022, 2023, 2024) for m in range(1, 13) if (2022, 5) <= (y, m) <= (2024, 11)]
TUNED_UNTIL = datetime(2023, 7, 1, tzinfo=UTC)
AHEAD = timedelta(days=180)
HISTORY, FUTURE = 3, 3
"""A creator takes part with this many on-topic posts before the cut and in the half year after it."""
SLATE, SLATES = 6, 40
"""Slate totals: so many creators with three posts each, so many random slates a cut."""
DRAWS = 2000


def load(folder: Path) -> tuple[dict[str, list[Post]], dict[str, int | None]]:
    """Posts by creator, newest first, and followers, of a MediaCrawler export."""
    from vectorstore import read_exports

    report = read_exports([folder])
    posts: dict[str, list[Post]] = defaultdict(list)
    for post in sorted(report.posts, key=lambda p: str(p.created_at), reverse=True):
        posts[post.creator_id].append(post)
    return dict(posts), {c.id: c.followers for c in report.creators}


@dataclass(frozen=True)
class Row:
    """One creator at one cut: shares of what happened inside the interval, and absolute errors."""

    cut: datetime
    creator: str
    posts: int
    inside: float
    below: float
    sums: float
    """Of the sums of three successive posts."""
    error: float
    naive: float
    naive_median: float


def splits(posts: dict[str, list[Post]], cuts: Sequence[datetime]) -> tuple[list[Row], list[bool], list[bool]]:
    """Rows; for random slates, and for everybody together at each cut, whether the total lay inside. Only the creators in ``posts`` teach the model."""
    import numpy as np

    topic = topic_of(Brief(topics=["美食", "甜品", "探店"], language="zh"))
    about = {p.id: topic.match(p) >= 0.5 for own in posts.values() for p in own}
    rows, slates, everybody = [], [], []
    for cut in cuts:
        before = {id: [p for p in own if p.created_at and p.created_at < cut] for id, own in posts.items()}
        # Follower counts are of the export's day, so a past forecast may not use them.
        model = EngagementModel(before, {}, lambda p: about[p.id], cut)
        totals: dict[str, tuple[np.ndarray, float]] = {}
        rng = np.random.default_rng(1)
        shock = rng.standard_normal(DRAWS)
        for id, own in posts.items():
            past = [p.engagement for p in before[id] if about[p.id] and p.engagement is not None]
            after = [p for p in own if p.created_at and cut <= p.created_at < cut + AHEAD and about[p.id] and p.engagement is not None]
            if len(past) < HISTORY or len(after) < FUTURE:
                continue
            drawn = model.draws(id, 3, rng, DRAWS, shock)
            low, middle, high = np.quantile(drawn[:, 0], [0.1, 0.5, 0.9])
            least, most = np.quantile(drawn.sum(axis=1), [0.1, 0.9])
            actual = [p.engagement or 0 for p in reversed(after)]
            threes = [sum(actual[i : i + 3]) for i in range(0, len(actual) - 2, 3)]
            totals[id] = drawn.sum(axis=1), threes[0]
            typical = statistics.median(actual)
            rows.append(
                Row(
                    cut, id, len(actual), statistics.fmean(low <= a <= high for a in actual), statistics.fmean(a < low for a in actual),
                    statistics.fmean(least <= t <= most for t in threes), abs(middle - typical), abs(statistics.fmean(past) - typical),
                    abs(statistics.median(past) - typical),
                )
            )  # fmt: skip

        def holds(chosen: Sequence[tuple[np.ndarray, float]]) -> bool:
            least, most = np.quantile(sum(d for d, _ in chosen), [0.1, 0.9])
            return bool(least <= sum(t for _, t in chosen) <= most)

        # Slates from hardly more creators than they take would all be the same.
        if len(totals) >= 2 * SLATE:
            chooser = np.random.default_rng(2)
            picks = (chooser.choice(len(totals), SLATE, replace=False) for _ in range(SLATES))
            slates += [holds([list(totals.values())[i] for i in chosen]) for chosen in picks]
        if totals:
            everybody.append(holds(list(totals.values())))
    return rows, slates, everybody


def summary(rows: Sequence[Row]) -> dict[str, float]:
    """Means over creators and cuts, each counting once; ``posts``: coverage with each post counting once."""
    made = {k: statistics.fmean(getattr(r, k) for r in rows) for k in ("inside", "below", "sums", "error", "naive", "naive_median")}
    return {"rows": len(rows), "posts": sum(r.inside * r.posts for r in rows) / sum(r.posts for r in rows), **made}


def run() -> list[str]:
    """Markdown lines for the benchmark page."""
    folder = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "xhs_koc"
    lines = ["80 % intervals against what happened:", ""]
    if not folder.is_dir():
        return [*lines, f"SKIPPED: {folder} is not there (set KOLONY_DATA)."]
    posts, _ = load(folder)
    lines += [
        "| creators | cuts | cut × creator | inside | inside, each post once | below P10 | sums of 3 | slate totals | everybody's total | MAE | MAE, own mean | less |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    ids = sorted(posts)
    early, late = [c for c in CUTS if c < TUNED_UNTIL], [c for c in CUTS if c >= TUNED_UNTIL]
    parts = (
        ("all", ids, "all", CUTS), ("even half", ids[::2], "before 2023-07 (chosen on)", early), ("even half", ids[::2], "later", late),
        ("odd half", ids[1::2], "before 2023-07", early), ("odd half", ids[1::2], "later", late),
    )  # fmt: skip
    for name, chosen, when, cuts in parts:
        rows, slates, everybody = splits({id: posts[id] for id in chosen}, cuts)
        s = summary(rows)
        totals = f"{statistics.fmean(slates):.1%} of {len(slates)}" if slates else "–"
        lines.append(
            f"| {name} | {when} | {s['rows']:.0f} | {s['inside']:.1%} | {s['posts']:.1%} | {s['below']:.1%} | {s['sums']:.1%} | {totals} "
            f"| {sum(everybody)} of {len(everybody)} "
            f"| {s['error']:.1f} | {s['naive']:.1f} | {1 - s['error'] / s['naive']:.0%} |"
        )
    lines += [
        "",
        f"{len(CUTS)} cuts from {CUTS[0]:%Y-%m} to {CUTS[-1]:%Y-%m}; on-topic posts of the 180 days after each; the model knows nothing but earlier "
        f"posts of the creators of its row. Target 75-85 %. Slate totals: {SLATE} random creators, three posts each, where "
        "there are twice as many; slates and neighbouring cuts share creators and posts.",
    ]
    return lines


if __name__ == "__main__":
    print("\n".join(run()))
