"""Runs of words that texts share: what copying is counted in, when drafts are written and when a model is trained."""

from __future__ import annotations

import re

RUN_LENGTH = 8
"""Words in a row (characters in Chinese) that make a copy."""
_HAN = re.compile(r"[\u3400-\u9fff]")


def units(text: str) -> list[str]:
    """Chinese characters where there are any, else words in lower case; marks and figures aside."""
    return _HAN.findall(text) or re.findall(r"[a-z'’]+", text.lower())


def word_runs(text: str, size: int = RUN_LENGTH) -> frozenset[tuple[str, ...]]:
    """All runs of ``size`` units."""
    of = units(text)
    return frozenset(tuple(of[i : i + size]) for i in range(len(of) - size + 1))
