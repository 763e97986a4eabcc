"""Aspects and opinion words of a language, read from `aspects.<language>.yaml`, and the clauses that they are looked for in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from plugins.common.text import clauses

# What turns the next opinion word round. `不错`, `不得不` and the like are words of the lexicon or no negation.
_NEGATION = {
    "zh": re.compile(r"(?:不是很?|并不|不太|不怎么|没有?那么|没有?|不算|谈不上|不够|毫不|别|不)(?:太|很|那么|觉得|是|会)?$"),
    "en": re.compile(
        r"(?:\b(?:not|never|no|hardly|barely|nothing|without|isnt|wasnt|dont|didnt)|n['’]t)\s+(?:(?:think|believe|find|feel|say)\s+(?:\w+\s+){0,5}|(?:\w+\s+){0,2})$",
        re.IGNORECASE,
    ),
}

# Where a clause turns, though no mark stands there: "好吃但是贵", "tasty but dear". 就是 turns only before what is wrong.
_TURN = {
    "zh": re.compile(
        r"(?<![不])(?=(?:但是|但(?!愿|凡|丁)|可是|可惜|不过(?!如此|是)|然而|只是(?!为)|就是(?=有点|太|略|稍|偏|贵|分量|份量|量|价格|人|服务|排队)))"
    ),
    "en": re.compile(r"(?<=[\w)])\s+(?=(?:but|however|although|though|yet|whereas|except|while|unfortunately)\b)", re.IGNORECASE),
}
_BEFORE = re.compile(r"^(?:但是?|就是|可是)(?=贵)")
"""What stands before a word that is too short to be listed alone."""
_AND = re.compile(r"(?<=\w)\s+(?=and\b)", re.IGNORECASE)
CLOSE = {"zh": 4, "en": 12}
"""Within so many characters of an aspect that is named, a word that would imply another is about the named one: "价格不友好"."""


@dataclass(frozen=True)
class Opinion:
    """One opinion word as it stands in a text. ``sign`` is 1 or -1, negation counted in."""

    word: str
    sign: int
    aspects: tuple[str, ...]
    start: int
    end: int


class Lexicon:
    """Opinion words and aspects of one language."""

    def __init__(self, language: str, data: dict) -> None:  # type: ignore[type-arg]
        self.language = language
        self.labels: dict[str, dict[str, str]] = {a: d["label"] for a, d in data["aspects"].items()}
        self._signs: dict[str, int] = {}
        self._of: dict[str, tuple[str, ...]] = {}
        for sign, kind in ((1, "positive"), (-1, "negative")):
            for word in data["general"][kind]:
                self._signs[str(word).lower()] = sign
            for aspect, d in data["aspects"].items():
                for word in map(str.lower, map(str, d[kind])):
                    self._signs[word] = sign
                    self._of[word] = (*self._of.get(word, ()), aspect)
        self._opinions = _any(self._signs, language)
        self._terms = {a: _any(map(str, d["terms"]), language) for a, d in data["aspects"].items()}

    def opinions(self, text: str) -> list[Opinion]:
        """The opinion words of a clause, in order, longest first where they overlap."""
        negation = _NEGATION[self.language]
        found = []
        for m in self._opinions.finditer(text):
            word = m.group().lower()
            turned = negation.search(text[max(0, m.start() - 40) : m.start()]) is not None
            sign = -self._signs[word] if turned else self._signs[word]
            found.append(Opinion(_BEFORE.sub("", m.group()), sign, self._of.get(word, ()), m.start(), m.end()))
        return found

    def opinion(self, text: str) -> float | None:
        """Mean sign of the opinion words, -1 to 1; ``None`` when there is none."""
        signs = [o.sign for o in self.opinions(text)]
        return sum(signs) / len(signs) if signs else None

    def clauses(self, text: str) -> list[str]:
        """Verbatim parts of a text that say one thing each: cut at marks, where "but" turns, and at "and" between two opinions."""
        found = []
        for clause in clauses(text):
            for part in filter(None, map(str.strip, _TURN[self.language].split(clause))):
                halves = _AND.split(part) if self.language == "en" else [part]
                found += halves if len(halves) == 2 and all(self.opinions(h) for h in halves) else [part]
        return found

    def aspects(self, clause: str) -> dict[str, list[Opinion]]:
        """The aspects a clause speaks of, each with the opinion words about it (possibly none).

        A word that fits any aspect ("good") goes to the nearest one named: in Chinese rather to one before it, in English after it.
        """
        opinions = self.opinions(clause)
        named = [(a, m.start(), m.end()) for a, terms in self._terms.items() for m in terms.finditer(clause)]
        implied = [(a, o.start, o.end) for o in opinions for a in o.aspects]
        # The words of an opinion name nothing besides: "wait" in "no wait".
        named = [n for n in named if not any(o.aspects and o.start <= n[1] and n[2] <= o.end for o in opinions)]
        found: dict[str, list[Opinion]] = {a: [] for a, _, _ in [*implied, *named]}
        for o in opinions:
            nearest = min([*named, *(implied if not o.aspects else ())], key=lambda n: self._distance(o, n[1], n[2]), default=None)
            own = o.aspects if not nearest or any(n[0] in o.aspects for n in named) else ()
            if o.aspects and nearest and not own and self._distance(o, nearest[1], nearest[2]) > CLOSE[self.language]:
                own = o.aspects
            for aspect in own or ((nearest[0],) if nearest else ()):
                found[aspect].append(o)
        said = {a for a, _, _ in named}
        return {a: words for a, words in found.items() if words or a in said}

    def _distance(self, o: Opinion, start: int, end: int) -> float:
        after = start >= o.end
        gap = start - o.end if after else max(0, o.start - end)
        return gap + (0.5 if after == (self.language == "zh") else 0)


def _any(words, language: str) -> re.Pattern[str]:  # type: ignore[no-untyped-def]
    alternatives = "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w)))
    return re.compile(alternatives if language == "zh" else rf"(?<![\w'’])(?:{alternatives})(?![\w'’])", re.IGNORECASE)


@lru_cache(maxsize=4)
def lexicon(language: str) -> Lexicon:
    """The lexicon of ``en`` or ``zh``."""
    path = Path(__file__).parent / f"aspects.{language}.yaml"
    return Lexicon(language, yaml.safe_load(path.read_text(encoding="utf-8")))
