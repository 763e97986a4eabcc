"""Who is looked at for a brief: creators of the store and authors known by their posts alone, with their history."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent import Brief, Context, Creator, Filter, Post, Sighting
from plugins.common.engagement import HALF_LIFE, EngagementModel
from plugins.common.history import clock_of, typical_engagement
from plugins.common.places import Place, PlaceEvidence, evidence_of, place_of
from plugins.common.topics import Topic

from .retrieve import DEPTH, POSTS_EACH, Retrieval, closeness, retrieve
from .settings import Options

HITS, HITS_SHARE = 300, 0.01
"""Posts taken from one hybrid search: so many, or this share of a large store."""
QUERIES = 4
LIKE_POSTS, LIKE_HITS = 8, 200
"""Posts of a creator named as a model that are searched with, and hits taken from each such search."""
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
    likeness: float = 0.0
    """The same in the searches with posts of the creators named as models."""
    place: PlaceEvidence = field(default_factory=PlaceEvidence)
    named: bool = False
    model: bool = False
    """Named as a model for others: not a candidate."""
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

    def share_in(self, language: str) -> float | None:
        """Share of their newest posts that are in a language; by the profile where posts do not tell, else ``None``."""
        told = Counter(p.language for p in self.posts[:60] if p.language)
        if told:
            return told[language] / sum(told.values())
        return None if self.creator is None or self.creator.language is None else float(self.creator.language == language)


@dataclass
class Pool:
    entries: list[Entry]
    topic: Topic
    clock: datetime
    """From when "recent" counts."""
    half_life: float
    models: list[Entry] = field(default_factory=list)
    """Creators named as models for others."""
    considered: int = 0
    ruled_out: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Creators of a large store that were not read, with the hard constraints that rule them out."""
    levels: Sequence[float] = ()
    """Engagements per post of creators of a large store that fit and were not read."""

    @property
    def whole(self) -> bool:
        """Whether everybody was read."""
        return self.considered == len(self.entries)


def called(brief_name: str, id: str, creator: Creator | None) -> bool:
    """Whether a creator goes by the name a request uses (`@handle`, name or id)."""
    wanted = brief_name.strip().lstrip("@").lower()
    names = {id.lower(), id.split(":", 1)[1].lower()}
    if creator:
        names |= {creator.handle.lower().lstrip("@"), creator.name.lower()}
    return bool(wanted) and wanted in names


def gather(ctx: Context, brief: Brief, topic: Topic, options: Options, weights: Mapping[str, float], more: Sequence[str] = ()) -> Pool:
    """Everybody whom retrieval, profile or the request brings up, with the posts known at ``ctx.now``.

    Args:
        more: further searches, beside the brief's own words.
    """
    half_life = options.half_life_days or HALF_LIFE
    until = Filter(until=ctx.now)
    ctx.progress("searching posts")
    counts = ctx.store.counts()
    depth = max(options.depth or DEPTH, len(brief.creators) + 1)
    authors = ctx.store.activity(until)
    large = max(counts.creators, len(authors)) > 5 * depth
    named = [*brief.creators, *brief.similar_to]
    # Names are in profiles only, so a request that names somebody reads them all.
    profiles = {c.id: c for c in ctx.store.creators()} if named or not large else {}
    known = dict.fromkeys([*profiles, *authors]) if named else {}
    asked = [id for id in known if any(called(name, id, profiles.get(id)) for name in brief.creators)]
    models = [id for id in known if any(called(name, id, profiles.get(id)) for name in brief.similar_to)]
    ranked, semantic = _search(ctx, brief, topic, until, counts.posts, more)
    like = _search_like(ctx, until, models)
    places = [place_of(name) for name in (brief.creator_locations or brief.audience.locations)]
    if large:
        both = {**like, **ranked}
        found = retrieve(ctx, brief, topic, places, weights, half_life, depth, both, authors, counts.creators)
        profiles = {**found.profiles, **profiles}
        ids = list(dict.fromkeys([*asked, *models, *found.ids]))
    else:
        ids = list(dict.fromkeys([*profiles, *authors]))
        found = Retrieval(ids, profiles, ctx.now, len(ids))
    ctx.progress(f"reading the history of {len(ids)} creators")
    by_author: dict[str, list[Post]] = defaultdict(list)
    for start in range(0, len(ids), 200):
        own = Filter(creators=tuple(ids[start : start + 200]), until=ctx.now)
        for post in ctx.store.posts(where=own, each=POSTS_EACH if large else None):
            by_author[post.creator_id].append(post)
    clock = found.clock if large else clock_of([p for posts in by_author.values() for p in posts], ctx.now)
    entries = [_entry(id, profiles.get(id), by_author.get(id, []), topic, places, ranked, semantic) for id in ids]
    liked = _by_author(like)
    for entry in entries:
        entry.named, entry.model = entry.id in asked, entry.id in models
        entry.likeness = closeness(rank for rank, _ in liked.get(entry.id, ()))
    about = {p.id for e in entries for p in e.on_topic}
    model = EngagementModel(by_author, {id: c.followers for id, c in profiles.items()}, lambda p: p.id in about, clock, half_life)
    for entry in entries:
        if any(p.engagement is not None for p in entry.posts):
            entry.expected = model.expected(entry.id)
        elif entry.creator is not None:
            entry.expected = stated_engagement(entry.creator)
    chosen = {e.id for e in entries}
    ruled_out = {id: why for id, why in found.ruled_out.items() if id not in chosen}
    return Pool(
        entries, topic, clock, half_life, [e for e in entries if e.model], found.considered, ruled_out, _levels_of_others(entries, found)
    )


def _levels_of_others(entries: Sequence[Entry], found: Retrieval) -> list[float]:
    """Engagements per post of creators that were not read: what the index tells, put on the scale of those that were (a straight
    line through both, on logs), so that ranks among all are what they would be had everybody been read."""
    import numpy as np

    both = [(found.levels[e.id], math.log1p(e.expected)) for e in entries if e.id in found.levels and e.expected is not None]
    if len(both) < 10 or not found.others:
        return []
    told, read = np.array(both).T
    if told.std() < 1e-6:
        return []
    slope, start = np.polyfit(told, read, 1)
    levels: list[float] = np.expm1(slope * np.array(found.others) + start).clip(0).tolist()
    return levels


def _search(
    ctx: Context, brief: Brief, topic: Topic, until: Filter, posts: int, more: Sequence[str]
) -> tuple[dict[str, tuple[Sighting, int]], set[str]]:
    """Post id to its best rank over all searches, and the posts that the dense side puts first."""
    ranked: dict[str, tuple[Sighting, int]] = {}
    semantic: set[str] = set()
    nearest = min(SEMANTIC_POSTS, int(SEMANTIC_SHARE * posts))
    own = [topic.query, *(t for t in brief.topics if t != topic.query)][:QUERIES]
    for query in dict.fromkeys([*own, *more]):
        for rank, (sighting, dense) in enumerate(ctx.store.rank_posts(query, until, limit=max(HITS, int(HITS_SHARE * posts)))):
            if sighting.id not in ranked or rank < ranked[sighting.id][1]:
                ranked[sighting.id] = sighting, rank
            if dense is not None and dense < nearest and query == topic.query:
                semantic.add(sighting.id)
    return ranked, semantic


def _search_like(ctx: Context, until: Filter, models: Sequence[str]) -> dict[str, tuple[Sighting, int]]:
    """Posts near those of the creators named as models, with their best rank. The models' own posts are left out."""
    if not models:
        return {}
    found: dict[str, tuple[Sighting, int]] = {}
    for id in models:
        for post in ctx.store.posts(where=Filter(creators=(id,), until=until.until), limit=LIKE_POSTS):
            hits = [
                h for h, _ in ctx.store.rank_posts(f"{post.title} {post.text}"[:300], until, limit=LIKE_HITS) if h.creator_id not in models
            ]
            for rank, sighting in enumerate(hits):
                if sighting.id not in found or rank < found[sighting.id][1]:
                    found[sighting.id] = sighting, rank
    return found


def _by_author(ranked: Mapping[str, tuple[Sighting, int]]) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for sighting, rank in ranked.values():
        found[sighting.creator_id].append((rank, sighting.id))
    return found


def _entry(
    id: str, creator: Creator | None, posts: list[Post], topic: Topic, places: Sequence[Place],
    ranked: Mapping[str, tuple[Sighting, int]], semantic: set[str],
) -> Entry:  # fmt: skip
    entry = Entry(id, creator, posts)
    entry.on_topic = [p for p in posts if topic.match(p) >= 0.5 or p.id in semantic]
    entry.core = [p for p in entry.on_topic if topic.is_core(p)]
    hits = sorted((ranked[p.id][1], p.id) for p in posts if p.id in ranked)[:5]
    entry.closeness = closeness(rank for rank, _ in hits)
    entry.best_hits = [post_id for _, post_id in hits]
    entry.place = evidence_of(places, creator, posts)
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
