"""What the request asks for, and what it says it does not want."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from .lexicon import Lexicon, any_of
from .mentions import only_mentioned
from .tables import deliverables as table
from .text import Text

_GAP = {"en": r"(?:[^\n,;.!?]|,(?=\d)|\.(?=[a-z0-9])){0,60}?", "zh": r"[^\n,;.!?]{0,24}?"}
_NO_EN = re.compile(
    r"\b(?:no need for|no need to|no need of|need no|don't need|do not need|don't want|do not want|doesn't need|don't write|don't|do not|not|no|without|skip|except"
    r"|leave out|never mind|needn't|nor|minus|forget|hold off on|instead of)\b"
)
_NOT_A_NO = re.compile(r"\b(?:not only|no later|no more than|not just|no matter|no idea|don't know|not sure|no clue|do not know)\b")
_NO_AFTER_EN = re.compile(
    r"^[\w ]{0,16}\b(?:not needed|isn't needed|aren't needed|unnecessary|not required|not necessary|not wanted|can wait|is optional)\b"
)
_NO_ZH = re.compile(
    r"不用|不需要|不要|无需|不必|先别|别|免去|免了|暂不|先不|没必要|不做|除了|不包括|不含|不想要|不找|不请|不写|无须|用不着|不准备|不打算"
)
_NOT_A_NO_ZH = re.compile(r"不仅|不只|不但|分别|特别|级别|类别|个别|别致|别墅|不要超过|不要低于|别超过")
_NO_AFTER_ZH = re.compile(r"^[^,]{0,6}?(?:不用|不需要|不要|无需|不必|免了|就算了|先不|暂时不)")
_GIVEN = re.compile(r"(?:这[条篇段份些个句]|那[条篇]|以下|下面|现有|已有|写好|下列)的?$")
_LISTED, _LIST_LABEL = Lexicon(table.LISTED), re.compile(table.LIST_LABEL)
_MOST_ASKS = 20
"""Hits of one phrase that are looked at: nobody asks more often, and the time to read stays bounded."""
_REACH = 120
"""Characters over which a "no" carries."""
_BUT = re.compile(r"\b(?:but|just|only|however|except)\b|但|只要|只需|而是|仅|就行")


@dataclass(frozen=True)
class Ask:
    """A place where the request speaks of a deliverable."""

    deliverable: str
    start: int
    end: int
    wanted: bool


@dataclass
class Asks:
    """Everything the request says about deliverables, in order of mention."""

    asks: list[Ask] = field(default_factory=list)
    everything: bool = False

    def of(self, deliverable: str) -> list[Ask]:
        return [a for a in self.asks if a.deliverable == deliverable]

    @property
    def wanted(self) -> list[str]:
        said = {a.deliverable for a in self.asks if a.wanted}
        said |= set(table.EVERYTHING_MEANS) if self.everything else set()
        refused = {a.deliverable for a in self.asks if not a.wanted}
        kept = {d for d in said if d not in refused or (d not in table.EVERYTHING_MEANS) or self._insisted(d)}
        return sorted(kept, key=_place)

    @property
    def not_wanted(self) -> list[str]:
        return sorted({a.deliverable for a in self.asks if not a.wanted} - set(self.wanted), key=_place)

    @property
    def contradicted(self) -> list[str]:
        """Deliverables that the request both asks for and rules out."""
        return sorted({a.deliverable for a in self.asks if a.wanted} & {a.deliverable for a in self.asks if not a.wanted}, key=_place)

    def _insisted(self, deliverable: str) -> bool:
        return any(a.wanted for a in self.of(deliverable))


def _place(deliverable: str) -> tuple[int, str]:
    return (table.ORDER.index(deliverable) if deliverable in table.ORDER else len(table.ORDER), deliverable)


@cache
def _words(slot: str) -> list[str]:
    return [w.removeprefix("~") for w in slot.split("|")]


def _slot(slot: str) -> str:
    return any_of(w for w in _words(slot) if w)


@cache
def _pattern(phrase: tuple[str, ...], language: str) -> re.Pattern[str]:
    out = _slot(phrase[0])
    for slot in phrase[1:]:
        optional = slot.startswith("|")
        gap = r"\s?" if slot.startswith(("~", "|")) else _GAP[language]
        out += f"(?:{gap}{_slot(slot.lstrip('|'))})?" if optional else gap + _slot(slot)
    return re.compile(out)


def read_asks(text: Text, third_party: Mapping[str, Sequence[str]] | None = None) -> Asks:
    """Find what is asked for. ``third_party`` maps a deliverable to phrases that ask for it."""
    result = Asks()
    for language in ("en", "zh"):
        for deliverable, by_language in table.PHRASES.items():
            for phrase in (*by_language[language], *table.MORE.get(deliverable, {}).get(language, ())):
                if _may_stand_in(text.s, phrase):
                    _collect(text, _pattern(phrase, language), deliverable, result)
        for phrase in table.EVERYTHING[language]:
            if _may_stand_in(text.s, phrase):
                result.everything |= any(
                    not refused(text, m.start(), m.end()) for m in islice(_pattern(phrase, language).finditer(text.s), _MOST_ASKS)
                )
    for deliverable, phrases in (third_party or {}).items():
        for words in phrases:
            if words.strip():
                _collect(text, _stated(words.strip().lower()), deliverable, result, told=deliverable not in table.PHRASES)
    for label in islice(_LIST_LABEL.finditer(text.s), _MOST_ASKS):
        end = text.sentence(label.end())[1]
        for hit in _LISTED.find(text.s[label.end() : end]):
            start, stop = label.end() + hit.start, label.end() + hit.end
            result.asks.append(Ask(table.LISTED[hit.word], start, stop, not refused(text, start, stop)))
    reviews = [(a.start, a.end) for a in result.asks if a.deliverable == "review"]
    result.asks = [a for a in result.asks if a.deliverable != "drafts" or not exists_already(text, a, reviews)]
    result.asks.sort(key=lambda a: (a.start, a.end))
    return result


def _may_stand_in(s: str, phrase: tuple[str, ...]) -> bool:
    """A quick look before the pattern is tried: every slot needs one of its words in the text."""
    return all(any(w in s for w in _words(slot)) for slot in phrase)


@cache
def _stated(words: str) -> re.Pattern[str]:
    """The pattern of a tool's `asks`: the words as they stand, or several (``|``) with a few others between them (``…``)."""
    slots = [slot.strip() for slot in words.split("…")]
    gap = _GAP["en" if words.replace("…", "").isascii() else "zh"]
    return re.compile(gap.join(any_of(w.strip() for w in slot.split("|") if w.strip()) for slot in slots if slot))


def _collect(text: Text, pattern: re.Pattern[str], deliverable: str, result: Asks, *, told: bool = False) -> None:
    """``told``: leave out places that only tell of something."""
    for m in islice(pattern.finditer(text.s), _MOST_ASKS):
        if not (told and only_mentioned(text, m.start(), m.end())):
            result.asks.append(Ask(deliverable, m.start(), m.end(), not refused(text, m.start(), m.end())))


def exists_already(text: Text, ask: Ask, reviews: list[tuple[int, int]]) -> bool:
    """True when the words speak of a text that is there ("检查这条文案"), rather than ask for one."""
    return bool(_GIVEN.search(text.s[max(0, ask.start - 6) : ask.start])) or any(s <= ask.start and ask.end <= e for s, e in reviews)


def refused(text: Text, start: int, end: int) -> bool:
    """True when the words at this place are ruled out: a "no" before them in the clause, in them, or after them."""
    clause_start, clause_end = text.clause(start)
    clause_end = max(clause_end, end)
    lead = text.s[max(clause_start, start - _REACH) : end]
    for m in _BUT.finditer(lead):
        lead = " " * m.end() + lead[m.end() :]
    said_no = _NO_EN.search(_NOT_A_NO.sub("", lead)) or _NO_ZH.search(_NOT_A_NO_ZH.sub("", lead))
    tail = text.s[end : min(clause_end, end + _REACH)]
    return bool(said_no or _NO_AFTER_EN.match(tail) or _NO_AFTER_ZH.match(tail))
