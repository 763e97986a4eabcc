"""Which model is asked first, what goes on to the next, what is learnt from it: policies, cascade, outcomes, cache."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from loopback import Loopback, Received, Reply, refuses, says, serving
from pydantic import BaseModel, Field

from agent import Generation, hookimpl
from agent.errors import BudgetExceeded, ContextTooLong, ModelError, ModelUnavailable, SettingsError
from agent.events import ModelCalled, ModelRouted
from agent.host import Host
from agent.models import Ledger, ModelSpec, Router
from agent.models.outcomes import MEMORY, Outcomes
from agent.models.policy import EXPLORE_EVERY, FEW, Candidate, posterior, rank
from agent.models.responses import Responses
from agent.models.router import Want
from agent.settings import RemoteModel, Settings, load

# --- policies, as plain functions ------------------------------------------------------------------------------------

candidates = st.lists(
    st.builds(
        Candidate,
        name=st.just(""),
        remote=st.booleans(),
        usd=st.sampled_from([0.0, 0.0, 1e-5, 1e-3]) | st.floats(0, 0.1),
        seconds=st.floats(0, 60),
        quality=st.floats(0, 1),
        tried=st.integers(0, 50),
        passed_over=st.integers(0, 30),
    ),
    min_size=1,
    max_size=8,
).map(lambda found: [c._replace(name=f"m{i}", place=i) for i, c in enumerate(found)])
POLICIES = ["auto", "local-only", "remote-only", "cheapest", "best"]


@given(policy=st.sampled_from(POLICIES), found=candidates, checked=st.booleans(), rate=st.sampled_from([0.0, 2e-5]), data=st.data())
@settings(max_examples=200, deadline=None)
def test_every_policy_orders_all_candidates_and_does_not_depend_on_how_they_were_listed(
    policy: Any, found: list[Candidate], checked: bool, rate: float, data: st.DataObject
) -> None:
    ranked = rank(policy, found, checked=checked, usd_per_second=rate)
    assert sorted(r.model.name for r in ranked) == sorted(c.name for c in found)
    assert rank(policy, data.draw(st.permutations(found)), checked=checked, usd_per_second=rate) == ranked
    assert all(r.reason for r in ranked)
    assert all(r.threshold is None or 0 <= r.threshold <= 1 for r in ranked)
    if policy == "cheapest":
        assert [r.model.usd for r in ranked] == sorted(c.usd for c in found)
    if policy == "best":
        assert [r.model.quality for r in ranked] == sorted((c.quality for c in found), reverse=True)
    if policy in ("auto", "local-only", "remote-only") and not checked:
        assert [r.model.remote for r in ranked] == sorted((c.remote for c in found), reverse=True)


def expected_cost(order: list[Candidate], rate: float) -> float:
    """US dollars until an answer passes or nobody is left."""
    total, reached = 0.0, 1.0
    for c in order:
        total += reached * (c.usd + c.seconds * rate)
        reached *= 1 - c.quality
    return total


@given(found=candidates.filter(lambda f: 2 <= len(f) <= 5), rate=st.sampled_from([0.0, 2e-5]))
@settings(max_examples=150, deadline=None)
def test_no_order_of_the_cascade_costs_less(found: list[Candidate], rate: float) -> None:
    found = [c._replace(passed_over=0) for c in found]
    ours = [r.model for r in rank("auto", found, checked=True, usd_per_second=rate)]
    least = min(expected_cost(list(order), rate) for order in itertools.permutations(found))
    assert expected_cost(ours, rate) <= least * 1.000_01 + 1e-9


@given(quality=st.floats(0.01, 0.99), usd=st.floats(1e-5, 1e-2), local_cost=st.floats(1e-6, 1e-2))
@settings(max_examples=150, deadline=None)
def test_the_threshold_is_where_the_order_turns(quality: float, usd: float, local_cost: float) -> None:
    small, big = Candidate("small", False, local_cost, 0, quality, 10), Candidate("big", True, usd, 0, 0.9, 10, place=1)
    first, *_ = ranked = rank("auto", [small, big], checked=True)
    threshold = next(r.threshold for r in ranked if r.model.name == "small")
    if local_cost < usd:
        assert threshold is not None
        if abs(quality - threshold) > 1e-6:
            assert (first.model.name == "small") == (quality > threshold)
    else:
        assert first.model.name == "big" or quality >= 0.9  # as good for the same price: the order of the settings
        assert threshold is None or local_cost <= usd


def test_a_model_that_is_not_worth_it_is_tried_again_from_time_to_time() -> None:
    poor = Candidate("poor", False, 0.001, 0, 0.01, 40)
    good = Candidate("good", True, 0.002, 0, 0.9, 40, place=1)
    assert [(r.model.name, r.passed_over) for r in rank("auto", [poor, good], checked=True)] == [("good", False), ("poor", True)]
    again, _ = rank("auto", [poor._replace(passed_over=EXPLORE_EVERY - 1), good], checked=True)
    assert (again.model.name, again.sample, "tried again" in again.reason) == ("poor", FEW, True)


@given(st.floats(0, 1), st.integers(0, 500), st.integers(0, 500))
def test_the_posterior_lies_between_the_prior_and_what_was_seen(quality: float, passed: int, failed: int) -> None:
    p = posterior(quality, passed, failed)
    seen = passed / (passed + failed) if passed + failed else quality
    assert min(quality, seen) - 1e-9 <= p <= max(quality, seen) + 1e-9
    assert posterior(quality, passed + 1, failed) >= p >= posterior(quality, passed, failed + 1)


# --- the cascade, with models ----------------------------------------------------------------------------------------


class Scripted(BaseChatModel):
    """A model on this machine that answers what a function says."""

    answer: Callable[[str], str] = Field(default=lambda prompt: prompt)
    asked: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        self.asked.append(str(messages[-1].content))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self.answer(self.asked[-1])))])


class Plugin:
    def __init__(self, *specs: ModelSpec) -> None:
        self.specs = specs

    @hookimpl
    def register_models(self) -> list[ModelSpec]:
        return list(self.specs)


def spec(model: BaseChatModel, name: str = "small", **options: Any) -> ModelSpec:
    return ModelSpec(**{"name": name, "factory": lambda: model, "languages": ("en", "zh"), "remote": False, "quality": 0.6, **options})


def dear(server: Loopback, name: str = "big", **options: Any) -> RemoteModel:
    given = {"name": name, "model": name, "base_url": server.url, "timeout": 5.0, "usd_per_mtok_in": 5.0, "usd_per_mtok_out": 20.0}
    return RemoteModel(**{**given, "quality": 0.9, **options})


def router(*specs: ModelSpec, models: list[Any] | None = None, events: list[Any] | None = None, **more: Any) -> Router:
    host = Host(entry_points=False)
    host.register(Plugin(*specs), "plugin")
    kept = {k: more.pop(k) for k in ("outcomes", "responses") if k in more}
    emit = events.append if events is not None else (lambda event: None)
    return Router(Settings(models=models or [], offline_model=False, **more), host, emit, **kept)


def ask(r: Router, prompts: list[str], check: Any = None, cap: float = 1.0, tool: str = "", privacy: Any = "any", **options: Any) -> Any:
    bound = r.bind("run", "step", privacy, Ledger(cap), tool)
    return asyncio.run(bound.generate_many(prompts, **{"task": "t", "max_tokens": 40, "check": check, **options}))


def good(answer: Generation) -> str:
    return "" if "good" in answer.text else "it is not good"


def test_only_what_fails_its_check_goes_on_and_the_event_says_why() -> None:
    events: list[Any] = []
    small = Scripted(answer=lambda p: "good" if p in ("a", "c") else "poor")
    with serving(says("good, from afar")) as server:
        answers = ask(router(spec(small), models=[dear(server)], events=events), list("abc"), good)
        assert [r.said for r in server.received] == ["b"]
    assert [(a.model, a.check) for a in answers] == [("small", ""), ("big", ""), ("small", "")]
    first, second = (e for e in events if isinstance(e, ModelRouted))
    assert (first.model, second.model) == ("small", "big")
    assert "worth trying first" in first.reason
    assert "after small failed for 1 of 3 texts: it is not good" in second.reason


def test_where_nothing_passes_the_best_there_is_comes_back_flagged() -> None:
    with serving(says("poor, from afar")) as server:
        (answer,) = ask(router(spec(Scripted()), models=[dear(server)]), ["x"], good)
    assert (answer.model, answer.text, answer.check) == ("big", "poor, from afar", "it is not good")


def test_a_failed_answer_stands_when_the_better_model_cannot_be_reached() -> None:
    with serving(refuses(401, "no")) as server:
        (answer,) = ask(router(spec(Scripted()), models=[dear(server)]), ["x"], good)
    assert (answer.model, answer.check) == ("small", "it is not good")


def test_escalation_goes_up_and_never_down() -> None:
    small = Scripted()
    with serving(says("poor")) as server:
        r = router(spec(small, quality=0.01), models=[dear(server, usd_per_mtok_in=0.0, usd_per_mtok_out=0.01)])
        (answer,) = ask(r, ["x"], good)
    assert (answer.model, small.asked) == ("big", [])


def test_a_check_with_a_fault_of_its_own_counts_as_failed() -> None:
    def faulty(answer: Generation) -> str:
        raise KeyError("title")

    (answer,) = ask(router(spec(Scripted())), ["x"], faulty)
    assert answer.check == "the check failed (KeyError: 'title')"


class Note(BaseModel):
    text: str = Field(max_length=5)


def test_an_answer_its_schema_refuses_goes_on_alone() -> None:
    small = Scripted(answer=lambda p: '{"text": "fine"}' if p.startswith("a") else '{"text": "far too long"}')
    with serving(says('{"text": "brief"}')) as server:
        r = router(spec(small), models=[dear(server)])
        answers = ask(r, ["a", "b"], lambda a: "", schema=Note)
        assert len(server.received) == 1
    assert [(a.model, a.parsed.text) for a in answers] == [("small", "fine"), ("big", "brief")]
    row = next(x for x in r.outcomes.rows() if x.model == "small")
    assert row.failed >= 1


def test_it_learns_that_a_small_model_fails_and_that_it_has_become_better() -> None:
    skill = ["poor"]
    small = Scripted(answer=lambda p: skill[0])
    with serving(says("good")) as server:
        own = spec(small, usd_per_mtok_out=1.0)  # a third of what the other costs
        r = router(own, models=[dear(server, usd_per_mtok_in=0.5, usd_per_mtok_out=1.0)], usd_per_second=0.0)
        for n in range(12):
            ask(r, [f"x{n}"], good)
        learnt = len(small.asked)
        assert learnt < 12
        row = r.outcomes.row("small", "t", "en")
        assert row is not None
        assert row.threshold is not None
        assert row.pass_rate < row.threshold
        assert row.passed_over > 0
        skill[0] = "good"
        for n in range(4 * EXPLORE_EVERY):
            ask(r, [f"y{n}"], good)
        before = len(server.received)
        ask(r, ["z"], good)
        assert len(server.received) == before
    after = r.outcomes.row("small", "t", "en")
    assert after is not None
    assert after.pass_rate > row.pass_rate


def test_a_model_of_which_little_is_known_is_tried_on_few_texts() -> None:
    small = Scripted(answer=lambda p: "poor")
    with serving(says("good")) as server:
        answers = ask(router(spec(small), models=[dear(server)]), [f"x{n}" for n in range(20)], good)
    assert len(small.asked) == FEW
    assert all(a.model == "big" for a in answers)


def test_a_sampled_model_takes_the_rest_when_nobody_else_can() -> None:
    small = Scripted(answer=lambda p: "good")
    with serving(refuses(401, "no")) as server:
        answers = ask(router(spec(small), models=[dear(server)]), [f"x{n}" for n in range(9)], good)
    assert [a.model for a in answers] == ["small"] * 9
    assert sorted(small.asked) == [f"x{n}" for n in range(9)]


def test_without_a_check_a_configured_remote_model_writes() -> None:
    with serving(says("hi")) as server:
        assert ask(router(spec(Scripted()), models=[dear(server)]), ["x"])[0].model == "big"


# --- what keeps a model out of a call --------------------------------------------------------------------------------


class Tight(Scripted):
    """A model that says itself when a prompt is too long for it."""

    async def agenerate_batch(self, conversations: Any, call: Any) -> Any:
        from agent.models.spec import Answer

        if any(len(c[-1]["content"]) > 10 for c in conversations):
            raise ContextTooLong("That is too long.")
        self.asked += [c[-1]["content"] for c in conversations]
        return [Answer("here") for _ in conversations]


def test_a_prompt_too_long_for_one_model_goes_to_a_longer_one_and_takes_nobody_along() -> None:
    tight, shorter, longer = Tight(), Scripted(), Scripted()
    r = router(spec(tight, "tight", context=1_000), spec(shorter, "shorter", context=900), spec(longer, "longer", context=9_000))
    events: list[Any] = []
    r.emit = events.append
    answers = ask(r, ["short", "this one is too long"])
    assert [a.model for a in answers] == ["tight", "longer"]
    assert not shorter.asked
    assert "too long" in [e for e in events if isinstance(e, ModelRouted)][-1].reason


def test_a_context_that_cannot_hold_the_prompt_is_known_beforehand() -> None:
    r = router(spec(Scripted(), "short", context=600), spec(Scripted(), "long", context=100_000))
    assert ask(r, ["word " * 2_000])[0].model == "long"
    decision = r.decide(Want("en", tokens_in=2_500, tokens_out=40))
    assert decision.refused == ["short: its context of 600 tokens is too short for about 2500 and 40 for the answer"]


def test_a_text_one_provider_refuses_goes_to_the_next() -> None:
    events: list[Any] = []
    with serving(refuses(400, "content management policy")) as strict, serving(says("fine")) as easy:
        r = router(models=[dear(strict, "strict"), dear(easy, "easy")], events=events)
        assert ask(r, ["x"])[0].model == "easy"
        assert ask(r, ["y"])[0].model == "easy"  # the text was refused, not the model
        assert len(strict.received) == 2
    assert "content policy" in [e for e in events if isinstance(e, ModelRouted)][1].reason


def test_a_model_that_may_cost_more_than_is_left_is_passed_over_with_the_reason() -> None:
    events: list[Any] = []
    with serving(says("x")) as server:
        r = router(spec(Scripted()), models=[dear(server)], events=events)
        assert ask(r, ["x"], cap=0.0001)[0].model == "small"
        with pytest.raises(BudgetExceeded, match="max_usd"):
            ask(router(models=[dear(server)]), ["x"], cap=0.0001)
        assert not server.received
    assert "big: may cost up to $0.00" in events[0].passed_over[0]
    assert "of the run's budget is left" in events[0].passed_over[0]


# --- policies and overrides in the settings --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "tool", "first"),
    [
        ("auto", "", "far"),
        ("cheapest", "", "here"),
        ("best", "", "dear"),
        ("local-only", "", "here"),
        ("auto", "cheap", "here"),
        ("auto", "bound", "dear"),
        ("local-only", "away", None),
        ("local-only", "bound", None),
        ("local-only", "cheap", "here"),
        ("remote-only", "cheap", "here"),
        ("best", "unnamed", "dear"),
    ],
)
def test_policies_and_tools_settings_choose(policy: Any, tool: str, first: str | None) -> None:
    far = RemoteModel(name="far", model="m", base_url="http://127.0.0.1:9/v1", usd_per_mtok_out=0.1)
    best = RemoteModel(name="dear", model="m", base_url="http://127.0.0.1:9/v1", usd_per_mtok_out=50.0, quality=0.99)
    tools = {"cheap": {"policy": "cheapest", "weights": 3}, "bound": {"model": "dear"}, "away": {"policy": "remote-only"}}
    r = router(spec(Scripted(), "here"), models=[far, best], policy=policy, tools=tools)
    assert r.bind("r", "s", "any", Ledger(1), tool).writes("en") == first


def test_a_tool_bound_to_a_model_asks_no_other() -> None:
    with serving(refuses(401, "no")) as server, pytest.raises(ModelUnavailable, match="refuses the key"):
        ask(router(spec(Scripted()), models=[dear(server)], tools={"x": {"model": "big"}}), ["x"], tool="x")


def test_faulty_overrides_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"write_posts.policy is 'dearest'; it may be auto, local-only"):
        load(tmp_path, tools={"write_posts": {"policy": "dearest"}})
    with pytest.raises(SettingsError, match=r"write_posts.model is 3; it must be the name"):
        load(tmp_path, tools={"write_posts": {"model": 3}})
    with pytest.raises(SettingsError, match=r"names the model 'gpt', and there is none of that name. Known: small"):
        router(spec(Scripted()), tools={"write_posts": {"model": "gpt"}})


# --- outcomes --------------------------------------------------------------------------------------------------------


def test_outcomes_are_kept_and_added_up_by_several_processes(tmp_path: Path) -> None:
    path = tmp_path / "home" / "models.sqlite3"
    stores = [Outcomes(path) for _ in range(4)]
    assert not path.exists()

    def write(o: Outcomes) -> None:
        for n in range(10):
            o.record("m", "t", "en", n % 2 == 0, 2.0, 10, 0.5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, stores))
    fresh = Outcomes(path)
    fresh.prior("m", 0.9)
    (row,) = fresh.rows()
    assert (row.passed, row.failed, row.answers, row.seconds, row.tokens_out, row.usd) == (20, 20, 40, 2.0, 10.0, 0.5)
    assert row.pass_rate == pytest.approx(posterior(0.9, 20, 20))
    assert fresh.row("m", "t", "zh") is None


def test_old_outcomes_fade() -> None:
    o = Outcomes()
    for _ in range(MEMORY * 5):
        o.record("m", "t", "en", False, 1.0, 1, 0.0)
    for _ in range(MEMORY):
        o.record("m", "t", "en", True, 1.0, 1, 0.0)
    row = o.row("m", "t", "en")
    assert row is not None
    assert row.passed + row.failed <= MEMORY
    assert row.pass_rate > 0.6


def test_unchecked_answers_tell_time_and_price_and_no_quality() -> None:
    o = Outcomes()
    o.prior("m", 0.7)
    o.record("m", "t", "en", None, 3.0, 12, 0.1)
    row = o.row("m", "t", "en")
    assert row is not None
    assert (row.pass_rate, row.answers, row.seconds) == (pytest.approx(0.7), 1, 3.0)


@pytest.mark.parametrize("content", [b"", b"not a database at all, sorry", b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_broken_file_stops_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "models.sqlite3"
    path.write_bytes(content)
    o = Outcomes(path)
    assert o.row("m", "t", "en") is None
    o.record("m", "t", "en", True, 1.0, 1, 0.0)
    row = o.row("m", "t", "en")
    assert row is not None
    assert row.answers == 1


def test_a_file_of_another_make_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "models.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE outcomes (model TEXT)")
    o = Outcomes(path)
    o.record("m", "t", "en", True, 1.0, 1, 0.0)
    assert [r.answers for r in o.rows()] == [1]


# --- the cache -------------------------------------------------------------------------------------------------------


def test_the_same_question_is_not_paid_for_twice(tmp_path: Path) -> None:
    events: list[Any] = []
    with serving(lambda r: says(r.said.upper(), 100, 50)) as server:
        r = router(models=[dear(server)], responses=Responses(tmp_path / "r.sqlite3"), events=events)
        first, again = ask(r, ["a", "b"]), ask(r, ["b", "c", "a"])
        assert sorted(x.said for x in server.received) == ["a", "b", "c"]
        ask(r, ["a"], max_tokens=41)
        ask(r, ["a"], temperature=0.5)
        ask(r, ["a"], temperature=0.5)
        assert len(server.received) == 6
    assert [a.text for a in again] == ["B", "C", "A"]
    assert [(a.cached, a.usd > 0) for a in again] == [(True, False), (False, True), (True, False)]
    hits = [e for e in events if isinstance(e, ModelCalled) and e.cached]
    assert [(e.model, e.usd, e.seconds, e.tokens_out) for e in hits] == [("big", 0.0, 0.0, 50)] * 2
    assert first[0].cached is False
    row = r.outcomes.row("big", "t", "en")
    assert row is not None
    assert row.answers == 6  # an answer given again teaches nothing new


def test_an_earlier_answer_that_fails_the_check_is_escalated_without_being_asked_again(tmp_path: Path) -> None:
    small = Scripted()
    with serving(says("good")) as server:
        r = router(spec(small), models=[dear(server)], responses=Responses(tmp_path / "r.sqlite3"))
        for _ in range(2):
            assert ask(r, ["x"], good)[0].model == "big"
        assert (small.asked, len(server.received)) == (["x"], 1)


def test_what_is_no_answer_is_not_kept(tmp_path: Path) -> None:
    replies: list[Reply | Callable[[Received], Reply]] = [refuses(400, "bad"), says("fine")]
    with serving(*replies) as server:
        r = router(models=[dear(server)], responses=Responses(tmp_path / "r.sqlite3"))
        with pytest.raises(ModelError):
            ask(r, ["x"])
        assert ask(r, ["x"])[0].text == "fine"
