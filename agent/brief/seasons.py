"""Seasons by name: 618, Black Friday, 春节. A name gives the days of the season in a year."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from .tables.calendar import LUNAR, SEASONS, Rule

Days = Callable[[int], tuple[date, date] | None]
"""First and last day in a given year; ``None`` for a year that the calendar does not reach."""

_BY_NAME = {name: rule for names, rule in SEASONS for name in names}
_DIGITS_FIRST = r"(?<![\d.$€£¥,])"
_NO_COUNT_AFTER = r"(?![\d%]|\.\d|\s?(?:元|位|个|名|块|人|万|千|粉|篇|creators|kols|influencers|dollars|usd|rmb|yuan|posts|followers|views))"


def _name(word: str) -> str:
    if word[0].isdigit():
        return _DIGITS_FIRST + re.escape(word) + _NO_COUNT_AFTER
    return rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word)


NAMES = re.compile("|".join(_name(w) for w in sorted(_BY_NAME, key=len, reverse=True)))


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
