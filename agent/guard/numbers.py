"""Numbers that belong to a person: telephone, identity papers, payment cards, bank accounts.

Every pattern is bounded in length at each place it may begin, so the time is linear in the text. Candidates are taken at every
place (look-ahead), so that digits in front of a number cannot hide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

Kind = Literal["email", "phone", "id_number", "card", "iban", "address", "account"]
Span = tuple[Kind, int, int]
"""Kind, start, end."""

_NUMERALS = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸", "0001234567891123456789236")
_SPELLED = re.compile(r"(?:[零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸][\s\-.,、·]?){3}")

# A code of letters and digits (a note's id, a hash) is no number: digits right beside a letter that itself stands beside a digit.
_LEFT = r"(?<![0-9])(?<![0-9][A-Za-z])(?<![0-9]\.)"
_RIGHT = r"(?![0-9])(?![A-Za-z][0-9])(?!\.[0-9])"
_ORDER = re.compile(
    r"(?:订单|單號|单号|运单|快递单|流水|货号|商品|编号|条形码|条码|批次|型号|序列号|(?<![a-z])(?:orders?|tracking|invoice|sku|ref|reference|ticket|serial|model|batch|item|upc|ean|isbn|asin|note|post|video))"
    r"[\s_]{0,2}(?:id|no|nr|number|num|code|号码?|编号)?[\s.:#=\"'为是]{0,4}$",
    re.IGNORECASE,
)

# --- telephone

_MOBILE_START = r"1(?:3[0-9]|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])"
_GAP = r"(?: ?[-._·•*~\u2600-\u27bf\U0001f000-\U0001faff] ?| {1,2})"
_CN_MOBILE = re.compile(
    rf"(?=(?P<n>{_LEFT}(?:(?:\(?\+ ?86\)?|(?:00)?86)[ \-.]{{0,3}})?"
    rf"(?:{_MOBILE_START}(?:\d{{8}}|\d{{4}}{_GAP}\d{{4}}|\d{{2}}{_GAP}\d{{6}}|(?P<g>{_GAP})(?:\d{{4}}(?P=g)\d{{4}}|\d{{3}}(?P=g)\d{{5}}|\d{{8}})|\d(?P<h>{_GAP})\d{{3}}(?P=h)\d{{4}})"
    rf"|1(?P<s>{_GAP})[3-9](?:(?P=s)\d){{9}}){_RIGHT}))"
)
_INTERNATIONAL = re.compile(r"(?:\+|(?<!\d)00)(?P<d> ?\(?[1-9](?:[ \-.()/]{0,2}\d){6,14})")
_NANP = re.compile(
    rf"(?=(?P<n>{_LEFT}(?<![\d$¥€£]\s)(?:1[-. ])?(?:\([2-9]\d\d\)[-. ]?|[2-9]\d\d(?P<g>[-. /]))[2-9]\d\d(?(g)(?P=g)|[-. ])\d{{4}}{_RIGHT}))"
)
_LANDLINE = re.compile(rf"(?=(?P<n>{_LEFT}\(?0\d{{1,5}}\)?(?:[ \-.]{{0,3}}\d){{5,10}}{_RIGHT}))")
_DIGITS = re.compile(rf"(?=(?P<n>{_LEFT}\(?\d(?:[ \-.()]{{0,2}}\d){{6,14}}{_RIGHT}))")
_CALL = re.compile(
    r"(?:电话|電話|手机|手機|号码|联系方式|致电|拨打|热线|座机|传真|打给我|[☎☏✆\U0001f4de\U0001f4f1\U0001f4f2]"
    r"|(?<![a-z])(?:tel|telephone|phone|ph|call|calls|ring|text|sms|mobile|mob|cell|cellphone|fax|whats ?app|viber|signal|reach|dial|contact|hotline)(?![a-z]))"
    r"(?:[\s:.,#*\"'=\-(]{0,4}(?:is|at|on|me|us|him|her|them|no|num|number|号码?|是|为|我|请|可|phone|cell|mobile|tel|to|or|my|the)){0,4}[\s:.,#*\"'=\-]{0,5}$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^(?:19|20)\d\d[-. ]?(?:0?[1-9]|1[0-2])[-. ]?(?:0?[1-9]|[12]\d|3[01])(?!\d)|^(?:0?[1-9]|[12]\d|3[01])[-. ](?:0?[1-9]|[12]\d|3[01])[-. ](?:19|20)\d\d"
)
_COUNTED = re.compile(
    r"^\s?(?:元|块|万|千|亿|台|部|个|人|次|条|份|位|粉|赞|%|k\b|m\b|usd|rmb|cny|eur|gbp|dollars|yuan|views|likes|people|units|followers|impressions|reach)",
    re.IGNORECASE,
)
# Countries whose numbers are commonly written without a country code; a leading zero marks them.
_HOME_REGIONS = ("CN", "GB", "DE", "FR", "JP", "TW", "KR", "AU", "IT", "ES", "NL", "IN", "MY", "TH", "VN", "ID", "PH")


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers, but for service lines that are free to call (400, 800): those are a business's."""
    for m in _CN_MOBILE.finditer(text):
        if not _ORDER.search(text, max(0, m.start() - 24), m.start()):
            yield "phone", *m.span("n")
    if "+" in text or "00" in text:
        for m in _INTERNATIONAL.finditer(text):
            end = _longest_valid(text, m.start(), m.end(), "+" + m["d"].strip())
            if end:
                yield "phone", m.start(), end
    for m in _NANP.finditer(text):
        if _kind(m["n"], ("US",)) == "person":
            yield "phone", *m.span("n")
    for m in _LANDLINE.finditer(text):
        written = m["n"]
        regions = _HOME_REGIONS if not written.isdigit() else tuple(r for r, p in _SOLID if re.fullmatch(p, written))
        if regions and not _ORDER.search(text, max(0, m.start() - 24), m.start()) and _kind(written, regions) == "person":
            yield "phone", *m.span("n")
    for m in _DIGITS.finditer(text):
        if not _CALL.search(text, max(0, m.start() - 40), m.start()) or _DATE.search(m["n"]):
            continue
        counted = _COUNTED.search(text[m.end("n") : m.end("n") + 12])
        if not counted and _kind(m["n"], ("US", "CN")) != "service":
            yield "phone", *m.span("n")


_SOLID = (
    ("TW", r"09\d{8}"), ("JP", r"0[789]0\d{8}"), ("KR", r"01[016789]\d{7,8}"), ("GB", r"07\d{9}"), ("FR", r"0[67]\d{8}"),
    ("AU", r"04\d{8}"), ("DE", r"01[5-7]\d{8,9}"), ("CN", r"0(?:10|2\d|[3-9]\d\d)\d{7,8}"),
)  # fmt: skip


def _longest_valid(text: str, start: int, end: int, written: str) -> int | None:
    """End of the longest valid international number that begins at ``start`` and ends where a group of digits does."""
    ends = [end, *(start + m.start() for m in reversed(list(re.finditer(r"(?<=\d)[^\d]", text[start:end]))))]
    for stop in ends:
        digits = sum(c.isdigit() for c in text[start:stop])
        if digits < 7 or text[stop : stop + 1].isdigit():
            continue
        number = re.sub(r"^00", "+", text[start:stop])
        if _kind(number, (None,)) == "person":
            return stop
    return None


def _kind(written: str, regions: tuple[str | None, ...]) -> str:
    """``person``, ``service`` (free or shared cost) or ``""`` for what is no valid number of any of these regions."""
    import phonenumbers as pn

    free = (pn.PhoneNumberType.TOLL_FREE, pn.PhoneNumberType.SHARED_COST, pn.PhoneNumberType.PREMIUM_RATE, pn.PhoneNumberType.UAN)
    for region in regions:
        try:
            number = pn.parse(written, region)
        except pn.NumberParseException:
            continue
        if pn.is_valid_number(number):
            return "service" if pn.number_type(number) in free else "person"
        # Ranges kept for films and examples (+44 7700 900…) look like people's numbers and are read as such.
        if (
            region is None
            and pn.is_possible_number(number)
            and pn.is_possible_number_with_reason(number) == pn.ValidationResult.IS_POSSIBLE
        ):
            return "person"
    return ""


# --- identity papers

_CN_ID = re.compile(
    rf"(?=(?P<n>{_LEFT}[1-9]\d{{5}}(?P<g>[ \-]?)(?:18|19|20)\d\d(?P=g)?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?P=g)\d{{3}}[\dXx](?![0-9A-Za-z])))"
)
_CN_ID_OLD = re.compile(rf"{_LEFT}[1-9]\d{{5}}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}{_RIGHT}")
_ID_CUE = re.compile(r"(?:身份证|身份證|证件|證件|ID ?card|identity|national ID)[^\n\d]{0,16}$", re.IGNORECASE)
_SSN = re.compile(rf"{_LEFT}(?<!-)\d{{3}}([- ])\d{{2}}\1\d{{4}}{_RIGHT}(?!-)")
_HK_ID = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}\d{6} ?\([0-9Aa]\)")
_TW_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z][1289]\d{8}(?![A-Za-z0-9])")
_KR_ID = re.compile(rf"{_LEFT}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-8]\d{{6}}{_RIGHT}")
_PAPER = re.compile(
    r"(?:护照|護照|通行证|通行證|台胞证|回乡证|军官证|驾驶证|驾照|社保卡?|签证|(?<![a-z])(?:passport|driver'?s? ?licen[sc]e|driving licen[sc]e|visa|national insurance|social security|ssn|nino|nric|aadhaar))"
    r"(?:[\s:.,#=\"'\-(]{0,3}(?:is|no|num|number|号码?|是|为|id|ID)){0,3}[\s:.#=\"'\-]{0,4}(?P<n>(?=[A-Za-z0-9 \-]{0,12}\d)[A-Za-z0-9](?:[ \-]?[A-Za-z0-9]){5,17})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def id_numbers(text: str) -> Iterator[Span]:
    """Resident ids (checked by their checksum, or named as such), social security numbers, passports and licences that are named."""
    from stdnum.cn import ric

    for m in _CN_ID.finditer(text):
        digits = re.sub(r"\D(?!$)", "", m["n"])
        if ric.is_valid(digits) or _ID_CUE.search(text, max(0, m.start() - 24), m.start()):
            yield "id_number", *m.span("n")
    for m in _CN_ID_OLD.finditer(text):
        if _ID_CUE.search(text, max(0, m.start() - 24), m.start()):
            yield "id_number", *m.span()
    for m in _SSN.finditer(text):
        from stdnum.us import ssn

        if ssn.is_valid(re.sub(r"\D", "-", m.group())):
            yield "id_number", *m.span()
    for m in _KR_ID.finditer(text):
        from stdnum.kr import rrn

        if rrn.is_valid(m.group(), allow_future=False):
            yield "id_number", *m.span()
    for m in _HK_ID.finditer(text):
        if _hong_kong(m.group()):
            yield "id_number", *m.span()
    for m in _TW_ID.finditer(text):
        if _taiwan(m.group()):
            yield "id_number", *m.span()
    for m in _PAPER.finditer(text):
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


# --- cards and bank accounts

_CARD = re.compile(
    rf"(?=(?P<n>{_LEFT}(?:\d{{14,19}}|\d{{4}}(?P<g>[ \-.]{{1,2}})\d{{4}}(?P=g)\d{{4}}(?P=g)\d{{4}}(?:(?P=g)\d{{1,3}})?|3\d{{3}}(?P<h>[ \-.])\d{{6}}(?P=h)\d{{4,5}}|\d{{6}} \d{{10,13}}){_RIGHT}))"
)
_CARD_SHORT = re.compile(rf"(?=(?P<n>{_LEFT}\d{{4}}(?P<g>[ \-.]{{1,2}})\d{{4}}(?P=g)\d{{4}}(?P=g)\d{{4}}(?!\d)))")
_CARD_CUE = re.compile(
    r"(?:卡号|银行卡|信用卡|储蓄卡|银行账号|银行帐号|card (?:no|number|num)|account (?:no|number|num)|acct)[^\n\d]{0,12}$", re.IGNORECASE
)
_ISSUERS = re.compile(
    r"4\d{15}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}"
)
"""Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay, by ISO/IEC 7812 issuer ranges and lengths."""
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?=[ \-]?[A-Za-z0-9]{4})")


def cards(text: str) -> Iterator[Span]:
    """Payment cards: issuer range, length and Luhn's checksum; or sixteen to nineteen digits that are called a card."""
    from stdnum import luhn

    for pattern in (_CARD, _CARD_SHORT):
        for m in pattern.finditer(text):
            digits = re.sub(r"\D", "", m["n"])
            named = len(digits) >= 16 and _CARD_CUE.search(text, max(0, m.start() - 24), m.start())
            ordered = _ORDER.search(text, max(0, m.start() - 24), m.start())
            if named or (_ISSUERS.fullmatch(digits) and luhn.is_valid(digits) and not ordered):
                yield "card", *m.span("n")


def ibans(text: str) -> Iterator[Span]:
    """International bank account numbers: the country's length and structure, and the checksum (ISO 13616)."""
    for m in _IBAN.finditer(text):
        from stdnum import iban

        length = _iban_length(m.group()[:2].upper())
        if length is None:
            continue
        places = [i for i in range(m.start(), min(len(text), m.start() + 2 * length)) if text[i] not in " -"][:length]
        written = "".join(text[i] for i in places).upper()
        end = places[-1] + 1
        if len(written) == length and written.isascii() and iban.is_valid(written) and not text[end : end + 1].isdigit():
            yield "iban", m.start(), end


@cache
def _iban_length(country: str) -> int | None:
    from stdnum import numdb

    info = numdb.get("iban").info(country + "00")[0][1]
    structure = info.get("bban", "")
    return 4 + sum(int(n) for n in re.findall(r"(\d+)!", structure)) if structure else None


def find(text: str) -> Iterator[Span]:
    """Every personal number of a folded text, also where Chinese numerals spell it."""
    if any(c.isdigit() for c in text):
        yield from _find(text)
    if _SPELLED.search(text):
        yield from _find(text.translate(_NUMERALS))


def _find(text: str) -> Iterator[Span]:
    yield from phones(text)
    yield from id_numbers(text)
    yield from cards(text)
    yield from ibans(text)
