"""Posts without a model: a small grammar over the brief's words, in the form that each creator's best posts have.

Sentences come from ``grammar.<language>.yaml``. Which ones a draft gets follows from a hash of the creator and the
brief, and from what the drafts before it used, so that the drafts of a campaign differ and come out the same each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugins.content_writer.material import Material, rotated
from plugins.content_writer.picker import Picker, Sheet, holds, sentence
from plugins.content_writer.platforms import length
from plugins.content_writer.voice import Voice
from plugins.content_writer.written import Written

if TYPE_CHECKING:
    from plugins.content_writer.jobs import Job


def write_post(sheet: Sheet, job: Job, *, room: int = 0, pitch: str = "", avoid: Sequence[str] = (), attempt: int = 0) -> Written:
    """One post.

    Args:
        room: characters to leave for hashtags.
        pitch: sentences that state the facts, in place of the list of them.
        avoid: words that the review of an earlier version objected to; facts that hold one are left out.
        attempt: which version this is; another number gives another choice of sentences.
    """
    m, voice = sheet.m, job.voice
    key = f"{job.key}#{attempt}" if attempt else job.key
    pick = Picker(sheet, key, holds(m, job.topic, job.creator is not None), job.topic, avoid)
    limit = job.shape.body - room
    title = pick.title(job.shape.title, voice.title) if job.shape.title else ""
    two = [c for c in job.criteria if pick.allowed(c)]
    two = [two[(job.variant - 1 + i) % len(two)] for i in range(2)] if len(two) > 1 else []
    asks = pick.criteria(two) if two else ""
    parts = {
        "hook": pick.line("hook", voice.asks_first if voice.posts else None), "intro": pick.line("intro"),
        "bridge": pick.line("bridge") if job.topic else "", "ask": asks or pick.line("ask"), "close": pick.line("close"),
    }  # fmt: skip
    facts = [f for f in m.facts if pick.allowed_fact(f)]
    if attempt or job.variant > 1:
        facts = rotated(facts, attempt + job.variant - 1)
    if job.shape.form == "short":
        body, used = _short(m, parts, facts, job.disclosure, limit, job.platform, pitch)
    else:
        body, used = _note(pick, parts, facts, job.disclosure, limit, voice, pitch)
    return Written(title, body, used, used_criteria=bool(asks))


def _note(
    pick: Picker, parts: dict[str, str], facts: list[str], disclosure: str, limit: int, voice: Voice, pitch: str
) -> tuple[str, list[str]]:
    """Blocks in the creator's form: spacing, bullets, emoji and ends of lines as in the best posts; short for who writes short."""
    m = pick.m
    brief_style = voice.length is not None and voice.length < 90
    emoji = [e for e in voice.emoji if m.allowed(e)] if voice.emoji_per_post >= 1 else []
    mark = f"{emoji[0]} " if emoji else ""
    parts = {name: voice.ended(text) for name, text in parts.items()}
    head = parts["intro"] if brief_style else "\n".join(p for p in (parts["hook"], parts["intro"]) if p)
    must = "\n".join(m.must_say)
    last = "\n".join(p for p in (parts["ask"], parts["close"]) if p)
    if pick.number("ask-first", 4) == 1 and not brief_style and parts["hook"] and not parts["hook"].endswith(("?", "？")):
        head, last = "\n".join(p for p in (parts["ask"], parts["intro"]) if p), parts["close"]
    tail = f" {emoji[1]}" if len(emoji) > 1 and voice.emoji_per_post >= 3 else ""
    bullets = pick.g["bullets"]
    bullet = voice.bullet if voice.bullet and m.allowed(voice.bullet) else bullets[pick.number("bullet", len(bullets))]
    frame = pick.line("facts") if facts and not pitch else ""
    gap = "\n\n" if voice.spaced else "\n"
    while True:
        listing = pitch or "\n".join([*([frame] if frame and facts else []), *(bullet + f for f in facts)])
        optional = [] if brief_style else [parts["bridge"]]
        blocks = [mark + head if head else "", listing, must, *optional, last + tail if last else ""]
        body = "\n\n".join(b for b in (disclosure, gap.join(b for b in blocks if b)) if b)
        if len(body) <= limit or not facts or pitch:
            break
        facts = facts[:-1]
    if len(body) > limit:
        body = "\n\n".join(b for b in (disclosure, must, parts["intro"]) if b)[:limit]
    return body, facts


def _short(
    m: Material, parts: dict[str, str], facts: list[str], disclosure: str, limit: int, platform: str | None, pitch: str
) -> tuple[str, list[str]]:
    """One paragraph; what is said last is dropped first when there is no room."""
    gap = "" if m.language == "zh" else " "
    kept, used = [p for p in (disclosure, *(sentence(t, m.language) for t in m.must_say)) if p], []
    stated = [("", pitch)] if pitch else [(f, sentence(f, m.language)) for f in facts]
    order = [("", parts["intro"]), *stated, ("", parts["ask"]), ("", parts["hook"])]
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
