"""Finds where numbers begin in a text, and asks what each of them is.

Every pattern is matched at the beginning of a number and bounded in length, so the time is linear in the text, and digits that
stand in front of a number cannot hide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["email", "phone", "id_number", "card", "iban", "address", "account", "name"]
Span = tuple[Kind, int, int]
"""Kind, start, end."""

# A code of letters and digits (a post's id, a hash) is no number: digits right beside a letter that itself stands beside a digit.
LEFT = r"(?<![0-9])(?<![0-9][A-Za-z])(?<![0-9]\.)"
RIGHT = r"(?![0-9])(?![A-Za-z][0-9])(?!\.[0-9])"

_NUMERALS = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參叄陸壱弐,、", "0001234567891123456789233612--")
_SPELLED = re.compile(r"(?:[零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參叄陸壱弐][\s\-.,、·]?){3}")
_BEGIN = re.compile(r"(?<![0-9])[0-9](?=(?:[^\w\n,;$¥€£%]{0,3}_?[0-9]){6})")
_DATE = re.compile(r"(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:[12][0-9]|3[01]|0?[1-9])(?![0-9])")
_LETTERED = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}(?=[0-9]{2})")
# 138OO138OOO, l3812345678: letters in the place of digits that look like them
_LOOKALIKE = re.compile(r"(?<![A-Za-z0-9])[1lI][3-9][0-9oOlI]{9}(?![A-Za-z0-9])")
_LETTERS = str.maketrans("oOlI", "0011")
_ORDER = re.compile(
    r"(?:(?:订单|訂單|单號|单号|运单|快递单|流水|货号|编号|条形码|条码|批次|型号|序列号|(?<![a-z])(?:tracking|invoice|sku|upc|ean|isbn|asin))[\s_]{0,2}(?:id|no|nr|number|num|code|号码?|编号)?"
    r"|(?<![a-z])(?:orders?|ref|reference|ticket|serial|model|batch|item|product|note|post|video)[\s_]{0,2}(?:id|no|nr|number|num|code|#))"
    r"[\s.:#=\"'为是]{0,4}$",
    re.IGNORECASE,
)


def ordered(text: str, at: int) -> bool:
    """Whether the number at ``at`` is called an order, a parcel or an article."""
    return bool(_ORDER.search(text, max(0, at - 24), at))


def find(text: str) -> Iterator[Span]:
    """Every personal number of a folded text, also where Chinese numerals spell it."""
    if any(c.isdigit() for c in text):
        yield from _find(text)
    if _SPELLED.search(text):
        yield from _find(text.translate(_NUMERALS))
    if (plain := _LOOKALIKE.sub(lambda m: m.group().translate(_LETTERS), text)) != text:
        yield from _find(plain)


def _find(text: str) -> Iterator[Span]:
    from . import papers, payment, phones

    for m in _BEGIN.finditer(text):
        if _DATE.match(text, m.start()):
            continue
        yield from phones.at(text, m.start())
        yield from papers.at(text, m.start())
        yield from payment.card_at(text, m.start())
    for m in _LETTERED.finditer(text):
        yield from papers.lettered_at(text, m.start())
        yield from payment.iban_at(text, m.start())
    yield from papers.named(text)
