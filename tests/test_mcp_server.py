"""An MCP client gets Kolony's tools with schemas and structured results, and nothing goes out without its user's word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import mcp.types as types
import pytest
from mcp.shared.exceptions import MCPError
from mcp_world import McpWorld, said

from agent import Brief, Context, Reply, tool
from agent.calls import arguments_schema, result_schema
from agent.kolony import Kolony
from agent.testing import make_creator, sample_store
from vectorstore import Store

REQUEST = "小红书达拉斯甜品店，找3个达人，预算1000元"
NOTICE = "Iced tea for students: write the notice"
ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with sample_store(tmp_path_factory.mktemp("mcp")) as opened:
        yield opened


@pytest.fixture
def world(tmp_path: Path, store: Store) -> McpWorld:
    return McpWorld(tmp_path, store)


def use(world: McpWorld, work: Any, mode: str = "auto", *, asks: bool = True) -> Any:
    async def main() -> Any:
        async with world.client(mode, asks=asks) as client:
            try:
                return await work(client)
            except MCPError as e:  # raised through the client it would come out in a group
                return e

    result = asyncio.run(main())
    if isinstance(result, MCPError):
        raise result
    return result


def call(world: McpWorld, name: str, mode: str = "auto", *, asks: bool = True, **arguments: Any) -> types.CallToolResult:
    result: types.CallToolResult = use(world, lambda c: c.call_tool(name, arguments), mode, asks=asks)
    return result


# --- tools


def test_every_tool_is_offered_with_its_schemas_and_effect(world: McpWorld) -> None:
    tools = {t.name: t for t in use(world, lambda c: c.list_tools()).tools}
    assert set(tools) == {"kolony_plan", "kolony_run", "kolony_result", *world.kolony.host.tools}
    for t in tools.values():
        jsonschema.Draft202012Validator.check_schema(t.input_schema)
        if t.output_schema is not None:
            jsonschema.Draft202012Validator.check_schema(t.output_schema)
            assert t.output_schema["type"] == "object"
        assert t.description
    search = tools["search_creators"]
    assert {"request", "brief", "personas", "limit"} <= set(search.input_schema["properties"])
    assert search.annotations is not None
    assert search.annotations.read_only_hint is True
    publish = tools["post_notice"]
    assert publish.annotations is not None
    assert (publish.annotations.read_only_hint, publish.annotations.destructive_hint) == (False, True)


@ERAS
def test_a_tool_gives_what_its_schema_says_and_the_next_one_takes_its_id(world: McpWorld, mode: str) -> None:
    async def work(client: Any) -> Any:
        first = await client.call_tool("search_creators", {"request": REQUEST, "limit": 5})
        second = await client.call_tool("select_slate", {"request": REQUEST, "shortlist": first.structured_content["id"]})
        third = await client.call_tool("select_slate", {"request": REQUEST, "shortlist": first.structured_content["artifact"]})
        whole = await client.call_tool("select_slate", {"request": REQUEST, "shortlist": first.structured_content})
        return first, second, third, whole

    first, second, third, whole = use(world, work, mode)
    for name, result in {"search_creators": first, "select_slate": second}.items():
        assert not result.is_error, said(result)
        jsonschema.validate(result.structured_content, result_schema(world.kolony.host.tools[name]))
        assert json.loads(said(result)) == result.structured_content  # for clients that know only text
    assert len(first.structured_content["artifact"]["candidates"]) <= 5
    picked = [p["candidate"]["creator"] for p in second.structured_content["artifact"]["picks"]]
    assert picked
    assert picked == [p["candidate"]["creator"] for p in third.structured_content["artifact"]["picks"]]
    assert picked == [p["candidate"]["creator"] for p in whole.structured_content["artifact"]["picks"]]
    # Nothing was searched a second time: the slate's run has that one step.
    assert len(world.kolony.runs.find(second.structured_content["run"]).load().plan.steps) == 1


def test_what_a_tool_needs_and_is_not_given_is_made(world: McpWorld) -> None:
    result = call(world, "select_slate", request=REQUEST)
    run = world.kolony.runs.find(result.structured_content["run"]).load()
    assert [s.tool for s in run.plan.steps] == ["search_creators", "select_slate"]
    assert not [p for p in world.kolony.runs.ids() if "\n" in p]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("search_creators", {}, "Give `request`"),
        ("search_creators", {"request": REQUEST, "limit": 0}, "limit"),
        ("search_creators", {"request": REQUEST, "limits": 3}, "Did you mean 'limit'"),
        ("search_creators", {"request": 7}, "must be text"),
        ("select_slate", {"request": REQUEST, "shortlist": "slate"}, "RUN/STEP"),
        ("select_slate", {"request": REQUEST, "shortlist": "../../etc/passwd"}, "No run"),
        ("select_slate", {"request": REQUEST, "shortlist": {"candidates": 3}}, "shortlist.candidates"),
        ("select_slate", {"request": REQUEST, "shortlist": 3}, "takes a Shortlist"),
        ("kolony_plan", {}, "'request' is missing"),
        ("kolony_run", {"request": "  "}, "'request' is missing"),
        ("kolony_plan", {"request": REQUEST, "sudo": True}, "'sudo' is no argument"),
        ("kolony_result", {"id": "nonsense"}, "RUN/STEP"),
        ("kolony_run", {"request": "hello"}, "."),
    ],
)
def test_what_is_wrong_with_a_call_is_said_in_words(world: McpWorld, name: str, arguments: dict[str, Any], words: str) -> None:
    result = call(world, name, **arguments)
    assert result.is_error
    assert words in said(result)
    assert "Traceback" not in said(result)


def test_an_artifact_of_another_type_is_refused_and_an_unknown_tool_is_an_error_of_the_protocol(world: McpWorld) -> None:
    made = call(world, "make_notice", request=NOTICE)
    wrong = call(world, "select_slate", request=REQUEST, shortlist=made.structured_content["id"])
    assert "is a Notice" in said(wrong)
    with pytest.raises(MCPError, match="no tool 'rm'"):
        call(world, "rm")


def test_a_plan_costs_nothing_and_has_the_form_of_the_command_line(world: McpWorld) -> None:
    result = call(world, "kolony_plan", request=REQUEST)
    assert result.structured_content == world.kolony.plan(REQUEST).to_dict(world.kolony.host.tools)
    assert world.kolony.runs.ids() == []


def test_a_whole_request_gives_its_steps_and_report(world: McpWorld) -> None:
    async def work(client: Any) -> Any:
        run = await client.call_tool("kolony_run", {"request": REQUEST + "，并预测效果"})
        report = await client.read_resource(run.structured_content["report"])
        slate = await client.call_tool("kolony_result", {"id": f"{run.structured_content['run']}/slate"})
        return run, report.contents[0].text, slate

    run, report, slate = use(world, work)
    assert run.structured_content["status"] == "done"
    assert {s["tool"] for s in run.structured_content["steps"]} >= {"search_creators", "select_slate", "forecast_campaign"}
    assert run.structured_content["run"] in report
    assert slate.structured_content["picks"]


@ERAS
def test_progress_grows_and_names_the_steps(world: McpWorld, mode: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def work(client: Any) -> None:
        async def progress(done: float, total: float | None, message: str | None) -> None:
            seen.append((done, total, message))

        await client.call_tool("select_slate", {"request": REQUEST}, progress_callback=progress)

    use(world, work, mode)
    values = [v for v, _, _ in seen]
    assert values == sorted(set(values))
    assert {t for _, t, _ in seen} == {2.0}
    assert "select_slate: done" in [m for _, _, m in seen]


def test_personal_data_is_masked_in_results_and_reports(world: McpWorld) -> None:
    result = call(world, "make_notice", request=NOTICE)
    assert "13912345678" not in json.dumps(result.structured_content)
    run = result.structured_content["run"]
    for file in ("report.md", "report.json", "report.html"):
        text = use(world, lambda c, file=file: c.read_resource(f"kolony://runs/{run}/{file}")).contents[0].text
        assert run in text
        assert "13912345678" not in text


# --- what goes out


@ERAS
def test_what_would_go_out_is_shown_and_goes_out_once_when_approved(world: McpWorld, mode: str) -> None:
    result = call(world, "post_notice", mode, request=NOTICE)
    assert not result.is_error, said(result)
    assert len(world.asked) == 1
    (sent,) = world.outside.posted
    assert json.dumps(sent) in world.asked[0]  # as it went out, the number that reports mask included
    assert "13912345678" in sent
    (approval,) = world.kolony.approvals(result.structured_content["run"])
    assert approval.state == "sent"
    assert approval.content[:12] in world.asked[0]
    assert [d.kind for d in approval.trail] == ["requested", "approved", "sending", "sent"]
    assert "(MCP)" in approval.trail[1].by


@ERAS
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (types.ElicitResult(action="decline"), "rejected"),
        (types.ElicitResult(action="accept", content={"approve": False}), "rejected"),
        (types.ElicitResult(action="accept", content={}), "rejected"),
        (types.ElicitResult(action="cancel"), "pending"),
    ],
)
def test_anything_but_a_clear_yes_sends_nothing(world: McpWorld, mode: str, answer: types.ElicitResult, state: str) -> None:
    world.answer = answer
    result = call(world, "post_notice", mode, request=NOTICE)
    assert result.is_error
    assert world.outside.posted == []
    assert world.kolony.approvals("last")[0].state == state


@ERAS
def test_a_client_that_cannot_ask_is_told_how_to_approve(world: McpWorld, mode: str) -> None:
    result = call(world, "post_notice", mode, asks=False, request=NOTICE)
    assert result.is_error
    run = world.kolony.runs.ids()[0]
    assert f"kolony approve {run}" in said(result)
    assert world.outside.posted == []
    whole = call(world, "kolony_run", mode, asks=False, request="Iced tea: write the notice and publish the notice")
    assert whole.structured_content["status"] == "waiting"
    assert "kolony approve" in " ".join(whole.structured_content["notes"])
    assert world.outside.posted == []
    # and that way it then goes
    world.kolony.approve(run)
    world.kolony.resume(run)
    assert len(world.outside.posted) == 1


def test_an_answer_to_another_question_is_no_approval(world: McpWorld) -> None:
    yes = {"posted": world.answer}

    async def work(client: Any) -> Any:
        first = await client.session.call_tool("post_notice", {"request": NOTICE}, allow_input_required=True)
        assert isinstance(first, types.InputRequiredResult)
        assert list(first.input_requests or {}) == ["posted"]
        forged: list[Any] = []
        for state, arguments in [
            (json.dumps({"run": "last", "steps": {"posted": "0" * 64}}), {"request": NOTICE}),
            ((first.request_state or "")[:-6] + "AAAAAA", {"request": NOTICE}),
            (first.request_state, {"request": "Hot soup: write the notice"}),  # asked for another call
        ]:
            with pytest.raises(MCPError, match="requestState"):
                await client.session.call_tool("post_notice", arguments, input_responses=yes, request_state=state)
            forged.append(state)
        assert world.outside.posted == []
        return await client.session.call_tool("post_notice", {"request": NOTICE}, input_responses=yes, request_state=first.request_state)

    assert not use(world, work).is_error
    assert len(world.outside.posted) == 1


def test_answers_without_a_question_approve_nothing(world: McpWorld) -> None:
    async def work(client: Any) -> Any:
        return await client.session.call_tool(
            "post_notice", {"request": NOTICE}, input_responses={"posted": world.answer}, allow_input_required=True
        )

    assert isinstance(use(world, work), types.InputRequiredResult)
    assert world.outside.posted == []


@ERAS
def test_a_tool_that_writes_runs_only_after_a_yes(world: McpWorld, mode: str) -> None:
    refused = call(world, "keep_notice", mode, asks=False, request=NOTICE)
    assert "cannot ask" in said(refused)
    world.answer = types.ElicitResult(action="decline")
    assert "did not approve" in said(call(world, "keep_notice", mode, request=NOTICE))
    assert world.outside.kept == []
    assert world.kolony.runs.ids() == []
    world.answer = types.ElicitResult(action="accept", content={"approve": True})
    assert not call(world, "keep_notice", mode, request=NOTICE).is_error
    assert len(world.outside.kept) == 1
    assert "keep_notice would change data" in world.asked[-1]


# --- resources and prompts


def test_creators_and_reports_can_be_read(world: McpWorld) -> None:
    world.kolony.store.upsert(creators=[make_creator("xiaohongshu:达人", bio="商务合作微信 lily2026abc 13912345678", followers=9_999_999)])
    run = call(world, "make_notice", request=NOTICE).structured_content["run"]

    async def work(client: Any) -> Any:
        listed = (await client.list_resources()).resources
        return listed, [(await client.read_resource(r.uri)).contents[0].text for r in listed[:3]]

    listed, texts = use(world, work)
    assert listed[0].uri == f"kolony://runs/{run}/report.md"
    assert run in texts[0]
    creator = json.loads(texts[1])
    assert creator["id"] == "xiaohongshu:达人"
    assert "13912345678" not in texts[1]
    assert len(use(world, lambda c: c.list_resource_templates()).resource_templates) == 2
    assert use(world, lambda c: c.read_resource("kolony://runs/last/report.json")).contents[0].mime_type == "application/json"


@pytest.mark.parametrize(
    "uri",
    [
        "kolony://runs/last/run.json", "kolony://runs/../../report.md", "kolony://runs/..%2F..%2Fetc/report.md", "file:///etc/passwd",
        "kolony://creators/", "kolony://creators/x:nobody", "kolony://", "http://127.0.0.1/report.md",
    ],
)  # fmt: skip
def test_nothing_else_can_be_read(world: McpWorld, uri: str) -> None:
    with pytest.raises(MCPError, match=r"no resource|No run"):
        use(world, lambda c: c.read_resource(uri))


def test_many_resources_come_in_pages(world: McpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.mcp.material.PAGE", 4)

    async def work(client: Any) -> list[str]:
        uris, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            uris += [r.uri for r in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                return uris

    uris = use(world, work)
    assert len(uris) == len(set(uris)) == world.kolony.store.counts().creators


@pytest.mark.parametrize(("name", "word"), [("campaign_en", "kolony_plan"), ("campaign_zh", "气泡水"), ("review_zh", "review_content")])
def test_prompts_are_filled_in(world: McpWorld, name: str, word: str) -> None:
    listed = {p.name: p for p in use(world, lambda c: c.list_prompts()).prompts}
    first = (listed[name].arguments or [])[0].name
    text = use(world, lambda c: c.get_prompt(name, {first: "气泡水"})).messages[0].content.text
    assert "气泡水" in text
    assert word in text


@pytest.mark.parametrize(("name", "arguments"), [("none_en", {}), ("campaign_fr", {}), ("campaign", {}), ("campaign_en", {"x": "1"})])
def test_a_prompt_that_is_not_there_or_takes_no_such_argument(world: McpWorld, name: str, arguments: dict[str, str]) -> None:
    with pytest.raises(MCPError, match=r"no prompt|takes no"):
        use(world, lambda c: c.get_prompt(name, arguments))


def test_a_tool_with_a_parameter_called_request_keeps_it() -> None:
    @tool
    def f(ctx: Context, brief: Brief, request: int) -> Reply:
        """F."""
        return Reply(text=str(request))

    properties = arguments_schema(f)["properties"]
    assert properties["request"]["type"] == "integer"
    assert properties["campaign_request"]["type"] == "string"


def test_two_calls_at_once_have_progress_of_their_own(world: McpWorld) -> None:
    seen: dict[str, list[str]] = {"a": [], "b": []}

    async def work(client: Any) -> None:
        def watcher(name: str) -> Any:
            async def progress(done: float, total: float | None, message: str | None) -> None:
                seen[name].append(str(message))

            return progress

        await asyncio.gather(
            client.call_tool("make_notice", {"request": NOTICE}, progress_callback=watcher("a")),
            client.call_tool("search_creators", {"request": REQUEST}, progress_callback=watcher("b")),
        )

    use(world, work)
    assert "make_notice: done" in seen["a"]
    assert "search_creators: done" in seen["b"]
    assert not [m for m in seen["a"] if "search" in m]


def test_the_project_stays_as_it_was_for_its_other_watchers(world: McpWorld) -> None:
    events: list[Any] = []
    world.kolony.on_event = events.append
    call(world, "make_notice", request=NOTICE)
    assert isinstance(world.kolony, Kolony)
    assert world.kolony.on_event == events.append
