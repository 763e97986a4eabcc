"""Personas: groups of people as their own posts show them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Annotated

from pydantic import Field

from agent import Brief, Context, Creator, Persona, PersonaSet, Post, Tool, hookimpl, tool
from plugins.common.matching import matching
from plugins.common.text import HAN, evaluative, names_a_thing, say, words
from plugins.persona.grouping import Grouping, group
from plugins.persona.profile import active_hours, content_that_works, demographics, said, typical

MIN_AUTHORS = 5
"""Fewer authors are no persona: it would describe single people."""
POSTS = 300
"""Most posts taken from one search."""
PER_AUTHOR = 40
"""At most this many posts of one author, best matches first, so that one prolific account is no group of its own."""


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
    posts = _balanced(matching(ctx, brief, POSTS))
    authors = {p.creator_id for p in posts}
    if len(authors) < MIN_AUTHORS:
        return PersonaSet(posts_used=len(posts), notes=[_too_few(language, len(posts), len(authors))])
    ctx.progress(say(language, f"Grouping {len(posts)} posts", f"对{len(posts)}篇帖子分组"))
    documents = [words(p.body) for p in posts]
    common = frozenset(words(brief.search_text))
    grouping = group(documents, [p.creator_id for p in posts], max_personas, MIN_AUTHORS, common)
    creators = {c.id: c for c in ctx.store.creators(ids=sorted(authors))}
    usual = _usual(posts)
    personas: list[Persona] = []
    evidence: list[str] = []
    groups = max(grouping.labels) + 1
    for g in range(groups):
        members = [i for i, label in enumerate(grouping.labels) if label == g]
        persona, ids = _persona(
            brief, [posts[i] for i in members], [documents[i] for i in members], grouping, members, g, len(posts), creators, usual
        )
        personas.append(persona)
        evidence.extend(ids)
    _distinct_names(personas, language)
    return PersonaSet(
        personas=personas,
        posts_used=len(posts),
        evidence=list(dict.fromkeys(evidence)),
        notes=_notes(language, posts, authors, grouping, groups, personas),
    )


def _balanced(posts: Sequence[Post]) -> list[Post]:
    taken: Counter[str] = Counter()
    kept = []
    seen: set[str] = set()
    for post in posts:
        text = post.body
        if taken[post.creator_id] < PER_AUTHOR and text and text not in seen:
            kept.append(post)
            seen.add(text)
            taken[post.creator_id] += 1
    return kept


def _usual(posts: Sequence[Post]) -> dict[str, float]:
    by_author: dict[str, list[int]] = defaultdict(list)
    for p in posts:
        if p.engagement is not None:
            by_author[p.creator_id].append(p.engagement)
    return {a: float(median(n)) for a, n in by_author.items() if len(n) >= 3 and median(n) > 0}


def _persona(
    brief: Brief, posts: list[Post], documents: list[list[str]], grouping: Grouping, members: list[int], g: int, total: int,
    creators: dict[str, Creator], usual: dict[str, float],
) -> tuple[Persona, list[str]]:  # fmt: skip
    close = {posts[j].id: grouping.centrality[i] for j, i in enumerate(members)}
    terms = _by_authors(grouping.terms[g], posts, documents)
    things = [t for t in terms if names_a_thing(t)]
    subject = [*things[:25], *words(brief.search_text)]
    needs = said(posts, "need", subject, lambda p: close[p.id])
    objections = said(posts, "objection", subject, lambda p: close[p.id])
    quotes = typical(posts, things, lambda p: close[p.id])
    stats, _ = demographics(posts, creators)
    every = list({(q.text, q.post): q for q in (*quotes, *needs, *objections)}.values())
    persona = Persona(
        name=_name(brief.language, things or terms),
        share=round(len(posts) / total, 4),
        authors=len({p.creator_id for p in posts}),
        posts=len(posts),
        keywords=things[:10],
        needs=[q.text for q in needs],
        objections=[q.text for q in objections],
        vocabulary=[t for t in _spoken(documents, terms) if t not in things[:10]][:12],
        active_hours=active_hours(posts),
        content_that_works=content_that_works(posts, usual, brief.language),
        demographics=stats,
        quotes=every,
    )
    return persona, [q.post for q in every]


def _by_authors(terms: Sequence[str], posts: Sequence[Post], documents: Sequence[Sequence[str]]) -> list[str]:
    """Terms that at least three authors use: a word of one person is no word of the group."""
    users: dict[str, set[str]] = defaultdict(set)
    for post, document in zip(posts, documents, strict=True):
        for w in set(document):
            users[w].add(post.creator_id)
    return [t for t in terms if len(users[t]) >= min(3, len({p.creator_id for p in posts}))]


def _spoken(documents: Sequence[Sequence[str]], terms: Sequence[str]) -> list[str]:
    """How these people put it: the group's own evaluative words first, then the ones they use most."""
    own = [t for t in terms if evaluative(t)]
    often = Counter(w for d in documents for w in set(d) if evaluative(w))
    return list(dict.fromkeys([*own, *(w for w, n in often.most_common(20) if n >= 3)]))


def _name(language: str, terms: Sequence[str]) -> str:
    chosen: list[str] = []
    own = [t for t in terms if HAN.search(t)] if language == "zh" else []
    for t in [*own, *terms]:
        if all(t not in c and c not in t for c in chosen):
            chosen.append(t)
        if len(chosen) == 3:
            break
    if not chosen:
        return say(language, "Everybody who posts on the subject", "所有谈论该主题的人")
    if language == "zh":
        return f"关注{'、'.join(chosen)}的人"
    shown = [f"“{c}”" if HAN.search(c) else c for c in chosen]
    return "People who talk about " + (shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}")


def _distinct_names(personas: list[Persona], language: str) -> None:
    seen: Counter[str] = Counter()
    for persona in personas:
        seen[persona.name] += 1
        if seen[persona.name] > 1:
            persona.name += say(language, f" ({seen[persona.name]})", f"（{seen[persona.name]}）")


def _too_few(language: str, posts: int, authors: int) -> str:
    return say(
        language,
        f"No persona was made: the posts found ({posts}) come from {authors} author(s), and a persona needs at least {MIN_AUTHORS}. "
        "Ingest more posts on the subject or widen the request.",
        f"没有生成画像：找到的{posts}篇帖子只来自{authors}位作者，而一个画像至少需要{MIN_AUTHORS}位。请导入更多相关帖子，或放宽需求。",
    )


def _notes(language: str, posts: list[Post], authors: set[str], grouping: Grouping, groups: int, personas: list[Persona]) -> list[str]:
    notes = [
        say(
            language,
            f"From {len(posts)} posts of {len(authors)} authors, at most {PER_AUTHOR} posts each; the groups are of posts, so one author can be in several.",
            f"依据{len(authors)}位作者的{len(posts)}篇帖子（每位作者最多{PER_AUTHOR}篇）；按帖子分组，同一作者可能出现在多个群体中。",
        )
    ]
    if groups == 1:
        notes.append(
            say(
                language,
                "The posts do not fall into several groups of enough authors, so there is one persona only.",
                "这些帖子分不出多个作者数足够的群体，因此只给出一个画像。",
            )
        )
    elif grouping.stability is not None:
        shaky = grouping.stability < 0.5
        notes.append(
            say(
                language,
                f"{groups} groups, chosen by stability: regrouping 80 % subsamples agrees with an adjusted Rand index of {grouping.stability:.2f} (1 = always the same)"
                + (". The borders between the groups are soft." if shaky else "."),
                f"按稳定性选出{groups}组：对80%子样本重新分组，调整兰德指数为{grouping.stability:.2f}（1为完全一致）"
                + ("，各组边界并不清晰。" if shaky else "。"),
            )
        )
    if any(p.demographics for p in personas):
        notes.append(
            say(
                language,
                "Demographics are the fan statistics of the authors, weighted by their posts: they describe who follows these authors.",
                "人口特征来自作者的粉丝统计（按发帖数加权），说明的是谁在关注这些作者。",
            )
        )
    else:
        notes.append(say(language, "Demographics are unknown: no fan statistics are indexed.", "人口特征未知：库中没有粉丝统计。"))
    if any(p.active_hours for p in personas):
        notes.append(say(language, "Hours are in UTC, from the times of posting.", "活跃时段按发帖时间统计，为UTC时间。"))
    if len(posts) < 100:
        notes.append(
            say(language, f"Only {len(posts)} posts: read the shares as a rough picture.", f"只有{len(posts)}篇帖子，占比仅供粗略参考。")
        )
    return notes


@hookimpl
def register_tools() -> list[Tool]:
    return [build_personas]
