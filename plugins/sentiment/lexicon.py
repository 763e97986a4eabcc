"""Aspects and opinion words of a language, read from `aspects.<language>.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

# What turns the next opinion word round. `不错`, `不得不` and the like are words of the lexicon or no negation.
_NEGATION = {
    "zh": re.compile(r"(?:不是很?|并不|不太|不怎么|没有?那么|没有?|不算|谈不上|不够|毫不|别|不)(?:太|很|那么|觉得|是|会)?$"),
    "en": re.compile(
        r"(?:\b(?:not|never|no|hardly|barely|nothing|without|isnt|wasnt|dont|didnt)|n['’]t)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
    ),
}


@dataclass(frozen=True)
class Opinion:
    """One opinion word as it stands in a text. ``sign`` is 1 or -1, negation counted in."""

    word: str
    sign: int
    aspects: tuple[str, ...]


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
            turned = negation.search(text[max(0, m.start() - 24) : m.start()]) is not None
            found.append(Opinion(m.group(), -self._signs[word] if turned else self._signs[word], self._of.get(word, ())))
        return found

    def opinion(self, text: str) -> float | None:
        """Mean sign of the opinion words, -1 to 1; ``None`` when there is none."""
        signs = [o.sign for o in self.opinions(text)]
        return sum(signs) / len(signs) if signs else None

    def aspects(self, clause: str) -> dict[str, list[Opinion]]:
        """The aspects a clause speaks of, each with the opinion words about it (possibly none)."""
        opinions = self.opinions(clause)
        named = [a for a, terms in self._terms.items() if terms.search(clause)]
        implied = [a for o in opinions for a in o.aspects]
        free = [o for o in opinions if not o.aspects]
        return {a: [*(o for o in opinions if a in o.aspects), *free] for a in dict.fromkeys([*implied, *named])}


def _any(words, language: str) -> re.Pattern[str]:  # type: ignore[no-untyped-def]
    alternatives = "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w)))
    return re.compile(alternatives if language == "zh" else rf"(?<![\w'’])(?:{alternatives})(?![\w'’])", re.IGNORECASE)


@lru_cache(maxsize=4)
def lexicon(language: str) -> Lexicon:
    """The lexicon of ``en`` or ``zh``."""
    path = Path(__file__).parent / f"aspects.{language}.yaml"
    return Lexicon(language, yaml.safe_load(path.read_text(encoding="utf-8")))
