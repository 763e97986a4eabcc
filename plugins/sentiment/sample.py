"""Which posts are read: those on the subject, and of many a sample over authors and months."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from agent import Brief, Context, Filter, Post
from plugins.common.matching import matching
from plugins.common.text import language_of, say
from plugins.common.topics import topic_of

MIN_BRAND_POSTS = 5
"""From this many posts that name the brand, only those are read."""
ENOUGH = 30
"""From this many posts that surely are on the subject, only those are read."""
SEARCHED = 3
"""Posts on a subject without a brand are searched for up to so many times the sample's size."""


class Place(NamedTuple):
    """Where a post stands: its id, author and month (``""``: undated)."""

    id: str
    author: str
    month: str


@dataclass
class Sample:
    """The posts to read, and how many there were to choose from."""

    posts: list[Post]
    found: int
    notes: list[str] = field(default_factory=list)
    names_brand: bool = False


def sample(ctx: Context, brief: Brief, limit: int) -> Sample:
    """Posts that name the brand when there are enough; else all on the subject, with a note that says so. In English and Chinese only."""
    language = brief.language
    where = Filter(platforms=tuple(brief.platforms))
    named = naming(ctx, brief.brand, where) if brief.brand else []
    notes: list[str] = []
    if len(named) >= MIN_BRAND_POSTS:
        found = _unique(ctx.store.posts([p.id for p in spread(named, 2 * limit)]))
        total = len(named)
    else:
        found = _on_subject(brief, _unique(matching(ctx, brief, limit * SEARCHED)))
        if brief.brand:
            found = _unique([*ctx.store.posts([p.id for p in named]), *found])
            notes.append(
                say(
                    language,
                    f"Only {len(named)} indexed post(s) name {brief.brand}: the figures are about the subject in general, not about the brand.",
                    f"库中只有{len(named)}篇帖子提到{brief.brand}：以下反映的是同类内容的口碑，而不是该品牌本身的口碑。",
                )
            )
        total = len(found)
    readable = [p for p in found if language_of(p.body) in ("en", "zh")]
    if unread := len(found) - len(readable):
        notes.append(
            say(
                language,
                f"{unread} post(s) in other languages than English and Chinese were left out.",
                f"另有{unread}篇非中英文帖子未计入。",
            )
        )
    chosen = {p.id for p in spread((_place(p) for p in readable), limit)}
    posts = [p for p in readable if p.id in chosen]
    if total > len(posts) + unread:
        notes.append(
            say(
                language,
                f"Read {len(posts):,} of {total:,} posts: a sample that takes every author in turn, and of each author month after month.",
                f"共{total:,}篇相关帖子，读取了其中{len(posts):,}篇：按作者轮流抽取，每位作者再按月份分散抽取。",
            )
        )
    return Sample(posts, total, notes, names_brand=len(named) >= MIN_BRAND_POSTS)


def _on_subject(brief: Brief, posts: list[Post]) -> list[Post]:
    """Those with the subject's own words, else those of its field, where there are enough: a search also finds what is merely near."""
    topic = topic_of(brief)
    for kept in ([p for p in posts if topic.is_core(p)], [p for p in posts if topic.match(p)]):
        if len(kept) >= ENOUGH:
            return kept
    return posts


def naming(ctx: Context, name: str, where: Filter) -> list[Place]:
    """Where the posts that name a brand stand, as the index of words knows them."""
    return [Place(s.id, s.creator_id, _month(s.created)) for s in ctx.store.mentions([name], where)]


def spread(places: Iterable[Place], limit: int) -> list[Place]:
    """At most ``limit`` places: the authors in turn, of each author the months in turn. The same places give the same choice."""
    authors: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for p in sorted(places, key=lambda p: _lot(p.id)):
        authors[p.author][p.month].append(p)
    ranked: list[tuple[int, str, Place]] = []
    for months in authors.values():
        turns = sorted((turn, _lot(p.id), p) for group in months.values() for turn, p in enumerate(group))
        ranked += [(rank, lot, p) for rank, (_, lot, p) in enumerate(turns)]
    return [p for _, _, p in sorted(ranked)[:limit]]


def _lot(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()


def _place(p: Post) -> Place:
    return Place(p.id, p.creator_id, f"{p.created_at:%Y-%m}" if p.created_at else "")


def _month(created: float | None) -> str:
    return f"{datetime.fromtimestamp(created, UTC):%Y-%m}" if created is not None else ""


def _unique(posts: Sequence[Post]) -> list[Post]:
    seen: dict[str, Post] = {}
    for p in posts:
        if p.body:
            seen.setdefault(p.body, p)
    return list(seen.values())
