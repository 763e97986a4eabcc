"""The compiler and the checker: smallest plans, and every fault with its place."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from agent import Artifact, Brief, DraftSet, PlanError, Question, Shortlist, Slate, Tool, tool
from agent.checker import check_plan, parse_plan
from agent.host import Host
from agent.plan import Estimate, Plan
from agent.planner import compile_plan, estimate


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    return Host().tools


def edges(plan: Plan) -> set[tuple[str, str]]:
    by_id = {s.id: s.tool for s in plan.steps}
    return {(by_id[n], s.tool) for s in plan.steps for n in plan.needs(s)}


def compiled(tools: dict[str, Tool], *deliverables: str, **inputs: Artifact) -> Plan:
    return compile_plan(Brief(deliverables=list(deliverables)), tools, inputs)


WHOLE = ("slate", "personas", "sentiment", "drafts", "review", "forecast")


@pytest.mark.parametrize(
    ("deliverables", "expected"),
    [
        (("personas",), {"build_personas"}),
        (("sentiment",), {"analyze_sentiment"}),
        (("slate",), {"search_creators", "select_slate"}),
        (("drafts",), {"write_posts"}),
        (("review",), {"write_posts", "review_content"}),
        (("forecast",), {"search_creators", "select_slate", "forecast_campaign"}),
        (("outcome",), {"measure_campaign"}),
        (("slate", "drafts", "forecast"), {"search_creators", "select_slate", "write_posts", "forecast_campaign"}),
        (
            WHOLE,
            {
                "search_creators",
                "select_slate",
                "build_personas",
                "analyze_sentiment",
                "write_posts",
                "review_content",
                "forecast_campaign",
            },
        ),
    ],
)
def test_a_plan_makes_what_was_asked_and_nothing_else(tools: dict[str, Tool], deliverables: tuple[str, ...], expected: set[str]) -> None:
    plan = compiled(tools, *deliverables)
    assert {s.tool for s in plan.steps} == expected
    assert check_plan(plan, tools, {"brief": Brief()}) == []


def test_optional_inputs_are_wired_only_from_steps_that_are_there_anyway(tools: dict[str, Tool]) -> None:
    assert edges(compiled(tools, "drafts")) == set()
    assert ("build_personas", "write_posts") in edges(compiled(tools, "drafts", "personas"))
    assert ("select_slate", "write_posts") in edges(compiled(tools, "slate", "drafts"))


def test_independent_steps_do_not_wait_for_each_other(tools: dict[str, Tool]) -> None:
    plan = compiled(tools, *WHOLE)
    by_tool = {s.tool: plan.needs(s) for s in plan.steps}
    assert by_tool["analyze_sentiment"] == []
    assert by_tool["build_personas"] == []
    assert "forecast" not in by_tool["write_posts"]


def test_what_the_request_carries_is_not_made_again(tools: dict[str, Tool]) -> None:
    plan = compiled(tools, "review", drafts=DraftSet())
    assert [s.tool for s in plan.steps] == ["review_content"]
    assert plan.steps[0].args["drafts"] == {"$ref": "drafts"}
    reply = compiled(tools, "reply", question=Question(text="Is it vegan?"))
    assert [s.tool for s in reply.steps] == ["answer_customer"]


def test_a_reply_without_a_question_says_what_is_missing(tools: dict[str, Tool]) -> None:
    with pytest.raises(PlanError, match="Question"):
        compiled(tools, "reply")


def test_no_or_unknown_deliverables_are_told(tools: dict[str, Tool]) -> None:
    with pytest.raises(PlanError, match="asks for nothing"):
        compiled(tools)
    with pytest.raises(PlanError, match="'skywriting'"):
        compiled(tools, "skywriting")


@given(st.permutations(WHOLE), st.integers(1, 6))
def test_the_order_of_wishes_does_not_change_the_plan(order: list[str], n: int) -> None:
    tools = _TOOLS
    asked = order[:n]
    plan = compiled(tools, *asked)
    again = compiled(tools, *sorted(asked))
    assert {s.tool for s in plan.steps} == {s.tool for s in again.steps}
    assert edges(plan) == edges(again)
    assert check_plan(plan, tools, {"brief": Brief()}) == []


_TOOLS = Host().tools


class Hashtags(Artifact):
    tags: list[str] = []


@tool(asks=["hashtag ideas", "话题建议"])
def research_hashtags(ctx: Any, brief: Brief, limit: Annotated[int, Field(ge=1, le=50)] = 10) -> Hashtags:
    """Hashtags for the brief."""
    return Hashtags()


class Invoice(Artifact):
    total: float = 0.0


@tool(effect="spend")
def pay(ctx: Any, slate: Slate, tags: Hashtags | None = None) -> Invoice:
    """Pay the creators."""
    return Invoice()


@pytest.fixture
def extended() -> dict[str, Tool]:
    from agent import hookimpl

    class Plugin:
        @hookimpl
        def register_tools(self) -> list[Tool]:
            return [research_hashtags, pay]

    host = Host()
    host.register(Plugin(), "third_party")
    return host.tools


def test_a_third_partys_tool_takes_part_with_no_change_here(extended: dict[str, Tool]) -> None:
    plan = compiled(extended, "invoice", "hashtags")
    assert {s.tool for s in plan.steps} == {"search_creators", "select_slate", "research_hashtags", "pay"}
    assert ("research_hashtags", "pay") in edges(plan)
    assert plan.step("invoice").approval is True


def test_the_producer_that_needs_the_fewest_steps_is_chosen(tools: dict[str, Tool]) -> None:
    @tool
    def quick_slate(ctx: Any, brief: Brief) -> Slate:
        """A slate without a shortlist."""
        return Slate()

    plan = compiled({**tools, "quick_slate": quick_slate}, "forecast")
    assert {s.tool for s in plan.steps} == {"quick_slate", "forecast_campaign"}


def test_tools_that_need_each_other_are_no_way(tools: dict[str, Tool]) -> None:
    @tool
    def chicken(ctx: Any, egg: Invoice) -> Hashtags:
        """Needs an egg."""
        return Hashtags()

    @tool
    def egg(ctx: Any, chicken: Hashtags) -> Invoice:
        """Needs a chicken."""
        return Invoice()

    with pytest.raises(PlanError):
        compiled({"chicken": chicken, "egg": egg}, "invoice")


def test_optional_wires_never_close_a_cycle() -> None:
    @tool
    def left(ctx: Any, right: Invoice | None = None) -> Hashtags:
        """May use the other."""
        return Hashtags()

    @tool
    def right(ctx: Any, left: Hashtags | None = None) -> Invoice:
        """May use the other."""
        return Invoice()

    both = {"left": left, "right": right}
    plan = compiled(both, "hashtags", "invoice")
    assert len(edges(plan)) == 1
    assert check_plan(plan, both, {"brief": Brief()}) == []


# --- the checker


def faults(tools: dict[str, Tool], *steps: dict[str, Any], asked: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    plan, problems = parse_plan({"steps": list(steps)})
    assert plan is not None, problems
    return [(p.where, p.message) for p in check_plan(plan, tools, {"brief": Brief(deliverables=list(asked))})]


SHORTLIST = {"id": "shortlist", "tool": "search_creators", "args": {"brief": {"$ref": "brief"}, "limit": 60}}
SLATE = {"id": "slate", "tool": "select_slate", "args": {"brief": {"$ref": "brief"}, "shortlist": {"$ref": "shortlist"}}}


def test_the_designs_example_passes(tools: dict[str, Tool]) -> None:
    assert faults(tools, SHORTLIST, SLATE) == []


@pytest.mark.parametrize(
    ("steps", "where", "message"),
    [
        ([{**SHORTLIST, "tool": "search_creator"}], "steps.0 (shortlist)", "no tool 'search_creator'"),
        ([{**SHORTLIST, "args": {**SHORTLIST["args"], "limt": 1}}], "steps.0 (shortlist).args", "no argument 'limt'"),  # type: ignore[dict-item]
        ([{**SHORTLIST, "args": {}}], "steps.0 (shortlist).args.brief", "needs a Brief"),
        ([{**SHORTLIST, "args": {**SHORTLIST["args"], "limit": 0}}], "steps.0 (shortlist).args.limit", "greater than or equal to 1"),  # type: ignore[dict-item]
        ([{**SHORTLIST, "args": {**SHORTLIST["args"], "limit": "many"}}], "steps.0 (shortlist).args.limit", "valid integer"),  # type: ignore[dict-item]
        ([{**SHORTLIST, "args": {"brief": "find creators"}}], "steps.0 (shortlist).args.brief", "must refer to a Brief"),
        ([SLATE, SHORTLIST], "steps.0 (slate).args.shortlist", "comes later"),
        (
            [{**SLATE, "args": {**SLATE["args"], "shortlist": {"$ref": "nothing"}}}],
            "steps.0 (slate).args.shortlist",
            "no step or input 'nothing'",
        ),  # type: ignore[dict-item]
        ([{**SLATE, "args": {**SLATE["args"], "shortlist": {"$ref": "slate"}}}], "steps.0 (slate).args.shortlist", "refers to itself"),  # type: ignore[dict-item]
        ([{**SLATE, "args": {**SLATE["args"], "shortlist": {"$ref": "brief"}}}], "steps.0 (slate).args.shortlist", "brief is Brief"),  # type: ignore[dict-item]
        (
            [SHORTLIST, {**SLATE, "args": {**SLATE["args"], "shortlist": {"$ref": "shortlist", "path": "candidates.0"}}}],  # type: ignore[dict-item]
            "steps.1 (slate).args.shortlist",
            "shortlist.candidates.0 is Candidate",
        ),
        (
            [SHORTLIST, {**SLATE, "args": {**SLATE["args"], "shortlist": {"$ref": "shortlist", "path": "candidate"}}}],  # type: ignore[dict-item]
            "steps.1 (slate).args.shortlist.path",
            "did you mean 'candidates'",
        ),
        ([SHORTLIST, SHORTLIST], "steps.1 (shortlist)", "used twice"),
    ],
)
def test_each_fault_is_found_at_its_place(tools: dict[str, Tool], steps: list[dict[str, Any]], where: str, message: str) -> None:
    found = faults(tools, *steps)
    assert any(w == where and message in m for w, m in found), found


def test_a_cycle_is_named(extended: dict[str, Tool]) -> None:
    @tool
    def hashtags_from_invoice(ctx: Any, invoice: Invoice) -> Hashtags:
        """Odd."""
        return Hashtags()

    @tool
    def invoice_from_hashtags(ctx: Any, tags: Hashtags) -> Invoice:
        """Odd."""
        return Invoice()

    odd = {"a": hashtags_from_invoice, "b": invoice_from_hashtags}
    found = faults(
        odd, {"id": "x", "tool": "a", "args": {"invoice": {"$ref": "y"}}}, {"id": "y", "tool": "b", "args": {"tags": {"$ref": "x"}}}
    )
    assert any("wait for each other" in m for _, m in found)


def test_spending_without_a_gate_is_a_fault(extended: dict[str, Tool]) -> None:
    step = {"id": "pay", "tool": "pay", "args": {"slate": {"$ref": "slate"}}}
    assert any("no person approves" in m for _, m in faults(extended, SHORTLIST, SLATE, step, asked=("invoice",)))
    assert faults(extended, SHORTLIST, SLATE, {**step, "approval": True}, asked=("invoice",)) == []


def test_an_effect_that_the_request_does_not_ask_for_is_a_fault_and_is_never_planned(extended: dict[str, Tool]) -> None:
    @tool
    def file_invoice(ctx: Any, invoice: Invoice) -> Hashtags:
        """Needs what only a tool that spends makes."""
        return Hashtags()

    step = {"id": "pay", "tool": "pay", "args": {"slate": {"$ref": "slate"}}, "approval": True}
    assert any("does not ask for it" in m for _, m in faults(extended, SHORTLIST, SLATE, step))
    tools = {**{n: t for n, t in extended.items() if t.output is not Hashtags}, "file_invoice": file_invoice}
    with pytest.raises(PlanError, match="pay would spend, and the request does not ask"):
        compile_plan(Brief(deliverables=[Hashtags.deliverable_name()]), tools, {})
    asked = Brief(deliverables=[Hashtags.deliverable_name(), Invoice.deliverable_name()])
    assert "pay" in [s.tool for s in compile_plan(asked, tools, {}).steps]


def test_a_budget_that_cannot_hold_is_a_fault(tools: dict[str, Tool]) -> None:
    plan = compiled(tools, "slate")
    found = check_plan(plan, tools, {"brief": Brief()}, estimate=Estimate(usd=2.5), max_usd=1.0)
    assert [p.where for p in found] == ["estimate"]


def test_money_in_a_string_is_no_reference() -> None:
    @tool
    def note(ctx: Any, text: str) -> Hashtags:
        """Keep a note."""
        return Hashtags()

    assert faults({"note": note}, {"id": "n", "tool": "note", "args": {"text": "$100 and {$ref: brief}"}}) == []


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8)
)
def test_no_json_makes_the_checker_stumble(data: Any) -> None:
    plan, problems = parse_plan(data)
    assert (plan is None) == bool(problems)
    steps = [{"id": "a", "tool": "search_creators", "args": data if isinstance(data, dict) else {"brief": data}}]
    plan, _ = parse_plan({"steps": steps})
    if plan is not None:
        assert all(p.where and p.message for p in check_plan(plan, _TOOLS, {"brief": Brief()}))


def test_the_estimate_adds_calls_and_follows_the_longest_chain() -> None:
    @tool(seconds=2, model_calls=1)
    def first(ctx: Any, brief: Brief) -> Shortlist:
        """First."""
        return Shortlist()

    @tool(seconds=3)
    def second(ctx: Any, shortlist: Shortlist) -> Slate:
        """Second."""
        return Slate()

    @tool(seconds=4)
    def beside(ctx: Any, brief: Brief) -> Hashtags:
        """Beside."""
        return Hashtags()

    tools = {"first": first, "second": second, "beside": beside}
    e = estimate(compiled(tools, "slate", "hashtags"), tools, drafts=3, usd_per_mtok=10)
    assert (e.seconds, e.model_calls, e.tokens) == (5.0, 3, 1800)
    assert e.usd == pytest.approx(0.018)
