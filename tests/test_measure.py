"""Measuring a campaign: its posts, the lift in a series, differences in differences, and attribution."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_world import NOW, dessert_brief, make_context

from agent import Brief, Campaign, Candidate, Effect, Money, Outcome, Pick, PlaceboTest, Plan, Post, Range90, Slate, ToolError
from agent.report import html, markdown
from agent.testing import make_creator, make_post
from plugins.evaluator import forecast_campaign, measure_campaign
from plugins.evaluator.causal.attribution import METHODS, Journey, attribute, last_touch, markov, removal_effects, shapley
from plugins.evaluator.causal.did import Panel, difference, series_difference, two_way
from plugins.evaluator.causal.effects import attributions, series_effects
from plugins.evaluator.causal.impact import impact
from plugins.evaluator.causal.structural import expect
from plugins.evaluator.causal.table import read_journeys, read_series
from plugins.evaluator.causal.wording import weigh
from vectorstore import Store


def pick(creator: str, cost: float) -> Pick:
    platform, name = creator.split(":")
    candidate = Candidate(creator=creator, name=name, platform=platform, score=0.5)  # type: ignore[arg-type]
    return Pick(candidate=candidate, posts=1, cost=Money(amount=cost, currency="CNY"), value=1.0)


@pytest.fixture
def after(empty: Store) -> Store:
    """Two creators with ten usual posts of 100 each, then a campaign for 鲜芋工坊 that brought 300 and 100."""
    creators = [make_creator("xiaohongshu:a", name="阿花"), make_creator("xiaohongshu:b", name="小北")]
    posts = [make_post(f"{c.handle}{i}", c.id, "日常", likes=100, days_ago=40 + i) for c in creators for i in range(10)]
    posts += [
        make_post("camp-a", "xiaohongshu:a", "鲜芋工坊的芋圆", likes=300, days_ago=5),
        make_post("camp-b", "xiaohongshu:b", "去了#鲜芋工坊", likes=100, days_ago=4),
        make_post("other-a", "xiaohongshu:a", "今天跑步", likes=999, days_ago=5),
        make_post("late-a", "xiaohongshu:a", "鲜芋工坊又来", likes=777, days_ago=1),
    ]
    empty.upsert(posts=posts, creators=creators)
    return empty


def campaign_brief(**fields: Any) -> Brief:
    day = NOW.date()
    given: dict[str, Any] = {"flight": {"start": day - timedelta(days=7), "end": day - timedelta(days=3)}, **fields}
    return dessert_brief(brand="鲜芋工坊", **given)


# --- posts against the forecast ---------------------------------------------------------------------------------------


def test_only_posts_of_the_flight_that_name_the_brand_count(after: Store, tmp_path: Path) -> None:
    ctx = make_context(after, tmp_path)
    slate = Slate(picks=[pick("xiaohongshu:a", 50), pick("xiaohongshu:b", 70)])
    forecast = forecast_campaign(make_context(after, tmp_path, now=NOW - timedelta(days=8)), campaign_brief(), slate)
    made = measure_campaign(ctx, campaign_brief(), slate, forecast)
    assert made.engagements == 400
    assert [c.posts for c in made.creators] == [["xiaohongshu:camp-a"], ["xiaohongshu:camp-b"]]
    assert made.baseline == pytest.approx(200)
    assert made.lift == pytest.approx(1.0)
    assert made.cost == Money(amount=120, currency="CNY")
    for c, planned in zip(made.creators, forecast.creators, strict=True):
        assert c.forecast is not None
        assert c.inside_interval is (planned.engagements.p10 <= c.engagements <= planned.engagements.p90)
    assert any("不能证明" in n for n in made.notes), "a lift is no proof of cause"
    assert {"xiaohongshu:camp-a", "xiaohongshu:camp-b"} <= set(made.evidence)


def test_named_creators_stand_in_for_a_slate(after: Store, tmp_path: Path) -> None:
    made = measure_campaign(make_context(after, tmp_path), campaign_brief(creators=["阿花", "@谁"]))
    assert made.engagements == 300
    assert any("@谁" in n for n in made.notes)


def test_without_creators_every_post_of_the_brand_counts(after: Store, tmp_path: Path) -> None:
    made = measure_campaign(make_context(after, tmp_path), campaign_brief())
    assert made.engagements == 400


def test_nothing_found_is_said_with_what_to_do(after: Store, tmp_path: Path) -> None:
    brief = dessert_brief(brand="另一家", flight={"start": date(2025, 3, 1), "end": date(2025, 3, 10)})
    made = measure_campaign(make_context(after, tmp_path), brief)
    assert made.creators == []
    assert made.engagements == 0
    assert made.lift is None
    assert made.effects == []
    assert "没有找到活动帖子" in made.notes[0]


def test_a_bad_date_in_the_settings_is_named(after: Store, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="2025-03-01"):
        measure_campaign(make_context(after, tmp_path, tool="measure_campaign", since="gestern"), dessert_brief(brand="鲜芋工坊"))


# --- posts against other creators -------------------------------------------------------------------------------------


def crowd(rng: np.random.Generator, others: int, boost: float) -> tuple[list[Any], list[Post]]:
    """Three creators whose campaign posts get ``boost`` times their usual, and others; all get half as much since the start."""
    creators, posts = [], []
    for i in range(3 + others):
        id = f"xiaohongshu:{'t' if i < 3 else 'o'}{i}"
        creators.append(make_creator(id))
        for k in range(16):
            level = 200 * (1 + i % 4)
            posts.append(make_post(f"{i}-{k}", id, "日常", likes=int(level * rng.lognormal(0, 0.3)), days_ago=8 + 2.3 * k))
        text, gain = ("鲜芋工坊的芋圆", boost) if i < 3 else ("日常", 1.0)
        for k in range(2):
            posts.append(make_post(f"{i}-new{k}", id, text, likes=int(level * 0.5 * gain * rng.lognormal(0, 0.3)), days_ago=4 + k))
    return creators, posts


@pytest.mark.parametrize(("boost", "verdict"), [(4.0, "higher"), (1.0, "unclear")])
def test_campaign_posts_are_held_against_what_similar_creators_got(empty: Store, tmp_path: Path, boost: float, verdict: str) -> None:
    creators, posts = crowd(np.random.default_rng(3), 24, boost)
    empty.upsert(posts=posts, creators=creators)
    made = measure_campaign(
        make_context(empty, tmp_path), campaign_brief(language="en"), Slate(picks=[pick(f"xiaohongshu:t{i}", 1) for i in range(3)])
    )
    (effect,) = made.effects
    assert effect.verdict == verdict
    assert effect.relative is not None
    assert effect.relative.p5 < boost - 1 < effect.relative.p95, "the halving that met everybody is no effect of the campaign"
    assert {p.kind: p.runs > 0 for p in effect.placebos} == {"trend": True, "space": True}
    campaign = {p.id for p in posts if "鲜芋" in p.text}
    assert campaign <= set(effect.evidence)
    assert {p.split(":")[0] for p in effect.evidence} == {"xiaohongshu"}
    assert effect.rows[0].startswith("store: 6 campaign posts, ")
    got = sum((empty.post(i).engagement or 0) + 1 for i in campaign)  # type: ignore[union-attr]
    assert effect.total is not None
    assert effect.total.p50 == pytest.approx(got * (1 - 1 / (1 + effect.relative.p50))), "the figure follows from the posts it names"


def test_too_few_other_creators_are_no_comparison(after: Store, tmp_path: Path) -> None:
    made = measure_campaign(make_context(after, tmp_path), campaign_brief())
    (effect,) = made.effects
    assert effect.verdict == "not_enough_data"
    assert effect.total is None
    assert "数据不足" in effect.reading


# --- series -----------------------------------------------------------------------------------------------------------


def weekly(seed: int, weeks: int = 150, lift: float = 0.0, start: int = 130) -> dict[str, list[float]]:
    """Weekly sales with season, noise and a market that moves them; from ``start`` on ``lift`` more."""
    rng = np.random.default_rng(seed)
    t = np.arange(weeks)
    market = 100 + 20 * np.sin(2 * np.pi * t / 52.18) + np.cumsum(rng.normal(0, 1, weeks))
    sales = 10 * market + rng.normal(0, 25, weeks)
    sales[start:] *= 1 + lift
    return {"sales": sales.tolist(), "market": market.tolist(), "twin": (7 * market + rng.normal(0, 20, weeks)).tolist()}


def write(path: Path, columns: dict[str, Sequence[Any]], first: date = date(2022, 1, 3), step: int = 7) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["date", *columns])
        for i, row in enumerate(zip(*columns.values(), strict=True)):
            out.writerow([(first + timedelta(days=step * i)).isoformat(), *row])
    return path


START = date(2022, 1, 3) + timedelta(weeks=130)


def effects_of(path: Path, *, start: date | None = START, end: date | None = None, language: str = "en", **options: Any) -> list[Effect]:
    return series_effects({"series": str(path), **options}, start, end, language)[0]


def test_a_lift_in_a_series_is_found_and_traced_to_its_rows(empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = weekly(1, lift=0.2)
    write(tmp_path / "sales.csv", columns)
    monkeypatch.chdir(tmp_path)
    ctx = make_context(empty, tmp_path, tool="measure_campaign", series="sales.csv", treated=["sales"], controls=["market", "twin"])
    made: Outcome = measure_campaign(ctx, campaign_brief(language="en", flight={"start": START, "end": START + timedelta(days=20 * 7 - 1)}))
    structural, parallel = made.effects
    truth = sum(columns["sales"][130:]) * (1 - 1 / 1.2)
    for effect in (structural, parallel):
        assert effect.verdict == "higher"
        assert effect.total is not None
        assert effect.relative is not None
        assert effect.total.p5 < truth < effect.total.p95
        assert effect.relative.p5 < 0.2 < effect.relative.p95
        assert effect.rows == ["sales.csv:2-131", "sales.csv:132-151"]
        assert effect.assumptions
        assert "caused" not in effect.reading
    assert [p.period for p in structural.points] == [(START + timedelta(weeks=i)).isoformat() for i in range(20)]
    assert [p.actual for p in structural.points] == columns["sales"][130:]
    last = structural.points[-1].cumulative
    assert last is not None
    assert structural.total is not None
    assert last.model_dump() == pytest.approx(structural.total.model_dump()), "the cumulative lift ends at the total"
    assert {p.kind for p in structural.placebos} == {"time", "space"}
    assert {p.kind for p in parallel.placebos} == {"trend", "time", "space"}
    assert "No campaign post" in made.notes[0], "the series are measured without posts"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_shows_effects_and_channels_with_their_ground(empty: Store, tmp_path: Path, language: str) -> None:
    write(tmp_path / "sales.csv", weekly(1, lift=0.2))
    (tmp_path / "paths.csv").write_text("path,conversions,non_conversions\n<b>ann</b> | x > email,40,100\nemail,20,50\n", encoding="utf-8")
    ctx = make_context(empty, tmp_path, tool="measure_campaign", series=str(tmp_path / "sales.csv"), treated="sales", controls="market",
                       paths=str(tmp_path / "paths.csv"))  # fmt: skip
    brief = campaign_brief(language=language, flight={"start": START, "end": None})
    made: Outcome = measure_campaign(ctx, brief)
    campaign = Campaign(run_id="r", request="x", started=NOW, brief=brief, plan=Plan(steps=[]), artifacts={"outcome": made})
    for page in (html(campaign), markdown(campaign)):
        squeezed = "".join(page.replace("\\", "").replace("&#39;", "'").split())
        for effect in made.effects:
            said = [effect.reading, *effect.assumptions, *(p.reading for p in effect.placebos), *effect.rows]
            assert [s for s in said if "".join(s.split()) not in squeezed] == []
        assert [a.reading for a in made.attribution if "".join(a.reading.split()) not in squeezed] == []
        assert "<b>ann" not in page


def test_no_lift_is_called_unclear(tmp_path: Path) -> None:
    found = effects_of(write(tmp_path / "s.csv", weekly(2)), treated="sales", controls=["market"])
    assert {e.verdict for e in found} == {"unclear"}
    assert all("holds zero" in e.reading for e in found)


def test_both_languages_say_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", weekly(3, lift=0.3))
    english, chinese = (effects_of(path, language=lang, treated="sales", controls="market") for lang in ("en", "zh"))
    for en, zh in zip(english, chinese, strict=True):
        assert en.total == zh.total
        assert len(en.assumptions) == len(zh.assumptions)
        for text in (zh.reading, *zh.assumptions, *(p.reading for p in zh.placebos)):
            assert any("\u4e00" <= c <= "\u9fff" for c in text)
        for text in (en.reading, *en.assumptions, *(p.reading for p in en.placebos)):
            assert not any("\u4e00" <= c <= "\u9fff" for c in text)


def test_days_months_and_a_single_column_need_no_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    days = 100 + 20 * (np.arange(120) % 7 >= 5) + rng.normal(0, 3, 120)
    days[100:] += 40
    (effect,) = effects_of(write(tmp_path / "d.csv", {"visits": days.tolist()}, step=1), start=date(2022, 1, 3) + timedelta(days=100))
    assert effect.total is not None
    assert effect.total.p5 < 800 < effect.total.p95
    assert "no controls" in effect.reading
    lines = ["month,orders", *(f"{2020 + i // 12}-{i % 12 + 1:02d}-01,{50 + i % 3}" for i in range(30))]
    (tmp_path / "m.csv").write_text("\n".join(lines), encoding="utf-8")
    assert read_series(str(tmp_path / "m.csv")).step == "month"


def test_a_short_series_is_refused_in_words(tmp_path: Path) -> None:
    short = {k: v[:30] for k, v in weekly(4).items()}
    path = write(tmp_path / "s.csv", short)
    for effect in effects_of(path, start=date(2022, 1, 3) + timedelta(weeks=10), treated="sales", controls="market"):
        assert effect.verdict == "not_enough_data"
        assert effect.total is None
        assert "not enough data" in effect.reading


def test_values_of_nought_and_below_are_measured_on_their_own_scale(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    sales, other = rng.normal(0, 10, 100), rng.normal(0, 10, 100)
    sales[80:] += 30
    structural, parallel = effects_of(
        write(tmp_path / "s.csv", {"profit": sales.tolist(), "other": other.tolist()}),
        start=date(2022, 1, 3) + timedelta(weeks=80), treated="profit", controls="other",
    )  # fmt: skip
    for effect in (structural, parallel):
        assert effect.total is not None
        assert effect.total.p5 < 600 < effect.total.p95
        assert effect.relative is None, "nothing is a percentage of an expectation near nought"


def test_an_end_cuts_the_campaign_and_a_start_within_a_week_takes_the_week(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", weekly(6))
    found, notes = series_effects(
        {"series": str(path), "treated": "sales"}, START + timedelta(days=3), START + timedelta(days=20), "en"
    )  # fmt: skip
    assert found[0].rows == ["s.csv:2-131", "s.csv:132-134"]
    assert "within the week" in notes[0]


def test_a_control_beyond_its_range_is_noted_and_breaks_nothing(tmp_path: Path) -> None:
    columns = weekly(8)
    columns["market"][140] *= 1e9
    found, notes = series_effects(
        {"series": str(write(tmp_path / "s.csv", columns)), "treated": "sales", "controls": "market"}, START, None, "en"
    )
    assert any("extrapolated" in n for n in notes)
    assert found[0].total is not None
    assert all(math.isfinite(v) for v in found[0].total.model_dump().values())


def test_what_moves_the_outcome_before_the_start_is_no_effect() -> None:
    """The draws hold what happened: 90 % intervals of generated series without any campaign, AR(1) noise the model does not know."""
    inside = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        noise = np.zeros(90)
        for i in range(1, 90):
            noise[i] = 0.5 * noise[i - 1] + rng.normal(0, 1)
        y, control = 50 + noise, rng.normal(0, 1, (90, 1))
        low, high = np.quantile(expect(y[:80], control, (52.18,), rng, draws=1000).draws.sum(axis=1), [0.05, 0.95])
        inside += low <= y[80:].sum() <= high
    assert 24 <= inside <= 30


def test_intervals_are_widened_where_fake_starts_are_missed() -> None:
    calm = impact(np.random.default_rng(0).normal(100, 5, 100), np.empty((100, 0)), 90, (52.18,))
    assert calm.widened == 1.0
    rng = np.random.default_rng(1)
    steps = np.repeat(rng.normal(0, 40, 11), 10)[:110]  # a level that jumps every ten rows, as no model here expects
    jumping = impact(500 + steps + rng.normal(0, 1, 110), np.empty((110, 0)), 100, ())
    assert jumping.missed is not None
    assert jumping.widened > 1.0 or jumping.missed <= 0.2


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1000), st.floats(-0.5, 1.0))
def test_units_do_not_matter_and_an_injected_amount_comes_back(seed: int, unit: float, lift: float) -> None:
    rng = np.random.default_rng(seed)
    y = 100 + rng.normal(0, 5, 60)
    plain = impact(y, np.empty((60, 0)), 50, (), fake_starts=0, draws=500)
    moved = y.copy()
    moved[50:] += 100 * lift
    scaled = impact(moved * unit, np.empty((60, 0)), 50, (), fake_starts=0, draws=500)
    for before, now in zip(plain.total(), scaled.total(), strict=True):
        assert now / unit == pytest.approx(before + 1000 * lift, abs=1e-6 * 6000)


BAD = {
    "no file": (None, {}, "is not there"),
    "no rows": ("date,sales\n", {}, "no rows"),
    "no date": ("date,sales\nsoon,3\n", {}, "line 2: 'soon'"),
    "no number": ("date,sales\n2024-01-01,a lot\n", {}, "line 2: 'a lot' in the column 'sales'"),
    "nan": ("date,sales\n2024-01-01,nan\n", {}, "'nan' in the column 'sales' is no number"),
    "empty": ("date,sales,x\n2024-01-01,,3\n", {"treated": "sales"}, "an empty cell in the column 'sales'"),
    "gap": ("date,sales\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n2024-01-05,4\n", {}, "line 5: there is a gap after 2024-01-03"),
    "twice": ("date,sales\n2024-01-01,1\n2024-01-01,2\n2024-01-03,3\n", {}, "occurs twice"),
    "unknown step": ("date,sales\n2024-01-01,1\n2024-01-04,2\n2024-01-07,3\n", {}, "3 days apart"),
    "column": ("date,sales\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", {"treated": ["revenue"]}, "no column 'revenue'"),
    "which": ("date,a,b\n2024-01-01,1,2\n2024-01-02,2,3\n2024-01-03,3,4\n", {}, "which column"),
    "both": ("date,a,b\n2024-01-01,1,2\n2024-01-02,2,3\n2024-01-03,3,4\n", {"treated": "a", "controls": ["a"]}, "under treated and under controls"),
    "names": ("date,a\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", {"controls": 3}, "no list of column names"),
    "outside": ("date,a\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", {}, "lies outside"),
    "cells": ("date,a\n2024-01-01,1,500\n", {}, "3 cells, the header has 2"),
    "doubled": ("date,a,a\n2024-01-01,1,5\n", {}, "stands there twice"),
    "binary": ("\0\1\2", {}, "is no text"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_series_is_named_with_its_place(case: str, tmp_path: Path) -> None:
    text, options, said = BAD[case]
    path = tmp_path / "sales.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ToolError) as caught:
        effects_of(path, start=date(2025, 1, 1), **options)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_constant_series_an_unknown_start_and_a_reversed_flight_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", {**weekly(7), "flat": [5] * 150})
    with pytest.raises(ToolError, match="'flat' is 5 in every row"):
        effects_of(path, treated="flat")
    with pytest.raises(ToolError, match="start is not known"):
        effects_of(path, treated="sales", start=None)
    with pytest.raises(ToolError, match="lies before its start"):
        effects_of(path, treated="sales", end=START - timedelta(days=30))


def test_a_copy_is_no_control(tmp_path: Path) -> None:
    columns = weekly(9)
    columns["copy"] = [2 * v for v in columns["sales"]]
    _, parallel = effects_of(write(tmp_path / "s.csv", columns), treated="sales", controls="copy")
    assert parallel.verdict == "not_enough_data"
    assert "same series" in parallel.reading


def test_spreadsheets_of_both_worlds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_bytes("日期;销售额\n2024年1月1日;¥1,200.5\n2024年1月3日;3\n2024年1月2日;2\n".encode("gb18030"))
    series = read_series(str(path))
    assert series.columns == {"销售额": [1200.5, 2.0, 3.0]}
    assert series.lines == [2, 4, 3]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120) | st.text(alphabet="date,;\n2024-01-0123.ab\"'", max_size=120).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_bytes(raw)
    refused = []
    for read in (read_series, read_journeys):
        try:
            read(str(path))
        except ToolError as e:
            refused.append(e)
    assert all(e.message and e.hint for e in refused)


# --- difference in differences ----------------------------------------------------------------------------------------


def panel(rng: np.random.Generator, treated: int, others: int, lift: float, posts: int = 3) -> Panel:
    unit = np.repeat(np.arange(treated + others), 7 * posts)
    period = np.tile(np.repeat(np.arange(-6, 1), posts), treated + others)
    y = rng.normal(5, 1, treated + others)[unit] + rng.normal(0, 0.3, 7)[period + 6] + rng.normal(0, 0.4, len(unit))
    y += lift * ((unit < treated) & (period >= 0))
    return Panel(unit, period, y, frozenset(range(treated)))


def test_two_by_two_by_hand() -> None:
    """Means 10 → 13 (treated) and 5 → 6 (not): 3 - 1 = 2."""
    unit, period = np.array([0, 0, 1, 1, 2, 2]), np.array([-1, 0, -1, 0, -1, 0])
    y = np.array([10.0, 13, 4, 4.5, 6, 7.5])
    assert two_way(unit, period, y, (unit == 0) & (period == 0)) == pytest.approx(2.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(-5, 5))
def test_levels_of_units_and_shocks_to_everybody_do_not_matter(seed: int, level: float, shock: float) -> None:
    rng = np.random.default_rng(seed)
    p = panel(rng, 2, 6, 0.5)
    plain = two_way(p.unit, p.period, p.y, p.exposed)
    moved = p.y + level * p.unit + shock * p.period
    assert two_way(p.unit, p.period, moved, p.exposed) == pytest.approx(plain, abs=1e-8)
    shuffled = rng.permutation(len(p.y))
    assert two_way(p.unit[shuffled], p.period[shuffled], p.y[shuffled], p.exposed[shuffled]) == pytest.approx(plain, abs=1e-8)


@pytest.mark.parametrize(("treated", "others", "basis"), [(2, 20, "placebo"), (12, 20, "clustered")])
def test_the_interval_holds_the_truth_about_nine_times_in_ten(treated: int, others: int, basis: str) -> None:
    inside = 0
    for seed in range(25):
        rng = np.random.default_rng([treated, seed])
        found = difference(panel(rng, treated, others, 0.4, posts=2), rng, permutations=60)
        assert found.basis == basis
        inside += found.low <= 0.4 <= found.high
    assert 19 <= inside <= 25


def test_groups_that_drifted_apart_before_are_found_out() -> None:
    rng = np.random.default_rng(0)
    p = panel(rng, 12, 20, 0.0)
    drifting = Panel(p.unit, p.period, p.y + 0.3 * p.period * (p.unit < 12), p.treated)
    straight, apart = difference(p, rng, permutations=40), difference(drifting, rng, permutations=40)
    assert straight.trend_p is not None
    assert apart.trend_p is not None
    assert straight.trend_p > 0.05 > apart.trend_p
    assert [s[0] for s in apart.shifts] == list(range(-6, 1))


def test_an_effect_that_placebos_contradict_is_called_unclear() -> None:
    total = Range90(p5=1, p50=2, p95=3)
    apart = PlaceboTest(kind="trend", runs=1, p_value=0.01)
    large = PlaceboTest(kind="time", runs=12, p_value=0.5)
    quiet = [
        PlaceboTest(kind="time", runs=12, p_value=0.08),
        PlaceboTest(kind="space", runs=2, p_value=1.0),
        PlaceboTest(kind="trend", runs=1, p_value=0.5),
    ]
    for placebos, verdict in (([apart], "unclear"), ([large], "unclear"), (quiet, "higher")):
        effect = Effect(method="difference_in_differences", outcome="x", verdict="unclear", total=total, placebos=placebos)
        weigh("en", effect)
        assert effect.verdict == verdict
        assert ("not to be relied on" in effect.reading) is (verdict == "unclear")


def test_a_gap_between_series_is_tested_at_fake_starts() -> None:
    rng = np.random.default_rng(0)
    gap = rng.normal(0, 1, 80)
    gap[70:] += 3
    found = series_difference(gap, 70, fake_starts=range(30, 60, 3))
    assert found.low < 3 < found.high
    assert found.low > 0
    assert len(found.fakes) == 10
    assert found.trend_p is not None


# --- attribution ------------------------------------------------------------------------------------------------------

CHANNELS = st.sampled_from(["ann", "ben", "cy", "email", "search"])
JOURNEYS = st.lists(
    st.builds(
        Journey, st.lists(CHANNELS, min_size=1, max_size=5).map(tuple), st.integers(0, 20).map(float), st.integers(0, 20).map(float)
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def test_markov_on_a_chain_by_hand() -> None:
    """Anderl's chain: start → A always; A → B half, A → lost half; B converts half. Whole: 1/4. Without A or B: 0.

    With a second way, start → C → conversion, half of all journeys: whole 1/2 · 1/4 + 1/2 = 5/8; without A 1/2, so A's effect is 1/5.
    """
    chain = [Journey(("A", "B"), 1.0, 1.0), Journey(("A",), 0.0, 2.0)]
    assert removal_effects(chain) == {"A": 1.0, "B": 1.0}
    both = [*chain, Journey(("C",), 4.0, 0.0)]
    assert removal_effects(both) == pytest.approx({"A": 0.2, "B": 0.2, "C": 0.8})
    assert markov(both) == pytest.approx({"A": 1 / 6, "B": 1 / 6, "C": 2 / 3})


def brute_shapley(journeys: Sequence[Journey]) -> dict[str, float]:
    """By the definition: the mean over all orders of what a channel adds to those before it."""
    channels = sorted({c for j in journeys for c in j.channels})

    def worth(of: frozenset[str]) -> float:
        return sum(j.conversions for j in journeys if set(j.channels) <= of)

    added = dict.fromkeys(channels, 0.0)
    for order in permutations(channels):
        for i, c in enumerate(order):
            added[c] += worth(frozenset(order[: i + 1])) - worth(frozenset(order[:i]))
    total = math.factorial(len(channels)) * worth(frozenset(channels))
    return {c: v / total for c, v in added.items()} if total else {}


@settings(max_examples=40, deadline=None)
@given(JOURNEYS)
def test_the_closed_form_is_the_shapley_value(journeys: list[Journey]) -> None:
    assert shapley(journeys) == pytest.approx(brute_shapley(journeys))


@settings(max_examples=100, deadline=None)
@given(JOURNEYS)
def test_shares_are_shares(journeys: list[Journey]) -> None:
    channels = {c for j in journeys for c in j.channels}
    for method in METHODS.values():
        found = method(journeys)
        if not sum(j.conversions for j in journeys):
            assert found == {}
            continue
        assert set(found) == channels
        assert sum(found.values()) == pytest.approx(1)
        assert all(-1e-12 <= v <= 1 + 1e-12 for v in found.values())


@settings(max_examples=60, deadline=None)
@given(JOURNEYS, st.randoms(use_true_random=False))
def test_order_matters_not_to_shapley_and_channels_alike_get_the_same(journeys: list[Journey], random: Any) -> None:
    mixed = [Journey(tuple(random.sample(j.channels, len(j.channels))) * 2, j.conversions, j.losses) for j in journeys]
    assert shapley(mixed) == pytest.approx(shapley(journeys))
    swap = {"ann": "ben", "ben": "ann"}
    mirrored = [*journeys, *(Journey(tuple(swap.get(c, c) for c in j.channels), j.conversions, j.losses) for j in journeys)]
    for method in METHODS.values():
        found = method(mirrored)
        assert found.get("ann", 0) == pytest.approx(found.get("ben", 0))


def test_last_touch_takes_all() -> None:
    assert last_touch([Journey(("a", "b"), 3.0), Journey(("b", "a"), 1.0)]) == {"a": 0.25, "b": 0.75}


def test_shares_come_with_intervals_and_the_same_ones_again() -> None:
    journeys = [Journey(("ann", "search"), 30.0, 100.0), Journey(("search",), 50.0, 400.0), Journey(("ben",), 5.0, 50.0)]
    for method in METHODS:
        found = attribute(journeys, method)
        assert found == attribute(journeys, method)
        assert all(s.low <= s.share <= s.high for s in found)
        assert found[0].high - found[0].low > 0.02


def test_journeys_of_a_file_are_divided_and_called_association(empty: Store, tmp_path: Path) -> None:
    link = "https://shop.example/?utm_source=Instagram&utm_content=ann&utm_medium=social"
    rows = ["path,conversions,non_conversions", f'"{link} > Email",20,80', "email → search,15,60", "Search,10,200"]
    path = tmp_path / "conversions.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    assert read_journeys(str(path))[0] == Journey(("instagram/ann", "email"), 20.0, 80.0, 2)
    ctx = make_context(empty, tmp_path, tool="measure_campaign", paths=str(path))
    made: Outcome = measure_campaign(ctx, campaign_brief(language="en"))
    assert [a.method for a in made.attribution] == ["last_touch", "markov", "shapley"]
    for a in made.attribution:
        assert a.conversions == 45
        assert a.journeys == 385
        assert sum(c.share for c in a.channels) == pytest.approx(1)
        assert sum(c.conversions for c in a.channels) == pytest.approx(45, abs=0.05)
        assert "association" in a.reading
        assert a.rows == ["conversions.csv:2-4"]


def test_few_conversions_and_bad_journeys_are_said(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("path,converted\na > b,yes\nb,no\n", encoding="utf-8")
    assert read_journeys(str(path)) == [Journey(("a", "b"), 1.0, 0.0, 2), Journey(("b",), 0.0, 1.0, 3)]
    found, notes = attributions({"paths": str(path)}, "zh")
    assert found == []
    assert "数据不足" in notes[0]
    for text, said in (("path,converted\n>,1\n", "empty"), ("path,converted\na,-1\n", "no count"), ("a,b\n1,2\n", "no column `path`"),
                       ("path,converted\na,half\n", "no number"), ("path,converted\na,0.5\n", "no count")):  # fmt: skip
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ToolError, match=said):
            attributions({"paths": str(path)}, "en")
