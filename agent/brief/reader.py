"""From a request to a brief, by rules alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..artifacts import Artifact, Brief
from .deliverables import read_asks
from .money import read_budget
from .numbers import find_numbers
from .platforms import read_platforms
from .text import Text, chinese_share


def read_brief(request: str, *, now: datetime, asks: Mapping[str, Sequence[str]] = {}) -> tuple[Brief, dict[str, Artifact]]:
    text = Text(request[:20_000])
    language = "zh" if chinese_share(text.raw) > 0.5 else "en"
    a = read_asks(text, asks)
    platforms, _, unknown = read_platforms(text)
    budget = read_budget(text, find_numbers(text), language)
    brief = Brief(
        request=request, language=language, platforms=platforms, budget=budget.money, deliverables=a.wanted, not_wanted=a.not_wanted,
        problems=[f"unknown platform {u}" for u in unknown],
    )
    return brief, {}
