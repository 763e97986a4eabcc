"""What a run costs beside its tools: overhead of a step, and total time against the critical path."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from toolbox import execution, graph

# Twelve steps: one source, three uneven arms that cross once, one sink.
DIAMOND = {
    "source": (),
    "a1": ("source",),
    "b1": ("source",),
    "c1": ("source",),
    "a2": ("a1",),
    "b2": ("b1",),
    "c2": ("c1",),
    "ab": ("a2", "b1"),
    "a3": ("a2",),
    "b3": ("b2", "ab"),
    "c3": ("c2",),
    "sink": ("a3", "b3", "c3"),
}
SECONDS = {
    "source": 0.3,
    "a1": 0.6,
    "b1": 0.2,
    "c1": 0.9,
    "a2": 0.3,
    "b2": 0.8,
    "c2": 0.2,
    "ab": 0.4,
    "a3": 0.5,
    "b3": 0.3,
    "c3": 0.4,
    "sink": 0.3,
}


def critical_path(shape: dict[str, tuple[str, ...]], seconds: dict[str, float]) -> float:
    longest: dict[str, float] = {}
    for id, needs in shape.items():
        longest[id] = seconds[id] + max((longest[n] for n in needs), default=0.0)
    return max(longest.values())


def seconds_of(shape: dict[str, tuple[str, ...]], seconds: dict[str, float]) -> float:
    plan, tools = graph(shape, seconds)
    with tempfile.TemporaryDirectory() as folder:
        e = execution(plan, tools, Path(folder))
        began = time.perf_counter()
        asyncio.run(e.run())
        assert e.status == "done"
        return time.perf_counter() - began


def run() -> list[str]:
    """Markdown lines."""
    seconds_of({"warm": ()}, {})
    ideal = critical_path(DIAMOND, SECONDS)
    diamonds = [seconds_of(DIAMOND, SECONDS) for _ in range(5)]
    chain = {f"s{i}": (f"s{i - 1}",) if i else () for i in range(50)}
    overheads = [seconds_of(chain, {}) / len(chain) * 1000 for _ in range(5)]
    return [
        "| what | median | worst of 5 |",
        "|---|---|---|",
        f"| 12-step diamond of sleeping tools, total ÷ critical path ({ideal:.1f} s) | {statistics.median(diamonds) / ideal:.3f} | {max(diamonds) / ideal:.3f} |",
        f"| overhead of one step (chain of 50 empty steps, checkpoint written to disk before the next starts) | {statistics.median(overheads):.1f} ms | {max(overheads):.1f} ms |",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
