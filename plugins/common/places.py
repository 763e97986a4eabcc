"""Places under their names in two languages, and whether a creator is at one, judged by what they post.

Profiles say little ("美国") or what is long past, so posts count first: the share of recent posts that name the place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from agent import Creator, Post

from . import HERE, load_data, pattern_of

LOCAL_SHARE = 0.15
"""From this share of recent posts on, a creator counts as being at the place, if at least `LOCAL_POSTS` name it."""
LOCAL_POSTS = 3
RECENT_POSTS = 60


@dataclass(frozen=True)
class Place:
    """A place to look for: its names, those of places inside it, and those of places around it."""

    name: str
    inside: re.Pattern[str]
    around: re.Pattern[str] | None = None
    words: tuple[str, ...] = ()
    """What ``inside`` looks for."""


@dataclass
class PlaceEvidence:
    """What shows that a creator is at a place."""

    posts: list[str] = field(default_factory=list)
    looked_at: int = 0
    bio: bool = False
    profile: bool = False
    profile_around: bool = False
    elsewhere: str = ""

    @property
    def share(self) -> float:
        return len(self.posts) / self.looked_at if self.looked_at else 0.0

    @property
    def local(self) -> bool:
        """Posts decide where there are enough of them; profile and bio speak for creators with few."""
        if self.looked_at >= 8:
            return (self.share >= LOCAL_SHARE and len(self.posts) >= LOCAL_POSTS) or (
                (self.bio or self.profile) and len(self.posts) >= LOCAL_POSTS
            )
        return self.bio or self.profile or len(self.posts) >= min(LOCAL_POSTS, max(1, self.looked_at))

    @property
    def strength(self) -> float:
        """0-1: posts up to 0.7 (all of it from half the posts on), bio 0.2, profile 0.1."""
        posts = 0.7 * min(1.0, self.share / 0.5) if self.looked_at else 0.0
        return posts + (0.2 if self.bio else 0.0) + (0.1 if self.profile else 0.05 if self.profile_around else 0.0)


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = load_data(HERE / "places.yaml")
    return table


def _find(name: str) -> str | None:
    said = name.strip().lower()
    wanted = {said, *(said.removesuffix(suffix) for suffix in ("市", "省", "州") if len(said) > 2)}
    for key, entry in _table().items():
        if any(n.lower() in wanted for n in entry["names"]):
            return key
    return None


def _inside(key: str) -> list[str]:
    names = list(_table()[key]["names"])
    for child, entry in _table().items():
        if key in entry.get("within", ()):
            names += _inside(child)
    return names


def _around(key: str) -> list[str]:
    names: list[str] = []
    for parent in _table()[key].get("within", ()):
        names += _table()[parent]["names"] + _around(parent)
    return names


def place_of(name: str) -> Place:
    """The place of that name. One that the table does not know is looked for by its own name and its parts ("Austin, TX")."""
    for part in (name, *re.split(r"[,，、/|·\s]+", name)):
        key = _find(part) if part.strip() else None
        if key:
            around = _around(key)
            inside = _inside(key)
            return Place(name, re.compile(pattern_of(inside)), re.compile(pattern_of(around)) if around else None, tuple(inside))
    return Place(name, re.compile(pattern_of([name.strip()])), words=(name.strip(),))


def evidence_of(places: Sequence[Place], creator: Creator | None, posts: Sequence[Post]) -> PlaceEvidence:
    """What shows that a creator is at one of ``places``. ``posts`` are theirs, newest first."""
    found = PlaceEvidence()
    recent = posts[:RECENT_POSTS]
    found.looked_at = len(recent)
    for post in recent:
        text = f"{post.title} {' '.join(post.hashtags)} {post.text} {post.location or ''}"
        if any(place.inside.search(text) for place in places):
            found.posts.append(post.id)
    if creator is not None:
        location = creator.location or ""
        found.bio = any(p.inside.search(creator.bio) for p in places)
        found.profile = any(p.inside.search(location) for p in places)
        found.profile_around = any(p.around is not None and p.around.search(location) is not None for p in places)
        if location and not found.profile and not found.profile_around:
            found.elsewhere = location
    return found
