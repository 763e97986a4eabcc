"""Searching creators, over a small real store."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_world import (
    NOW,
    coffee_brief,
    dessert_brief,
    make_context,
)

from agent import AudienceStats, Brief, Context, Money, Persona, PersonaSet, Shortlist, Slate
from agent.testing import make_creator, make_post
from plugins.common.money import convert, rates
from plugins.common.places import evidence_of, place_of
from plugins.common.topics import topic_of
from plugins.kol_search import register_tools, search_creators, select_slate
from plugins.kol_search.audience import audience_match
from vectorstore import Store


def ids(found: Shortlist) -> list[str]:
    return [c.creator.split(":")[1] for c in found.candidates]


# --- search -----------------------------------------------------------------------------------------------------------


def test_the_tools_are_registered_under_their_names() -> None:
    assert {t.name: t.output for t in register_tools()} == {"search_creators": Shortlist, "select_slate": Slate}


def test_local_dessert_creators_are_found_and_no_others(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief())
    assert {"d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "ghost"} == set(ids(found))
    assert found.rejected["place"] >= 2, "two are in Shanghai"
    assert found.rejected["platform"] == 3
    assert found.rejected["price"] == 1, "d9 asks for 8,000 of a budget of 3,000"
    assert found.rejected["topic"] >= 1, "home never writes about food"


def test_score_is_the_sum_of_its_parts_and_within_one(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief())
    for candidate in found.candidates:
        assert candidate.score == pytest.approx(sum(p.value for p in candidate.parts))
        assert sum(p.weight for p in candidate.parts) == pytest.approx(1)
        for part in candidate.parts:
            assert 0 <= part.raw <= 1
            assert part.value == pytest.approx(part.weight * part.raw)
            assert part.reading
            assert part.evidence
    scores = [c.score for c in found.candidates]
    assert scores == sorted(scores, reverse=True)


def test_evidence_names_records_of_the_store(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief())
    for candidate in found.candidates:
        for part in candidate.parts:
            for id in part.evidence:
                assert ctx.store.post(id) is not None or ctx.store.creator(id) is not None or id == "xiaohongshu:ghost"
        for id in candidate.posts:
            post = ctx.store.post(id)
            assert post is not None
            assert post.creator_id == candidate.creator


def test_an_author_without_a_profile_is_a_candidate_with_a_warning(ctx: Context) -> None:
    ghost = next(c for c in search_creators(ctx, dessert_brief()).candidates if c.creator == "xiaohongshu:ghost")
    assert ghost.price is None
    assert ghost.price_basis == "unknown"
    assert ghost.followers is None
    assert any("没有资料" in w for w in ghost.warnings)


@pytest.mark.parametrize("name", ["达拉斯", "Dallas", "dallas", "DFW", "Dallas, TX", "TX", "德州"])
def test_a_place_is_found_under_all_its_names(ctx: Context, name: str) -> None:
    found = search_creators(ctx, dessert_brief(creator_locations=[name]))
    assert {"d0", "d1", "d7"} <= set(ids(found))
    assert not {"s0", "s1"} & set(ids(found))


def test_readings_speak_the_language_of_the_brief(ctx: Context) -> None:
    chinese = search_creators(ctx, dessert_brief()).candidates[0]
    english = search_creators(ctx, dessert_brief(language="en")).candidates[0]
    assert all(any("\u4e00" <= c <= "\u9fff" for c in p.reading) for p in chinese.parts)
    assert "posts are on the topic" in english.parts[0].reading


def test_excluded_creators_and_tiers_are_hard(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief(excluded_creators=["@d3", "D4"], creator_tiers=["micro"]))
    assert set(ids(found)) == {"d7", "d8"}, "10,000 to 100,000 followers"
    assert found.rejected["excluded"] == 2
    assert found.rejected["tier"] >= 7


def test_advice_says_which_constraint_to_relax_and_what_that_brings(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief(creator_tiers=["mega"]))
    assert found.candidates == []
    assert any("粉丝量级" in a and "10 位" in a for a in found.advice), found.advice
    poor = search_creators(ctx, dessert_brief(budget={"amount": 30, "currency": "CNY"}, language="en"))
    assert any("the budget" in a and "¥40" in a for a in poor.advice), poor.advice


def test_a_named_creator_comes_first_even_off_topic(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief(creators=["@home", "nobody_here"]))
    assert ids(found)[0] == "home"
    assert any("点名" in w for w in found.candidates[0].warnings)
    assert any("nobody_here" in n for n in found.notes)


def test_a_missing_price_is_estimated_from_the_stores_quotes(ctx: Context) -> None:
    d8 = next(c for c in search_creators(ctx, dessert_brief()).candidates if c.name == "d8")
    assert d8.price_basis == "estimated"
    assert d8.price is not None
    assert d8.price_low is not None
    assert d8.price_high is not None
    assert d8.price_low <= d8.price.amount <= d8.price_high
    assert 200 < d8.price.amount < 1000, "its neighbours ask 320 and 8,000"
    assert "估价" in d8.price_note


def test_few_quotes_teach_no_price(ctx: Context) -> None:
    found = search_creators(ctx, coffee_brief(creator_locations=[], topics=["coffee"]))
    assert all(c.price_basis == "quoted" for c in found.candidates)
    assert "quotes.csv" in found.candidates[0].price_note


def test_a_quote_in_another_currency_is_converted_and_says_so(ctx: Context) -> None:
    found = search_creators(ctx, coffee_brief(budget={"amount": 20000, "currency": "CNY"}))
    cheapest = min((c for c in found.candidates if c.price), key=lambda c: c.price.amount)  # type: ignore[union-attr]
    assert cheapest.price == Money(amount=round(120 * rates()[1]["CNY"], 2), currency="CNY")
    assert "$120" in cheapest.price_note
    assert rates()[0] in cheapest.price_note


def test_suspect_quotes_are_kept_with_a_warning(empty: Store, tmp_path: Path) -> None:
    creators = [make_creator(f"xiaohongshu:q{i}", followers=8000 + 700 * i, price=600.0 + 40 * i, bio="达拉斯美食") for i in range(11)]
    creators.append(make_creator("xiaohongshu:cheap", followers=11000, price=10.0, bio="达拉斯美食"))
    posts = [
        make_post(f"p-{c.handle}-{k}", c.id, "芋圆豆花蛋糕", title="达拉斯甜品", days_ago=5 + k, likes=80 + 10 * k)
        for c in creators
        for k in range(3)
    ]
    empty.upsert(posts=posts, creators=creators)
    found = search_creators(make_context(empty, tmp_path), dessert_brief())
    cheap = next(c for c in found.candidates if c.name == "cheap")
    assert cheap.price_basis == "quoted"
    assert cheap.price == Money(amount=10, currency="CNY")
    assert any("报价异常偏低" in w for w in cheap.warnings)
    assert not any("异常" in w for c in found.candidates if c.name != "cheap" for w in c.warnings)


def test_weights_are_settings(world: Store, tmp_path: Path) -> None:
    weights = {"topic": 0, "performance": 1, "place": 0, "audience": 0, "authenticity": 0, "recency": 0}
    found = search_creators(make_context(world, tmp_path, tool="search_creators", weights=weights), dessert_brief())
    assert [p.name for p in found.candidates[0].parts] == ["performance"]
    assert found.candidates[0].parts[0].weight == 1


def test_audience_and_personas_add_parts_only_when_asked(ctx: Context) -> None:
    plain = {p.name for p in search_creators(ctx, dessert_brief()).candidates[0].parts}
    assert not plain & {"audience", "persona"}
    persona = Persona(name="甜品控", share=0.5, authors=3, posts=9, keywords=["芋圆", "刨冰", "排队"])
    brief = dessert_brief(audience={"gender": "female", "age_min": 18, "age_max": 24})
    found = search_creators(ctx, brief, PersonaSet(personas=[persona]))
    parts = {c.name: {p.name: p for p in c.parts} for c in found.candidates}
    assert parts["d0"]["audience"].raw == pytest.approx((0.7 + 0.4) / 2)
    assert parts["d7"]["audience"].raw == 0.5, "no fan data"
    assert parts["d0"]["persona"].raw == 1.0


def test_regions_an_export_does_not_list_are_unknown_not_zero() -> None:
    brief = dessert_brief(audience={"locations": ["Dallas"]})
    assert audience_match(brief, AudienceStats(regions={"广东": 0.09, "江苏": 0.06})) == []
    assert audience_match(brief, AudienceStats(regions={"广东": 0.5, "江苏": 0.4}))[0][2] == 0
    assert audience_match(brief, AudienceStats(regions={"达拉斯": 0.3, "广东": 0.1}))[0][2] == pytest.approx(0.3)


def test_posts_after_the_clock_are_not_known(world: Store, tmp_path: Path) -> None:
    from datetime import timedelta

    early = make_context(world, tmp_path, now=NOW - timedelta(days=45))
    for candidate in search_creators(early, dessert_brief()).candidates:
        for id in candidate.posts:
            post = world.post(id)
            assert post is not None
            assert post.created_at is not None
            assert post.created_at <= early.now


def test_limit_cuts_the_list_but_not_the_count(ctx: Context) -> None:
    found = search_creators(ctx, dessert_brief(), limit=2)
    assert len(found.candidates) == 2
    assert found.considered == 17


def test_an_empty_store_gives_an_empty_shortlist_that_says_what_to_do(empty: Store, tmp_path: Path) -> None:
    found = search_creators(make_context(empty, tmp_path), dessert_brief())
    assert found.candidates == []
    assert any("kolony ingest" in a for a in found.advice)
    slate = select_slate(make_context(empty, tmp_path), dessert_brief(), found)
    assert slate.picks == []
    assert any("kolony ingest" in n for n in slate.notes)


# --- places, topics, money --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "hit"),
    [
        ("达拉斯", "#達拉斯美食", True),
        ("Dallas", "Brunch in Plano today", True),
        ("Texas", "Best tacos in Houston", True),
        ("洛杉矶", "la la land", False),
        ("洛杉矶", "weekend in LA", True),
        ("福州市", "福建福州的鱼丸", True),
        ("一线城市", "上海探店", True),
        ("某某小镇", "某某小镇的咖啡", True),
        ("达拉斯", "休斯顿火锅", False),
    ],
)
def test_place_names(name: str, text: str, hit: bool) -> None:
    assert bool(place_of(name).inside.search(text)) is hit


def test_many_posts_elsewhere_outweigh_a_bio() -> None:
    creator = make_creator("xiaohongshu:mover", bio="以前在达拉斯", location="四川")
    away = [make_post(f"m{i}", creator.id, "成都火锅", title="成都美食") for i in range(10)]
    assert not evidence_of([place_of("达拉斯")], creator, away).local
    here = [make_post(f"h{i}", creator.id, "台式甜品", title="达拉斯探店") for i in range(5)]
    assert evidence_of([place_of("达拉斯")], creator, [*here, *away]).local


def test_a_topic_brings_the_words_of_its_category() -> None:
    topic = topic_of(Brief(product="台式甜品店", topics=["美食"], language="zh"))
    assert topic.match(make_post("a", "xiaohongshu:x", "", title="芋圆打卡")) == 1
    assert topic.is_core(make_post("b", "xiaohongshu:x", "提拉米苏不错"))
    assert not topic.is_core(make_post("c", "xiaohongshu:x", "", title="火锅探店"))
    assert topic.match(make_post("d", "xiaohongshu:x", "今天跑步五公里", title="晨跑")) == 0
    english = topic_of(Brief(product="cold brew", topics=["coffee"]))
    assert english.match(make_post("e", "instagram:x", "", title="Morning lattes")) == 1
    assert english.match(make_post("f", "instagram:x", "", title="Slatted bench")) == 0


def test_convert_knows_what_it_does_not_know() -> None:
    assert convert(10, "USD", "USD") == 10
    assert convert(10, "XYZ", "USD") is None
    assert convert(rates()[1]["CNY"], "CNY", "USD") == pytest.approx(1)
