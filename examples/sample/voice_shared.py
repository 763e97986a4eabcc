"""Reads the voices: picks alternatives, fills slots, keeps to the month. See ``voice_zh`` for the form."""

from __future__ import annotations

import random
import re

ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
SLOT = re.compile(r"<(\w+)>")
MONTHS = re.compile(r"^\[(\d+)-(\d+)\]")


def in_month(text: str, month: int) -> bool:
    """Whether a text fits the month: ``[5-9]…`` is May to September, ``[11-2]…`` November to February."""
    limits = MONTHS.match(text)
    if not limits:
        return True
    first, last = int(limits[1]), int(limits[2])
    return first <= month <= last if first <= last else month >= first or month <= last


class Voice:
    """One language's way of speaking. Options come from shuffled decks, so that none is heard twice before all were heard once."""

    def __init__(self, module: object, rng: random.Random) -> None:
        self.module = module
        self.rng = rng
        self.decks: dict[str, list[str]] = {}

    def pick(self, key: str, options: list[str]) -> str:
        deck = self.decks.setdefault(key, [])
        if not deck:
            deck.extend(options)
            self.rng.shuffle(deck)
        return deck.pop()

    def pick_in_month(self, key: str, options: list[str], month: int) -> str:
        for _ in range(50):
            text = self.pick(key, options)
            if in_month(text, month):
                return text
        raise ValueError(f"nothing under {key} fits month {month}")

    def slots(self) -> dict[str, str]:
        """A value for every slot, to hold throughout one post."""
        return {name: self.pick(f"<{name}>", values) for name, values in self.module.SLOTS.items()}

    def say(self, text: str, slots: dict[str, str]) -> str:
        text = MONTHS.sub("", text)
        while match := ALTERNATIVES.search(text):
            chosen = self.pick(match[0], match[1].split("|"))
            text = text[: match.start()] + chosen + text[match.end() :]
        text = SLOT.sub(lambda m: slots[m[1]], text)
        # English sentences start with a capital letter, whatever slot came first.
        return re.sub(r"(^|[.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text)
