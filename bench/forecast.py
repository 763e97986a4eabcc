"""How often what happened lies inside the forecast's 80 % interval, by time splits on real posts (markdown lines)."""

from __future__ import annotations

import os
import statistics
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import Brief, Post
from plugins.common.engagement import EngagementModel
from plugins.common.topics import topic_of

CUTS = [datetime(year, month, 1, tzinfo=UTC) for year in (2023, 2024) for month in (1, 3, 5, 7, 9, 11)]
AHEAD = timedelta(days=180)
HISTORY, FUTURE = 3, 3
"""A creator takes part with this many on-topic posts before the cut and in the half year after it."""


def load(folder: Path) -> tuple[dict[str, list[Post]], dict[str, int | None]]:
    """Posts by creator, newest first, and followers, of a MediaCrawler export."""
    from vectorstore import read_exports

    report = read_exports([folder])
    posts: dict[str, list[Post]] = defaultdict(list)
    for post in sorted(report.posts, key=lambda p: str(p.created_at), reverse=True):
        posts[post.creator_id].append(post)
    return dict(posts), {c.id: c.followers for c in report.creators}


def splits(posts: dict[str, list[Post]], followers: dict[str, int | None], cuts: list[datetime]) -> list[dict[str, float]]:
    """One row per creator and cut: single-post and total coverage, absolute error of the median, and of the creator's own mean."""
    import numpy as np

    topic = topic_of(Brief(topics=["美食", "甜品", "探店"], language="zh"))
    about = {p.id: topic.match(p) >= 0.5 for own in posts.values() for p in own}
    rows = []
    for cut in cuts:
        before = {id: [p for p in own if p.created_at and p.created_at < cut] for id, own in posts.items()}
        # Follower counts are of the export's day, so a past forecast may not use them.
        model = EngagementModel(before, {}, lambda p: about[p.id], cut)
        for id, own in posts.items():
            past = [p for p in before[id] if about[p.id] and p.engagement is not None]
            after = [p for p in own if p.created_at and cut <= p.created_at < cut + AHEAD and about[p.id] and p.engagement is not None]
            if len(past) < HISTORY or len(after) < FUTURE:
                continue
            rng = np.random.default_rng(0)
            single = np.quantile(model.draw(id, 1, rng, 4000), [0.1, 0.5, 0.9])
            total = np.quantile(model.draw(id, 3, rng, 4000), [0.1, 0.5, 0.9])
            actual = [p.engagement or 0 for p in after]
            three = [sum(actual[i : i + 3]) for i in range(0, len(actual) - 2, 3)]
            typical = statistics.median(actual)
            rows.append(
                {
                    "posts": len(actual), "inside": sum(single[0] <= a <= single[2] for a in actual),
                    "below": sum(a < single[0] for a in actual), "threes": len(three),
                    "inside_threes": sum(total[0] <= t <= total[2] for t in three),
                    "error": abs(single[1] - typical), "naive": abs(statistics.fmean(p.engagement or 0 for p in past) - typical),
                    "naive_median": abs(statistics.median(p.engagement or 0 for p in past) - typical), "history": len(past),
                }
            )  # fmt: skip
    return rows


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Coverage by creator (each creator and cut counts once) and by post, and the errors."""

    def mean(key: str) -> float:
        return statistics.fmean(r[key] for r in rows)

    posts, threes = sum(r["posts"] for r in rows), sum(r["threes"] for r in rows)
    return {
        "rows": len(rows), "posts": posts, "coverage_posts": sum(r["inside"] for r in rows) / posts,
        "coverage_creators": statistics.fmean(r["inside"] / r["posts"] for r in rows),
        "below": sum(r["below"] for r in rows) / posts, "coverage_threes": sum(r["inside_threes"] for r in rows) / max(1, threes),
        "mae": mean("error"), "mae_naive": mean("naive"), "mae_naive_median": mean("naive_median"),
    }  # fmt: skip


def run() -> list[str]:
    """Markdown lines for the benchmark page."""
    folder = Path(os.environ.get("KOLONY_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "xhs_koc"
    lines = ["80 % intervals against what happened:", ""]
    if not folder.is_dir():
        return [*lines, f"SKIPPED: {folder} is not there (set KOLONY_DATA)."]
    posts, followers = load(folder)
    lines += [
        "| creators | cut × creator | posts | inside, posts | inside, sums of 3 | below P10 | MAE | MAE, own mean |",
        "|---|---|---|---|---|---|---|---|",
    ]
    half = sorted(posts)
    for name, ids in (("all", half), ("even half", half[::2]), ("odd half", half[1::2])):
        rows = splits({id: posts[id] for id in ids}, followers, CUTS)
        s = summary(rows)
        lines.append(
            f"| {name} | {s['rows']:.0f} | {s['posts']:.0f} | {s['coverage_posts']:.1%} | {s['coverage_threes']:.1%} | {s['below']:.1%} "
            f"| {s['mae']:.1f} | {s['mae_naive']:.1f} |"
        )
    lines += ["", f"{len(CUTS)} cuts from {CUTS[0]:%Y-%m} to {CUTS[-1]:%Y-%m}, on-topic posts of the 180 days after each; target 75-85 %."]
    return lines


if __name__ == "__main__":
    print("\n".join(run()))
