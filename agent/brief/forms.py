"""Which kinds of text the request asks for, and how many versions of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..artifacts import DraftForm
from .deliverables import Ask, Asks, exists_already, refused
from .lexicon import Lexicon
from .numbers import Number
from .tables import forms as table
from .text import GONE, Text

_NAMES, _PLAIN = Lexicon(table.NAMES), Lexicon(table.PLAIN)
_ADS = re.compile(table.ADS)
_VARIANTS = re.compile(f"{table.VARIANTS_EN}|{table.VARIANTS_ZH}")
_WRITING = re.compile(
    r"\b(?:write|writing|draft|drafting|need|want|prepare|create|produce|deliver|give us|give me|come up with|compose|plus|and)\b|写|撰|拟|出|准备|要|来|做|产出"
)
_SETS, _A_B, _ORDINAL = re.compile(table.SETS_ZH), re.compile(table.A_B), re.compile(r"第\s?$|\bversion $|v$")
_MOST, _MOST_VARIANTS = 60, 20


@dataclass
class Forms:
    """``asks`` are the places where a kind of text is named; each is an ask for drafts as well."""

    forms: list[DraftForm] = field(default_factory=list)
    variants: int | None = None
    asks: list[Ask] = field(default_factory=list)


def read_forms(text: Text, numbers: list[Number], said: Asks) -> Forms:
    """Kinds of text by their names, and versions. A kind without a name is what the platform takes and gives no form.

    Numbers of versions are blotted out. ``said`` gets the asks for drafts that the names make; an ask for one reply to one customer
    gives way to an ask for a set of replies.
    """
    found = Forms()
    reviews = [(a.start, a.end) for a in said.of("review")]
    kinds: dict[DraftForm, bool] = {}
    for form, start, end in islice(_named(text), _MOST):
        ask = Ask("drafts", start, end, not refused(text, start, end))
        if not exists_already(text, ask, reviews):
            kinds[form] = kinds.get(form, False) or ask.wanted
            # A caption or an article may also be what somebody has posted; it is asked for where a verb says so.
            if form not in ("post", "script", "article") or _WRITING.search(text.before(start)):
                found.asks.append(ask)
    if any(ask.wanted and _plain(text, ask) for ask in said.of("drafts")):
        kinds["post"] = True
    said.asks += found.asks
    if kinds.get("replies"):
        said.asks = [a for a in said.asks if a.deliverable != "reply"]
    if "drafts" in said.wanted:
        found.forms = [f for f in table.ORDER if kinds.get(f)]
        found.variants = _variants(text, numbers)
    return found


def _named(text: Text) -> Iterator[tuple[DraftForm, int, int]]:
    for hit in _NAMES.find(text.s):
        yield table.NAMES[hit.word], hit.start, hit.end
    for m in _ADS.finditer(text.s):
        group = "en" if m["en"] else "zh"
        yield "ad", m.start(group), m.end(group)


def _plain(text: Text, ask: Ask) -> bool:
    """Whether an ask for drafts names posts at large: a word for texts that is no part of the name of a kind."""
    rest = text.s
    for _, start, end in islice(_named(text), _MOST):
        rest = rest[:start] + GONE * (end - start) + rest[end:]
    return _PLAIN(rest[ask.start : ask.end])


def _variants(text: Text, numbers: list[Number]) -> int | None:
    for n in numbers:
        count = n.whole
        if (
            GONE in text.s[n.start : n.end]
            or "." in text.s[n.start : n.end]
            or count is None
            or not 1 < count <= _MOST_VARIANTS
            or _ORDINAL.search(text.before(n.start, 10))
        ):
            continue
        after = text.s[n.end : n.end + 50]
        start, _ = text.clause(n.start)
        if _VARIANTS.match(after) or (_SETS.match(after) and _NAMES(text.s[start : n.start] + after[:12])):
            text.take(n.start, n.end)
            return count
    return 2 if _A_B.search(text.s) else None
