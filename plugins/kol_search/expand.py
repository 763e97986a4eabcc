"""Related words to search with: what people call a thing without naming it, by a table, and by a model where there is one.

Rules first: a request's words that ``expand.yaml`` knows (occasions, problems, slang) bring the category along that they speak of.
``bench/expansion.py`` measures what that finds. A model is asked only where neither table knows the subject, and only for categories
and for words that the store's posts use. It must be one that a person configured: the packaged one, tried on six subjects, named no
category and no word that was not the subject's own.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from agent import Brief, Context, Generation, ModelError
from plugins.common import load_data, pattern_of, say
from plugins.common.topics import category_words, topic_of

QUERY_WORDS = 6
"""Words of a category that make up one search."""
MODEL_WORDS = 8


@dataclass(frozen=True)
class Expansion:
    """``words`` go into the topic, each of ``queries`` is one more search."""

    words: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


class Related(BaseModel):
    """What a model says a subject belongs to."""

    categories: list[Annotated[str, Field(max_length=30)]] = Field(
        default_factory=list, max_length=2, description="categories from the list, the nearest first"
    )
    words: list[Annotated[str, Field(max_length=30)]] = Field(
        default_factory=list, max_length=8, description="words that posts about the subject use"
    )


@cache
def _table() -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile(pattern_of([str(w) for w in words])) for name, words in load_data(Path(__file__).parent / "expand.yaml").items()
    }


def expand(ctx: Context, brief: Brief) -> Expansion:
    """Related words for a brief, and what to tell the reader of them."""
    known = set(topic_of(brief).categories)
    said = " ".join([brief.product or "", *brief.topics, *brief.audience.interests]).strip() or brief.request
    found = {name: m.group() for name, pattern in _table().items() if name not in known and (m := pattern.search(said))}
    if found:
        return _of_categories(brief, found)
    return Expansion() if known else _by_model(ctx, brief, said)


def _of_categories(brief: Brief, found: dict[str, str]) -> Expansion:
    words, queries = [], []
    for name in found:
        own = category_words(name, brief.language)[:QUERY_WORDS]
        words += own[:1]
        queries.append(" ".join(own))
    table = "; ".join(f"“{said}” → {' '.join(category_words(name, brief.language)[:3])}" for name, said in found.items())
    note = say(brief.language, en=f"Searched with related words too: {table}.", zh=f"已扩展搜索相关词：{table}。")
    return Expansion(tuple(words), tuple(queries), (note,))


# --- by model ---------------------------------------------------------------------------------------------------------


def _by_model(ctx: Context, brief: Brief, said: str) -> Expansion:
    if ctx.models.writes(brief.language) not in {m.name for m in ctx.settings.models}:
        return Expansion()
    prompt = ctx.prompts.get("expand_topic", brief.language).render(subject=said[:300], categories=sorted(_table()))

    def check(answer: Generation) -> str:
        usable = isinstance(answer.parsed, Related) and any(_usable(ctx, brief, answer.parsed))
        return "" if usable else "neither a category of the list nor a word that posts in the store use"

    async def ask() -> Generation:
        return await ctx.models.generate(prompt, task="expand_topic", language=brief.language, schema=Related, max_tokens=160, check=check)

    try:
        answer = _run(ask)
    except ModelError:
        return Expansion()  # never needed: the brief's own words are searched with
    if answer.check or not isinstance(answer.parsed, Related):
        return Expansion()
    categories, words = _usable(ctx, brief, answer.parsed)
    base = _of_categories(brief, {name: said[:30] for name in categories}) if categories else Expansion()
    note = say(
        brief.language,
        en=f"{answer.model or 'A model'} added search words: {', '.join([*categories, *words])}.",
        zh=f"{answer.model or '模型'} 补充的搜索词：{'、'.join([*categories, *words])}。",
    )
    return Expansion((*base.words, *words), (*base.queries, *((" ".join(words),) if words else ())), (note,))


def _usable(ctx: Context, brief: Brief, related: Related) -> tuple[list[str], list[str]]:
    """Categories of the table, and words that some posts use and not nearly all."""
    categories = [name for name in dict.fromkeys(related.categories) if name in _table()][:2]
    total, words = ctx.store.counts().posts, []
    for word in dict.fromkeys(w.strip() for w in related.words if 2 <= len(w.strip()) <= 30):
        if 2 <= len(ctx.store.mentions([word])) <= 0.1 * total and len(words) < MODEL_WORDS:
            words.append(word)
    return categories, words


def _run(ask: Callable[[], Coroutine[Any, Any, Generation]]) -> Generation:
    """The answer of a coroutine function, from plain code, also where a loop already runs in this thread."""
    box: list[Generation] = []
    fault: list[BaseException] = []

    def work() -> None:
        try:
            box.append(asyncio.run(ask()))
        except BaseException as e:
            fault.append(e)

    thread = threading.Thread(target=work, name="expand-topic", daemon=True)
    thread.start()
    thread.join()
    if fault:
        raise fault[0]
    return box[0]
