"""Brand safety: posts with words of ``safety.yaml``. A flag is a reason to read the posts, no judgement."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from agent import SafetyFlag
from plugins.common import load_data, pattern_of

from .pool import Entry

SHOWN = 8


@cache
def _table() -> dict[str, tuple[tuple[str, str], re.Pattern[str], re.Pattern[str] | None]]:
    """Category to its labels (en, zh), its words and the phrases that only look like them."""
    made = {}
    for name, entry in load_data(Path(__file__).parent / "safety.yaml").items():
        harmless = entry.get("not")
        made[name] = (
            (str(entry["label"][0]), str(entry["label"][1])),
            re.compile(pattern_of([str(w) for w in entry["words"]])),
            re.compile(pattern_of([str(w) for w in harmless])) if harmless else None,
        )
    return made


@cache
def _any() -> re.Pattern[str]:
    """All words at once: nearly every post has none, and is done with after one search."""
    return re.compile("|".join(words.pattern for _, words, _ in _table().values()))


def words_in(text: str) -> dict[str, list[str]]:
    """Category to the words of it that stand in a text."""
    if not _any().search(text):
        return {}
    found = {}
    for name, (_, words, harmless) in _table().items():
        said = harmless.sub(" ", text) if harmless else text
        if hits := list(dict.fromkeys(m.group() for m in words.finditer(said))):
            found[name] = hits
    return found


def flags_of(entry: Entry, language: str) -> list[SafetyFlag]:
    """One flag for each category that a creator's posts touch, with these posts, newest first."""
    words: dict[str, list[str]] = {}
    posts: dict[str, list[str]] = {}
    for post in entry.posts:
        for name, hits in words_in(f"{post.title} {' '.join(post.hashtags)} {post.text}").items():
            words.setdefault(name, []).extend(hits)
            posts.setdefault(name, []).append(post.id)
    return [
        SafetyFlag(
            category=name, label=_table()[name][0][language == "zh"], words=list(dict.fromkeys(words[name]))[:SHOWN], posts=posts[name]
        )
        for name in posts
    ]
