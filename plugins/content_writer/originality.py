"""Whether a text is its own: no run of eight words or characters of another's post, and no near-copy among drafts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent import RUN_LENGTH, units, word_runs
from plugins.common.text import HAN


def runs_of(texts: Iterable[str], size: int = RUN_LENGTH) -> frozenset[tuple[str, ...]]:
    return frozenset(r for text in texts for r in word_runs(text, size))


def copied(text: str, others: frozenset[tuple[str, ...]], free: frozenset[tuple[str, ...]] = frozenset()) -> str:
    """The first run of the text that is another's and not the brief's own, as words; empty where there is none."""
    of = units(text)
    for i in range(len(of) - RUN_LENGTH + 1):
        run = tuple(of[i : i + RUN_LENGTH])
        if run in others and run not in free:
            return ("" if HAN.match(run[0]) else " ").join(run)
    return ""


def shingles(text: str, size: int = 5) -> frozenset[str]:
    """Runs of five characters, marks and spaces aside: what near-copies share."""
    flat = re.sub(r"\W+", "", text).casefold()
    return frozenset(flat[i : i + size] for i in range(max(1, len(flat) - size + 1)))


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard similarity, 0 to 1."""
    return len(a & b) / len(a | b) if a or b else 0.0
