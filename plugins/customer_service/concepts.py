"""What a question asks about, and whether a passage speaks of it: tables of both languages."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

MONEY = r"[$￥¥€£]\s?\d|\d(?:[\d.,]*)\s*(?:元|块|刀|rmb|usd|cny|dollars?|bucks|euros?|pounds?|美元|美金|港币)"
_FORMS = {
    "money": MONEY,
    "money_or_free": MONEY + r"|\bfree\b|免费|包邮|免运费",
    "time": r"\d{1,2}\s*(?::\d{2})?\s*(?:am|pm)|\d{1,2}[:：]\d{2}|\d{1,2}\s?点|24\s?小时|(?:open|closed)\b|休息",
    "place": r"📍|地址|位于|address|located|\b\d{1,6}\s+[NSEW]?\.?\s?[A-Z]\w+|[路街道巷弄]\S{0,6}号",
    "duration": r"\d+\s*(?:-|–|to|到|至)?\s*\d*\s*(?:个?(?:working|business)? ?(?:days?|hours?|weeks?)|个?工作日|天|小时|周)|same (?:working )?day|next (?:business )?day|当天|次日",
    "hours": r"\d+\s*(?:hours?|hrs?|h\b|小时|分钟|minutes?)",
    "percent": r"\d\s*(?:%|％|percent)|百分之",
    "length": r"\d\s*(?:cm|mm|m\b|inch|in\b|ft|feet|met(?:er|re)s?|厘米|毫米|米|英寸)",
    "weight": r"\d\s*(?:g\b|kg|oz\b|lbs?|克|千克|公斤|斤)",
}


class Concept(NamedTuple):
    key: str
    en: str
    zh: str
    ask: re.Pattern[str]
    say: re.Pattern[str]
    form: re.Pattern[str] | None

    def said(self, text: str) -> bool:
        return bool(self.say.search(text)) and (self.form is None or bool(self.form.search(text)))


def pattern(alternatives: str) -> str:
    """Latin alternatives as whole words, Chinese ones anywhere."""
    parts = re.split(r"\|(?![^(]*\))", alternatives)
    return "|".join(rf"(?<![a-z]){p}s?(?![a-z])" if p.isascii() else p for p in parts if p)


@lru_cache(maxsize=1)
def concepts() -> dict[str, Concept]:
    table = yaml.safe_load((Path(__file__).parent / "concepts.yaml").read_text(encoding="utf-8"))
    found = {}
    for key, row in table.items():
        ask = pattern(row["ask"])
        # A price is told by an amount beside the word, not by any word that asks for it.
        say = pattern(row["say"] + "|" + row["ask"] if "say" in row else row["ask"])
        form = re.compile(_FORMS[row["form"]], re.I) if "form" in row else None
        found[key] = Concept(key, row["label"][0], row["label"][1], re.compile(ask, re.I), re.compile(say, re.I), form)
    return found


# A narrower thing asked for takes the place of the wider one whose words it holds.
_NARROWER = {
    "ship_cost": {"price", "ship_where", "takeaway", "ship_time"}, "ship_time": {"takeaway", "ship_where", "battery", "shelf_life"},
    "gift_card": {"price", "valid", "shelf_life"}, "sweetness": {"sugar"}, "sweetener": {"sugar", "ingredients", "preservative"},
    "refund_time": set(), "battery": {"shelf_life"}, "length": {"battery", "size"}, "driver": {"size"}, "sunscreen_kind": {"spf"},
    "spares": {"recycling"}, "room_fee": {"price", "private_room"}, "where_to_buy": {"shop"}, "calories": {"price"}, "sugar": {"price"},
    "weight": {"price"}, "concentration": {"ingredients"}, "founder": {"history"}, "jobs": {"shop"}, "franchise": {"price"},
    "group": set(), "app": {"connect"}, "codec": {"connect"}, "console": {"connect", "app"}, "charging": {"battery"},
    "check_in": {"hours"}, "check_out": {"hours"}, "breakfast": {"price"}, "extra_bed": set(), "ev_charging": {"sockets", "charging"},
    "charge_time": {"charging", "battery", "ship_time"}, "load": {"weight"}, "speed": {"ship_time"}, "range": {"distance", "battery"},
    "instalments": {"payment"}, "cancel": {"refund_time"}, "lift": {"accessible"}, "transport": {"distance"}, "fit": {"size"}, "washing": {"clean"},
    "removable": {"battery"}, "pool": {"waterproof", "hours"}, "height": set(),
    "child_seat": {"kids", "seats"}, "takeaway": {"ship_where"}, "signature": set(), "remove_makeup": {"how_to_use"}, "alternative_use": set(),
}  # fmt: skip


def asked(question: str) -> list[Concept]:
    """What a question asks about, as far as the table knows it."""
    found = {c.key: c for c in concepts().values() if c.ask.search(question)}
    for key in list(found):
        for wider in _NARROWER.get(key, ()):
            found.pop(wider, None)
    return list(found.values())


@lru_cache(maxsize=1)
def _same() -> list[tuple[re.Pattern[str], frozenset[str]]]:
    groups = yaml.safe_load((Path(__file__).parent / "same.yaml").read_text(encoding="utf-8"))
    return [
        (re.compile(pattern("|".join(re.escape(w) for w in g.split("|"))), re.I), frozenset(w.lower() for w in g.split("|")))
        for g in groups
    ]


def holds(text: str, word: str) -> bool:
    """Whether a (lower-cased) text holds a word, another form of it, or another word for the same thing."""
    if _has(text, word):
        return True
    forms = {word, *(word[: -len(end)] for end in ("s", "es") if word.endswith(end) and len(word) > 4)}
    return any(pattern.search(text) for pattern, words in _same() if forms & words)


def _has(text: str, word: str) -> bool:
    if not word.isascii():
        return word in text
    stem = re.sub(r"(?:ies|ing|ed|es|s|ly|y)$", "", word) if len(word) > 4 else word
    stem = stem if len(stem) >= 3 else word
    return re.search(rf"(?<![a-z]){re.escape(stem)}(?:\w{{0,4}})(?![a-z])", text) is not None
