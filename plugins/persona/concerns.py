"""What a text is about in a marketer's words: concerns and topics, found by their words, named in two languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from plugins.common import load_data, pattern_of
from plugins.common.topics import category_words


@dataclass(frozen=True)
class Concern:
    """Something people weigh, or a subject they post about. Labels are (English, Chinese)."""

    key: str
    label: tuple[str, str]
    pattern: re.Pattern[str]
    need: tuple[str, str] | None = None
    objection: tuple[str, str] | None = None
    topic: bool = False

    def named(self, language: str, kind: str = "label") -> str:
        """``label``, ``need`` or ``objection`` in the reader's language; empty where there is none."""
        found: tuple[str, str] | None = getattr(self, kind)
        return found[language == "zh"] if found else ""


@cache
def _data() -> dict[str, Any]:
    table: dict[str, Any] = load_data(Path(__file__).parent / "concerns.yaml")
    return table


@cache
def concerns() -> tuple[Concern, ...]:
    """Everything the word lists know, concerns first."""
    found = [
        Concern(
            key, tuple(entry["label"]), re.compile(pattern_of([str(w) for w in entry["words"]])),
            tuple(entry["need"]) if "need" in entry else None, tuple(entry["objection"]) if "objection" in entry else None,
        )
        for key, entry in _data()["concerns"].items()
    ]  # fmt: skip
    found += [
        Concern(key, tuple(label), re.compile(pattern_of(category_words(key, "en"))), topic=True)
        for key, label in _data()["topics"].items()
    ]
    return tuple(found)


def say_the_same(a: Concern, b: Concern) -> bool:
    """Whether a concern and a topic say one thing."""
    same: dict[str, str] = _data()["same"]
    return any(x.topic != y.topic and (same.get(x.key) == y.key) for x, y in ((a, b), (b, a)))


@cache
def plain_words() -> frozenset[str]:
    """Judging words too common to be anybody's own."""
    return frozenset(str(_data()["plain"]).split())
