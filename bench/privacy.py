"""Precision and recall of the guard against personal data, by kind, on a written set; its second half is only ever scored."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from agent.guard import personal_data

SET = Path(__file__).parent.parent / "tests" / "data" / "pii.jsonl"
STRUCTURED = ("email", "phone", "id_number", "card", "iban")


class Score(NamedTuple):
    """Findings that hit a marked span of their kind, findings that hit none, marked spans that were missed."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0


def rows(split: str) -> list[dict[str, Any]]:
    """The strings of a half: ``text``, ``language``, ``split`` and ``spans`` (``[kind, start, end]``)."""
    return [r for r in map(json.loads, SET.read_text(encoding="utf-8").splitlines()) if r["split"] == split]


def scores(split: str) -> dict[str, Score]:
    """Kind to score. A marked span is hit when a finding of its kind covers at least nine tenths of it."""
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows(split):
        found = [(f.kind, f.start, f.end) for f in personal_data(row["text"])]
        used = set()
        for kind, start, end in row["spans"]:
            hit = next(
                (f for f in found if f[0] == kind and f not in used and min(end, f[2]) - max(start, f[1]) >= 0.9 * (end - start)), None
            )
            used.add(hit)
            counted[kind][0 if hit else 2] += 1
        for f in found:
            if f not in used:
                counted[f[0]][1] += 1
    return {kind: Score(*n) for kind, n in counted.items()}


def together(of: dict[str, Score]) -> Score:
    """The structured kinds as one."""
    return Score(*(sum(values) for values in zip(*(of[k] for k in STRUCTURED if k in of), strict=True)))


def run() -> list[str]:
    lines = []
    for split, said in (("tune", "rules written with it"), ("held", "only scored")):
        of = scores(split)
        lines += [
            f"{len(rows(split))} strings, {said}:",
            "",
            "| kind | marked | found rightly | precision | recall |",
            "|---|---|---|---|---|",
        ]
        for kind, s in [*sorted(of.items()), ("structured kinds together", together(of))]:
            lines.append(f"| {kind} | {s.hits + s.missed} | {s.hits} | {s.precision:.3f} | {s.recall:.3f} |")
        lines.append("")
    return lines
