"""A text as a reader sees it: one width of letters, ASCII digits, nothing invisible, with the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_DROPPED = frozenset("\u034f\u115f\u1160\u3164\uffa0\u20e3")  # joiners and fillers that show nothing; the keycap of 1️⃣
_ESCAPE = re.compile(
    r"%(?P<url>[0-9A-Fa-f]{2})|&#(?P<dec>\d{1,7});|&#[xX](?P<hex>[0-9A-Fa-f]{1,6});|&(?P<name>commat|period|plus|lowbar|nbsp);|\\{1,4}(?:u|x)(?P<json>(?<=u)[0-9A-Fa-f]{4}|(?<=x)[0-9A-Fa-f]{2})"
)
# What numbers the points of a list in posts: ① ❷ ⑶ 4️⃣
_MARK = re.compile("[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]|[0-9]\ufe0f?\u20e3")
_ROUNDS = 3
"""Times that escapes are read: escapes may be escaped."""
_NAMED = {"commat": "@", "period": ".", "plus": "+", "lowbar": "_", "nbsp": " "}


class _Folds(dict[str, str]):
    """Character to what it stands for; filled as characters are met."""

    def __missing__(self, char: str) -> str:
        self[char] = folded = _fold(char)
        return folded


def _fold(char: str) -> str:
    code = ord(char)
    if 0xE0020 <= code <= 0xE007E:  # tag characters spell ASCII that no reader sees and a model may read
        return chr(code - 0xE0000)
    if char in _DROPPED or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return ""
    digit = unicodedata.digit(char, None)
    if digit is not None:  # ⓵ ❸ ⑻ as well, which have no compatible form or one in brackets
        return str(digit)
    if 0x3021 <= code <= 0x3029:  # Suzhou numerals
        return str(code - 0x3020)
    out = []
    for c in unicodedata.normalize("NFKC", char):
        kind = unicodedata.category(c)
        if kind == "Nd":
            out.append(str(unicodedata.decimal(c)))
        elif kind == "Pd" or c == "\u2212":
            out.append("-")
        elif kind == "Zs":
            out.append(" ")
        elif kind not in ("Cf", "Mn", "Me"):
            out.append(c)
    return "".join(out)


_FOLDS = _Folds()


@dataclass(frozen=True)
class Folded:
    """``text`` and, for each of its characters, where in the original it begins and ends (``None``: the same places)."""

    text: str
    begins: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    length: int = 0
    """Of the original."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Places in the original of ``text[start:end]``, which must not be empty, with what shows nothing behind it."""
        if self.begins is None or self.ends is None:
            return start, end
        after = self.begins[end] if end < len(self.begins) else self.length
        return self.begins[start], max(self.ends[end - 1], after)


def fold(text: str) -> Folded:
    """``text`` in compatibility form (NFKC), character by character."""
    return Folded(text) if text.isascii() else _folded(text, None, None)


def fold_unmarked(text: str) -> Folded | None:
    """The same without the marks that number a list's points, which would stand as a digit too many before a number."""
    unmarked = _MARK.sub(lambda m: " " * len(m.group()), text)
    return None if unmarked == text else fold(unmarked)


def fold_escaped(text: str) -> Folded | None:
    """The same with escapes read (``%40``, ``&#64;``, ``\\u0040``); ``None`` when there are none."""
    chars: Sequence[str] = text
    begins: Sequence[int] = range(len(text))
    ends: Sequence[int] = range(1, len(text) + 1)
    for round_ in range(_ROUNDS):
        joined = "".join(chars)
        read = _unescape(joined) if "%" in joined or "&" in joined or "\\" in joined else None
        if read is None:
            return _folded(chars, begins, ends) if round_ else None
        chars, first, last = read
        begins, ends = [begins[i] for i in first], [ends[i - 1] for i in last]
    return _folded(chars, begins, ends)


def _folded(chars: Sequence[str], begins: Sequence[int] | None, ends: Sequence[int] | None) -> Folded:
    folded = [_FOLDS[c] for c in chars]
    joined = "".join(folded)
    if len(joined) == len(folded) and "" not in folded:
        return Folded(joined, begins, ends, ends[-1] if ends else 0)
    first = [b for b, f in zip(begins or range(len(chars)), folded, strict=True) for _ in f]
    last = [e for e, f in zip(ends or range(1, len(chars) + 1), folded, strict=True) for _ in f]
    return Folded(joined, first, last, ends[-1] if ends else len(chars))


def _unescape(text: str) -> tuple[list[str], list[int], list[int]] | None:
    """Characters with their places, escapes read; ``None`` when there is no escape."""
    chars: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        value = match[match.lastgroup or 0]
        code = ord(_NAMED[value]) if match.lastgroup == "name" else int(value, 10 if match.lastgroup == "dec" else 16)
        # Bytes above ASCII are pieces of a longer UTF-8 sequence, surrogates halves of a pair: nothing that is looked for.
        if not 0x20 <= code <= (0x7E if match.lastgroup == "url" else 0x10FFFF) or 0xD800 <= code < 0xE000:
            continue
        chars += text[at : match.start()]
        begins += range(at, match.start())
        ends += range(at + 1, match.start() + 1)
        chars.append(chr(code))
        begins.append(match.start())
        ends.append(match.end())
        at = match.end()
    if at == 0:
        return None
    return [*chars, *text[at:]], [*begins, *range(at, len(text))], [*ends, *range(at + 1, len(text) + 1)]
