"""Drafts without a model: a small grammar over the brief's words, shaped by each creator's habits.

Sentences come from ``grammar.<language>.yaml``. Which ones a draft gets follows from a hash of the creator and the
brief, and from what the drafts before it used, so that the drafts of a campaign differ and come out the same each time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from plugins.content_writer.material import Material, rotated
from plugins.content_writer.platforms import Shape, length
from plugins.content_writer.voice import Voice

_VARIABLES = ("place", "brand", "product", "subject", "one", "thing")


@dataclass
class Written:
    """Title and body as a writer gives them, before hashtags are added."""

    title: str
    body: str
    facts_used: list[str] = field(default_factory=list)
    by: str = "template"
    used_criteria: bool = False


@lru_cache(maxsize=4)
def grammar(language: str) -> dict[str, Any]:
    path = Path(__file__).parent / f"grammar.{language}.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


class Realiser:
    """Writes the drafts of one campaign; keeps count of the sentences used, to use each as seldom as possible."""

    def __init__(self, material: Material, seed: str) -> None:
        self.m = material
        self.g = grammar(material.language)
        self.seed = seed
        self.used: Counter[str] = Counter()
        self.scripts = 0

    def write(
        self, key: str, shape: Shape, platform: str | None, disclosure: str, voice: Voice, topic: str = "", criteria: Sequence[str] = (),
        creator: bool = True, room: int = 0,
        pitch: str = "",
    ) -> Written:  # fmt: skip
        """One draft.

        Args:
            key: what the choice depends on besides the brief (creator id and number of the post).
            topic: a hashtag the creator uses, to tie the draft to the creator's other posts.
            criteria: what the persona judges by (taste, price, …), in the brief's language.
            room: characters to leave for hashtags.
            pitch: sentences that state the facts, in place of the list of them.
        """
        holds = self._holds(voice, topic, creator)
        pick = _Picker(self, key, holds, topic)
        limit = shape.body - room
        title = pick.title(shape.title, voice.title) if shape.title else ""
        two = [c for c in criteria if self.m.allowed(c)][:2]
        asks = pick.line("ask") if len(two) < 2 else pick.criteria(two)
        parts = {"hook": pick.line("hook"), "intro": pick.line("intro"), "bridge": pick.line("bridge") if topic else "", "ask": asks}
        parts["close"] = pick.line("close")
        if shape.form == "script":
            body, facts = self._script(pick, parts, disclosure, limit, pitch)
        elif shape.form == "short":
            body, facts = self._short(parts, disclosure, limit, platform, pitch)
        else:
            body, facts = self._note(pick, parts, disclosure, limit, voice, pitch)
        return Written(title, body, facts, used_criteria=len(two) == 2)

    def _holds(self, voice: Voice, topic: str, creator: bool) -> set[str]:
        m = self.m
        flags = {
            "venue": m.venue, "goods": not m.venue, "food": m.food, "place": bool(m.place), "brand": bool(m.brand and m.brand != m.product),
            "nobrand": not m.brand, "topic": bool(topic), "facts": bool(m.facts), "creator": creator, "own": not creator,
        }  # fmt: skip
        return {name for name, holds in flags.items() if holds}

    def _note(self, pick: _Picker, parts: dict[str, str], disclosure: str, limit: int, voice: Voice, pitch: str) -> tuple[str, list[str]]:
        """Blocks with blank lines between them; short for creators who write short."""
        brief_style = voice.length is not None and voice.length < 90
        emoji = [e for e in voice.emoji if self.m.allowed(e)] if voice.emoji_per_post >= 1 else []
        mark = f"{emoji[0]} " if emoji else ""
        head = parts["intro"] if brief_style else "\n".join(p for p in (parts["hook"], parts["intro"]) if p)
        must = "\n".join(self.m.must_say)
        last = "\n".join(p for p in (parts["ask"], parts["close"]) if p)
        if pick.number("ask-first", 4) == 1 and not brief_style and parts["hook"] and not parts["hook"].endswith(("?", "？")):
            head, last = "\n".join(p for p in (parts["ask"], parts["intro"]) if p), parts["close"]
        tail = f" {emoji[1]}" if len(emoji) > 1 and voice.emoji_per_post >= 3 else ""
        facts = list(self.m.facts)
        frame, bullet = (pick.line("facts"), pick.bullet()) if facts and not pitch else ("", "")
        while True:
            listing = pitch or "\n".join([*([frame] if frame and facts else []), *(bullet + f for f in facts)])
            optional = [] if brief_style else [parts["bridge"]]
            blocks = [disclosure, mark + head if head else "", listing, must, *optional, last + tail if last else ""]
            body = "\n\n".join(b for b in blocks if b)
            if len(body) <= limit or not facts or pitch:
                break
            facts.pop()
        if len(body) > limit:
            body = "\n\n".join(b for b in (disclosure, must, parts["intro"]) if b)[:limit]
        return body, facts

    def _short(self, parts: dict[str, str], disclosure: str, limit: int, platform: str | None, pitch: str) -> tuple[str, list[str]]:
        """One paragraph; what is said last is dropped first when there is no room."""
        gap = "" if self.m.language == "zh" else " "
        kept, used = [p for p in (disclosure, *(_sentence(t, self.m.language) for t in self.m.must_say)) if p], []
        facts = [("", pitch)] if pitch else [(f, _sentence(f, self.m.language)) for f in self.m.facts]
        order = [("", parts["intro"]), *facts, ("", parts["ask"]), ("", parts["hook"])]
        lead = ""
        for fact, text in order:
            if not text:
                continue
            trial = [*kept, text]
            if length(gap.join(trial), platform) > limit:
                continue
            if text == parts["hook"]:
                lead = text
                continue
            kept = trial
            if fact:
                used.append(fact)
        if lead:
            kept.insert(1 if disclosure else 0, lead)
        return gap.join(kept), used

    def _script(self, pick: _Picker, parts: dict[str, str], disclosure: str, limit: int, pitch: str) -> tuple[str, list[str]]:
        """Timed lines: the hook in the first three seconds, then place or product, facts, question, end."""
        g, kind = self.g, "" if self.m.venue else "_goods"
        facts = rotated(self.m.facts, self.scripts)[:4]
        self.scripts += 1
        said = [_sentence(t, self.m.language) for t in (*([pitch] if pitch else facts), *self.m.must_say)]
        gap = "" if self.m.language == "zh" else " "
        middle = gap.join(said) or parts["bridge"]
        scenes = [("open" + kind, 3, parts["hook"]), ("main" + kind, 6, parts["intro"])]
        if middle:
            scenes.append((("facts" if said else "main") + kind, max(5, 4 * len(said)), middle))
        scenes += [("ask", 6, parts["ask"]), ("close", 4, parts["close"])]
        label = g["script_label"]
        opening = f"{disclosure}{gap}{label}" if disclosure and self.m.allowed(label) else disclosure
        lines, at, shown = [opening] if opening else [], 0, set()
        for shot, seconds, line in scenes:
            if not line:
                continue
            time = g["seconds"].format(a=at, b=at + seconds)
            text = pick.shot(shot, shown)
            shown.add(text)
            lines.append(g["script"].format(time=time, shot=text, line=line))
            at += seconds
        while len("\n".join(lines)) > limit and len(lines) > 2:
            lines.pop()
        body = "\n".join(lines)[:limit]
        return body, [f for f in facts if f.casefold() in body.casefold()]


class _Picker:
    """Chooses sentences for one draft."""

    def __init__(self, owner: Realiser, key: str, holds: set[str], topic: str) -> None:
        self.o, self.key, self.holds = owner, key, holds
        m = owner.m
        self.values = {name: getattr(m, name) for name in _VARIABLES} | {"topic": topic}

    def number(self, slot: str, n: int) -> int:
        """A number under ``n``, the same for the same draft, slot and brief."""
        return int.from_bytes(hashlib.sha256(f"{self.o.seed}|{self.key}|{slot}".encode()).digest()[:4], "big") % n

    def _options(self, slot: str) -> list[tuple[str, str]]:
        """``(template, sentence)`` of all that hold and say nothing forbidden."""
        options = [(e["text"], _capital(e["text"].format(**self.values))) for e in self.o.g[slot] if set(e.get("if", ())) <= self.holds]
        return [(t, s) for t, s in options if self.o.m.allowed(s)]

    def _seldom(self, slot: str, options: Sequence[tuple[str, str]]) -> str:
        if not options:
            return ""
        ranked = sorted(options, key=lambda o: (self.o.used[o[0]], self.number(slot + o[0], 1 << 30)))
        self.o.used[ranked[0][0]] += 1
        return ranked[0][1]

    def line(self, slot: str) -> str:
        """The sentence for a slot, or an empty one when the brief forbids them all."""
        return self._seldom(slot, self._options(slot))

    def criteria(self, two: Sequence[str]) -> str:
        options = [(e["text"], e["text"].format(a=two[0], b=two[1])) for e in self.o.g["criteria"]]
        return self._seldom("criteria", [(t, _capital(s)) for t, s in options if self.o.m.allowed(s)]) or self.line("ask")

    def title(self, longest: int, style: str) -> str:
        """A title within ``longest`` characters, in the creator's form of title where there is one."""
        fits = [(t, s) for t, s in self._options("titles") if len(s) <= longest]
        styles = {e["text"]: e.get("style", "plain") for e in self.o.g["titles"]}
        own = [o for o in fits if styles[o[0]] == style]
        fresh = [o for o in own if not self.o.used[o[0]]] or [o for o in fits if not self.o.used[o[0]]]
        return self._seldom("titles", fresh or own or fits) or (self.o.m.thing[:longest] if self.o.m.allowed(self.o.m.thing) else "")

    def shot(self, name: str, shown: set[str]) -> str:
        shots = [s for s in self.o.g["shots"][name] if s not in shown and self.o.m.allowed(s)] or list(self.o.g["shots"][name])
        return self._seldom(name, [(s, s) for s in shots])

    def bullet(self) -> str:
        bullets = self.o.g["bullets"]
        return str(bullets[self.number("bullet", len(bullets))])


def _sentence(text: str, language: str) -> str:
    """A fact as a sentence: with a capital, and with a full stop when it has no end."""
    text = _capital(text)
    if text.endswith(("。", "！", "？", ".", "!", "?", "”", '"')) or text.startswith("#"):
        return text
    return text + ("。" if language == "zh" else ".")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
