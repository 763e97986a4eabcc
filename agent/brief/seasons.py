"""Seasons by name: 618, Black Friday, 春节. A name gives the days of the season in a year."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from .lexicon import Hit, Lexicon
from .tables.calendar import LUNAR, SEASONS, Rule

Days = Callable[[int], tuple[date, date] | None]
"""First and last day in a given year; ``None`` for a year that the calendar does not reach."""

_BY_NAME = {name: rule for names, rule in SEASONS for name in names}
_NAMES = Lexicon(_BY_NAME, not_before=".·$€£¥,")
_COUNTED = re.compile(
    r"^(?:%|\.\d|\s?(?:元|位|个|名|块|人|万|千|粉|篇|creators|kols|influencers|dollars|usd|rmb|yuan|posts|followers|views))"
)


def find(s: str) -> Iterator[Hit]:
    """Names of seasons in a folded text. "618" that counts something is no season."""
    for hit in _NAMES.find(s):
        if not (hit.word[0].isdigit() and _COUNTED.match(s[hit.end : hit.end + 14])):
            yield hit


def days_of(name: str) -> Days:
    """The days of the season of that name."""
    rule = _BY_NAME[name]
    return lambda year: _days(rule, year)


def _days(rule: Rule, year: int) -> tuple[date, date] | None:
    kind, *args = rule
    if kind == "fixed":
        first, last = _day(year, str(args[0])), _day(year, str(args[1]))
        return (first, last) if first <= last else (first, _day(year + 1, str(args[1])))
    if kind == "lunar":
        if year not in LUNAR[str(args[0])]:
            return None
        day = _day(year, LUNAR[str(args[0])][year])
    elif kind == "nth":
        day = _nth_weekday(year, int(args[0]), int(args[1]), int(args[2]))
    else:
        day = _easter(year)
    return day + timedelta(days=int(args[-2])), day + timedelta(days=int(args[-1]))


def _day(year: int, month_day: str) -> date:
    month, day = map(int, month_day.split("-"))
    return date(year, month, day)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _easter(year: int) -> date:
    """Western Easter Sunday (the anonymous Gregorian algorithm, Meeus, Astronomical Algorithms, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)
