"""Telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from .numbers import LEFT, RIGHT, Span, ordered

_MOBILE = r"1(?:3[0-9]|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])"
_GAP = r"(?: ?(?:[-._·•~\u2600-\u27bf\U0001f000-\U0001faff]|\*{1,2}) ?| {1,2})"
_CHINESE_MOBILE = re.compile(
    rf"{LEFT}(?:(?:00)?86\)?[ \-.]{{0,3}})?"
    rf"(?:{_MOBILE}(?:\d{{8}}|\d{{4}}{_GAP}\d{{4}}|\d{{2}}{_GAP}\d{{6}}|\d(?P<h>{_GAP})\d{{3}}(?P=h)\d{{4}}"
    rf"|[ -]?[()][ -]?\d{{4}}[ )-]{{1,2}}\d{{4}}|(?P<g>{_GAP})(?:\d{{4}}(?P=g)\d{{4}}|\d{{3}}(?P=g)\d{{5}}|\d{{8}}))"
    rf"|1(?P<s>{_GAP})[3-9](?:(?P=s)\d){{9}}){RIGHT}"
)
_INTERNATIONAL = re.compile(r"(?:(?<=\+)|(?<=\+[ (])|00 ?)[1-9](?:[ \-.()/]{0,2}\d){6,14}")
_NORTH_AMERICAN = re.compile(
    rf"{LEFT}(?<![$¥€£] )(?:1[-. ]?)?(?:\(?[2-9]\d\d\)[-. ]?|[2-9]\d\d(?P<g>[-. /]))[2-9]\d\d(?(g)(?P=g)|[-. ])\d{{4}}{RIGHT}"
)
_TRUNK = re.compile(rf"{LEFT}0\d{{1,5}}\)?(?:[ \-.]{{0,3}}\d){{5,10}}{RIGHT}")
_ANY = re.compile(rf"{LEFT}\d(?:[ \-.()]{{0,2}}\d){{6,14}}{RIGHT}")
_CALL = re.compile(
    r"(?:电话|電話|手机|手機|号码|联系方式|致电|拨打|热线|座机|传真|打给我|[☎☏✆\U0001f4de\U0001f4f1\U0001f4f2]"
    r"|(?<![a-z])(?:tel|telephone|phone|ph|call|calls|ring|text|sms|mobile|mob|cell|cellphone|fax|whats ?app|viber|signal|reach|dial|contact|hotline)(?![a-z]))"
    r"(?:[\s:.,#*\"'=\-(]{0,4}(?:is|at|on|me|us|him|her|them|no|num|number|号码?|是|为|我|请|可|phone|cell|mobile|tel|to|or|my|the)){0,4}[\s:.,#*\"'=\-(+]{0,5}$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-. ]?(?:0?[1-9]|1[0-2])[-. ]?(?:0?[1-9]|[12]\d|3[01])(?!\d)|(?:0?[1-9]|[12]\d|3[01])[-. ](?:0?[1-9]|[12]\d|3[01])[-. ](?:19|20)\d\d"
)
_COUNTED = re.compile(
    r"\s?(?:元|块|万|千|亿|台|部|个|人|次|条|份|位|粉|赞|%|k\b|m\b|usd|rmb|cny|eur|gbp|dollars|yuan|views|likes|people|units|followers|impressions|reach)",
    re.IGNORECASE,
)
# Countries whose numbers are commonly written without a country code; a leading zero marks them.
_REGIONS = ("CN", "GB", "DE", "FR", "JP", "TW", "KR", "AU", "IT", "ES", "NL", "IN", "MY", "TH", "VN", "ID", "PH")
_UNBROKEN = tuple(
    (region, re.compile(pattern))
    for region, pattern in (
        ("TW", r"09\d{8}"), ("JP", r"0[789]0\d{8}"), ("KR", r"01[016789]\d{7,8}"), ("GB", r"07\d{9}"), ("FR", r"0[67]\d{8}"),
        ("AU", r"04\d{8}"), ("DE", r"01[5-7]\d{8,9}"), ("CN", r"0(?:10|2\d|[3-9]\d\d)\d{7,8}"),
    )
)  # fmt: skip


def at(text: str, start: int) -> Iterator[Span]:
    """Telephone numbers that begin at ``start``, but for lines that are free to call (400, 800): those are a business's."""
    if (m := _CHINESE_MOBILE.match(text, start)) and not ordered(text, start):
        yield "phone", _widened(text, start), m.end()
    elif m := _INTERNATIONAL.match(text, start):
        end = _longest(text, start, m.end())
        if end:
            yield "phone", _widened(text, start), end
    if (m := _NORTH_AMERICAN.match(text, start)) and _whose(m.group(), ("US",)) == "person":
        yield "phone", _widened(text, start), m.end()
    if (m := _TRUNK.match(text, start)) and not ordered(text, start):
        regions = tuple(r for r, p in _UNBROKEN if p.fullmatch(m.group())) if m.group().isdigit() else _REGIONS
        if _whose(m.group(), regions) == "person":
            yield "phone", _widened(text, start), m.end()
    if (m := _ANY.match(text, start)) and _called(text, m) and _whose(m.group(), ("US", "CN")) != "service":
        yield "phone", _widened(text, start), m.end()


def _called(text: str, m: re.Match[str]) -> bool:
    """Whether the words before digits call them a telephone number, and what follows does not make them a count."""
    return bool(_CALL.search(text, max(0, m.start() - 40), m.start())) and not _DATE.match(m.group()) and not _COUNTED.match(text, m.end())


def _widened(text: str, start: int) -> int:
    """The place of the plus or bracket before a number."""
    while start and (text[start - 1] in "+(" or text[start - 2 : start] == "+ "):
        start -= 1
    return start


def _longest(text: str, start: int, end: int) -> int | None:
    """End of the longest international number that begins at ``start`` and ends where a group of digits does."""
    plus = not text.startswith("00", start)
    written = text[start:end] if plus else text[start + 2 : end].lstrip()
    for stop in [len(written), *(m.start() for m in reversed(list(re.finditer(r"(?<=\d)\D", written))))]:
        if text[end : end + 1].isdigit() and stop == len(written):
            continue
        if sum(c.isdigit() for c in written[:stop]) < 7:
            break
        if _whose("+" + written[:stop], (None,), possible=plus) == "person":
            return end - len(written) + stop
    return None


def _whose(written: str, regions: tuple[str | None, ...], *, possible: bool = False) -> Literal["person", "service", ""]:
    """What a number is that is valid in one of these regions; with ``possible``, its length alone may do."""
    import phonenumbers as pn

    service = (pn.PhoneNumberType.TOLL_FREE, pn.PhoneNumberType.SHARED_COST, pn.PhoneNumberType.PREMIUM_RATE, pn.PhoneNumberType.UAN)
    for region in regions:
        try:
            number = pn.parse(written, region)
        except pn.NumberParseException:
            continue
        if pn.is_valid_number(number):
            return "service" if pn.number_type(number) in service else "person"
        # Ranges that are kept for films and examples (+44 7700 900…) are written by people who mean a number.
        if possible and pn.is_possible_number_with_reason(number) == pn.ValidationResult.IS_POSSIBLE:
            return "person"
    return ""
