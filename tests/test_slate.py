"""Choosing a slate: what a brief, a shortlist and settings make of the optimiser, over a small real store."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugin_world import dessert_brief, make_context

from agent import AudienceStats, Candidate, Context, Money, Shortlist, Slate, ToolError
from agent.testing import make_creator, make_post
from plugins.kol_search import overlap as overlaps
from plugins.kol_search import search_creators, select_slate
from vectorstore import Store


@pytest.fixture(scope="module")
def plain(world: Store, tmp_path_factory: pytest.TempPathFactory) -> Context:
    return make_context(world, tmp_path_factory.mktemp("slate"))


def candidate(name: str, engagement: float | None, price: float | None, score: float = 0.5, **fields: Any) -> Candidate:
    given: dict[str, Any] = {"on_topic_posts": 1000, "posts": [f"xiaohongshu:{name}-1"], **fields}
    money = None if price is None else Money(amount=price, currency="CNY")
    basis = "unknown" if price is None else "quoted"
    return Candidate(
        creator=f"xiaohongshu:{name}", name=name, platform="xiaohongshu", score=score, median_engagement=engagement, price=money,
        price_basis=basis, **given,
    )  # type: ignore[arg-type]  # fmt: skip


def slate_of(ctx: Context, candidates: list[Candidate], **fields: Any) -> Slate:
    slate: Slate = select_slate(ctx, dessert_brief(**fields), Shortlist(candidates=candidates))
    return slate


def names(slate: Slate) -> set[str]:
    return {p.candidate.name for p in slate.picks}


def test_the_sample_request_gets_six_within_budget(ctx: Context) -> None:
    brief = dessert_brief()
    slate = select_slate(ctx, brief, search_creators(ctx, brief))
    assert len(slate.picks) == 6
    assert slate.total is not None
    assert slate.total.amount <= 3000
    assert slate.total.amount == pytest.approx(sum(p.cost.amount for p in slate.picks if p.cost))
    assert slate.estimated_prices == 1
    assert "ghost" not in names(slate), "nobody without a price while enough have one"
    assert slate.alternates
    assert not {a.creator for a in slate.alternates} & {p.candidate.creator for p in slate.picks}
    assert all("评分" in p.why and p.format == "image" for p in slate.picks)


def test_greedy_would_be_worse(ctx: Context) -> None:
    picks = slate_of(
        ctx,
        [candidate("star", 100, 100), candidate("a", 70, 50), candidate("b", 70, 50)],
        budget={"amount": 100, "currency": "CNY"},
        creator_count=2,
    )
    assert names(picks) == {"a", "b"}


def test_posts_per_creator_multiply_the_cost(ctx: Context) -> None:
    slate = slate_of(
        ctx,
        [candidate("a", 100, 100), candidate("b", 90, 60)],
        budget={"amount": 200, "currency": "CNY"},
        creator_count=1,
        posts_per_creator=3,
    )
    assert names(slate) == {"b"}
    assert slate.total == Money(amount=180, currency="CNY")
    assert slate.picks[0].value == pytest.approx(270, rel=0.02)


def test_unpriced_fill_up_only_when_priced_do_not_suffice(ctx: Context) -> None:
    priced = [candidate("a", 10, 10), candidate("b", 10, 10)]
    free = [candidate("x", 9999, None), candidate("y", 8888, None)]
    assert names(slate_of(ctx, [*priced, *free], creator_count=2)) == {"a", "b"}
    slate = slate_of(ctx, [*priced, *free], creator_count=3)
    assert names(slate) == {"a", "b", "x"}
    assert slate.unpriced == 1
    assert slate.total == Money(amount=20, currency="CNY")
    assert any("价格未知" in n for n in slate.notes)


def test_an_impossible_budget_gives_an_empty_slate_and_the_least_needed(ctx: Context) -> None:
    slate = slate_of(ctx, [candidate("a", 10, 500), candidate("b", 10, 800)], budget={"amount": 100, "currency": "CNY"}, creator_count=2)
    assert slate.picks == []
    assert slate.total is None
    assert any("¥500" in n and "¥1,300" in n for n in slate.notes), slate.notes


def test_a_tight_budget_buys_as_many_as_it_can(ctx: Context) -> None:
    slate = slate_of(
        ctx,
        [candidate("a", 90, 90), candidate("b", 10, 50), candidate("c", 10, 40)],
        budget={"amount": 100, "currency": "CNY"},
        creator_count=3,
    )
    assert names(slate) == {"b", "c"}, "three do not fit, two do"


def test_named_creators_are_on_the_slate(ctx: Context) -> None:
    many = [candidate(f"c{i}", 100 + i, 10) for i in range(8)]
    slate = slate_of(ctx, [*many, candidate("want", 1, 20), candidate("dear", 1, None)], creators=["@want", "dear"], creator_count=3)
    assert {"want", "dear"} <= names(slate)
    assert len(slate.picks) == 3
    assert any(p.why.startswith("需求点名") for p in slate.picks)


def test_no_budget_and_no_count_are_said(ctx: Context) -> None:
    slate = slate_of(ctx, [candidate(f"c{i}", 100 + i, 10.0 * i + 1) for i in range(9)], budget=None, creator_count=None)
    assert len(slate.picks) == 5
    assert any("未说明人数" in n for n in slate.notes)


costs = st.integers(min_value=0, max_value=60)
options = st.lists(st.tuples(costs, st.floats(min_value=0.01, max_value=500), st.booleans()), min_size=0, max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(options, st.integers(min_value=0, max_value=150), st.integers(min_value=1, max_value=5))
def test_a_slate_never_overruns_whoever_is_named(plain: Context, made: list[tuple[int, float, bool]], budget: int, count: int) -> None:
    people = [candidate(f"c{i}", value, float(cost) if i % 4 else None) for i, (cost, value, _) in enumerate(made)]
    brief = dessert_brief(
        budget={"amount": budget, "currency": "CNY"}, creator_count=count, creators=[f"@c{i}" for i, m in enumerate(made) if m[2]]
    )
    slate = select_slate(plain, brief, Shortlist(candidates=people))
    assert len(slate.picks) <= count
    assert sum(p.cost.amount for p in slate.picks if p.cost) <= budget + 1e-9
    assert slate.unpriced == sum(p.cost is None for p in slate.picks)


# --- what the settings ask --------------------------------------------------------------------------------------------


def with_settings(world: Store, folder: Path, **options: Any) -> Context:
    return make_context(world, folder, tool="select_slate", **options)


FANS = {
    "canton": AudienceStats(female=0.9, ages={"18-24": 0.8, "25-34": 0.2}, regions={"广东": 0.95}, interests={"美食": 0.3}),
    "overseas": AudienceStats(female=0.2, ages={"25-34": 0.9, "18-24": 0.1}, regions={"海外": 0.95}, interests={"数码": 0.3}),
}


def fans_of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"audience": FANS[kind], "followers": 1000, **fields}


def test_rules_of_the_settings_hold(world: Store, tmp_path: Path) -> None:
    people = [candidate(f"n{i}", 100 - i, 50, tier="nano", location="Dallas") for i in range(4)]
    people += [candidate(f"m{i}", 50 - i, 90, tier="micro", location="Houston") for i in range(3)]
    brief = {"creator_count": 4, "budget": {"amount": 1000, "currency": "CNY"}}
    ctx = with_settings(world, tmp_path, at_least={"tier:micro": 1}, at_most={"region:Dallas": 2}, exclusive=[["@n0", "n1"]])
    slate = slate_of(ctx, people, **brief)
    assert names(slate) == {"n0", "n2", "m0", "m1"}
    capped = slate_of(with_settings(world, tmp_path, price_cap=60), people, **brief)
    assert names(capped) == {"n0", "n1", "n2", "n3"}
    for pick in slate.picks:
        for r in pick.replacements:
            changed = names(slate) - {pick.candidate.name} | {r.name}
            assert not {"n0", "n1"} <= changed, "the exclusive pair stays apart"
            assert sum(n.startswith("n") for n in changed) <= 2


def test_a_rule_by_gender_reads_the_store(empty: Store, tmp_path: Path) -> None:
    empty.upsert(creators=[make_creator(f"xiaohongshu:{n}", gender=g) for n, g in (("a", "female"), ("b", "male"), ("c", None))])
    people = [candidate(n, v, 10) for n, v in (("a", 10), ("b", 90), ("c", 50))]
    ctx = with_settings(empty, tmp_path, at_least={"gender:female": 1})
    assert names(slate_of(ctx, people, creator_count=2)) == {"a", "b"}


def test_rules_that_cannot_hold_are_named_in_both_languages(world: Store, tmp_path: Path) -> None:
    people = [candidate("a", 10, 50, tier="nano"), candidate("b", 20, 60, tier="nano")]
    ctx = with_settings(world, tmp_path, at_least={"tier:mega": 1})
    chinese, english = (slate_of(ctx, people, creator_count=2, language=language) for language in ("zh", "en"))
    assert names(chinese) == {"a", "b"}, "as far as possible"
    assert any("tier:mega" in n and "无法满足" in n for n in chinese.notes), chinese.notes
    assert any("tier:mega" in n and "0 of 1" in n for n in english.notes), english.notes


def test_a_named_creator_beyond_the_budget_is_said_with_the_rule_in_the_way(ctx: Context) -> None:
    people = [candidate("dear", 500, 900), candidate("a", 10, 50), candidate("b", 20, 60)]
    slate = slate_of(ctx, people, creators=["dear"], creator_count=2, budget={"amount": 200, "currency": "CNY"}, language="en")
    assert names(slate) == {"a", "b"}
    assert any("the budget" in n and "dear, named in the request" in n for n in slate.notes), slate.notes


@pytest.mark.parametrize(
    "options",
    [{"at_least": {"colour:red": 1}}, {"at_most": {"tier:micro": -1}}, {"price_cap": -5}, {"overlap": "nonsense"}, {"objective": "fame"},
     {"shared_audience": 0}, {"exclusive": "a,b"}, {"default_count": 0}],
)  # fmt: skip
def test_a_faulty_setting_is_named(world: Store, tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ToolError) as e:
        slate_of(with_settings(world, tmp_path, **options), [candidate("a", 10, 50)])
    assert next(iter(options)) in str(e.value)


# --- audiences --------------------------------------------------------------------------------------------------------


def test_people_who_follow_several_picks_count_once(ctx: Context) -> None:
    same = [candidate(f"s{i}", 100, 50, **fans_of("canton")) for i in range(3)]
    other = candidate("o", 90, 50, **fans_of("overseas"))
    slate = slate_of(ctx, [*same, other], objective="engagement", creator_count=2, budget={"amount": 100, "currency": "CNY"})
    assert "o" in names(slate), "ten of a hundred less, and new people"
    values = [p.marginal for p in slate.picks]
    assert all(v is not None for v in values)
    assert sum(v or 0 for v in values) == pytest.approx(slate.value, abs=0.05)
    for pick in slate.picks:
        assert (pick.marginal or 0) <= pick.value * 0.5 + 0.01, "fit is 0.5 here"


def test_without_a_model_of_overlap_values_add_up(world: Store, tmp_path: Path) -> None:
    same = [candidate(f"s{i}", 100, 50, **fans_of("canton")) for i in range(3)]
    other = candidate("o", 90, 50, **fans_of("overseas"))
    slate = slate_of(with_settings(world, tmp_path, overlap="none"), [*same, other], objective="engagement", creator_count=2)
    assert "o" not in names(slate)
    assert "未计受众重叠" in slate.method


def test_awareness_is_about_people_and_more_posts_reach_nobody_new(ctx: Context) -> None:
    people = [
        candidate("loud", 500, 50, **fans_of("canton", followers=800)),
        candidate("wide", 50, 50, **fans_of("canton", followers=8000)),
    ]
    brief = {"creator_count": 1, "budget": {"amount": 300, "currency": "CNY"}}
    assert names(slate_of(ctx, people, objective="engagement", **brief)) == {"loud"}
    once = slate_of(ctx, people, objective="awareness", **brief)
    thrice = slate_of(ctx, people, objective="awareness", posts_per_creator=3, **brief)
    assert names(once) == names(thrice) == {"wide"}
    assert once.objective == "reach"
    assert once.value == thrice.value == pytest.approx(4000), "8,000 followers at a fit of one half"


def test_the_share_in_common_is_the_one_that_is_set(world: Store, tmp_path: Path) -> None:
    """Two creators alike: together they reach twice what one does, less the share that they have in common."""
    for shared in (0.1, 0.3, 0.5):
        people = [candidate(n, 100, 50, **fans_of("canton")) for n in "ab"]
        slate = slate_of(with_settings(world, tmp_path, shared_audience=shared, objective="reach"), people, creator_count=2)
        assert slate.value == pytest.approx((2 - shared) * 500, rel=1e-3), "500 of each 1,000 fit"


def test_subjects_of_posts_stand_in_for_unknown_fans(empty: Store, tmp_path: Path) -> None:
    posts = [
        make_post(f"p{n}{k}", f"xiaohongshu:{n}", "", title=t)
        for n, t in (("a", "蛋糕"), ("b", "甜品"), ("c", "显卡 手机开箱"))
        for k in range(5)
    ]
    empty.upsert(posts=posts)
    people = [candidate(n, v, 50, followers=1000) for n, v in (("a", 100), ("b", 100), ("c", 95))]
    slate = slate_of(make_context(empty, tmp_path), people, creator_count=2, budget={"amount": 100, "currency": "CNY"})
    assert "c" in names(slate)
    assert "帖子主题（3 位）" in slate.method


shares = st.dictionaries(st.sampled_from(["广东", "江苏", "海外", "上海"]), st.floats(0, 0.25), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(shares, st.none() | st.floats(0, 1), st.none() | st.integers(0, 10**6), st.booleans()), min_size=1, max_size=6))
def test_segments_of_any_fans_are_shares_of_one(made: list[tuple[dict[str, float], float | None, int | None, bool]]) -> None:
    people = [
        candidate(f"c{i}", 10, 5, followers=followers, audience=AudienceStats(female=female, regions=regions) if known else None)
        for i, (regions, female, followers, known) in enumerate(made)
    ]
    map = overlaps.by_segments(people, {}, 0.2)
    assert set(map.shares) == {c.creator for c in people}
    assert all(sum(own.values()) == pytest.approx(1) for own in map.shares.values())
    assert {s for own in map.shares.values() for s in own} <= set(map.people)
    assert len(map.people) <= overlaps.SEGMENTS
    overlaps.overlap_of(map, people, {c.creator: 1.0 for c in people})


def panel(candidates: Sequence[Candidate], posts: Any, shared: float) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    return {c.creator: {"town": 1.0} for c in candidates if c.name in ("a", "b")}, {"town": 1000.0}


def test_a_package_can_bring_its_own_model(world: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = EntryPoints(
        [EntryPoint("panel", "test_slate:panel", overlaps.GROUP), EntryPoint("broken", "test_slate:nothing", overlaps.GROUP)]
    )
    monkeypatch.setattr(overlaps, "entry_points", lambda group: installed.select(group=group))
    people = [candidate(n, v, 50, followers=1000) for n, v in (("a", 100), ("b", 100), ("c", 80))]
    slate = slate_of(with_settings(world, tmp_path, overlap="panel"), people, creator_count=2)
    assert "c" in names(slate)
    assert "panel" in slate.method
    with pytest.raises(ToolError, match="broken"):
        slate_of(with_settings(world, tmp_path, overlap="broken"), people)


# --- what comes with the slate ----------------------------------------------------------------------------------------


def test_the_curve_rises_and_meets_the_slate(ctx: Context) -> None:
    brief = dessert_brief()
    slate = select_slate(ctx, brief, search_creators(ctx, brief))
    values = [p.value for p in slate.curve]
    assert values == sorted(values)
    here = next(p for p in slate.curve if p.budget == slate.budget)
    assert here.value == slate.value
    assert slate.gap is not None
    assert slate.gap < 1e-3
    assert any("预算减半" in n for n in slate.notes) or len(slate.curve) < 6


def test_each_pick_has_somebody_who_could_step_in_for_what_that_costs(ctx: Context) -> None:
    people = [candidate(f"c{i}", 100 - 5 * i, 100 - 10 * i, followers=1000) for i in range(6)]
    slate = slate_of(ctx, people, creator_count=2, budget={"amount": 190, "currency": "CNY"})
    cost = {c.name: c.price.amount for c in people if c.price}
    for pick in slate.picks:
        assert pick.replacements
        for r in pick.replacements:
            assert r.name not in names(slate)
            assert r.value_change <= 0.01
            assert r.cost_change == pytest.approx(cost[r.name] - cost[pick.candidate.name])
            assert slate.total is not None
            assert slate.total.amount + (r.cost_change or 0) <= 190


def test_the_order_of_the_shortlist_changes_nothing(ctx: Context) -> None:
    people = [candidate(f"c{i}", 100, 50, **fans_of("canton" if i % 2 else "overseas")) for i in range(8)]
    first, second = (slate_of(ctx, many, creator_count=3, creators=["c5"]) for many in (people, people[::-1]))
    assert [p.candidate.name for p in first.picks] == [p.candidate.name for p in second.picks]
    assert [p.replacements for p in first.picks] == [p.replacements for p in second.picks]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(0.01, 1e5)), min_size=2, max_size=6))
def test_nobody_shares_more_of_their_value_than_of_their_followers(made: list[tuple[int, float]]) -> None:
    people = [candidate(f"c{i}", value, 5, followers=followers, audience=FANS["canton"]) for i, (followers, value) in enumerate(made)]
    map = overlaps.by_segments(people, {}, 0.2)
    worth = {c.creator: value for c, (_, value) in zip(people, made, strict=True)}
    overlap = overlaps.overlap_of(map, people, worth)
    for row, (c, (followers, value)) in zip(overlap.share, zip(people, made, strict=True), strict=True):
        for share, size, segment in zip(row, overlap.size, sorted(map.people), strict=True):
            assert value * share <= size * min(overlaps.FULLEST, followers * share / map.people[segment]) * (1 + 1e-9), c.name
