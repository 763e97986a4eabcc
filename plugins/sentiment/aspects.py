"""What a text says about single aspects: clause by clause, all clauses of a batch read in one call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.common.text import language_of
from plugins.sentiment.lexicon import Lexicon, lexicon
from plugins.sentiment.reading import LABELS, Backend, Label, Reading

SPOKEN, BESIDE = 0.5, 0.6
"""From this probability on, an aspect that no word names counts as spoken of: where words name none, and where they name another."""
DENIED = 0.05
"""Below this probability, the text does not speak of an aspect that a word seems to name."""
JUDGED = {"en": frozenset({"taste", "service", "price", "environment"})}
"""Where the backend is listened to beside the words: aspects and language of its labelled sentences. Of Chinese it knows whole
reviews of restaurants only, which speak of nearly everything, and would hear service in a recipe."""
WORD_ODDS = 3.0
"""An opinion word multiplies the odds of its side by this, over what the backend says of the clause; set by judgement, not fitted."""
MOST_CLAUSES = 40
"""Clauses of one text that are looked at, half from its beginning and half from its end."""


@dataclass(frozen=True)
class AspectReading:
    """What one clause says about one aspect."""

    aspect: str
    clause: str
    """Word for word as in the text."""
    words: tuple[str, ...]
    """The opinion words that say so; empty where none does."""
    probs: tuple[float, float, float]

    @property
    def label(self) -> Label:
        return LABELS[max(range(3), key=self.probs.__getitem__)]


@dataclass
class _Found:
    """An aspect in a clause, before the clause is read."""

    text: int
    aspect: str
    clause: str
    words: tuple[str, ...]
    sign: int


def read_aspects(texts: Sequence[str], readings: Sequence[Reading], backend: Backend) -> list[list[AspectReading]]:
    """For each text, the aspects in the order of its clauses.

    Args:
        readings: of the whole texts, with aspects where the backend knows them. An aspect that it finds and no word names is put to
            the clause that is likeliest to speak of it.
        backend: reads the clauses.
    """
    found: list[_Found] = []
    unnamed: list[tuple[int, str, list[str]]] = []
    for i, (text, reading) in enumerate(zip(texts, readings, strict=True)):
        lex = _lexicon_of(text)
        if lex is None:
            continue
        clauses = _some(lex.clauses(text)) or [text]
        judged = JUDGED.get(language_of(text), frozenset())
        denied = {a for a in judged if reading.aspects.get(a, 1.0) < DENIED}
        named = [f for clause in clauses for f in _named(i, clause, lex) if f.aspect not in denied]
        found += named
        known, least = {f.aspect for f in named}, BESIDE if named else SPOKEN
        unnamed += [(i, a, clauses) for a, p in reading.aspects.items() if p >= least and a in judged and a not in known]
    wanted = {f.clause: None for f in found} | {c: None for _, _, clauses in unnamed for c in clauses}
    whole = {text.strip(): r for text, r in zip(texts, readings, strict=True)}
    new = [c for c in wanted if c not in whole]
    read = dict(zip(new, backend.read(new, aspects=bool(unnamed)), strict=True)) if new else {}
    of = {c: read.get(c) or whole[c] for c in wanted}
    for i, aspect, clauses in unnamed:
        clause = max(clauses, key=lambda c: of[c].aspects.get(aspect, 0.0))
        signs = [o.sign for o in lexicon(language_of(texts[i])).opinions(clause) if not o.aspects]
        found.append(_Found(i, aspect, clause, (), sum(signs)))
    result: list[list[AspectReading]] = [[] for _ in texts]
    for f in found:
        result[f.text].append(AspectReading(f.aspect, f.clause, f.words, weighed(of[f.clause].probs, f.sign)))
    return result


def _lexicon_of(text: str) -> Lexicon | None:
    language = language_of(text)
    return lexicon(language) if language in ("en", "zh") else None


def _named(i: int, clause: str, lex: Lexicon) -> list[_Found]:
    return [
        _Found(i, aspect, clause, tuple(o.word for o in opinions), sum(o.sign for o in opinions))
        for aspect, opinions in lex.aspects(clause).items()
    ]


def _some(clauses: list[str]) -> list[str]:
    half = MOST_CLAUSES // 2
    return clauses if len(clauses) <= MOST_CLAUSES else [*clauses[:half], *clauses[-half:]]


def weighed(probs: tuple[float, float, float], sign: int) -> tuple[float, float, float]:
    """What the backend says, with the odds of the opinion words' side raised. ``sign`` is the sum of their signs."""
    odds = WORD_ODDS ** max(-2, min(2, sign))
    negative, neutral, positive = max(probs[0], 1e-6) / odds, probs[1], max(probs[2], 1e-6) * odds
    total = math.fsum((negative, neutral, positive))
    return negative / total, neutral / total, positive / total


def merged(found: Sequence[AspectReading]) -> list[AspectReading]:
    """One reading per aspect of a text: the mean of its clauses', all their words; the clause is the most decided one's."""
    groups: dict[str, list[AspectReading]] = {}
    for f in found:
        groups.setdefault(f.aspect, []).append(f)
    made = []
    for aspect, group in groups.items():
        n, p, q = (sum(f.probs[k] for f in group) / len(group) for k in range(3))
        clearest = max(group, key=lambda f: max(f.probs))
        made.append(AspectReading(aspect, clearest.clause, tuple(dict.fromkeys(w for f in group for w in f.words)), (n, p, q)))
    return made
