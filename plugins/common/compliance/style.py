"""How a text reads, whether it fits the brief's words, and whether it is a copy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent import Brief, Draft, Finding
from plugins.common import say

from .reading import read

HARD, LONG_ZH, LONG_EN = 40.0, 60, 40
"""Flesch reading ease under which English is called hard; characters and words over which a sentence is called long."""
_SENTENCE = re.compile(r"[。！？!?；;\n~～]+|(?<=[a-z0-9)])\.\s+")
_SQUEEZE = re.compile(r"[\s\W_]+")


def reading_ease(text: str) -> float:
    """Flesch reading ease (Flesch 1948): 206.835 - 1.015 words per sentence - 84.6 syllables per word; 60 to 70 is plain English."""
    words = re.findall(r"[A-Za-z]+(?:'[a-z]+)?", text)
    sentences = max(1, sum(1 for s in _SENTENCE.split(text) if re.search(r"[A-Za-z]{2}", s)))
    if not words:
        return 100.0
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * sum(map(_syllables, words)) / len(words)


def _syllables(word: str) -> int:
    """Groups of vowels, less a silent e; a rough count."""
    word = word.lower()
    groups = len(re.findall(r"[aeiouy]+", word))
    if word.endswith("e") and not word.endswith(("le", "ee", "ye")) and groups > 1:
        groups -= 1
    if word.endswith(("ed", "es")) and groups > 1 and not re.search(r"(?:[td]ed|[sxz]es|[cs]hes|ces|ges)$", word):
        groups -= 1
    return max(1, groups)


def readability(body: str, draft_language: str, language: str) -> list[Finding]:
    """A note where a text is hard to read: Flesch in English, the longest sentence in Chinese."""
    source = say(language, en="Flesch reading ease (1948); sentence length", zh="Flesch 易读度（1948）；句长")
    text = re.sub(r"https?://\S+|[#@]\S+", " ", body)
    pieces = [p.strip() for p in _SENTENCE.split(text) if p.strip()]
    if draft_language == "zh":
        longest = max(pieces, key=lambda p: len(re.split(r"[，,、：:]", p)) and len(p), default="")
        if len(longest) <= LONG_ZH:
            return []
        why = say(language, en=f"A sentence has {len(longest)} characters.", zh=f"有一句长达 {len(longest)} 字。")
    else:
        longest = max(pieces, key=lambda p: len(p.split()), default="")
        ease = reading_ease(text)
        if len(text.split()) < 30 or (ease >= HARD and len(longest.split()) <= LONG_EN):
            return []
        why = say(language, en=f"Hard to read: Flesch reading ease {ease:.0f}; the longest sentence has {len(longest.split())} words.",
                  zh=f"不易阅读：Flesch 易读度 {ease:.0f}，最长一句 {len(longest.split())} 个词。")  # fmt: skip
    span = longest[:60]
    at = body.find(span)
    fix = say(language, en="Shorter sentences and plainer words.", zh="拆成短句，换用更平实的词。")
    return [
        Finding(
            rule="style.readability", family="style", severity="info", span=span if at >= 0 else "", part="body" if at >= 0 else "", why=why, message=why,
            start=at if at >= 0 else None, end=at + len(span) if at >= 0 else None, fix=fix, source=source,
        )
    ]  # fmt: skip


def brief_words(text: str, brief: Brief, must_say: Sequence[str]) -> list[Finding]:
    """Words that the brief forbids, and those of ``must_say`` that are not there. Offsets count in ``text``."""
    language, found = brief.language, []
    made = read(text)
    source = say(language, en="The request", zh="需求原文")
    for word in brief.must_not_say:
        wanted = read(word).text.strip()
        if not wanted:
            continue
        pattern = rf"(?<![A-Za-z]){re.escape(wanted)}(?:s|es)?(?![A-Za-z])"
        if not wanted.isascii():
            # Also where punctuation is put between the characters.
            pattern = r"[\s\W_]*".join(re.escape(c) for c in _SQUEEZE.sub("", wanted))
        if pattern and (hit := re.search(pattern, made.text, re.IGNORECASE)) and hit.group():
            start, end = made.span(*hit.span())
            why = say(language, en=f"The brief forbids “{wanted}”.", zh=f"需求要求避免“{wanted}”。")
            found.append(
                Finding(
                    rule="brief.must_not_say", family="brief", severity="block", span=text[start:end], start=start, end=end, why=why, message=why,
                    fix=say(language, en="Remove it.", zh="删除。"), source=source,
                )
            )  # fmt: skip
    squeezed = _SQUEEZE.sub("", made.text).lower()
    for word in must_say:
        if _SQUEEZE.sub("", read(word).text).lower() not in squeezed:
            why = say(language, en=f"The brief wants “{word}” said.", zh=f"需求要求提到“{word}”，文案中没有。")
            fix = say(language, en="Work it in.", zh="补充到文案中。")
            found.append(Finding(rule="brief.must_say", family="brief", severity="warn", message=why, why=why, fix=fix, source=source))
    return found


def near_copies(drafts: Sequence[Draft], given: Sequence[str] = (), threshold: float = 0.5) -> dict[str, str]:
    """Draft id to the id of an earlier draft whose own words are nearly the same (Jaccard of five-character shingles).

    Facts and phrases that the brief gives are nobody's own words; lists of pictures and of replies may well be alike.
    """
    own = [(d.id, _own_words(d, given)) for d in drafts if d.form not in ("image_brief", "replies")]
    shingles = {id: {t[i : i + 5] for i in range(max(1, len(t) - 4))} for id, t in own if t}
    copies: dict[str, str] = {}
    ids = list(shingles)
    for i, later in enumerate(ids):
        for earlier in ids[:i]:
            a, b = shingles[later], shingles[earlier]
            if len(a & b) / len(a | b) >= threshold:
                copies[later] = earlier
                break
    return copies


def _own_words(draft: Draft, given: Sequence[str]) -> str:
    text = " ".join(s.spoken for s in draft.shots) if draft.form == "script" and draft.shots else draft.body
    for words in (draft.disclosure, *given):
        text = text.replace(words, " ") if words else text
    return re.sub(r"\W+", "", text)
