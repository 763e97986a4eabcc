"""A text by its parts, and the readable whole that review reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent import AdText, CommentReply, Section, Shot
from plugins.common import load_data


@dataclass
class Written:
    """Title and body as a writer gives them, before hashtags are added. ``faults`` are why a model's text cannot be used."""

    title: str
    body: str
    facts_used: list[str] = field(default_factory=list)
    by: str = "template"
    used_criteria: bool = False
    shots: list[Shot] = field(default_factory=list)
    must_show: list[str] = field(default_factory=list)
    must_not_show: list[str] = field(default_factory=list)
    ads: list[AdText] = field(default_factory=list)
    outline: list[Section] = field(default_factory=list)
    replies: list[CommentReply] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@lru_cache(maxsize=8)
def grammar(language: str, name: str = "grammar") -> dict[str, Any]:
    """Sentences of the template writers: ``grammar`` those of posts, ``grammar_forms`` all others."""
    data: dict[str, Any] = load_data(Path(__file__).parent / f"{name}.{language}.yaml")
    return data


def script_body(shots: list[Shot], opening: str, language: str) -> str:
    """A line a shot, after the line that discloses."""
    g, lines = grammar(language, "grammar_forms"), [opening] if opening else []
    times = grammar(language)["seconds"]
    for s in shots:
        time = times.format(a=f"{s.start:g}", b=f"{s.end:g}")
        line = g["shot_line"].format(time=time, picture=s.picture, spoken=s.spoken)
        lines.append(line + (g["shot_text"].format(text=s.on_screen) if s.on_screen else ""))
    return "\n".join(lines)


def brief_body(w: Written, opening: str, ratio: str, language: str) -> str:
    g = grammar(language, "grammar_forms")
    lines = [opening] if opening else []
    lines.append(g["brief_head"].format(count=len(w.shots), ratio=ratio))
    for n, s in enumerate(w.shots, 1):
        lines.append(g["picture_line"].format(n=n, picture=s.picture) + (g["picture_text"].format(text=s.on_screen) if s.on_screen else ""))
    for head, items in ((g["show_head"], w.must_show), (g["not_show_head"], w.must_not_show)):
        lines += ["", head, *(f"- {i}" for i in items)] if items else []
    return "\n".join(lines)


def ad_body(ads: list[AdText], language: str) -> str:
    heads = grammar(language, "grammar_forms")["ad_head"]
    blocks = []
    for kind in ("headline", "primary", "description"):
        if texts := [a.text for a in ads if a.kind == kind]:
            blocks.append("\n".join([heads[kind], *(f"- {t}" for t in texts)]))
    return "\n\n".join(blocks)


def article_body(outline: list[Section], opening: str) -> str:
    return "\n\n".join([*([opening] if opening else []), *(f"{s.heading}\n\n{s.text}".strip() for s in outline)])


def replies_body(replies: list[CommentReply], language: str) -> str:
    line = grammar(language, "grammar_forms")["reply_line"]
    return "\n\n".join(line.format(comment=r.comment, text=r.text) for r in replies)
