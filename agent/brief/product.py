"""The product: what is sold, as the request names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .people import CREATOR
from .tables import products as table
from .tables.deliverables import CREATORS_EN
from .tables.platforms import NAMES as PLATFORM_NAMES
from .text import GONE, Text

_MOST_WORDS_EN = 5
_MOST_CHARS_ZH = 12
_WORD = re.compile(r"[\w'’&%-]+")
_PRICE = re.compile(r"[$€£¥]\d[\d,.]*k? ")
_RUN_ZH = re.compile(r"[\u4e00-\u9fffA-Za-z0-9+·-]+")
_CREATORS_EN = frozenset(CREATORS_EN.split("|"))
_PLATFORMS = frozenset(a for names in PLATFORM_NAMES.values() for a in names)


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    """Cues that end where a name begins, and patterns that hold the name. Compiled when first needed: starting is quicker so."""
    before, named = (table.BEFORE_EN, table.NAMED_EN) if language == "en" else (table.BEFORE_ZH, table.NAMED_ZH)
    return tuple(map(re.compile, before)), tuple(map(re.compile, named))


def read_product(text: Text, brand: str | None, places: list[str]) -> str | None:
    """What is sold, or ``None`` where the request does not say. Places in front of the name are dropped."""
    known = [p.lower() for p in places]
    for start, end in _candidates(text.s):
        words = _without_place(text.raw[start:end].strip(" -'’"), known)
        if GONE not in text.s[start:end] and words.lower() not in known and _is_product(words, brand):
            return words
    return None


def _candidates(s: str) -> Iterator[tuple[int, int]]:
    for language, has_it in (("en", re.search(r"[a-z]", s)), ("zh", re.search(r"[\u4e00-\u9fff]", s))):
        if has_it:
            cues, named = _patterns(language)
            read = _name_en if language == "en" else _name_zh
            for cue in cues:
                for m in cue.finditer(s):
                    start, end = read(s, m.end())
                    if end > start:
                        yield start, end
            for pattern in named:
                for m in pattern.finditer(s):
                    yield m.start("np"), m.end("np")


def _name_en(s: str, start: int) -> tuple[int, int]:
    """The words from ``start`` up to a stop word or mark, at most five, "new" and a price in front dropped."""
    end, count = start, 0
    while count < _MOST_WORDS_EN:
        if count == 0 and (price := _PRICE.match(s, start)):
            start = end = price.end()
        m = _WORD.match(s, end + 1 if count else end)
        if (
            m is None
            or (count and s[end : end + 1] != " ")
            or m[0] in table.STOPS_EN - table.SKIPPED_EN
            or (count and m[0] in table.STOPS_EN)
        ):
            break
        if count == 0 and m[0] in table.SKIPPED_EN and s[m.end() : m.end() + 1] == " ":
            start = end = m.end() + 1
            continue
        end, count = m.end(), count + 1
    return start, (end if count else start)


def _name_zh(s: str, start: int) -> tuple[int, int]:
    """The characters from ``start`` up to a stop word, at least two, at most twelve."""
    run = _RUN_ZH.match(s, start, start + _MOST_CHARS_ZH + 1)
    if run is None:
        return start, start
    for i in range(start + 2, run.end() + 1):
        if s.startswith(table.STOPS_ZH, i) or i == run.end():
            return start, i
    return start, start


def _without_place(words: str, places: list[str]) -> str:
    for place in places:
        if words.lower().startswith(place + " "):
            return words[len(place) + 1 :]
    return words


def _is_product(words: str, brand: str | None) -> bool:
    if len(words) < 2 or words == brand or words.lower() in _PLATFORMS or re.fullmatch(r"[\d\W]+", words):
        return False
    if re.search(r"[\u4e00-\u9fff]", words):
        return not words.startswith(table.NOT_A_PRODUCT_ZH) and not re.search(CREATOR, words)
    parts = words.lower().split()
    if len(parts) == 1 and parts[0] in ("shop", "store", "restaurant", "business", "place"):
        return False
    return not ({parts[0], parts[-1]} & table.NOT_A_PRODUCT_EN or _CREATORS_EN & set(parts))
