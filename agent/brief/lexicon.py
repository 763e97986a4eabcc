"""Finding the words of a table in a text, the longest first; Latin words stand alone, Chinese ones anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Hit(NamedTuple):
    start: int
    end: int
    word: str


class Lexicon:
    """Words to look for. ``not_before`` and ``not_after`` are characters that may not touch a Latin word."""

    def __init__(self, words: Iterable[str], *, not_before: str = "@#_", not_after: str = "_") -> None:
        self._by_first: dict[str, list[str]] = {}
        for word in sorted(set(words), key=len, reverse=True):
            self._by_first.setdefault(word[0], []).append(word)
        self._not_before, self._not_after = not_before, not_after

    def find(self, text: str) -> Iterator[Hit]:
        """Every word in the text, from left to right, none overlapping."""
        i = 0
        while i < len(text):
            for word in self._by_first.get(text[i], ()):
                if text.startswith(word, i) and self._stands_alone(text, i, i + len(word), word):
                    yield Hit(i, i + len(word), word)
                    i += len(word) - 1
                    break
            i += 1

    def __call__(self, text: str) -> bool:
        """True when any of the words is in the text."""
        return next(self.find(text), None) is not None

    def _stands_alone(self, text: str, start: int, end: int, word: str) -> bool:
        before, after = text[start - 1 : start], text[end : end + 1]
        if _latin(word[0]) and before and (_latin(before) or before in self._not_before):
            return False
        return not (_latin(word[-1]) and after and (_latin(after) or after in self._not_after))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, to be part of a larger one; Latin words stand alone."""
    ordered = sorted(set(words), key=len, reverse=True)
    latin = "|".join(re.escape(w) for w in ordered if w.isascii())
    other = "|".join(re.escape(w) for w in ordered if not w.isascii())
    return f"(?:{'|'.join(filter(None, (f'(?<![a-z])(?:{latin})(?![a-z])' if latin else '', other)))})"
