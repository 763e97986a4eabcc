"""Whom to score in a large store: everybody's score as far as the index alone can tell it, and only the best are read in full.

Reading a post costs a hundred times what the index takes to count it. So the parts of the score that rest on counts, dates and
engagement are worked out for all authors from the index (a *sketch*), with the formulae of ``score``; creators that plainly fail a
hard constraint come after all others; and ``depth`` creators go on to be scored in full. ``bench/search.py`` measures what that loses.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent import Activity, Brief, Context, Creator, Filter, Sighting
from plugins.common.money import convert
from plugins.common.places import LOCAL_POSTS, LOCAL_SHARE, Place
from plugins.common.topics import Topic

DEPTH = 500
"""Creators scored in full. A store with no more than five times as many is read whole."""
PROFILES = 5
"""Profiles read at most, as a multiple of the depth, to find creators whom the profile does not rule out."""
POSTS_EACH = 200
"""Newest posts read of one creator of a large store."""
OWN_LEVEL = 3.0
"""Posts of which the mean of all counts beside a creator's own."""
INACTIVE_DAYS = 365
TOPIC_POSTS, TOPIC_SHARE = 10, 0.1


@dataclass
class Sketch:
    """What the index tells of one author."""

    id: str
    posts: int = 0
    newest: float | None = None
    on: list[Sighting] = field(default_factory=list)
    core: int = 0
    place: int = 0
    ranks: list[int] = field(default_factory=list)
    level: float = 0.0
    value: float = 0.0
    failures: set[str] = field(default_factory=set)


@dataclass
class Retrieval:
    """Whom to score in full, and what is known of the others."""

    ids: list[str]
    profiles: dict[str, Creator]
    clock: datetime
    considered: int
    ruled_out: dict[str, frozenset[str]] = field(default_factory=dict)
    """Creators not scored in full whom the index or the profile rules out, with the constraints that do."""
    levels: dict[str, float] = field(default_factory=dict)
    """Log of engagements per post, as the index tells it, of creators to score in full."""
    others: list[float] = field(default_factory=list)
    """The same of creators that fit and are not scored in full."""


def closeness(ranks: Iterable[int]) -> float:
    """How near a creator's best posts came to the top of the searches: the sum of 1 / (10 + rank) of the five best."""
    return sum(1 / (10 + rank) for rank in sorted(ranks)[:5])


def topic_raw(closeness_share: float, on: int, core: int) -> float:
    """0-1: half for closeness, the rest for how many posts are on the topic and on its core."""
    return 0.5 * math.sqrt(closeness_share) + 0.2 * on / (on + 5) + 0.3 * core / (core + 5)


def recency_raw(last_days: float, lately: int) -> float:
    """0-1: half for the age of the newest post, half for the number of the last 90 days."""
    return 0.5 * 0.5 ** (last_days / 90) + 0.5 * min(1.0, lately / 6)


def retrieve(
    ctx: Context, brief: Brief, topic: Topic, places: Sequence[Place], weights: Mapping[str, float], half_life: float,
    depth: int, ranked: Mapping[str, tuple[Sighting, int]], activity: Mapping[str, Activity], creators: int,
) -> Retrieval:  # fmt: skip
    """Whom of a large store to score in full.

    Args:
        weights: of the parts of the score.
        ranked: post id to what the index knows of it and its best rank in the searches for this brief.
        activity: what the index knows of every author.
        creators: number of profiles in the store.
    """
    until = Filter(until=ctx.now)
    newest = max((a.newest for a in activity.values() if a.newest is not None), default=ctx.now.timestamp())
    clock = datetime.fromtimestamp(newest, UTC)
    sketches = _sketches(ctx, topic, places, until, activity, ranked)
    profiles: dict[str, Creator] = {}
    for creator, _ in ctx.store.search_creators(topic.query, brief.platforms, limit=depth):
        if creator.id not in sketches:
            a = activity.get(creator.id)
            sketches[creator.id] = Sketch(creator.id, a.posts if a else 0, a.newest if a else None)
            profiles[creator.id] = creator
    _value(sketches.values(), weights, half_life, clock.timestamp(), bool(places))
    _rule_out(sketches.values(), brief, clock.timestamp())
    order = sorted(sketches.values(), key=lambda s: (len(s.failures), -s.value, s.id))
    looked_at: list[Sketch] = []
    while len(looked_at) < min(PROFILES * depth, len(order)) and sum(not s.failures for s in looked_at) < depth:
        more = order[len(looked_at) : len(looked_at) + depth]
        profiles.update((c.id, c) for c in ctx.store.creators([s.id for s in more if s.id not in profiles]))
        for sketch in more:
            _rule_out_by_profile(sketch, profiles.get(sketch.id), brief, places)
        looked_at += more
    order = order[len(looked_at) :]
    looked_at.sort(key=lambda s: (len(s.failures), -s.value, s.id))
    chosen, rest = looked_at[:depth], [*looked_at[depth:], *order]
    everybody = set(activity) | set(sketches)
    return Retrieval(
        [s.id for s in chosen], profiles, clock, max(creators, len(everybody)),
        {**{s.id: frozenset(s.failures) for s in rest if s.failures}, **{id: frozenset({"topic"}) for id in everybody - set(sketches)}},
        {s.id: s.level for s in chosen if s.on}, [s.level for s in rest if not s.failures and s.on],
    )  # fmt: skip


def _sketches(
    ctx: Context, topic: Topic, places: Sequence[Place], until: Filter, activity: Mapping[str, Activity],
    ranked: Mapping[str, tuple[Sighting, int]],
) -> dict[str, Sketch]:  # fmt: skip
    made: dict[str, Sketch] = {}

    def of(author: str) -> Sketch:
        if author not in made:
            a = activity.get(author)
            made[author] = Sketch(author, a.posts if a else 0, a.newest if a else None)
        return made[author]

    seen: dict[str, Sighting] = {}
    for sighting, rank in ranked.values():
        of(sighting.creator_id).ranks.append(rank)
    for sighting in ctx.store.mentions(topic.wide_words, until):
        seen[sighting.id] = sighting
    for sighting in seen.values():
        of(sighting.creator_id).on.append(sighting)
    for sighting in ctx.store.mentions(topic.own_words, until):
        of(sighting.creator_id).core += 1
    if places:
        for sighting in ctx.store.mentions([w for p in places for w in p.words], until):
            if sighting.creator_id in made:
                made[sighting.creator_id].place += 1
    return made


def _value(sketches: Iterable[Sketch], weights: Mapping[str, float], half_life: float, now: float, placed: bool) -> None:
    """Level and value of each: the parts of the score that counts, dates and engagement tell."""
    sketches = list(sketches)
    sums: dict[str, tuple[float, float]] = {}
    for s in sketches:
        weighed = [(0.5 ** (_days(p.created, now) / half_life), math.log1p(max(0, p.engagement))) for p in s.on if p.engagement is not None]
        sums[s.id] = (sum(w * y for w, y in weighed), sum(w for w, _ in weighed))
    total = sum(w for _, w in sums.values())
    middle = sum(y for y, _ in sums.values()) / total if total else 0.0
    for s in sketches:
        y, w = sums[s.id]
        s.level = (y + OWN_LEVEL * middle) / (w + OWN_LEVEL)
    levels = sorted(s.level for s in sketches)
    closest = max((closeness(s.ranks) for s in sketches), default=0.0) or 1.0
    for s in sketches:
        ages = [_days(p.created, now) for p in s.on]
        raw = {
            "topic": topic_raw(closeness(s.ranks) / closest, len(s.on), s.core) if s.on or s.ranks else 0.25,
            "performance": bisect_left(levels, s.level) / max(1, len(levels)),
            "recency": recency_raw(min(ages), sum(a <= 90 for a in ages)) if ages else 0.0,
            "place": 0.7 * min(1.0, s.place / s.posts / 0.5) if placed and s.posts else 0.0,
        }
        s.value = sum(weights.get(name, 0.0) * value for name, value in raw.items())


def _rule_out(sketches: Iterable[Sketch], brief: Brief, now: float) -> None:
    """Constraints that the index alone can tell."""
    for s in sketches:
        if brief.platforms and s.id.split(":", 1)[0] not in brief.platforms:
            s.failures.add("platform")
        if s.posts and not enough_on_topic(len(s.on), s.posts):
            s.failures.add("topic")
        if s.newest is not None and _days(s.newest, now) > INACTIVE_DAYS:
            s.failures.add("inactive")


def _rule_out_by_profile(s: Sketch, creator: Creator | None, brief: Brief, places: Sequence[Place]) -> None:
    if brief.creator_tiers and (creator.tier if creator else None) not in brief.creator_tiers:
        s.failures.add("tier")
    if brief.budget and creator and creator.quotes:
        amounts = [convert(q.amount, q.currency, brief.budget.currency) for q in creator.quotes if q.amount > 0]
        if amounts and all(a is not None and a * (brief.posts_per_creator or 1) > brief.budget.amount for a in amounts):
            s.failures.add("price")
    if brief.creator_locations:
        said = f"{creator.bio} {creator.location or ''}" if creator else ""
        shown = any(p.inside.search(said) for p in places)
        # Like ``PlaceEvidence.local``, over all posts instead of the newest: half the share will do, the full check comes later.
        by_posts = s.place >= min(LOCAL_POSTS, max(1, s.posts)) and s.place >= 0.5 * LOCAL_SHARE * s.posts
        if not (by_posts or (shown and (s.posts < 8 or s.place >= LOCAL_POSTS))):
            s.failures.add("place")


def enough_on_topic(on: int, posts: int) -> bool:
    """One stray post on the topic makes nobody a creator of it: a tenth of their posts must be, or ten of them."""
    return on >= min(TOPIC_POSTS, max(1, TOPIC_SHARE * posts))


def _days(created: float | None, now: float) -> float:
    return 365.0 if created is None else max(0.0, (now - created) / 86400)
