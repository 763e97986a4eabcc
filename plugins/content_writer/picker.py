"""Choosing sentences of the grammar: those that hold, seldom used, allowed, and not somebody else's."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent import word_runs
from plugins.content_writer.material import Material
from plugins.content_writer.written import grammar

_VARIABLES = ("place", "brand", "product", "subject", "one", "thing")


@dataclass
class Sheet:
    """What the drafts of one campaign share: material, seed, how often each sentence was used, and what may not be copied."""

    m: Material
    seed: str
    others: frozenset[tuple[str, ...]] = frozenset()
    """Runs of eight words or characters of the posts that were read."""
    used: Counter[str] = field(default_factory=Counter)
    scripts: int = 0

    def __post_init__(self) -> None:
        self.g: dict[str, Any] = grammar(self.m.language)
        self.forms: dict[str, Any] = grammar(self.m.language, "grammar_forms")
        self.free = word_runs(self.m.known)

    def original(self, text: str) -> bool:
        """Whether no run of eight words or characters of the text stands in a post that was read, the brief's own words aside."""
        return not ((word_runs(text) - self.free) & self.others)


class Picker:
    """Chooses sentences for one draft. ``avoid`` are words that its review objected to."""

    def __init__(self, sheet: Sheet, key: str, holds: Collection[str], topic: str = "", avoid: Sequence[str] = ()) -> None:
        self.sheet, self.key, self.holds, self.avoid = sheet, key, set(holds), [a.casefold() for a in avoid]
        self.m, self.g, self.forms = sheet.m, sheet.g, sheet.forms
        self.values = {name: getattr(self.m, name) for name in _VARIABLES} | {"topic": topic}

    def allowed(self, text: str) -> bool:
        flat = text.casefold()
        return self.m.allowed(text) and not any(a in flat for a in self.avoid) and self.sheet.original(text)

    def allowed_fact(self, text: str) -> bool:
        """Whether a fact of the brief may be stated: all but those that the review objected to."""
        flat = text.casefold()
        return not any(a in flat for a in self.avoid)

    def number(self, slot: str, n: int) -> int:
        """A number under ``n``, the same for the same draft, slot and brief."""
        return int.from_bytes(hashlib.sha256(f"{self.sheet.seed}|{self.key}|{slot}".encode()).digest()[:4], "big") % n

    def fill(self, text: str, **more: str) -> str:
        return capital(text.format(**self.values, **more))

    def options(self, slot: str, source: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
        """``(template, sentence)`` of all that hold and say nothing forbidden."""
        entries = (source or (self.g if slot in self.g else self.forms))[slot]
        made = [(e["text"], self.fill(e["text"])) for e in entries if set(e.get("if", ())) <= self.holds]
        return [(t, s) for t, s in made if self.allowed(s)]

    def seldom(self, slot: str, options: Sequence[tuple[str, str]]) -> str:
        """Of ``(template, sentence)`` the one used least in this campaign; which of several follows from the draft's key."""
        if not options:
            return ""
        ranked = sorted(options, key=lambda o: (self.sheet.used[o[0]], self.number(slot + o[0], 1 << 30)))
        self.sheet.used[ranked[0][0]] += 1
        return ranked[0][1]

    def line(self, slot: str, asks: bool | None = None) -> str:
        """The sentence for a slot, or an empty one when the brief forbids them all.

        Args:
            asks: whether a question is wanted; taken where there is one, for creators who open posts that way.
        """
        options = self.options(slot)
        if asks is not None:
            fitting = [o for o in options if o[1].endswith(("?", "？")) is asks]
            least = min((self.sheet.used[t] for t, _ in options), default=0)
            options = [o for o in fitting if self.sheet.used[o[0]] <= least + 1] or options
        return self.seldom(slot, options)

    def some(self, slot: str, texts: Sequence[str], **more: str) -> str:
        """One of plain templates."""
        return self.seldom(slot, [(t, s) for t in texts if self.allowed(s := self.fill(t, **more))])

    def criteria(self, two: Sequence[str], slot: str = "criteria") -> str:
        source = self.g if slot in self.g else self.forms
        options = [
            (e["text"], capital(e["text"].format(a=two[0], b=two[-1]))) for e in source[slot] if len(two) > 1 or "{b}" not in e["text"]
        ]
        return self.seldom(slot, [(t, s) for t, s in options if self.allowed(s)])

    def title(self, longest: int, style: str) -> str:
        """A title within ``longest`` characters, in the creator's form of title where there is one."""
        fits = [(t, s) for t, s in self.options("titles") if len(s) <= longest]
        styles = {e["text"]: e.get("style", "plain") for e in self.g["titles"]}
        own = [o for o in fits if styles[o[0]] == style]
        fresh = [o for o in own if not self.sheet.used[o[0]]] or [o for o in fits if not self.sheet.used[o[0]]]
        return self.seldom("titles", fresh or own or fits) or (self.m.thing[:longest] if self.m.allowed(self.m.thing[:longest]) else "")

    def shot(self, name: str, shown: set[str]) -> str:
        shots = [s for s in self.g["shots"][name] if s not in shown and self.allowed(s)] or list(self.g["shots"][name])
        return self.seldom(name, [(s, s) for s in shots])


def holds(m: Material, topic: str, creator: bool) -> set[str]:
    """What is so, by the names that the grammar's ``if`` uses."""
    flags = {
        "venue": m.venue, "goods": not m.venue, "food": m.food, "place": bool(m.place), "brand": bool(m.brand and m.brand != m.product),
        "nobrand": not m.brand, "topic": bool(topic), "facts": bool(m.facts), "creator": creator, "own": not creator,
    }  # fmt: skip
    return {name for name, is_so in flags.items() if is_so}


def sentence(text: str, language: str) -> str:
    """A fact as a sentence: with a capital, and with a full stop when it has no end."""
    text = capital(text)
    if text.endswith(("。", "！", "？", "～", ".", "!", "?", "”", '"')) or text.startswith("#"):
        return text
    return text + ("。" if language == "zh" else ".")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
