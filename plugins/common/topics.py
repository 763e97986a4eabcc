"""What a brief is about, and which posts are about it: word lists of common categories, no model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from agent import Brief, Post

from . import HERE, load_data, pattern_of


@dataclass(frozen=True)
class Topic:
    """The subject of a brief, as words to look for in posts."""

    query: str
    own: re.Pattern[str] | None
    """What the brief itself names."""
    wide: re.Pattern[str] | None
    """That, and the words of the categories it falls into."""
    categories: tuple[str, ...] = ()
    own_words: tuple[str, ...] = ()
    wide_words: tuple[str, ...] = ()
    """The words that ``own`` and ``wide`` look for."""

    def match(self, post: Post) -> float:
        """How clearly a post is on the topic: 1 in the title, 0.5 in the text or by its narrow hashtags, else 0.

        Broad hashtags alone (`#达拉斯美食` under a nail salon) say nothing: they count as one word beside another in the text.
        """
        if self.wide is None:
            return 0.0
        if self.wide.search(post.title):
            return 1.0
        tags = " ".join(post.hashtags)
        if self.own is not None and self.own.search(tags):
            return 0.5
        said = {m.group().lower() for m in self.wide.finditer(_TAG.sub(" ", post.text))}
        return 0.5 if len(said) + (1 if self.wide.search(tags) else 0) >= 2 else 0.0

    def names(self, text: str) -> bool:
        """Whether a text speaks of the subject at all."""
        return self.wide is not None and self.wide.search(text) is not None

    def is_core(self, post: Post) -> bool:
        """Whether a post has the brief's own words, or those of its narrowest category."""
        return self.own is not None and self.own.search(f"{post.title} {' '.join(post.hashtags)} {_TAG.sub(' ', post.text)}") is not None


_TAG = re.compile(r"#\S+")


@cache
def _categories() -> dict[str, dict[str, object]]:
    table: dict[str, dict[str, object]] = load_data(HERE / "topics.yaml")
    return table


def category_words(name: str, language: str) -> list[str]:
    """Words of a category, those of one language first."""
    words = [str(w) for w in _categories()[name]["words"]]  # type: ignore[attr-defined]
    return sorted(words, key=lambda w: w.isascii() == (language == "zh"))


def topic_of(brief: Brief, more: Iterable[str] = ()) -> Topic:
    """The topic of a brief. Words of ours that a category knows bring that category's words along; ``more`` are such words too."""
    said = [w.strip() for w in (brief.product or "", *brief.topics, *brief.audience.interests) if w.strip()]
    text = " ".join([*(said or [brief.request]), *more])
    found: list[str] = []
    core: list[str] = []
    for name, entry in _categories().items():
        words = [str(w) for w in entry["words"]]  # type: ignore[attr-defined]
        if re.search(pattern_of(words), text):
            found.append(name)
            if not entry.get("broad"):
                core += words
    # Of "dessert" and "food", dessert is the subject; a broad category alone is its own subject.
    if not core:
        core = [str(w) for name in found for w in _categories()[name]["words"]]  # type: ignore[attr-defined]
    wide = [*said, *core, *(str(w) for name in found for w in _categories()[name]["words"])]  # type: ignore[attr-defined]
    if brief.brand:
        wide.append(brief.brand)
    own = [*(w for w in said if len(w) >= 2 and w not in _broad_words()), *core]
    wide = [w for w in wide if len(w) >= 2]
    return Topic(brief.search_text, _compile(own), _compile(wide), tuple(found), tuple(dict.fromkeys(own)), tuple(dict.fromkeys(wide)))


@cache
def _broad_words() -> frozenset[str]:
    return frozenset(str(w) for e in _categories().values() if e.get("broad") for w in e["words"])  # type: ignore[attr-defined]


def _compile(words: Iterable[str]) -> re.Pattern[str] | None:
    words = [w for w in words if w]
    return re.compile(pattern_of(words)) if words else None
