"""Numbers of identity papers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .numbers import LEFT, RIGHT, Span

_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CHINESE = re.compile(rf"{LEFT}[1-9]\d{{5}}(?P<g>[ \-]?)(?:18|19|20)\d\d(?P=g)?{_DAY}(?P=g)\d{{3}}[\dXx](?![0-9A-Za-z])")
_CHINESE_OLD = re.compile(rf"{LEFT}[1-9]\d{{5}}\d\d{_DAY}\d{{3}}{RIGHT}")
_CUE = re.compile(r"(?:身份证|身份證|证件|證件|ID ?card|identity|national ID)[^\n\d]{0,16}$", re.IGNORECASE)
_SOCIAL_SECURITY = re.compile(rf"{LEFT}(?<!-)\d{{3}}([- ])\d{{2}}\1\d{{4}}{RIGHT}(?!-)")
_KOREAN = re.compile(rf"{LEFT}\d\d{_DAY}-[1-8]\d{{6}}{RIGHT}")
_HONG_KONG = re.compile(r"[A-Za-z]{1,2}\d{6} ?\([0-9Aa]\)")
_TAIWANESE = re.compile(r"[A-Z][1289]\d{8}(?![A-Za-z0-9])")
_NAMES = (
    "护照", "護照", "通行证", "通行證", "台胞证", "回乡证", "军官证", "驾驶证", "驾照", "社保", "签证号", "passport", "licen", "visa n", "national insurance",
    "social security", "ssn", "nino", "nric", "aadhaar",
)  # fmt: skip
_NAMED = re.compile(
    r"(?:护照|護照|通行证|通行證|台胞证|回乡证|军官证|驾驶证|驾照|社保卡?|签证号"
    r"|(?<![a-z])(?:passport|driver'?s? ?licen[sc]e|driving licen[sc]e|visa (?=n)|national insurance|social security|ssn|nino|nric|aadhaar))"
    r"(?:[\s:.,#=\"'\-(]{0,3}(?:is|no|num|number|号码?|是|为|id)(?![a-z])){0,3}[\s:.#=\"'\-]{0,4}(?P<n>(?!(?:19|20)\d\d-)[A-Za-z]{0,3} ?\d(?:[ \-]?[A-Za-z0-9]){4,16})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def at(text: str, start: int) -> Iterator[Span]:
    """Papers whose number begins with a digit at ``start``: resident ids (right by their checksum, or named), social security."""
    if m := _CHINESE.match(text, start):
        from stdnum.cn import ric

        if ric.is_valid(re.sub(r"[ \-]", "", m.group())) or _CUE.search(text, max(0, start - 24), start):
            yield "id_number", start, m.end()
    elif (m := _CHINESE_OLD.match(text, start)) and _CUE.search(text, max(0, start - 24), start):
        yield "id_number", start, m.end()
    if m := _SOCIAL_SECURITY.match(text, start):
        from stdnum.us import ssn

        if ssn.is_valid(m.group().replace(" ", "-")):
            yield "id_number", start, m.end()
    elif m := _KOREAN.match(text, start):
        from stdnum.kr import rrn

        if rrn.is_valid(m.group()):
            yield "id_number", start, m.end()


def lettered_at(text: str, start: int) -> Iterator[Span]:
    """Papers whose number begins with a letter at ``start`` and ends with a check digit: Hong Kong's and Taiwan's cards."""
    if ((m := _HONG_KONG.match(text, start)) and _hong_kong(m.group())) or ((m := _TAIWANESE.match(text, start)) and _taiwan(m.group())):
        yield "id_number", start, m.end()


def named(text: str) -> Iterator[Span]:
    """Papers that only their name tells: passports, driving licences, permits."""
    lowered = text.lower()
    if any(name in lowered for name in _NAMES):
        for m in _NAMED.finditer(text):
            if sum(c.isdigit() for c in m["n"]) >= 5:
                yield "id_number", *m.span("n")


def _hong_kong(written: str) -> bool:
    """Check digit of a Hong Kong identity card: weights 9 to 2 over letters (A = 10, space = 36) and digits, modulo 11."""
    body, check = re.sub(r"[ ()]", "", written.upper())[:-1].rjust(8), written.upper().rstrip(")")[-1]
    values = [36 if c == " " else int(c, 36) for c in body]
    rest = sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True)) % 11
    return check == "0A987654321"[rest]


def _taiwan(written: str) -> bool:
    """Check digit of a Taiwanese identity card: the letter's two-digit code, then weights 8 to 1 and 1, modulo 10."""
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(written[0]) + 10
    digits = [int(c) for c in written[1:]]
    return (code // 10 + code % 10 * 9 + sum(d * w for d, w in zip(digits, (8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True))) % 10 == 0
