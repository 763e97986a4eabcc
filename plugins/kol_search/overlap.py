"""Who follows several of the candidates: estimated from what kind of people follow each, where no follower lists are known.

A model of overlap gives, for each candidate, which share of their followers is of which kind (a *segment*), and how many people
of that kind there are. Within a segment followers are taken to meet at random (see ``plugins.common.choose.value``).
"""

from __future__ import annotations

import itertools
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import NamedTuple

from agent import Candidate, Post, ToolError
from plugins.common import HERE, load_data, pattern_of
from plugins.common.choose import Overlap

GROUP = "kolony.overlap"
"""Entry points of this group are models of overlap by name."""
SEGMENTS = 24
"""At most so many kinds of people are told apart; the smallest are taken together."""
LABELS = 2
"""Regions and interests told apart, beside all others: the commonest among the candidates' followers."""
FULLEST = 0.3
"""Nobody is taken to reach more than this share of a segment (or than the share in common, if that is more): a candidate list shows a
part of those whom people follow, and its largest account is not the largest there is."""
OTHER = "other"


class AudienceMap(NamedTuple):
    """What a model of overlap gives. Who is not in ``shares`` shares followers with nobody."""

    shares: Mapping[str, Mapping[str, float]]
    """Creator id to segment to the share of their followers in it, 0-1; the shares of one creator sum to 1 at most."""
    people: Mapping[str, float]
    """Segment to the number of people in it."""
    sources: Mapping[str, int] = {}
    """Where the shares come from, to a number of candidates: ``fans``, ``posts``, ``nothing``."""


Model = Callable[[Sequence[Candidate], Mapping[str, Sequence[Post]], float], AudienceMap]
"""``(candidates, their posts by creator id, share in common) -> AudienceMap``. The share is what two creators of the usual size and
with followers of the same kinds are assumed to have in common. Posts are there for those whose fans' interests are unknown."""


def model_named(name: str) -> Model | None:
    """The model of that name; ``None`` for ``none``.

    Raises:
        ToolError: there is none, or it cannot be loaded.
    """
    if name in ("segments", "none"):
        return by_segments if name == "segments" else None
    found = {e.name: e for e in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(["segments", "none", *sorted(found)])
        raise ToolError(
            f"[tools.select_slate] overlap is {name!r}; it may be {known}.", hint=f"A package adds one by the entry point group `{GROUP}`."
        )
    try:
        loaded: Model = found[name].load()
    except Exception as e:  # whatever a third party's import raises
        raise ToolError(f"The overlap model {name!r} of {found[name].value} cannot be loaded: {e}.") from e
    return loaded


def overlap_of(map: AudienceMap, candidates: Sequence[Candidate], values: Mapping[str, float], fullest: float = FULLEST) -> Overlap:
    """The map in the unit of the values (people, engagements): a segment holds what its people bring at the highest value per follower
    among the candidates. So nobody is taken to share more of their value than of their followers."""
    import numpy as np

    ids = [c.creator for c in candidates if c.creator in map.shares]
    segments = sorted(map.people)
    share = np.array([[map.shares[id].get(s, 0.0) for s in segments] for id in ids]).reshape(len(ids), len(segments))
    value = np.array([values[id] for id in ids])
    fans = _followers(candidates)
    rate = max((values[id] / fans[id] for id in ids), default=0.0)
    size = rate * np.array([map.people[s] for s in segments])
    if len(ids):
        size = np.maximum(size, (value[:, None] * share).max(axis=0) / fullest)
    return Overlap(ids, share, size)


def by_segments(candidates: Sequence[Candidate], posts: Mapping[str, Sequence[Post]], shared: float) -> AudienceMap:
    """Segments of platform, region, gender, age and interest.

    Within one creator's followers these are taken as independent of each other. Interests are the fans' where an export gives
    them, else the subjects of the creator's posts; what is known of nobody's fans is as with the other candidates of the platform.
    A segment's size is such that two creators of usual size, both with the platform's average followers, have ``shared`` in common; the
    usual size is the one that the average follower finds, so that a few large accounts among many small ones count by their size.
    """
    fans = _followers(candidates)
    known = {c.creator: _dimensions(c, posts.get(c.creator, ())) for c in candidates}
    shares: dict[str, dict[str, float]] = {}
    people: dict[str, float] = {}
    sources: Counter[str] = Counter()
    platforms = sorted({c.platform for c in candidates})
    for platform in platforms:
        members = [c for c in candidates if c.platform == platform]
        usual = [_usual([(known[c.creator][d], fans[c.creator]) for c in members]) for d in range(3)]
        cells: dict[str, dict[str, float]] = {}
        for c in members:
            own = [_grouped(known[c.creator][d] or usual[d], usual[d]) for d in range(3)]
            cells[c.creator] = {
                "|".join((platform, *names)): math.prod(own[d][name] for d, name in enumerate(names)) for names in itertools.product(*own)
            }
            sources["fans" if c.audience is not None and c.audience.regions else "posts" if known[c.creator][2] else "nothing"] += 1
        merged = _merged(cells, fans, max(2, SEGMENTS // len(platforms)), f"{platform}|rest")
        shares |= merged
        total = sum(fans[c.creator] for c in members)
        universe = sum(fans[c.creator] ** 2 for c in members) / total / shared
        for id, own_cells in merged.items():
            for name, share in own_cells.items():
                people[name] = people.get(name, 0.0) + universe * share * fans[id] / total
    return AudienceMap(shares, people, dict(sources))


def _followers(candidates: Sequence[Candidate]) -> dict[str, float]:
    """Followers, those of the median candidate where unknown."""
    known = [c.followers for c in candidates if c.followers]
    usual = statistics.median(known) if known else 1.0
    return {c.creator: float(c.followers or usual) for c in candidates}


def _dimensions(c: Candidate, posts: Sequence[Post]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Shares of followers by region, by gender and age, and by interest; empty where nothing is known."""
    region: dict[str, float] = {}
    people: dict[str, float] = {}
    interest: defaultdict[str, float] = defaultdict(float)
    if c.audience is not None:
        region = _whole({name: share for name, share in c.audience.regions.items() if share > 0})
        female, ages = c.audience.female, _whole(c.audience.ages)
        young = sum(share for band, share in ages.items() if band in ("<18", "18-24"))
        by_age = {"under 25": young, "25 and over": 1 - young} if ages else {"any age": 1.0}
        by_gender = {"women": female, "men": 1 - female} if female is not None else {"anybody": 1.0}
        if ages or female is not None:
            people = {f"{g} {a}": x * y for (g, x), (a, y) in itertools.product(by_gender.items(), by_age.items())}
        for name, share in c.audience.interests.items():
            interest[subject_of(name)] += share
    if not interest:
        for post in posts:
            interest[subject_of(f"{post.title} {' '.join(post.hashtags)}")] += 1
    total = sum(interest.values())
    return region, people, {name: n / total for name, n in interest.items()} if total > 0 else {}


def _whole(listed: Mapping[str, float]) -> dict[str, float]:
    """Shares that sum to one: an export lists the largest only, so what is missing is of other names."""
    total = sum(listed.values())
    if not total:
        return {}
    return {name: share / total for name, share in listed.items()} if total >= 1 else {**listed, OTHER: listed.get(OTHER, 0.0) + 1 - total}


def _usual(known: Sequence[tuple[Mapping[str, float], float]]) -> dict[str, float]:
    """The average over those who have shares, by followers; one kind of everybody when none has. Rare names are put together."""
    total = sum(fans for shares, fans in known if shares)
    if not total:
        return {OTHER: 1.0}
    mean: defaultdict[str, float] = defaultdict(float)
    for shares, fans in known:
        for name, share in shares.items():
            mean[name] += share * fans / total
    ranked = sorted((n for n in mean if n != OTHER), key=lambda n: (-mean[n], n))
    # Gender with age has four names at most, which all stay.
    named = ranked if len(ranked) <= 4 and OTHER not in mean else ranked[:LABELS]
    return {**{n: float(mean[n]) for n in named}, **({OTHER: rest} if (rest := 1 - sum(mean[n] for n in named)) > 1e-9 else {})}


def _grouped(shares: Mapping[str, float], usual: Mapping[str, float]) -> dict[str, float]:
    """Shares over the names of ``usual``; all others are ``OTHER``."""
    named = {n: shares.get(n, 0.0) for n in usual if n != OTHER}
    return {**named, OTHER: max(0.0, 1 - sum(named.values()))}


def _merged(cells: Mapping[str, Mapping[str, float]], fans: Mapping[str, float], most: int, rest: str) -> dict[str, dict[str, float]]:
    """The same with only the ``most - 1`` segments of the most followers, and one for all others."""
    weight: defaultdict[str, float] = defaultdict(float)
    for id, own in cells.items():
        for name, share in own.items():
            weight[name] += share * fans[id]
    names = sorted((n for n in weight if weight[n] > 0), key=lambda n: (-weight[n], n))
    kept = set(names if len(names) <= most else names[: most - 1])
    merged: dict[str, dict[str, float]] = {}
    for id, own in cells.items():
        merged[id] = {n: share for n, share in own.items() if n in kept and share > 0}
        left = sum(share for n, share in own.items() if n not in kept)
        if left > 0:
            merged[id][rest] = left
    return merged


@cache
def _subjects() -> list[tuple[str, re.Pattern[str]]]:
    """Categories, the narrow ones first, with the words they are known by."""
    table = load_data(HERE / "topics.yaml")
    ranked = sorted(table, key=lambda name: bool(table[name].get("broad")))
    return [(name, re.compile(pattern_of([str(w) for w in table[name]["words"]]))) for name in ranked]


def subject_of(text: str) -> str:
    """The category that a text speaks of first, or ``other``. Interests of fans and subjects of posts get the same names."""
    return next((name for name, words in _subjects() if words.search(text)), OTHER)
