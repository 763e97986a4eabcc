"""The optimiser against every possible choice, its rules, its bounds, and what it says when rules conflict."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import ToolError
from plugins.common.choose import Choice, Option, Overlap, Rules, SetValue, choose, replacements, value_curve
from plugins.common.choose import greedy as greedily
from plugins.common.choose.rules import rows_of

ADDS, SHARED = 1e-6, 1.01e-4
"""How close to the best an exact choice is: where values add up, and where audience is shared."""
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FEW = settings(QUICK, max_examples=30)


@st.composite
def problems(draw: st.DrawFn, most: int = 7) -> tuple[list[Option], Rules, Overlap | None]:
    """Options, rules and an overlap, small enough for every choice to be looked at."""
    n = draw(st.integers(0, most))
    values = st.one_of(st.just(0.0), st.floats(0.01, 500), st.sampled_from([10.0, 20.0]))
    costs = st.one_of(st.none(), st.just(0), st.integers(1, 60))
    options = [
        Option(
            f"c{i}",
            draw(values),
            draw(costs),
            (draw(st.sampled_from(["a", "b"])), draw(st.sampled_from(["x", "y"]))),
            draw(st.integers(0, 9)) == 0,
        )
        for i in range(n)
    ]
    few, group = st.integers(0, 2), st.sampled_from(["a", "b", "x", "unknown"])
    count = draw(st.integers(0, 4))
    rules = Rules(
        count=count,
        count_min=draw(st.integers(0, count)),
        budget=draw(st.none() | st.integers(0, 150)),
        at_least=draw(st.dictionaries(group, few, max_size=1)),
        at_most=draw(st.dictionaries(group, few, max_size=1)),
        price_cap=draw(st.none() | st.integers(10, 60)),
        exclusive=draw(st.lists(st.frozensets(st.sampled_from(["c0", "c1", "c2", "nobody"]), max_size=3), max_size=1)),
    )
    return options, rules, draw(st.none() | overlaps([o.id for o in options]))


@st.composite
def overlaps(draw: st.DrawFn, ids: list[str]) -> Overlap:
    segments = draw(st.integers(1, 3))
    share = np.array([[draw(st.floats(0, 1)) for _ in range(segments)] for _ in ids]).reshape(len(ids), segments) / segments
    return Overlap(ids, share, np.array([draw(st.sampled_from([0.0, 5.0, 40.0, 900.0])) for _ in range(segments)]))


def possible(options: list[Option], rules: Rules, objective: str) -> Iterator[tuple[Option, ...]]:
    """Every choice that keeps to the rules, written down a second time from their description."""
    priced = sum(o.cost is not None for o in options)
    stand_ins = max(0, rules.count - priced) if objective == "total" else 0
    for size in range(rules.count_min, min(rules.count, len(options)) + 1):
        for chosen in itertools.combinations(options, size):
            ids = {o.id for o in chosen}
            if (
                (rules.budget is None or sum(o.cost or 0 for o in chosen) <= rules.budget)
                and all(o in chosen for o in options if o.must)
                and all(sum(g in o.groups for o in chosen) >= least for g, least in rules.at_least.items())
                and all(sum(g in o.groups for o in chosen) <= most for g, most in rules.at_most.items())
                and all(rules.price_cap is None or o.cost is None or o.cost <= rules.price_cap for o in chosen)
                and all(len(ids & pair) <= 1 for pair in rules.exclusive)
                and sum(o.cost is None and not o.must for o in chosen) <= stand_ins
            ):
                yield chosen


def worth(chosen: tuple[Option, ...], overlap: Overlap | None, objective: str) -> float:
    total = SetValue(chosen, overlap)(range(len(chosen)))
    return total if objective == "total" else total / max(1, sum(max(1, o.cost or 0) for o in chosen))


def upper_ends_hold(choice: Choice, options: list[Option], rules: Rules) -> None:
    chosen = [o for o in options if o.id in choice.picked]
    assert len(chosen) == len(choice.picked) <= rules.count
    assert choice.cost == sum(o.cost or 0 for o in chosen)
    assert rules.budget is None or choice.cost <= rules.budget
    assert all(sum(g in o.groups for o in chosen) <= most for g, most in rules.at_most.items())
    assert all(rules.price_cap is None or (o.cost or 0) <= rules.price_cap for o in chosen)
    assert all(len(pair & set(choice.picked)) <= 1 for pair in rules.exclusive)


# --- exact, greedy, and every choice there is ---------------------------------------------------------------------------


@QUICK
@given(problems(), st.sampled_from(["total", "per_cost"]))
def test_exact_is_the_best_of_all_choices(problem: tuple[list[Option], Rules, Overlap | None], objective: Any) -> None:
    options, rules, overlap = problem
    choice = choose(options, rules, objective, overlap, "exact")
    upper_ends_hold(choice, options, rules)
    every = [worth(s, overlap, objective) for s in possible(options, rules, objective)]
    assert bool(choice.problems) == (not every)
    if every:
        best, close = max(every), ADDS if overlap is None else SHARED
        assert best * (1 - close) - 1e-9 <= choice.goal <= best * (1 + 1e-9) + 1e-9
        assert choice.bound >= best * (1 - 1e-9) - 1e-9
        assert choice.gap <= close + 1e-9 or choice.bound < 1e-6


@QUICK
@given(problems(), st.sampled_from(["total", "per_cost"]))
def test_greedy_keeps_to_the_rules_and_its_bound_is_one(problem: tuple[list[Option], Rules, Overlap | None], objective: Any) -> None:
    options, rules, overlap = problem
    choice = choose(options, rules, objective, overlap, "greedy")
    upper_ends_hold(choice, options, rules)
    every = [worth(s, overlap, objective) for s in possible(options, rules, objective)]
    assert bool(choice.problems) == (not every)
    if every:
        assert choice.goal <= max(every) * (1 + 1e-9) + 1e-9
        assert choice.bound >= max(every) * (1 - 1e-9) - 1e-9


def random_problem(seed: int, n: int = 40, segments: int = 4) -> tuple[list[Option], Rules, Overlap]:
    rng = np.random.default_rng(seed)
    value, share = rng.lognormal(5, 1, n), rng.dirichlet(np.ones(segments), n)
    cost = (value * rng.lognormal(3, 0.5, n)).astype(int) + 1000
    options = [Option(f"c{i:03d}", float(value[i]), int(cost[i]), (f"t{i % 3}",)) for i in range(n)]
    size = np.maximum((value[:, None] * share).max(axis=0) / 0.5, np.median(value) * 3 / segments)
    return options, Rules(6, budget=int(np.median(cost) * 6), at_least={"t1": 2}), Overlap([o.id for o in options], share, size)


@pytest.mark.parametrize("seed", range(12))
def test_lazy_greedy_is_plain_greedy_and_the_choice_is_never_below_either_or_top_k(seed: int) -> None:
    options, rules, overlap = random_problem(seed, n=200)
    for shared in (overlap, None):
        value = SetValue(options, shared)
        room = greedily.Room(rows_of(options, rules, "total"), np.array([o.cost or 0 for o in options]))
        choice = choose(options, rules, "total", shared, "greedy")
        for key in (greedily.by_gain, greedily.by_gain_per_cost):
            plain = greedily.plain_greedy(room, value, key)
            assert greedily.lazy_greedy(room, value, key) == plain
            assert choice.value >= value(plain) - 1e-9
        assert choice.value >= value(greedily.top_values(room, value)) - 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_exact_is_at_least_greedy_and_within_its_bound(seed: int) -> None:
    options, rules, overlap = random_problem(seed)
    exact, greedy = (choose(options, rules, "total", overlap, how) for how in ("exact", "greedy"))  # type: ignore[arg-type]
    assert exact.method == "exact"
    assert greedy.method == "celf"
    assert greedy.value <= exact.value + 1e-9
    assert exact.value <= greedy.bound + 1e-6
    assert exact.gap < 2e-4


def test_a_search_cut_short_says_how_far_it_got() -> None:
    options, rules, overlap = random_problem(0, n=300, segments=16)
    choice = choose(options, rules, "total", overlap, "exact", seconds=1e-6)
    assert not choice.problems
    assert choice.value > 0
    assert 0 <= choice.gap <= 1
    assert choice.bound >= choose(options, rules, "total", overlap, "greedy").value - 1e-6


@FEW
@given(problems(), st.randoms(use_true_random=False), st.sampled_from(["exact", "greedy"]))
def test_the_order_of_the_options_changes_nothing(
    problem: tuple[list[Option], Rules, Overlap | None], rng: random.Random, how: Any
) -> None:
    options, rules, overlap = problem
    mixed = list(options)
    rng.shuffle(mixed)
    assert choose(mixed, rules, "total", overlap, how) == choose(options, rules, "total", overlap, how)


def test_of_options_alike_the_first_ids_are_taken() -> None:
    alike = [Option(f"c{i:02d}", 10.0, 5) for i in reversed(range(30))]
    for how in ("exact", "greedy"):
        assert set(choose(alike, Rules(3), method=how).picked) == {"c00", "c01", "c02"}  # type: ignore[arg-type]


# --- shared audience --------------------------------------------------------------------------------------------------


@QUICK
@given(problems(), st.data())
def test_the_value_of_a_set_is_monotone_and_submodular(problem: tuple[list[Option], Rules, Overlap | None], data: st.DataObject) -> None:
    options, _, overlap = problem
    if len(options) < 2:
        return
    f = SetValue(options, overlap)
    everybody = list(range(len(options)))
    large = data.draw(st.lists(st.sampled_from(everybody), unique=True, max_size=len(options) - 1))
    small = large[: data.draw(st.integers(0, len(large)))]
    another = data.draw(st.sampled_from([i for i in everybody if i not in large]))
    near = 1e-7 * (1 + f(everybody))
    assert f([]) == 0
    assert f([another]) == pytest.approx(options[another].value)
    assert f(small) <= f(large) + near
    assert f([*large, another]) - f(large) <= f([*small, another]) - f(small) + near
    assert f.gains(f.sums(large), np.array([another]))[0] == pytest.approx(f([*large, another]) - f(large), abs=near)
    assert f(everybody) <= sum(o.value for o in options) + near


def test_two_with_one_audience_reach_what_random_duplication_says() -> None:
    options = [Option("a", 300, 1), Option("b", 500, 1)]
    together = SetValue(options, Overlap(["a", "b"], np.ones((2, 1)), np.array([1000.0])))([0, 1])
    assert together == pytest.approx(1000 * (1 - 0.7 * 0.5))
    apart = SetValue(options, Overlap(["a"], np.ones((1, 1)), np.array([1000.0])))([0, 1])
    assert apart == 800, "who is not known shares with nobody"


def test_marginal_values_fall_and_sum_to_the_value() -> None:
    options, rules, overlap = random_problem(3)
    choice = choose(options, rules, "total", overlap)
    added = [choice.marginal[id] for id in choice.picked]
    assert added == sorted(added, reverse=True)
    assert sum(added) == pytest.approx(choice.value)


@pytest.mark.parametrize(
    ("share", "size"),
    [([[0.6, 0.6]], [1, 1]), ([[-0.1, 0.2]], [1, 1]), ([[math.nan, 0]], [1, 1]), ([[0.5]], [1, 1]), ([[0.5, 0.5]], [1, -1]), ([[0.5, 0.5]], [1, math.inf])],
)  # fmt: skip
def test_an_overlap_that_cannot_be_is_refused(share: list[list[float]], size: list[float]) -> None:
    with pytest.raises(ToolError):
        Overlap(["a"], np.array(share), np.array(size))


# --- rules that conflict ----------------------------------------------------------------------------------------------


def three() -> list[Option]:
    return [Option("a", 10, 50, ("tier:nano",)), Option("b", 20, 60, ("tier:nano",)), Option("c", 90, 500, ("tier:micro",), must=True)]


@pytest.mark.parametrize(
    ("rules", "conflict", "given_up", "picked"),
    [
        (Rules(2, budget=200), {"budget", "must:c"}, {"must:c": (1, 0)}, {"a", "b"}),
        (Rules(2, price_cap=100), {"price_cap", "must:c"}, {"must:c": (1, 0)}, {"a", "b"}),
        (Rules(0), {"count", "must:c"}, {"must:c": (1, 0)}, set()),
        (Rules(3, at_least={"tier:mega": 2}), {"at_least:tier:mega"}, {"at_least:tier:mega": (2, 0)}, {"a", "b", "c"}),
        (Rules(9, 9), {"count_min"}, {"count_min": (9, 3)}, {"a", "b", "c"}),
        (Rules(3, 3, exclusive=[frozenset("ab")]), {"exclusive:0", "count_min"}, {"count_min": (3, 2)}, {"b", "c"}),
        (Rules(3, 3, at_most={"tier:nano": 1}), {"at_most:tier:nano", "count_min"}, {"count_min": (3, 2)}, {"b", "c"}),
    ],
)  # fmt: skip
def test_rules_in_conflict_are_named_and_the_rest_is_kept(
    rules: Rules, conflict: set[str], given_up: dict[str, tuple[int, int]], picked: set[str]
) -> None:
    for how in ("exact", "greedy"):
        choice = choose(three(), rules, method=how)  # type: ignore[arg-type]
        assert [(set(p.rules), dict(p.given_up)) for p in choice.problems] == [(conflict, given_up)]
        assert set(choice.picked) == picked


def test_two_conflicts_are_two_problems() -> None:
    choice = choose(three(), Rules(2, budget=200, at_least={"tier:mega": 1}))
    assert {frozenset(p.rules) for p in choice.problems} == {frozenset({"budget", "must:c"}), frozenset({"at_least:tier:mega"})}


@FEW
@given(problems(most=5))
def test_a_conflict_is_real_and_the_smallest(problem: tuple[list[Option], Rules, Overlap | None]) -> None:
    """Without any one of its rules, the others of a conflict can hold; with all of them, nothing can."""
    options, rules, _ = problem
    for found in choose(options, rules).problems:
        assert not list(possible(*only(options, rules, set(found.rules)), "total"))
        for left_out in found.rules:
            assert list(possible(*only(options, rules, set(found.rules) - {left_out}), "total")), left_out


def only(options: list[Option], rules: Rules, names: set[str]) -> tuple[list[Option], Rules]:
    """The same with nothing but the rules of these names."""
    if "unpriced" not in names:  # whoever has no price counts as costing nothing
        options = [replace(o, cost=o.cost or 0) for o in options]
    kept = Rules(
        count=rules.count if "count" in names or "unpriced" in names else max(rules.count, len(options)),
        count_min=rules.count_min if "count_min" in names else 0,
        budget=rules.budget if "budget" in names else None,
        at_least={g: n for g, n in rules.at_least.items() if f"at_least:{g}" in names},
        at_most={g: n for g, n in rules.at_most.items() if f"at_most:{g}" in names},
        price_cap=rules.price_cap if "price_cap" in names else None,
        exclusive=[s for i, s in enumerate(rules.exclusive) if f"exclusive:{i}" in names],
    )
    return [replace(o, must=o.must and f"must:{o.id}" in names) for o in options], kept


def test_nobody_on_offer_meets_no_wish() -> None:
    assert choose([], Rules(3)) == Choice()
    assert [p.given_up for p in choose([], Rules(3, 2, at_least={"x": 1})).problems] == [{"count_min": (2, 0)}, {"at_least:x": (1, 0)}]


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "option", [Option("a", -1, 5), Option("a", math.nan, 5), Option("a", math.inf, 5), Option("a", 1, -5), Option("a", 1, 10**14), Option("a", 1, 2.5)]  # type: ignore[arg-type]
)  # fmt: skip
def test_an_option_that_cannot_be_is_refused_by_name(option: Option) -> None:
    with pytest.raises(ToolError, match="'a'"):
        choose([option], Rules(1))


@pytest.mark.parametrize(
    "rules", [Rules(-1), Rules(1, -1), Rules(1, budget=-1), Rules(1, at_least={"x": -1}), Rules(1, price_cap=-1), Rules(1.5)]
)  # type: ignore[arg-type]
def test_a_rule_that_cannot_be_is_refused(rules: Rules) -> None:
    with pytest.raises(ToolError, match="rule"):
        choose([Option("a", 1, 5)], rules)


def test_one_creator_twice_is_refused() -> None:
    with pytest.raises(ToolError, match="twice"):
        choose([Option("a", 1, 5), Option("a", 1, 5)], Rules(1))


def test_free_creators_and_huge_sums_are_no_trouble() -> None:
    free = [Option("a", 5, 0), Option("b", 9, 0), Option("c", 100, 10)]
    assert set(choose(free, Rules(2, budget=0)).picked) == {"a", "b"}
    assert choose(free, Rules(3), "per_cost").picked == ("c",) or choose(free, Rules(3), "per_cost").goal >= 9
    dear = [Option(f"c{i}", 1.0 + i / 1000, 10**12 + i) for i in range(20)]
    choice = choose(dear, Rules(5, budget=5 * 10**12 + 90))
    assert choice.cost <= 5 * 10**12 + 90
    assert len(choice.picked) == 5


def test_who_brings_nothing_is_not_paid() -> None:
    assert choose([Option("a", 5, 10), Option("b", 0, 10)], Rules(2)).picked == ("a",)
    assert set(choose([Option("a", 5, 10), Option("b", 0, 10)], Rules(2, 2)).picked) == {"a", "b"}


# --- what else is asked of it ---------------------------------------------------------------------------------------


def test_the_curve_rises_and_leaves_out_what_cannot_be() -> None:
    options, rules, overlap = random_problem(5)
    steps = [rules.budget * k // 4 for k in range(1, 7)] if rules.budget else []
    curve = value_curve(options, replace(rules, count_min=4), [10, *steps], overlap=overlap)
    assert [b for b, _ in curve] == sorted(b for b, _ in curve)
    assert 10 not in dict(curve)
    values = [v for _, v in curve]
    assert values == sorted(values)


@FEW
@given(problems(), st.sampled_from(["total", "per_cost"]))
def test_who_steps_in_keeps_to_the_rules_and_changes_what_is_said(
    problem: tuple[list[Option], Rules, Overlap | None], objective: Any
) -> None:
    options, rules, overlap = problem
    choice = choose(options, rules, objective, overlap)
    by_id = {o.id: o for o in options}
    for out, many in replacements(options, rules, choice, objective, overlap).items():
        for r in many:
            after = [by_id[id] for id in (*(i for i in choice.picked if i != out), r.id)]
            assert SetValue(after, overlap)(range(len(after))) - choice.value == pytest.approx(r.value_change, abs=1e-6)
            upper_ends_hold(replace(choice, picked=tuple(o.id for o in after), cost=sum(o.cost or 0 for o in after)), options, rules)
            old, new = by_id[out].cost, by_id[r.id].cost
            assert r.cost_change == (None if old is None or new is None else new - old)


def test_a_conflict_names_the_count_that_is_in_the_way() -> None:
    options = [Option("a", 1, 0, ("x",)), Option("b", 1, 0, ("x",)), Option("c", 1, None, ("y",), must=True)]
    found = {frozenset(p.rules) for p in choose(options, Rules(0, at_least={"x": 2})).problems}
    assert found == {frozenset({"count", "must:c"}), frozenset({"count", "at_least:x"})}
