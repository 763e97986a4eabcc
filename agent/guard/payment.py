"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .numbers import LEFT, RIGHT, Span, ordered

_CARD = re.compile(
    rf"{LEFT}(?:\d{{14,19}}|\d{{4}}(?P<g>[ \-.]{{1,2}})\d{{4}}(?P=g)\d{{4}}(?P=g)\d{{4}}(?:(?P=g)\d{{1,3}})?|3\d{{3}}(?P<h>[ \-.])\d{{6}}(?P=h)\d{{4,5}}|\d{{6}} \d{{10,13}}){RIGHT}"
)
_SIXTEEN = re.compile(rf"{LEFT}\d{{4}}(?P<g>[ \-.]{{1,2}})\d{{4}}(?P=g)\d{{4}}(?P=g)\d{{4}}(?!\d)")
_CUE = re.compile(
    r"(?:卡号|银行卡|信用卡|储蓄卡|银行账号|银行帐号|card (?:no|number|num)|account (?:no|number|num)|acct)[^\n\d]{0,12}$", re.IGNORECASE
)
_ISSUERS = re.compile(
    r"4\d{15}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}"
)
"""Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay: issuer ranges (ISO/IEC 7812) and lengths."""


def card_at(text: str, start: int) -> Iterator[Span]:
    """A card that begins at ``start``: issuer range, length and Luhn's checksum; or 16 to 19 digits that are called a card."""
    for pattern in (_CARD, _SIXTEEN):
        if m := pattern.match(text, start):
            from stdnum import luhn

            digits = re.sub(r"\D", "", m.group())
            named = len(digits) >= 16 and _CUE.search(text, max(0, start - 24), start)
            if named or (_ISSUERS.fullmatch(digits) and luhn.is_valid(digits) and not ordered(text, start)):
                yield "card", start, m.end()
                return


def iban_at(text: str, start: int) -> Iterator[Span]:
    """An international bank account number that begins at ``start``: its country's length and structure, and its checksum (ISO 13616)."""
    length = _length(text[start : start + 2].upper())
    if length is None:
        return
    from stdnum import iban

    places = [i for i in range(start, min(len(text), start + 2 * length)) if text[i] not in " -"][:length]
    written, end = "".join(text[i] for i in places).upper(), places[-1] + 1
    if len(written) == length and iban.is_valid(written) and not text[end : end + 1].isdigit():
        yield "iban", start, end


@cache
def _length(country: str) -> int | None:
    from stdnum import numdb

    if not re.fullmatch("[A-Z]{2}", country):
        return None
    structure = str(numdb.get("iban").info(country + "00")[0][1].get("bban", ""))
    return 4 + sum(int(n) for n in re.findall(r"(\d+)!", structure)) if structure else None
