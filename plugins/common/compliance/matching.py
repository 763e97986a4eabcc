"""Rules applied to a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import regex

from agent import Finding
from plugins.common import say

from .packs import Rule, RulePack
from .reading import REACH, Reading, read

SECONDS = 2.0
"""Given to one expression over one text; a pack with a runaway expression is reported, and the others go on."""
MOST = 200
"""Hits of one rule in one text that are looked into; a text with more is wrong all the same."""
_ORDER = {"block": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class Setting:
    """What the rules need to know besides the text."""

    language: str = "en"
    """Of the words of the findings."""
    market: str = "us"
    sponsored: bool = False
    facts: str = ""
    """What is known to be true; empty when nothing was given."""


def find(text: str, packs: Sequence[RulePack], setting: Setting) -> list[Finding]:
    """Findings of all rules, offsets in ``text``; overlapping ones of a family are reported once."""
    found: list[Finding] = []
    for pack in packs:
        made = read(text, pack.substitutes)
        for rule in pack.rules:
            if rule.sponsored and not setting.sponsored:
                continue
            try:
                found += _hits(text, made, pack, rule, setting)
            except TimeoutError:
                found.append(_too_slow(pack, rule, setting))
    return _once(found)


def _hits(text: str, made: Reading, pack: RulePack, rule: Rule, setting: Setting) -> Iterator[Finding]:
    # The clock of finditer runs on while its hits are looked into: all of them first.
    for hit in list(islice(pack.any_of(rule.find).finditer(made.text, timeout=SECONDS), MOST)):
        a, b = hit.span()
        if b == a or _covered(made, pack, rule.never, a, b):
            continue
        first, last = made.sentence(a, b)
        if rule.unless and pack.compiled(rule.unless).search(made.text, first, last, timeout=SECONDS):
            continue
        if rule.facts and setting.facts and hit.group().lower().replace(" ", "") in setting.facts:
            continue
        why = rule.why.of(setting.language)
        excused = next((e for e in rule.exempt if _exempts(made, pack, e, (a, b), (first, last))), "")
        if excused:
            why = pack.exemptions[excused].why.of(setting.language)
        severity = "info" if rule.needs_support and not setting.facts else rule.severity
        start, end = made.span(a, b)
        yield Finding(
            rule=rule.id, family=rule.family, severity=severity, market=setting.market, span=text[start:end], start=start, end=end,
            exempt=bool(excused), why=why, message=why, fix="" if excused else rule.suggestion.of(setting.language),
            source=pack.source(rule.sources),
        )  # fmt: skip


def _covered(made: Reading, pack: RulePack, patterns: Sequence[str], a: int, b: int) -> bool:
    if not patterns:
        return False
    return _covers(made, pack.any_of(patterns), a, b, *made.sentence(a, b))


def _covers(made: Reading, pattern: regex.Pattern[str], a: int, b: int, first: int, last: int) -> bool:
    return any(m.start() <= a and b <= m.end() for m in pattern.finditer(made.text, first, last, overlapped=True, timeout=SECONDS))


def _exempts(made: Reading, pack: RulePack, id: str, hit: tuple[int, int], sentence: tuple[int, int]) -> bool:
    e = pack.exemptions[id]
    if e.unless and pack.compiled(e.unless).search(made.text, *sentence, timeout=SECONDS):
        return False
    if e.needs and not pack.compiled(e.needs).search(made.text, sentence[0], sentence[1] + REACH, timeout=SECONDS):
        return False
    if e.where == "span":
        return _covers(made, pack.compiled(e.find), *hit, *sentence)
    return pack.compiled(e.find).search(made.text, *sentence, timeout=SECONDS) is not None


def _too_slow(pack: RulePack, rule: Rule, setting: Setting) -> Finding:
    why = say(
        setting.language,
        en=f"The rule {rule.id} of the pack “{pack.name}” took over {SECONDS:g} seconds and was given up.",
        zh=f"规则包“{pack.name}”的规则 {rule.id} 超过 {SECONDS:g} 秒，已放弃。",
    )
    fix = say(setting.language, en="Check by hand what it would have checked; mend its expression.", zh="请人工检查该项，并修正其表达式。")
    return Finding(
        rule="pack.failed", family="pack", severity="warn", market=setting.market, message=why, why=why, fix=fix, source=pack.name
    )


def _once(found: Sequence[Finding]) -> list[Finding]:
    """One finding for words that several rules of a family are about: what counts before what is exempt, the worst, the longest."""
    kept: list[Finding] = []
    by_family: dict[tuple[str, bool], list[Finding]] = {}
    for f in sorted(found, key=lambda f: (f.exempt, _ORDER[f.severity], (f.start or 0) - (f.end or 0))):
        others = by_family.setdefault((f.family, f.exempt), [])
        if f.start is None or not any(o.start is not None and o.start < (f.end or 0) and f.start < (o.end or 0) for o in others[-50:]):
            others.append(f)
            kept.append(f)
    return sorted(kept, key=lambda f: (f.exempt, _ORDER[f.severity], f.start or 0))
