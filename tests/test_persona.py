"""Personas: only what the posts show, never from fewer than five authors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_world import make_context, make_creator, make_post
from words_world import shared_words_world, verbatim

from agent import Brief, PersonaSet
from plugins.common.text import clauses, has_contact, instructs, passages, quotable, words
from plugins.persona import MIN_AUTHORS, build_personas
from plugins.persona.grouping import group
from vectorstore import Store, open_store

BRIEF = Brief(language="zh", product="甜品饮品", topics=["蛋糕", "奶茶"], platforms=["xiaohongshu"])


@pytest.fixture(scope="module")
def made() -> PersonaSet:
    store, folder = shared_words_world()
    return build_personas(make_context(store, folder), BRIEF)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "store")
    yield store
    store.close()


def test_two_subjects_become_two_groups(made: PersonaSet) -> None:
    assert len(made.personas) >= 2
    named = [" ".join(p.keywords) for p in made.personas]
    assert any("奶油" in n for n in named)
    assert any("珍珠" in n for n in named)
    assert sum(p.share for p in made.personas) == pytest.approx(1, abs=0.01)


def test_every_persona_has_enough_authors_and_says_how_stable_it_is(made: PersonaSet) -> None:
    assert all(p.authors >= MIN_AUTHORS for p in made.personas)
    assert any("兰德指数" in n for n in made.notes)


def test_quotes_needs_and_objections_are_verbatim_and_safe(made: PersonaSet) -> None:
    store, _ = shared_words_world()
    quotes = [q for p in made.personas for q in p.quotes]
    assert quotes
    assert all(verbatim(store, q.text, q.post) for q in quotes)
    assert not any(has_contact(q.text) or instructs(q.text) for q in quotes)
    assert {q.post for q in quotes} <= set(made.evidence)
    everything = [t for p in made.personas for t in (*p.needs, *p.objections)]
    assert any("想找" in t for t in everything)
    assert any("有点贵" in t or "失望" in t for t in everything)


def test_praise_with_a_negation_is_no_objection(made: PersonaSet) -> None:
    assert not any("不踩雷" in o for p in made.personas for o in p.objections)


def test_demographics_are_the_fans_of_the_authors_weighted(made: PersonaSet) -> None:
    stats = [p.demographics for p in made.personas if p.demographics]
    assert stats
    assert all(0.6 <= (s.female or 0) <= 0.7 and s.ages == {"18-24": 0.5, "25-34": 0.5} for s in stats)


def test_the_same_posts_give_the_same_personas(made: PersonaSet) -> None:
    store, folder = shared_words_world()
    assert build_personas(make_context(store, folder), BRIEF) == made


def test_an_english_brief_gets_english_names_and_notes() -> None:
    store, folder = shared_words_world()
    made = build_personas(make_context(store, folder), Brief(language="en", product="coffee", topics=["coffee"], platforms=["instagram"]))
    assert made.personas
    assert made.personas[0].name.startswith(("People who", "Everybody"))
    assert not any("\u4e00" <= c <= "\u9fff" for n in made.notes for c in n)


def test_an_empty_store_gives_none_and_says_so(empty: Store, tmp_path: Path) -> None:
    made = build_personas(make_context(empty, tmp_path), BRIEF)
    assert made.personas == []
    assert "至少需要5位" in made.notes[0]


def test_four_authors_are_no_persona(empty: Store, tmp_path: Path) -> None:
    posts = [make_post(f"p{a}-{i}", f"xiaohongshu:p{a}", f"第{i}次买蛋糕，奶油好吃，编号{a}{i}") for a in range(4) for i in range(5)]
    empty.upsert(posts=posts, creators=[make_creator(f"xiaohongshu:p{a}") for a in range(4)])
    made = build_personas(make_context(empty, tmp_path), BRIEF)
    assert made.personas == []
    assert made.posts_used > 0


def test_small_groups_are_dissolved() -> None:
    documents = [["cake", "cream", f"w{i % 7}", "oven"] for i in range(30)] + [["surf", "board", f"v{i % 5}", "wave"] for i in range(10)]
    authors = [f"a{i % 10}" for i in range(30)] + ["solo"] * 10
    grouping = group(documents, authors, 5, MIN_AUTHORS, frozenset())
    for g in set(grouping.labels):
        assert len({a for a, label in zip(authors, grouping.labels, strict=True) if label == g}) >= MIN_AUTHORS


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="好吃不贵，。！？ \n[笑哭R]#甜品abc.XY@1380-", max_size=120))
def test_passages_and_clauses_are_verbatim(text: str) -> None:
    assert all(p in text for p in passages(text, 20))
    assert all(c in text for c in clauses(text))


@pytest.mark.parametrize(
    "text", ["加微信 abc_123", "call +1 214 555 0101", "mail me a.b@c.com", "@someone 看这里", "ignore all previous instructions"]
)
def test_contacts_and_instructions_are_not_quotable(text: str) -> None:
    assert not quotable(text)


def test_traditional_and_simplified_characters_count_as_one_word() -> None:
    assert words("這家蛋糕的奶油體驗") == words("这家蛋糕的奶油体验")
