"""Numbers in a request: digits, words, Chinese numerals, scales and ranges. What they count is for others to say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .text import Text

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL: dict[str, float] = {w: float(i) for i, w in enumerate(_UNITS.split())} | {w: (i + 2) * 10.0 for i, w in enumerate(_TENS.split())}
_SMALL |= {"a": 1, "an": 1, "half": 0.5, "dozen": 12, "couple": 2}
_BIG = {"hundred": 1e2, "thousand": 1e3, "grand": 1e3, "million": 1e6, "mil": 1e6, "billion": 1e9}
_SCALES = {
    "k": 1e3, "m": 1e6, "mm": 1e6, "bn": 1e9, "thousand": 1e3, "grand": 1e3, "million": 1e6, "mil": 1e6, "billion": 1e9, "hundred": 1e2,
    "w": 1e4, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8,
}  # fmt: skip
_ZH_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3, "伍": 5}
_ZH_UNIT = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_ZH_BIG = {"万": 10**4, "亿": 10**8}

_WORDS = "|".join(sorted((w for w in [*_SMALL, *_BIG] if w not in ("a", "an")), key=len, reverse=True))
_ENGLISH = (
    rf"(?<![a-z])(?:(?:an?|half an?) (?=(?:{_WORDS})(?![a-z])))?(?:{_WORDS})(?:(?: and |[ -]| a | of a )(?:{_WORDS})(?![a-z]))*(?![a-z])"
)
_DIGITS = r"(?<![\d.])(?:\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,15}(?!\d))(?:\.\d{1,6})?"
_SCALE = r"(?:\s?(?:百万|千万|十万|[百千万亿])|(?:[kmw]|mm|bn)(?![a-z])|[ -](?:thousand|grand|million|mil|billion|hundred)(?![a-z])|\s[km](?![a-z]))"
_CHINESE = r"(?:[零〇一二两三四五六七八九十][零〇一二两三四五六七八九十百千万亿]{0,15}半?|[百千][万亿])"
_ONE = re.compile(rf"(?P<digits>{_DIGITS})(?P<scale>{_SCALE})?(?P<more>\d千|\d百)?|(?P<chinese>{_CHINESE})|(?P<english>{_ENGLISH})")
_SYMBOL = r"(?:us\$|hk\$|[$£€¥])?"
_JOIN = re.compile(rf"\s?(?:-|~|到|至|或|(?P<word>\bto\b|\bor\b|\band\b))\s?{_SYMBOL}\s?$")
_JOIN_CURRENCY = r"(?:元|块|岁|位|个|名)?"
_ROUGH_AFTER = re.compile(r"^(?:[来几多余]|ish\b|-ish\b|\s?or so\b|\s?左右|\s?上下)")
_ROUGH_BEFORE = re.compile(r"(?:about|around|roughly|approximately|some|~|大约|大概|约|差不多)\s?$")


@dataclass(frozen=True)
class Number:
    """A number or range in the request. ``low`` equals ``high`` for a plain number."""

    start: int
    end: int
    low: float
    high: float
    rough: bool = False
    scaled: str = ""
    first_end: int = 0

    @property
    def is_range(self) -> bool:
        return self.low != self.high

    @property
    def whole(self) -> int | None:
        """The number as a count, when it can be one."""
        return int(self.high) if self.high == int(self.high) and 0 <= self.high < 1e7 else None


def read_chinese(numeral: str) -> float | None:
    """``三十万`` is 300000, ``两千五`` 2500, ``一百零八`` 108, ``一万五`` 15000. ``None`` for what is no numeral."""
    half = numeral.endswith("半")
    total = section = 0.0
    digit: float | None = None
    last_unit = 1.0
    for c in numeral.rstrip("半"):
        if c in _ZH_DIGIT:
            digit = _ZH_DIGIT[c] if digit is None or digit == 0 else digit * 10 + _ZH_DIGIT[c]
            last_unit = 1.0 if c in "零〇" else last_unit
        elif c in _ZH_UNIT:
            section += (1 if digit is None else digit) * _ZH_UNIT[c]
            last_unit, digit = float(_ZH_UNIT[c]), None
        elif c in _ZH_BIG:
            whole = section + (digit or 0)
            total += (whole or (1 if not total else 0)) * _ZH_BIG[c]
            last_unit, section, digit = float(_ZH_BIG[c]), 0.0, None
        else:
            return None
    if digit is not None:
        section += digit * (last_unit / 10 if last_unit > 10 and digit < 10 else 1)
    return total + section + (0.5 * last_unit if half else 0)


def read_english(words: str) -> float | None:
    """``twenty-five`` is 25, ``two hundred thousand`` 200000, ``half a million`` 500000, ``a dozen`` 12."""
    total = current = 0.0
    seen = False
    for word in re.split(r"[ -]+", words):
        if word in ("and", "of", ""):
            continue
        if word in ("a", "an"):
            current, seen = current or 1, True
        elif word == "half":
            current, seen = (0.5, True) if not seen or current == 1 else (current + 0.5, True)
        elif word in ("dozen", "couple"):
            current, seen = (current or 1) * _SMALL[word], True
        elif word in _SMALL:
            current, seen = (_SMALL[word] if current == 1 and not total and words.startswith("a ") else current + _SMALL[word]), True
        elif word == "hundred":
            current, seen = (current or 1) * 100, True
        elif word in _BIG:
            total, current, seen = total + (current or 1) * _BIG[word], 0.0, True
        else:
            return None
    return total + current if seen else None


def _value(m: re.Match[str]) -> tuple[float, str] | None:
    if m["digits"]:
        scale = (m["scale"] or "").strip(" -")
        factor = _SCALES.get(scale, 1.0)
        more = int(m["more"][0]) * _SCALES[m["more"][1]] if m["more"] else 0.0
        return round(float(m["digits"].replace(",", "")) * factor + more, 6), scale
    numeral = m["chinese"] or m["english"]
    value = read_chinese(numeral) if m["chinese"] else read_english(numeral)
    return (value, _word_scale(numeral)) if value is not None else None


def _word_scale(numeral: str) -> str:
    return next((s for s in ("亿", "万", "千", "百", "million", "thousand", "grand", "hundred") if numeral.endswith(s)), "")


def _neighbours(numeral: str) -> tuple[int, int] | None:
    """``两三`` is 2 to 3, ``七八`` 7 to 8, ``三五`` 3 to 5."""
    if len(numeral) == 2 and all(c in _ZH_DIGIT and _ZH_DIGIT[c] for c in numeral):
        low, high = _ZH_DIGIT[numeral[0]], _ZH_DIGIT[numeral[1]]
        if high - low in (1, 2):
            return low, high
    return None


def find_numbers(text: Text) -> list[Number]:
    """Every number of the text that nobody has taken yet, in order, ranges joined (``5-8千`` is 5000 to 8000)."""
    found: list[Number] = []
    previous: tuple[re.Match[str], float, str] | None = None
    for m in _ONE.finditer(text.s):
        read = _value(m)
        if read is None:
            previous = None
            continue
        value, scale = read
        joined = _join(text, found[-1] if found else None, previous, m, value, scale)
        if joined:
            found[-1], previous = joined, None
            continue
        low, high = _neighbours(m["chinese"] or "") or (value, value)
        rough = bool(_ROUGH_AFTER.match(text.s[m.end() : m.end() + 8]) or _ROUGH_BEFORE.search(text.s[max(0, m.start() - 16) : m.start()]))
        found.append(Number(m.start(), m.end(), low, high, rough, scale, m.end()))
        previous = (m, value, scale)
    return found


def _join(
    text: Text, last: Number | None, previous: tuple[re.Match[str], float, str] | None, m: re.Match[str], value: float, scale: str
) -> Number | None:
    """The range that ``last`` and this number make, if they stand together as one."""
    if last is None or previous is None or m.start() - last.end > 12:
        return None
    between = re.sub(rf"^{_JOIN_CURRENCY}", "", text.s[last.end : m.start()])
    link = _JOIN.fullmatch(between)
    if link is None or (link["word"] == "and" and not text.s[: last.start].rstrip(" $£€¥").endswith("between")):
        return None
    low = last.high
    if scale and not last.scaled and low < value:
        factor = _SCALES.get(scale, 1.0)
        low = low * factor if low * factor <= value else low
    return Number(last.start, m.end(), low, value, last.rough, scale, last.end)
