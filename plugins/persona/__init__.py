"""Personas: groups of people as their own posts show them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Annotated, Any

from pydantic import Field

from agent import Brief, Context, Creator, Filter, Persona, PersonaSet, Post, Tool, hookimpl, tool
from plugins.common.matching import matching
from plugins.common.text import evaluative, language_of, names_a_thing, say, words
from plugins.common.topics import topic_of
from plugins.persona.concerns import plain_words
from plugins.persona.copies import without_copies
from plugins.persona.features import features
from plugins.persona.grouping import Grouping, author_weights, group
from plugins.persona.naming import name_of, set_apart, spoken_of, told_apart, words_apart
from plugins.persona.notes import notes_of, too_few
from plugins.persona.profile import active_hours, content_that_works, demographics, typical, voiced
from plugins.persona.settings import MIN_AUTHORS, SEED
from plugins.persona.zones import zone_of

POSTS = 300
"""Most posts taken from one search."""
MOST = 2000
"""Most posts taken in all."""
PER_AUTHOR = 60
"""At most this many posts of one author, so that time is bounded."""


@tool(
    effect="read",
    privacy="any",
    seconds=10.0,
    asks=(
        "personas", "persona", "audience segments", "audience research", "who buys", "who are the customers", "customer profiles", "target group",
        "用户画像", "人群画像", "受众画像", "画像", "目标人群分析", "人群分析", "受众分析", "消费者洞察", "人群洞察",
    ),
)  # fmt: skip
def build_personas(ctx: Context, brief: Brief, max_personas: Annotated[int, Field(ge=1, le=12)] = 5) -> PersonaSet:
    """Groups of people that the posts about the brief's subject show, each with needs, objections, words and quotes."""
    language = brief.language
    ctx.progress(say(language, "Looking for posts on the subject", "检索相关帖子"))
    posts, copies = without_copies([p for p in _about(ctx, brief) if p.body])
    posts = _bounded(posts)
    authors = [p.creator_id for p in posts]
    if (count := len(set(authors))) < MIN_AUTHORS:
        return PersonaSet(posts_used=len(posts), authors_used=count, notes=[too_few(language, len(posts), count, copies)])
    ctx.progress(say(language, f"Grouping {len(posts)} posts", f"对{len(posts)}篇帖子分组"))
    documents = [words(p.body) for p in posts]
    weights = author_weights(authors)
    spoken = [p.language or language_of(p.body) for p in posts]
    rows = features(documents, spoken, weights, _vectors(ctx, posts), frozenset(words(brief.search_text)))
    grouping = group(rows, authors, max_personas, spoken)
    personas = _personas(ctx, brief, posts, documents, weights, grouping)
    return PersonaSet(
        personas=personas,
        posts_used=len(posts),
        authors_used=count,
        ungrouped=round(float(weights[grouping.labels < 0].sum() / weights.sum()), 4),
        stability=None if grouping.agreement is None else round(grouping.agreement, 4),
        evidence=list(dict.fromkeys(q.post for p in personas for q in p.quotes)),
        notes=notes_of(language, posts, count, copies, grouping, personas),
    )


def _about(ctx: Context, brief: Brief) -> list[Post]:
    """Posts on the subject: those that the search finds, and all that name it clearly."""
    found = {p.id: p for p in matching(ctx, brief, POSTS)}
    topic = topic_of(brief)
    if topic.own is not None:
        named = [s.id for s in ctx.store.mentions(topic.own_words, Filter(platforms=tuple(brief.platforms)))]
        for post in ctx.store.posts(ids=named, each=PER_AUTHOR, limit=MOST):
            if topic.is_core(post) and topic.match(post) >= 0.5:
                found.setdefault(post.id, post)
    return list(found.values())


def _bounded(posts: Sequence[Post]) -> list[Post]:
    """At most `PER_AUTHOR` posts of one author and `MOST` in all, by id, whatever order they came in."""
    taken: Counter[str] = Counter()
    kept = []
    for post in posts:
        if taken[post.creator_id] < PER_AUTHOR:
            kept.append(post)
            taken[post.creator_id] += 1
    return kept[:MOST]


def _vectors(ctx: Context, posts: Sequence[Post]) -> Any | None:
    import numpy as np

    known = ctx.store.vectors([p.id for p in posts])
    return np.stack([known[p.id] for p in posts]) if all(p.id in known for p in posts) else None


def _personas(ctx: Context, brief: Brief, posts: list[Post], documents: list[list[str]], weights: Any, grouping: Grouping) -> list[Persona]:
    authors = [p.creator_id for p in posts]
    creators = {c.id: c for c in ctx.store.creators(ids=sorted(set(authors)))}
    zone = zone_of(brief, [c.audience for _, c in sorted(creators.items()) if c.audience is not None])
    usual, about, shares = _usual(posts), spoken_of(posts), _shares(grouping.labels, weights, authors)
    made: list[Persona] = []
    for g in range(grouping.groups):
        inside = [bool(x) for x in grouping.labels == g]
        members = [i for i, x in enumerate(inside) if x]
        apart = set_apart(about, weights, authors, inside)
        terms = words_apart(documents, weights, authors, inside)
        persona = _persona(
            brief, [posts[i] for i in members], [documents[i] for i in members], terms, [float(grouping.closeness[i]) for i in members],
            creators, usual, zone,
        )  # fmt: skip
        persona.name = name_of(brief.language, apart, terms, grouping.groups == 1)
        persona.cares_about = [c.named(brief.language) for c in apart]
        persona.share, persona.share_low, persona.share_high = shares[g]
        persona.stability = round(grouping.jaccard[g], 4) if grouping.jaccard else None
        made.append(persona)
    for persona, name in zip(
        made, told_apart([p.name for p in made], [p.cares_about[2:] or p.keywords for p in made], brief.language), strict=True
    ):
        persona.name = name
    return made


def _persona(
    brief: Brief, posts: list[Post], documents: list[list[str]], terms: list[str], close: list[float], creators: dict[str, Creator],
    usual: dict[str, float], zone: str | None,
) -> Persona:  # fmt: skip
    near = dict(zip((p.id for p in posts), close, strict=True))
    things = [t for t in terms if names_a_thing(t)]
    needs = voiced(posts, "need", brief.language, lambda p: near[p.id])
    objections = voiced(posts, "objection", brief.language, lambda p: near[p.id])
    quotes = typical(posts, things, lambda p: near[p.id])
    stats, known = demographics(posts, creators)
    return Persona(
        name="",
        share=0.0,
        authors=len({p.creator_id for p in posts}),
        posts=len(posts),
        keywords=things[:10],
        needs=[v.label for v in needs],
        objections=[v.label for v in objections],
        voiced_needs=needs,
        voiced_objections=objections,
        vocabulary=_evaluations(posts, documents, things[:10]),
        active_hours=active_hours(posts, zone or "UTC"),
        hours_zone=zone or "UTC",
        content_that_works=content_that_works(posts, usual, brief.language),
        demographics=stats,
        demographics_of=known,
        quotes=list({(q.text, q.post): q for q in (*quotes, *(v.quote for v in (*needs, *objections)))}.values()),
    )


def _evaluations(posts: Sequence[Post], documents: Sequence[Sequence[str]], said: Sequence[str]) -> list[str]:
    """How these people put it: judging words that at least three of them use, most authors first."""
    who: dict[str, set[str]] = defaultdict(set)
    for post, document in zip(posts, documents, strict=True):
        for word in set(document):
            if evaluative(word) and word not in plain_words():
                who[word].add(post.creator_id)
    return [w for w, users in sorted(who.items(), key=lambda i: (-len(i[1]), i[0])) if len(users) >= 3 and w not in said][:12]


def _usual(posts: Sequence[Post]) -> dict[str, float]:
    by_author: dict[str, list[int]] = defaultdict(list)
    for p in posts:
        if p.engagement is not None:
            by_author[p.creator_id].append(p.engagement)
    return {a: float(median(n)) for a, n in by_author.items() if len(n) >= 3 and median(n) > 0}


def _shares(labels: Any, weights: Any, authors: Sequence[str]) -> list[tuple[float, float, float]]:
    """Per group, its share of the authors with the 5th and 95th percentile over 1,000 bootstrap samples of authors."""
    import numpy as np

    _, codes = np.unique(np.array(authors), return_inverse=True)
    people = int(codes.max()) + 1
    drawn = np.random.default_rng(SEED).multinomial(people, np.full(people, 1 / people), size=1000)
    found = []
    for g in range(int(labels.max()) + 1):
        each = np.bincount(codes, weights=weights * (labels == g), minlength=people)
        low, high = np.percentile(drawn @ each / people, (5, 95))
        found.append(tuple(round(min(1.0, float(x)), 4) for x in (each.mean(), low, high)))
    return found  # type: ignore[return-value]


@hookimpl
def register_tools() -> list[Tool]:
    return [build_personas]
