"""Who is looked at for a brief: creators of the store and authors known by their posts alone, with their history."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent import Brief, Context, Creator, Filter, Post
from plugins.common.engagement import HALF_LIFE, EngagementModel
from plugins.common.history import clock_of, typical_engagement
from plugins.common.places import Place, PlaceEvidence, evidence_of, place_of
from plugins.common.topics import Topic, topic_of

HITS = 300
"""Posts taken from one hybrid search."""
SEMANTIC_POSTS, SEMANTIC_SHARE = 60, 0.02
"""A post this high in the dense ranking counts as on the topic even without a word of it (other language, other words)."""


@dataclass
class Entry:
    """One creator under consideration."""

    id: str
    creator: Creator | None
    posts: list[Post]
    on_topic: list[Post] = field(default_factory=list)
    core: list[Post] = field(default_factory=list)
    closeness: float = 0.0
    """Sum of reciprocal retrieval ranks of their five best hits."""
    place: PlaceEvidence = field(default_factory=PlaceEvidence)
    named: bool = False
    expected: float | None = None
    """Engagements of one on-topic post to come; ``None`` when nothing is known of them."""
    best_hits: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return (self.creator.name or self.creator.handle if self.creator else "") or self.id.split(":", 1)[1]

    @property
    def platform(self) -> str:
        return self.id.split(":", 1)[0]

    @property
    def followers(self) -> int | None:
        return self.creator.followers if self.creator else None

    @property
    def other(self) -> list[Post]:
        about = {p.id for p in self.on_topic}
        return [p for p in self.posts if p.id not in about]


@dataclass
class Pool:
    entries: list[Entry]
    topic: Topic
    clock: datetime
    """From when "recent" counts."""
    half_life: float


def called(brief_name: str, entry: Entry) -> bool:
    """Whether a creator goes by the name a request uses (`@handle`, name or id)."""
    wanted = brief_name.strip().lstrip("@").lower()
    names = {entry.id.lower(), entry.id.split(":", 1)[1].lower(), entry.name.lower()}
    if entry.creator:
        names |= {entry.creator.handle.lower().lstrip("@"), entry.creator.name.lower()}
    return bool(wanted) and wanted in names


def gather(ctx: Context, brief: Brief) -> Pool:
    """Everybody whom retrieval, profile or the request brings up, with the posts known at ``ctx.now``."""
    topic = topic_of(brief)
    options = ctx.settings.tools.get("search_creators", {})
    half_life = float(options.get("half_life_days", HALF_LIFE))
    until = Filter(until=ctx.now)
    ctx.progress("searching posts")
    ranks: dict[str, int] = {}
    semantic: set[str] = set()
    queries = [topic.query, *(t for t in brief.topics if t != topic.query)][:4]
    authors: set[str] = set()
    nearest = min(SEMANTIC_POSTS, int(SEMANTIC_SHARE * ctx.store.counts().posts))
    for query in queries:
        for rank, hit in enumerate(ctx.store.search_posts(query, until, limit=HITS)):
            ranks[hit.post.id] = min(rank, ranks.get(hit.post.id, rank))
            authors.add(hit.post.creator_id)
            if hit.dense_rank is not None and hit.dense_rank < nearest and query == topic.query:
                semantic.add(hit.post.id)
    profiles = {c.id: c for c in ctx.store.creators()}
    ids = list(dict.fromkeys([*profiles, *authors]))
    ctx.progress(f"reading the history of {len(ids)} creators")
    by_author: dict[str, list[Post]] = defaultdict(list)
    for start in range(0, len(ids), 200):
        for post in ctx.store.posts(where=Filter(creators=tuple(ids[start : start + 200]), until=ctx.now)):
            by_author[post.creator_id].append(post)
    everything = [p for posts in by_author.values() for p in posts]
    clock = clock_of(everything, ctx.now)
    places = [place_of(name) for name in (brief.creator_locations or brief.audience.locations)]
    entries = [_entry(id, profiles.get(id), by_author.get(id, []), brief, topic, places, ranks, semantic) for id in ids]
    about = {p.id for e in entries for p in e.on_topic}
    model = EngagementModel(by_author, {id: c.followers for id, c in profiles.items()}, lambda p: p.id in about, clock, half_life)
    for entry in entries:
        if any(p.engagement is not None for p in entry.posts):
            entry.expected = model.expected(entry.id)
        elif entry.creator is not None:
            entry.expected = stated_engagement(entry.creator)
    return Pool(entries, topic, clock, half_life)


def _entry(
    id: str, creator: Creator | None, posts: list[Post], brief: Brief, topic: Topic, places: Sequence[Place],
    ranks: Mapping[str, int], semantic: set[str],
) -> Entry:  # fmt: skip
    entry = Entry(id, creator, posts)
    entry.on_topic = [p for p in posts if topic.match(p) >= 0.5 or p.id in semantic]
    entry.core = [p for p in entry.on_topic if topic.is_core(p)]
    hits = sorted((ranks[p.id], p.id) for p in posts if p.id in ranks)[:5]
    entry.closeness = sum(1 / (10 + rank) for rank, _ in hits)
    entry.best_hits = [post_id for _, post_id in hits]
    entry.place = evidence_of(places, creator, posts)
    entry.named = any(called(name, entry) for name in brief.creators)
    return entry


def stated_engagement(creator: Creator) -> float | None:
    """Engagement per post as an export states it, for creators without posts."""
    stated = creator.averages
    if "engagement" in stated:
        return stated["engagement"]
    kinds = [stated[k] for k in ("likes", "collects", "comments", "shares") if k in stated]
    return sum(kinds) if kinds else None


def median_engagement(entry: Entry) -> float | None:
    """Plain median of the on-topic posts (of all posts when none is on topic)."""
    for posts in (entry.on_topic, entry.posts):
        known = [p.engagement for p in posts if p.engagement is not None]
        if known:
            return float(statistics.median(known))
    return stated_engagement(entry.creator) if entry.creator else None


def log_uplift(entry: Entry, clock: datetime, half_life: float) -> float | None:
    """Log ratio of on-topic posts to the creator's other posts; ``None`` with fewer than five of either."""
    if len(entry.on_topic) < 5 or len(entry.other) < 5:
        return None
    on, off = typical_engagement(entry.on_topic, clock, half_life), typical_engagement(entry.other, clock, half_life)
    return None if on is None or off is None else math.log((1 + on) / (1 + off))
