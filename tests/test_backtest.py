"""``kolony backtest``: nothing that came later leaks into forecast or choice, the judging is right, and the command says what is wrong."""

from __future__ import annotations

import json
import shutil
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent import Creator, KolonyError, Post
from agent.testing import make_creator, make_post
from plugins.evaluator.backtest import (
    AFTER,
    BEFORE,
    GOALS,
    Backtest,
    Case,
    World,
    affordable,
    backtest,
    baselines,
    filled,
    pick,
    predict,
    worth,
)
from vectorstore import open_store

AS_OF = datetime(2024, 4, 1, tzinfo=UTC)
TOPIC = "甜品 探店"


def creators(count: int = 9) -> list[Creator]:
    return [make_creator(f"xiaohongshu:b{i}", followers=300 + 400 * i, price=10.0 if i < 4 else 40.0 * i) for i in range(count)]


def posts(count: int = 9) -> list[Post]:
    """Ten on-topic posts of each before the date and four after, some off-topic ones between; later creators get more."""
    made = []
    for i in range(count):
        for n in range(14):
            day = AS_OF + timedelta(days=20 * (n - 10) + i + 0.5)
            likes = (10 + 9 * i) * (1 + (7 * n + 3 * i) % 5)
            made.append(
                make_post(f"b{i}-{n}", f"xiaohongshu:b{i}", "甜品探店 蛋糕 芋圆", title="甜品探店", likes=likes).model_copy(
                    update={"created_at": day}
                )
            )
        for n in range(3):
            day = AS_OF + timedelta(days=30 * n - 60.0)
            made.append(
                make_post(f"off{i}-{n}", f"xiaohongshu:b{i}", "今天修车", title="修车", likes=5).model_copy(update={"created_at": day})
            )
    return made


def judged(given_posts: list[Post] | None = None, goal: Any = "per_post", k: int = 3, budget: float = 400.0) -> Backtest:
    return backtest(World(given_posts or posts(), creators(), TOPIC), AS_OF, k, budget, goal)


# --- what came later ----------------------------------------------------------------------------------------------------


def later(post: Post) -> bool:
    return post.created_at is not None and post.created_at >= AS_OF


@settings(max_examples=5, deadline=None)
@given(st.data())
def test_later_posts_change_neither_forecast_nor_choice(data: st.DataObject) -> None:
    """Every post after the date gets other counts, words and days, or goes; candidates stay, and so does all that is decided."""
    changed = []
    for p in posts():
        if not later(p):
            changed.append(p)
            continue
        if p.title == "甜品探店" and p.id.endswith(("-13", "-12", "-11")):  # three on-topic ones stay, or nobody would be a candidate
            moved = data.draw(st.floats(0, 900))
            likes = data.draw(st.integers(0, 10**6))
            changed.append(
                p.model_copy(update={"likes": likes, "text": p.text + "今日份快乐", "created_at": AS_OF + timedelta(days=moved)})
            )
        elif data.draw(st.booleans()):
            changed.append(p.model_copy(update={"likes": data.draw(st.integers(0, 10**6)), "title": "修车", "text": "修车"}))
    for goal in GOALS:
        as_it_was, now = judged(goal=goal), judged(changed, goal)
        assert list(now.cases) == list(as_it_was.cases)
        assert now.picked == as_it_was.picked
        assert now.predictions == as_it_was.predictions


def test_forecasts_are_the_same_when_no_later_post_exists_at_all() -> None:
    whole, cut = World(posts(), creators(), TOPIC), World([p for p in posts() if not later(p)], creators(), TOPIC)
    ids = [c.id for c in creators()]
    assert predict(whole.known(AS_OF), lambda p: p.id in whole.about, AS_OF, ids) == predict(
        cut.known(AS_OF), lambda p: p.id in cut.about, AS_OF, ids
    )
    assert not cut.cases(AS_OF), "nobody can be judged then"


def test_a_forecast_does_not_depend_on_who_else_is_a_candidate() -> None:
    world = World(posts(), creators(), TOPIC)
    known, ids = world.known(AS_OF), [c.id for c in creators()]
    alone = predict(known, lambda p: p.id in world.about, AS_OF, [ids[3]])
    assert alone[ids[3]] == predict(known, lambda p: p.id in world.about, AS_OF, ids)[ids[3]]


def test_follower_counts_of_today_enter_two_baselines_and_nothing_else() -> None:
    other = [c.model_copy(update={"followers": 10**6 - 7 * i}) for i, c in enumerate(creators())]
    was, now = judged(), backtest(World(posts(), other, TOPIC), AS_OF, 3, 400, "per_post")
    assert (now.picked, now.predictions, now.oracle) == (was.picked, was.predictions, was.oracle)
    assert {n for n in was.baselines if was.baselines[n] != now.baselines[n]} <= {"top_followers", "top_engagement_rate"}


def test_the_day_itself_counts_as_later() -> None:
    made = [p.model_copy(update={"created_at": AS_OF}) if p.id.endswith("b2-10") else p for p in posts()]
    case = World(made, creators(), TOPIC).cases(AS_OF)["xiaohongshu:b2"]
    assert all(not later(p) for p in case.past)
    assert len(case.past) == 10


# --- judging ------------------------------------------------------------------------------------------------------------


def test_realised_is_the_median_of_on_topic_posts_and_candidates_are_as_defined() -> None:
    world = World(posts(), creators(), TOPIC)
    for id, case in world.cases(AS_OF).items():
        own = [p for p in posts() if p.creator_id == id and p.title == "甜品探店"]
        assert case.realised == statistics.median(p.engagement or 0 for p in own if later(p))
        assert len(case.past) >= BEFORE
        assert sum(later(p) for p in own) >= AFTER
    few = [p for p in posts() if not (p.creator_id == "xiaohongshu:b1" and later(p))]
    assert "xiaohongshu:b1" not in World(few, creators(), TOPIC).cases(AS_OF)
    unpriced = [c.model_copy(update={"quotes": ()}) if c.id.endswith("b1") else c for c in creators()]
    assert "xiaohongshu:b1" not in World(posts(), unpriced, TOPIC).cases(AS_OF)


def test_the_oracle_is_never_beaten_and_the_budget_holds() -> None:
    for goal in GOALS:
        for budget in (30.0, 120.0, 400.0, 5000.0):
            made = judged(goal=goal, budget=budget)
            assert sum(made.cases[id].price for id in made.picked) <= budget
            ours, best = getattr(made.worth, goal), getattr(made.oracle, goal)
            assert ours <= best + 1e-9
            others = [getattr(w, goal) for w in made.baselines.values()]
            assert max(others) <= best + 1e-9
            assert made.worth == worth(made.cases, made.picked)


cases = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 500)), min_size=1, max_size=7)


@settings(max_examples=60, deadline=None)
@given(cases, st.integers(1, 4), st.integers(1, 120))
def test_slates_of_baselines_keep_to_budget_and_to_as_many_as_can_be_had(drawn: list[tuple[int, int]], k: int, budget: int) -> None:
    made = {f"xiaohongshu:{i}": Case(f"xiaohongshu:{i}", float(price), (), float(got), None) for i, (price, got) in enumerate(drawn)}
    size = affordable([c.price for c in made.values()], k, budget)
    taken = filled(list(made), made, k, budget)
    assert len(taken) == len(set(taken)) == size
    assert sum(made[id].price for id in taken) <= budget
    for goal in GOALS:
        chosen = pick({id: c.realised for id, c in made.items()}, {id: c.price for id, c in made.items()}, k, budget, goal)
        assert len(chosen) == size
        if size:
            assert getattr(worth(made, chosen), goal) >= getattr(worth(made, taken), goal) - 1e-6


def test_random_is_the_mean_over_slates() -> None:
    made = World(posts(), creators(), TOPIC).cases(AS_OF)
    everybody = statistics.fmean(c.realised for c in made.values())
    assert baselines(made, 3, 10_000)["random"].per_post == pytest.approx(everybody, rel=0.05)


def test_the_orientation_figures_on_real_posts(data_dir: Path) -> None:
    """At 2024-04-01, six for 3,000: random 49 per post and 0.86 per RMB, followers 86, oracle 98 by the reference's word list."""
    from vectorstore import read_exports

    read = read_exports([data_dir / "xhs_koc"])
    made = backtest(World(read.posts, read.creators, "美食 甜品 探店"), AS_OF, 6, 3000, "per_post")
    assert made.baselines["random"].per_post == pytest.approx(49, rel=0.08)
    assert made.baselines["random"].per_cost == pytest.approx(0.86, rel=0.08)
    assert made.baselines["top_followers"].per_post == pytest.approx(86, rel=0.08)
    assert made.oracle.per_post == pytest.approx(98, rel=0.08)
    assert made.baselines["top_recent_engagement_per_price"].per_cost == pytest.approx(2.40, rel=0.08)
    assert made.worth.per_post > 1.5 * made.baselines["random"].per_post
    assert made.mae < 0.9 * made.mae_naive
    assert any("¥10" in a for a in made.assumptions), "half of the quotes are the same"
    assert any("not confirmed" in a for a in made.assumptions), "few quotes have the mark of a confirmed price"


# --- the command ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store holds the posts above."""
    folder = tmp_path_factory.mktemp("filled")
    with open_store(folder / "store") as store:
        store.upsert(posts=posts(), creators=creators())
    return folder


@pytest.fixture
def run(home: Path, filled_home: Path) -> Any:
    """The command over a copy of that store; gives ``(exit code, stdout, error)``."""
    import typer

    from plugins.evaluator import register_commands

    shutil.copytree(filled_home, home)
    app = typer.Typer()
    register_commands(app)

    def call(**options: Any) -> tuple[int, str, Any]:
        given = {"as-of": "2024-04-01", "k": 3, "budget": 400, "topic": TOPIC, **options}
        words = [
            w for name, value in given.items() if value is not None for w in ([f"--{name}"] if value is True else [f"--{name}", str(value)])
        ]
        result = CliRunner().invoke(app, ["backtest", *words])
        return result.exit_code, result.stdout, result.exception if isinstance(result.exception, KolonyError) else result.stderr

    return call


def test_the_json_has_the_keys_of_the_contract(run: Any) -> None:
    code, out, _ = run(objective="per_cost", json=True)
    assert code == 0
    made = json.loads(out)
    assert {"as_of", "objective", "candidates", "picked", "per_post", "per_cost", "baselines", "oracle", "interval_coverage_80", "mae", "mae_naive"} <= set(made)  # fmt: skip
    assert (made["as_of"], made["objective"], made["candidates"]) == ("2024-04-01", "per_cost", 9)
    assert set(made["baselines"]) == {
        "random",
        "top_followers",
        "top_engagement_rate",
        "top_recent_likes",
        "top_recent_engagement_per_price",
    }
    assert all(set(w) == {"per_post", "per_cost"} for w in [*made["baselines"].values(), made["oracle"]])
    for row in made["picked"]:
        assert set(row) == {"creator_id", "price", "forecast", "realised"}
        assert row["forecast"]["p10"] <= row["forecast"]["p50"] <= row["forecast"]["p90"]
    assert made["per_post"] == pytest.approx(statistics.fmean(r["realised"] for r in made["picked"]), abs=1e-3)
    assert made["per_cost"] == pytest.approx(sum(r["realised"] for r in made["picked"]) / sum(r["price"] for r in made["picked"]), abs=1e-3)
    assert any("粉丝" in a for a in made["assumptions"])


def test_the_table_speaks_the_language_of_the_topic(run: Any) -> None:
    assert "先知" in run()[1]
    english = run(language="en")[1]
    assert "oracle (knows the future)" in english
    assert "xiaohongshu:b8" in english


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"as-of": "someday"}, "no date"),
        ({"objective": "best"}, "per_post, per_cost"),
        ({"k": 0}, "at least one"),
        ({"budget": -1}, "more than nothing"),
        ({"topic": " "}, "what the posts are about"),
        ({"currency": "yuan"}, "no currency"),
        ({"language": "fr"}, "en, zh"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_two(run: Any, options: dict[str, Any], said: str) -> None:
    code, _, error = run(**options)
    assert code == 2
    assert said in " ".join(str(error).replace("│", " ").split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"as-of": "2001-01-01"}, "没有可回测的达人"),
        ({"topic": "sandworms on the moon"}, "No creator can be judged"),
        ({"budget": 3}, "请不到"),
    ],
)
def test_what_cannot_be_judged_is_told_with_a_way_out(run: Any, options: dict[str, Any], said: str) -> None:
    code, _, error = run(**options)
    assert code == 1
    assert said in error.message
    assert error.hint


def test_an_empty_store_and_one_without_quotes_say_what_to_do(run: Any, home: Path) -> None:
    with open_store(home / "store") as store:
        store.upsert(creators=[c.model_copy(update={"quotes": ()}) for c in creators()])
    assert "报价" in run()[2].message
    shutil.rmtree(home / "store")
    open_store(home / "store").close()
    error = run(language="en")[2]
    assert "no posts" in error.message
    assert "kolony ingest" in error.hint
