"""Video scripts and picture briefs without a model: timed shots with the facts spoken and shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from agent import Shot
from plugins.common.text import say
from plugins.content_writer.material import rotated
from plugins.content_writer.picker import Picker, Sheet, holds, sentence
from plugins.content_writer.platforms import pictures, seconds_to_say, video_seconds
from plugins.content_writer.written import Written, brief_body, script_body

if TYPE_CHECKING:
    from plugins.content_writer.jobs import Job

HOOK_SECONDS = 3
_LONGEST_ON_SCREEN = {"en": 48, "zh": 24}


def write_script(sheet: Sheet, job: Job, *, room: int = 0, pitch: str = "", avoid: Sequence[str] = (), attempt: int = 0) -> Written:
    """Shots whose spoken words fit their time: a hook within three seconds, the subject, the facts, a question, the end."""
    m, language = sheet.m, sheet.m.language
    pick = Picker(sheet, f"{job.key}#{attempt}" if attempt else job.key, holds(m, job.topic, job.creator is not None), job.topic, avoid)
    kind = "" if m.venue else "_goods"
    low, high = video_seconds(job.platform)
    facts = [f for f in rotated(m.facts, sheet.scripts) if pick.allowed_fact(f)][:5]
    sheet.scripts += 1
    hooks = [o for o in pick.options("hook_short") if seconds_to_say(o[1], language) <= HOOK_SECONDS]
    hook = pick.seldom("hook_short", hooks) or (sentence(m.thing, language) if m.allowed(m.thing) else "")
    two = [c for c in job.criteria if pick.allowed(c)][:2]
    ask = (pick.criteria(two) if len(two) == 2 else "") or pick.line("ask")
    used_criteria = len(two) == 2
    title = pick.title(job.shape.title, job.voice.title) if job.shape.title else ""
    title, intro, close = (_of_video(t, language) for t in (title, pick.line("intro"), pick.line("close")))
    on_ask, on_close = pick.some("ask_text", pick.forms["ask_text"]), pick.some("close_text", pick.forms["close_text"])
    label = opening(pick, job)
    while True:
        said = [(f, sentence(f, language)) for f in facts] if not pitch else [("", p) for p in _sentences(pitch, language)]
        said += [("", sentence(t, language)) for t in m.must_say]
        lines = [("open", hook, ""), ("main", intro, m.subject if m.allowed(m.subject) else "")]
        lines += [("facts", text, _short_enough(fact, language)) for fact, text in said]
        lines += [("ask", ask, on_ask), ("close", close, on_close)]
        shots = _timed(pick, kind, [line for line in lines if line[1]], language, low)
        body = script_body(shots, label, language)
        if not facts or (len(body) <= job.shape.body - room and shots[-1].end is not None and shots[-1].end <= high) or pitch:
            break
        facts = facts[:-1]
    while len(body) > job.shape.body - room and len(shots) > 2:
        shots = shots[:-1]
        body = script_body(shots, label, language)
    body = body[: max(0, job.shape.body - room)]
    return Written(title, body, [f for f in facts if f.casefold() in body.casefold()], shots=shots, used_criteria=used_criteria)


def _of_video(text: str, language: str) -> str:
    """The grammar's sentences speak of posts; a video is watched, not read."""
    words = {
        "zh": {"这一篇": "这一条", "这篇": "这条", "单独写": "单独说", "单独开一篇": "单独拍一条"},
        "en": {"post": "video", "read on": "keep watching"},
    }
    for written, filmed in words[language].items():
        text = text.replace(written, filmed) if language == "zh" else re.sub(rf"\b{written}\b", filmed, text)
    return text


def opening(pick: Picker, job: Job) -> str:
    """The line before the first shot: the disclosure, and that it stays on screen."""
    gap, note = ("" if pick.m.language == "zh" else " "), pick.g["script_label"]
    return f"{job.disclosure}{gap}{note}" if job.disclosure and pick.m.allowed(note) else job.disclosure


def _timed(pick: Picker, kind: str, lines: Sequence[tuple[str, str, str]], language: str, low: int) -> list[Shot]:
    seconds = [HOOK_SECONDS if i == 0 else max(2, ceil(seconds_to_say(spoken, language))) for i, (_, spoken, _) in enumerate(lines)]
    # A video under the platform's habit gets longer pictures, never more words.
    i = 1
    while sum(seconds) < low and len(seconds) > 1:
        seconds[i] += 1
        i = i % (len(seconds) - 1) + 1
    shots, at, shown = [], 0, set[str]()
    for (name, spoken, text), length in zip(lines, seconds, strict=True):
        picture = pick.shot(name if name in ("ask", "close") else name + kind, shown)
        shown.add(picture)
        shots.append(Shot(start=at, end=at + length, picture=picture, spoken=spoken, on_screen=text if pick.m.allowed(text) else ""))
        at += length
    return shots


def _short_enough(text: str, language: str) -> str:
    return text if len(text) <= _LONGEST_ON_SCREEN[language] else ""


def _sentences(text: str, language: str) -> list[str]:
    return [sentence(line, language) for line in text.split("\n") if line.strip()]


def write_image_brief(sheet: Sheet, job: Job, *, avoid: Sequence[str] = (), attempt: int = 0) -> Written:
    """Which pictures to take, what must and what must not be seen, and the words in them."""
    m, language = sheet.m, sheet.m.language
    pick = Picker(sheet, f"{job.key}#{attempt}" if attempt else job.key, holds(m, "", job.creator is not None), "", avoid)
    count, ratio = pictures(job.platform)
    all_scenes = list(pick.forms["scenes"]["venue" if m.venue else "goods"])
    scenes = [s for s in all_scenes if pick.allowed(s)] or all_scenes
    first, rest = scenes[0], rotated(scenes[1:], pick.number("scenes", max(1, len(scenes) - 1)))
    facts = [f for f in rotated(m.facts, sheet.scripts) if pick.allowed_fact(f) and _short_enough(f, language)]
    sheet.scripts += 1
    texts = [pick.some("cover_text", pick.forms["cover_text"]), *facts]
    shots = []
    for n, scene in enumerate([first, *rest][:count]):
        shots.append(Shot(picture=scene, on_screen=texts[n] if n < len(texts) else ""))
    label = say(language, "Ad", "广告")
    w = Written(pick.title(job.shape.title, job.voice.title) if job.shape.title else "", "", shots=shots)
    w.must_show = [pick.fill(e["text"], label=label) for e in pick.forms["show"] if set(e["if"]) <= pick.holds]
    w.must_show += [sentence(t, language) for t in m.must_say]
    w.must_not_show = [e["text"] for e in pick.forms["not_show"] if set(e["if"]) <= pick.holds]
    w.must_show, w.must_not_show = ([t for t in x if m.allowed(t) or t in m.must_say] for x in (w.must_show, w.must_not_show))
    w.body = brief_body(w, job.disclosure, ratio, language)
    w.facts_used = [f for f in m.facts if f in w.body]
    return w
