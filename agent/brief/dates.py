"""When the campaign runs: dates, months, quarters, seasons and words like "next month", by the clock that is given."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..artifacts import Flight
from . import seasons
from .tables.calendar import MONTHS_EN, MONTHS_ZH
from .text import Text


@dataclass(frozen=True)
class Mention:
    """A time that the request names. ``days`` gives its first and last day in a year; ``year`` is set when the request says it."""

    start: int
    end: int
    days: seasons.Days
    year: int | None = None
    point: bool = False
    """A single day, rather than a span of days."""
    season: bool = False


@dataclass
class FlightReading:
    flight: Flight = field(default_factory=Flight)
    inverted: bool = False
    past: bool = False
    impossible: tuple[str, ...] = ()
    """Dates that no calendar has, as written."""
    season: str = ""
    """The season's name, where its days are our reading of it."""


_MONTH_EN = "|".join(sorted(MONTHS_EN, key=len, reverse=True))
_MONTH_ZH = "十[一二]?|[一二三四五六七八九]|1[0-2]|0?[1-9]"
_PART_EN = r"(?:(?P<part>early|mid|late|the end of|end of|the start of|start of|beginning of|the beginning of)[ -])?"
_YEAR_ZH = r"(?:(?P<year>20\d\d)\s?年|(?P<rel>今年|明年|去年))?\s?的?"

_ISO = re.compile(r"(?<!\d)(?P<year>20\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_DAY_ZH = re.compile(
    _YEAR_ZH
    + rf"(?<![\d一二三四五六七八九十])(?P<month>\d{{1,2}}|{_MONTH_ZH})\s?月\s?(?P<day>\d{{1,2}})\s?[日号]?(?:(?<=[日号])|(?=\s?[-~到至]\s?\d{{1,2}}\s?[日号]))"
)
_LAST_DAY_ZH = re.compile(r"^\s?[-~到至]\s?(?P<day>\d{1,2})\s?[日号]")
_MONTH_DAY_EN = re.compile(
    rf"(?<![a-z])(?P<month>{_MONTH_EN})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%]|,\d{{3}}|k)(?:,? (?P<year>20\d\d))?"
)
_DAY_MONTH_EN = re.compile(
    rf"(?<![\d.$€£¥])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH_EN})(?![a-z])(?:,? (?P<year>20\d\d))?"
)
_LAST_DAY_EN = re.compile(r"^\s?(?:-|to|until|through)\s?(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d%a-z]|,\d)")
_MONTH_ONLY_EN = re.compile(rf"(?<![a-z]){_PART_EN}(?P<month>{_MONTH_EN})(?![a-z])(?! \d{{1,2}}(?!\d))(?:,? (?P<year>20\d\d))?")
_MONTH_ONLY_ZH = re.compile(
    _YEAR_ZH
    + rf"(?<![\d一二三四五六七八九十.])(?P<month>{_MONTH_ZH})\s?月(?:份)?(?P<part>初|上旬|中旬|中|下旬|底|末)?(?!\s?\d|[个入薪饼销活子])"
)
_QUARTER = re.compile(
    r"(?:(?P<year>20\d\d)\s?年?\s?|(?P<rel>今年|明年|去年))?(?:(?<![a-z0-9])q\s?(?P<q>[1-4])(?!\d)(?: (?P<year2>20\d\d))?|第?(?P<zh>[一二三四])季度"
    r"|(?P<en>first|second|third|fourth) quarter)"
)
_HALF = re.compile(r"(?P<rel>今年|明年|去年)?(?:(?<![a-z0-9])h(?P<h>[12])(?!\d)|(?P<zh>[上下])半年)")
_ORDINAL = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}

_JOIN = re.compile(r"^\s?(?:-|~|到|至|to|until|till|through|and|直到)\s?(?:the )?$")
_BEFORE_END = re.compile(
    r"(?:\bby|\bbefore|\buntil|\btill|\bno later than|\bahead of|\bdeadline(?: is)?|\bthrough|\bfinish(?:ed)? by|截至|截止到?|赶在|不晚于)\s?(?:the )?$"
)
_AFTER_END = re.compile(r"^\s?(?:的?之前|以前|前(?!期|后)|截止|为止|结束|deadline)")
_BEFORE_START = re.compile(r"(?:\bfrom|\bstarting|\bstarts?(?: on| in)?|\bbeginning|\bsince|\bafter|从|自|于)\s?(?:the )?(?:on |in )?$")
_AFTER_START = re.compile(r"^\s?(?:起|开始|之后|以后|启动|onwards?|上线|上市|开售|发售|首发)")
_STRICTLY_BEFORE = re.compile(r"(?:\bbefore|\bahead of|赶在)\s?(?:the )?$")


def _month(year: int, month: int, part: str | None = None) -> tuple[date, date] | None:
    if not 1 <= month <= 12:
        return None
    last = monthrange(year, month)[1]
    first_day, last_day = {
        "early": (1, 10), "初": (1, 10), "上旬": (1, 10), "mid": (11, 20), "中旬": (11, 20), "中": (11, 20), "late": (21, last), "下旬": (21, last),
    }.get(part or "", (1, last))  # fmt: skip
    if part and ("start" in part or "beginning" in part):
        first_day, last_day = 1, 10
    if part and ("end" in part or part in ("底", "末")):
        first_day, last_day = 21, last
    return date(year, month, first_day), date(year, month, last_day)


def _one_day(month: int, day: int) -> seasons.Days:
    def days(year: int) -> tuple[date, date] | None:
        try:
            return date(year, month, day), date(year, month, day)
        except ValueError:
            return None

    return days


def _month_number(words: str) -> int:
    return int(words) if words.isdigit() else MONTHS_EN.get(words) or MONTHS_ZH.get(words) or 0


def _year(m: re.Match[str], today: date) -> int | None:
    groups = m.groupdict()
    said = groups.get("year") or groups.get("year2")
    if said:
        return int(said)
    rel = groups.get("rel")
    return today.year + {"今年": 0, "明年": 1, "去年": -1}[rel] if rel else None


def _relative(text: Text, today: date) -> Iterator[Mention]:
    """Words that mean a time from today: next month, 下周, this quarter."""
    monday = today - timedelta(days=today.weekday())
    next_month = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    quarter = (today.month - 1) // 3
    last_month = date(today.year, today.month, 1) - timedelta(days=1)

    def quarter_days(index: int) -> tuple[date, date]:
        year, q = today.year + index // 4, index % 4
        return date(year, 3 * q + 1, 1), date(year, 3 * q + 3, monthrange(year, 3 * q + 3)[1])

    spans: tuple[tuple[str, tuple[date, date]], ...] = (
        (
            r"next month|下个月|下月|次月",
            (next_month, date(next_month.year, next_month.month, monthrange(next_month.year, next_month.month)[1])),
        ),
        (r"this month|这个月|本月|当月", (today, date(today.year, today.month, monthrange(today.year, today.month)[1]))),
        (r"last month|上个月|上月", (last_month.replace(day=1), last_month)),
        (r"next week(?!end)|下周(?!末)|下个?星期|下个礼拜", (monday + timedelta(days=7), monday + timedelta(days=13))),
        (r"this week(?!end)|本周(?!末)|这周(?!末)|这个?星期", (today, monday + timedelta(days=6))),
        (r"last week(?!end)|上周(?!末)|上个?星期", (monday - timedelta(days=7), monday - timedelta(days=1))),
        (r"this weekend|(?:这个|本|这)周末", (monday + timedelta(days=5), monday + timedelta(days=6))),
        (r"next weekend|下(?:个)?周末", (monday + timedelta(days=12), monday + timedelta(days=13))),
        (r"next quarter|下个?季度", quarter_days(quarter + 1)),
        (r"this quarter|本季度|这个?季度", (today, quarter_days(quarter)[1])),
        (r"last quarter|上个?季度", quarter_days(quarter - 1)),
        (r"next year|明年", (date(today.year + 1, 1, 1), date(today.year + 1, 12, 31))),
        (r"(?:end of (?:the|this) year|year-end|年底前?|今年年底)", (date(today.year, 12, 1), date(today.year, 12, 31))),
        (r"\btomorrow\b|明天", (today + timedelta(days=1),) * 2),
        (r"\bthe day after tomorrow\b|后天", (today + timedelta(days=2),) * 2),
    )
    for pattern, span in spans:
        for m in re.finditer(pattern, text.s):
            yield Mention(m.start(), m.end(), lambda year, span=span: span, today.year)  # type: ignore[misc]


def _is_month_word(text: Text, m: re.Match[str]) -> bool:
    """ "may", "march" and short names are months only where a month would stand."""
    word = m["month"]
    if m["part"] or m["year"]:
        return True
    before, written = text.s[max(0, m.start() - 14) : m.start()], text.raw[m.start("month")]
    led = re.search(
        r"(?:\b(?:in|by|for|during|until|till|of|from|to|through|just|only|before|after|late|early|this|next|last|and|around)|-|,) ?$",
        before,
    )
    if len(word) <= 3 or word in ("may", "march"):
        return bool(led) and written.isupper()
    return bool(led) or written.isupper()


def _mentions(text: Text, today: date) -> Iterator[Mention]:
    for m in _ISO.finditer(text.s):
        yield Mention(m.start(), m.end(), _one_day(int(m["month"]), int(m["day"])), int(m["year"]), True)
    for pattern, last_day in ((_DAY_ZH, _LAST_DAY_ZH), (_MONTH_DAY_EN, _LAST_DAY_EN)):
        for m in pattern.finditer(text.s):
            month, end = _month_number(m["month"]), m.end()
            days = _one_day(month, int(m["day"]))
            point = True
            if more := last_day.match(text.s[m.end() : m.end() + 16]):
                end, point, days = end + more.end(), False, _day_range(month, int(m["day"]), int(more["day"]))
            yield Mention(m.start(), end, days, _year(m, today), point)
    for m in _DAY_MONTH_EN.finditer(text.s):
        yield Mention(m.start(), m.end(), _one_day(_month_number(m["month"]), int(m["day"])), _year(m, today), True)
    for m in _MONTH_ONLY_EN.finditer(text.s):
        if _is_month_word(text, m):
            yield Mention(m.start(), m.end(), _month_days(_month_number(m["month"]), m["part"]), _year(m, today))
    for m in _MONTH_ONLY_ZH.finditer(text.s):
        yield Mention(m.start(), m.end(), _month_days(_month_number(m["month"]), m["part"]), _year(m, today))
    for m in _QUARTER.finditer(text.s):
        q = int(m["q"]) if m["q"] else _ORDINAL[m["zh"] or m["en"]]
        yield Mention(m.start(), m.end(), _months(3 * q - 2, 3 * q), _year(m, today))
    for m in _HALF.finditer(text.s):
        second = m["h"] == "2" or m["zh"] == "下"
        yield Mention(m.start(), m.end(), _months(7, 12) if second else _months(1, 6), _year(m, today))
    for hit in seasons.find(text.s):
        yield Mention(hit.start, hit.end, seasons.days_of(hit.word), season=True)
    yield from _relative(text, today)


def _month_days(month: int, part: str | None) -> seasons.Days:
    return lambda year: _month(year, month, part)


def _months(first: int, last: int) -> seasons.Days:
    return lambda year: (date(year, first, 1), date(year, last, monthrange(year, last)[1]))


def _day_range(month: int, first: int, last: int) -> seasons.Days:
    def days(year: int) -> tuple[date, date] | None:
        try:
            return date(year, month, first), date(year, month, last)
        except ValueError:
            return None

    return days


def read_flight(text: Text, today: date, *, backwards: bool = False) -> FlightReading:
    """Find when the campaign runs. A time without a year is the next one to come (the last one, ``backwards``)."""
    reading = FlightReading()
    starts: list[date] = []
    ends: list[date] = []
    mentions = _apart(sorted(_mentions(text, today), key=lambda m: (m.start, -m.end)))
    i = 0
    while i < len(mentions):
        first = last = mentions[i]
        if i + 1 < len(mentions) and _JOIN.match(text.s[first.end : mentions[i + 1].start]):
            last, i = mentions[i + 1], i + 1
        i += 1
        span = _resolve(first, last, today, backwards)
        if span is None:
            reading.impossible += (text.raw[first.start : last.end].strip(),)
            continue
        low, high = span
        if first.season and first is last:
            reading.season = reading.season or text.raw[first.start : first.end]
        _place(text, first, last, low, high, starts, ends)
    for m in mentions:
        text.take(m.start, m.end)
    start, end = (starts[0] if starts else None), (ends[0] if ends else None)
    reading.flight = Flight(start=start, end=end)
    reading.inverted = bool(start and end and end < start)
    reading.past = bool(not backwards and (end or start) and (end or start or today) < today)
    return reading


def _place(text: Text, first: Mention, last: Mention, low: date, high: date, starts: list[date], ends: list[date]) -> None:
    before, after = text.s[max(0, first.start - 18) : first.start], text.s[last.end : last.end + 10]
    if first is last and (_BEFORE_END.search(before) or _AFTER_END.match(after)):
        strictly = first.season and bool(_STRICTLY_BEFORE.search(before) or re.match(r"^\s?(?:的?之前|以前|前)", after))
        ends.append(high - timedelta(days=1) if strictly else high)
    elif first is last and (_BEFORE_START.search(before) or _AFTER_START.match(after) or first.point):
        starts.append(low)
    else:
        starts.append(low)
        ends.append(high)


def _apart(mentions: list[Mention]) -> list[Mention]:
    """Of mentions that overlap, the one that starts first and is longest."""
    kept: list[Mention] = []
    for m in mentions:
        if not kept or m.start >= kept[-1].end:
            kept.append(m)
    return kept


def _resolve(first: Mention, last: Mention, today: date, backwards: bool) -> tuple[date, date] | None:
    """First and last day of a mention or of a range of two."""
    said = first.year or last.year
    years = [said] if said else range(today.year + 1, today.year - 2, -1) if backwards else range(today.year, today.year + 5)
    for year in years:
        low = first.days(first.year or year)
        high = last.days(last.year or year) if last is not first else low
        if low is None or high is None:
            continue
        start, end = low[0], high[1]
        if end < start and not last.year:
            rolled = last.days(year + 1)
            if rolled and (rolled[1] - start).days < 200:
                end = rolled[1]
        if said or (start <= today if backwards else max(start, end) >= today):
            return start, end
    return None
