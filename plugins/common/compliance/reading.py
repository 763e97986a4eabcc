"""A text as rules read it: one width, simplified characters, nothing invisible or put between characters, with the way back."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex

_GLUE = regex.compile(r"(?<=[\u3400-\u9fff])[ \t\u3000·•.*_\-~|/'\"`^+=]{1,3}(?=[\u3400-\u9fff])")
"""What is put between Chinese characters so that a filter does not see the word: 最 佳, 最·佳, 国*家*级."""
_EMOJI = regex.compile(r"(?<=[\u3400-\u9fff])(?![🥇①-⑳])[\p{Emoji_Presentation}❤♥★☆✨]{1,2}(?=[\u3400-\u9fff])")
"""An emoji put between two Chinese characters: 薇❤信."""
_LEET = regex.compile(r"(?<=[A-Za-z])[013457@$](?=[a-z])|(?<=[a-z])[013457@$](?=[A-Za-z])")
"""A digit or sign that stands for a letter within a word: cl1nically, gu@ranteed."""
_LETTER = dict(zip("013457@$", "oieastas", strict=True))
_SPACED = regex.compile(r"(?<![A-Za-z])(?:[A-Za-z][ .*_\-]){3,20}[A-Za-z](?![A-Za-z])")
_HOMOGLYPHS = dict(zip("АВЕКМНОРСТХаеорсухіѕјΑΒΕΗΙΚΜΝΟΡΤΧο", "ABEKMHOPCTXaeopcyxisjABEHIKMNOPTXo", strict=True))
_SENTENCE = regex.compile(r"[。！？!?\n；;]+|(?<=[a-z0-9)][.])\s+")
REACH = 90
"""Characters to each side of a hit within which its sentence is looked for: time stays linear in texts without marks."""


@cache
def _simplified() -> dict[str, str]:
    """Traditional characters to simplified ones, from OpenCC's table (Apache-2.0), installed with it."""
    import opencc

    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.rstrip("\n").split("\t") for line in table.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {old: new.split(" ")[0] for old, new in pairs if len(old) == 1}


@cache
def _fold(char: str) -> str:
    if unicodedata.category(char) in ("Cf", "Mn", "Me", "Cc") and char not in "\n\t\r":
        return ""
    if char in _HOMOGLYPHS:
        return _HOMOGLYPHS[char]
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    out = "".join(c for c in unicodedata.normalize("NFKC", char) if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    return "".join(_simplified().get(c, c) for c in out).replace("’", "'").replace("‘", "'")


@dataclass(frozen=True)
class Reading:
    """``text`` as read, and for each of its characters the place of its original (``begins[i]`` to ``ends[i]``)."""

    text: str
    begins: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Places in the original of ``text[start:end]``; (0, 0) of nothing."""
        return (self.begins[start], self.ends[end - 1]) if end > start else (0, 0)

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """Where the sentence around ``text[start:end]`` begins and ends, at most ``REACH`` characters away."""
        first, last = max(0, start - REACH), min(len(self.text), end + REACH)
        for mark in _SENTENCE.finditer(self.text, first, start):
            first = mark.end()
        after = _SENTENCE.search(self.text, end, last)
        return first, after.start() if after else last


def read(text: str, substitutes: Sequence[tuple[str, str]] = ()) -> Reading:
    """Fold ``text``; ``substitutes`` are (pattern, what it stands for), as packs name them."""
    chars: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for i, char in enumerate(text):
        for c in _fold(char):
            chars.append(c)
            begins.append(i)
            ends.append(i + 1)
    made = Reading("".join(chars), begins, ends)
    made = _replace(made, _GLUE, "")
    made = _replace(made, _EMOJI, "")
    made = _joined_letters(made)
    made = _cut(made, [(m.start(), m.end(), _LETTER[m.group()]) for m in _LEET.finditer(made.text)])
    for pattern, stands_for in substitutes:
        made = _replace(made, regex.compile(pattern, regex.IGNORECASE), stands_for)
    return made


def _replace(made: Reading, pattern: regex.Pattern[str], by: str) -> Reading:
    cuts = [(m.start(), m.end(), by) for m in pattern.finditer(made.text) if m.end() > m.start()]
    return _cut(made, cuts)


def _joined_letters(made: Reading) -> Reading:
    """`c u r e s` as `cures`."""
    cuts = []
    for m in _SPACED.finditer(made.text):
        cuts += [(i, i + 1, "") for i in range(m.start() + 1, m.end(), 2)]
    return _cut(made, cuts)


def _cut(made: Reading, cuts: Sequence[tuple[int, int, str]]) -> Reading:
    if not cuts:
        return made
    text: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, by in cuts:
        text.append(made.text[at:start])
        begins += made.begins[at:start]
        ends += made.ends[at:start]
        text.append(by)
        begins += [made.begins[start]] * len(by)
        ends += [made.ends[end - 1]] * len(by)
        at = end
    return Reading("".join([*text, made.text[at:]]), [*begins, *made.begins[at:]], [*ends, *made.ends[at:]])
