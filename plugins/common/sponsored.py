"""Whether a post says that it was paid for, gifted or invited. What is not disclosed is not seen."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from agent import Post

from . import HERE, load_data

Kind = Literal["paid", "gifted"]


@cache
def _marks(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in load_data(HERE / "sponsored.yaml")[kind]), re.IGNORECASE | re.MULTILINE)


@cache
def _hints() -> tuple[str, ...]:
    return tuple(str(h) for h in load_data(HERE / "sponsored.yaml")["hints"])


def disclosure(post: Post) -> tuple[Kind, str] | None:
    """``(kind, the words that say so)`` of a post that discloses a paid or gifted partnership, else ``None``.

    A denial ("自费", "not sponsored") anywhere in the post outweighs everything but a paid mark.
    """
    text = f"{post.title}\n{post.text}\n" + " ".join(f"#{t}" for t in post.hashtags)
    lowered = text.lower()
    if not any(hint in lowered for hint in _hints()):
        return None
    # Denials are blanked out first, so that "非广告" is not read as the word inside it.
    denied = _marks("not").search(text) is not None
    text = _marks("not").sub(" ", text)
    if found := _marks("paid").search(text):
        return "paid", found.group().strip()
    if not denied and (found := _marks("gifted").search(text)):
        return "gifted", found.group().strip()
    return None


def is_sponsored(post: Post) -> bool:
    """Whether the post discloses that it was paid for, gifted or invited."""
    return disclosure(post) is not None
