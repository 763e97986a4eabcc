"""Forecasting a slate: intervals, costs, what is assumed, and where each figure comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin_world import NOW, coffee_brief, dessert_brief, make_context, make_creator, make_post, shared_small_world

from agent import Brief, Candidate, Context, Forecast, Money, Pick, Slate
from bench.forecast import CUTS, load, splits, summary
from plugins.common.engagement import EngagementModel
from plugins.evaluator import forecast_campaign
from vectorstore import Store, open_store


@pytest.fixture(scope="module")
def world() -> Store:
    return shared_small_world()[0]


@pytest.fixture
def ctx(world: Store, tmp_path: Path) -> Context:
    return make_context(world, tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "empty")
    yield store
    store.close()


def pick(creator: str, cost: float | None = 100.0, posts: int = 1, currency: str = "CNY", **fields: Any) -> Pick:
    platform, name = creator.split(":")
    candidate = Candidate(creator=creator, name=name, platform=platform, score=0.5, **fields)  # type: ignore[arg-type]
    return Pick(candidate=candidate, posts=posts, cost=None if cost is None else Money(amount=cost, currency=currency), value=1.0)


def forecast_of(ctx: Context, *picks: Pick, brief: Brief | None = None) -> Forecast:
    made: Forecast = forecast_campaign(ctx, brief or dessert_brief(), Slate(picks=list(picks)))
    return made


def test_a_forecast_has_intervals_costs_and_stated_assumptions(ctx: Context) -> None:
    made = forecast_of(ctx, pick("xiaohongshu:d6", 280), pick("xiaohongshu:d2", 120))
    assert made.engagements is not None
    assert 0 < made.engagements.p10 < made.engagements.p50 < made.engagements.p90
    assert made.cost == Money(amount=400, currency="CNY")
    assert made.cpe is not None
    assert made.cpe.p50 == pytest.approx(400 / made.engagements.p50, rel=0.02)
    assert made.cpm is not None
    assert made.roi is None
    assert made.emv is not None
    assert any("【假设】" in a and "浏览" in a for a in made.assumptions)
    assert any("EMV" in a and "报价" in a for a in made.assumptions)
    strong, weak = made.creators
    assert strong.engagements.p50 > weak.engagements.p50
    assert sum(strong.by_kind.values()) == pytest.approx(strong.engagements.p50, rel=0.01)
    assert strong.history == 8, "nine posts, one of them still too young to count"
    assert {"xiaohongshu:d6", "xiaohongshu:d2"} <= set(made.evidence)
    assert all(ctx.store.post(i) or ctx.store.creator(i) for i in made.evidence)


def test_the_same_slate_gets_the_same_forecast_and_more_posts_more(ctx: Context) -> None:
    once, again = forecast_of(ctx, pick("xiaohongshu:d5")), forecast_of(ctx, pick("xiaohongshu:d5"))
    assert once == again
    three = forecast_of(ctx, pick("xiaohongshu:d5", posts=3))
    assert once.engagements is not None
    assert three.engagements is not None
    assert three.engagements.p50 > 2.5 * once.engagements.p50
    assert three.engagements.p90 / three.engagements.p10 < once.engagements.p90 / once.engagements.p10


def test_a_creator_without_posts_gets_what_others_get_and_it_says_so(ctx: Context) -> None:
    made = forecast_of(ctx, pick("xiaohongshu:nobody", None, followers=3000))
    assert made.creators[0].history == 0
    assert made.creators[0].engagements.p90 > made.creators[0].engagements.p10
    assert made.cost is None
    assert made.cpe is None
    assert any("nobody" in n for n in made.notes)


def test_roi_needs_revenue_inputs(world: Store, tmp_path: Path) -> None:
    ctx = make_context(world, tmp_path, tool="forecast_campaign", average_order_value=60, conversion_rate=0.05)
    made = forecast_of(ctx, pick("xiaohongshu:d6", 280))
    assert made.roi is not None
    assert made.engagements is not None
    assert made.roi.p50 == pytest.approx((made.engagements.p50 * 0.05 * 60 - 280) / 280, rel=0.05)
    assert any("ROI" in a and "¥60" in a for a in made.assumptions)


def test_known_views_replace_the_assumed_reach(empty: Store, tmp_path: Path) -> None:
    creator = make_creator("youtube:v", language="en")
    empty.upsert(
        posts=[make_post(f"v{i}", creator.id, "latte", likes=100, views=10_000, days_ago=10 + i) for i in range(8)], creators=[creator]
    )
    made = forecast_of(make_context(empty, tmp_path), pick("youtube:v", 50, currency="USD"), brief=coffee_brief(platforms=["youtube"]))
    assert made.reach is not None
    assert made.engagements is not None
    assert made.reach.p50 == pytest.approx(100 * made.engagements.p50, rel=0.1)
    assert not any("ASSUMED" in a for a in made.assumptions)
    assert any("planning assumption" in a and "EMV" in a for a in made.assumptions), "no quotes to learn a price from"


def test_an_empty_slate_forecasts_nothing_and_says_why(ctx: Context) -> None:
    made = forecast_of(ctx)
    assert made.creators == []
    assert made.engagements is None
    assert made.notes


def test_one_viral_post_is_no_new_level() -> None:
    usual = [make_post(f"u{i}", "xiaohongshu:a", likes=50 + i, days_ago=10 + 5 * i) for i in range(20)]
    viral = make_post("viral", "xiaohongshu:a", likes=100_000, days_ago=12)
    plain = EngagementModel({"a": usual}, {}, lambda p: True, NOW).expected("a")
    lucky = EngagementModel({"a": [viral, *usual]}, {}, lambda p: True, NOW).expected("a")
    assert 50 < plain < 70
    assert lucky < 1.3 * plain


def test_thin_history_is_drawn_towards_the_others() -> None:
    crowd = {
        f"c{i}": [make_post(f"c{i}-{k}", f"xiaohongshu:c{i}", likes=90 + 5 * k + i, days_ago=9 + k) for k in range(10)] for i in range(8)
    }
    one = {"new": [make_post("n", "xiaohongshu:new", likes=4000, days_ago=9)]}
    model = EngagementModel({**crowd, **one}, {}, lambda p: True, NOW)
    assert 100 < model.expected("new") < 2000
    assert model.level("new").uncertainty > model.level("c1").uncertainty


def test_intervals_cover_what_happened_on_real_posts(data_dir: Path) -> None:
    """Every second creator, three dates: seven to nine of ten later posts lie inside the 80 % interval."""
    posts, _ = load(data_dir / "xhs_koc")
    half = {id: posts[id] for id in sorted(posts)[::2]}
    rows, _ = splits(half, CUTS[6:9])
    found = summary(rows)
    assert sum(r.posts for r in rows) > 100
    assert 0.70 <= found["posts"] <= 0.90
    assert found["error"] < 0.9 * found["naive"]
