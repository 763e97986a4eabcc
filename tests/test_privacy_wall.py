"""The privacy wall: over random plans, settings and faults, no byte of a private text reaches a recording server."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from loopback import Loopback, Received, Reply, refuses, says, serving
from pydantic import BaseModel, create_model
from pydantic import Field as SchemaField

from agent import Brief, Context, Finding, Generation, Kolony, Plan, hookimpl, tool
from agent import Reply as Reply_
from agent import Step as PlanStep
from agent.errors import KolonyError, ModelError, ModelUnavailable, SettingsError
from agent.events import Event, ModelRouted
from agent.host import Host
from agent.models import Ledger, ModelSpec, Router
from agent.models.remote import ChatOpenAI
from agent.models.responses import Responses
from agent.planned import Planned
from agent.settings import RemoteModel, Settings

PERSONAL = {
    "email": "write to mei.lin@example.org about it",
    "phone": "请打电话 13812345678 联系张女士",
    "phone-en": "call her at (415) 555-0132 after six",
    "id_number": "身份证号 11010519491231002X 请核对",
    "card": "she paid with 4111 1111 1111 1111 yesterday",
    "iban": "send it to DE89 3704 0044 0532 0130 00 please",
    "account": "加微信：meilin_8888 细聊",
}
PLAIN = ["Say that the can holds 4 kcal and costs $3.", "写一句：每罐4千卡，含柚子皮。", "Open daily from 11 to 21."]
MARKS = itertools.count()
"""Every text of a test carries a mark of its own, by which it is looked for in what the server received."""


@dataclass
class Step:
    """One call of a plan, as its tool makes it."""

    privacy: Any
    texts: list[str | None]
    """For each prompt the kind of personal data in it, or ``None``."""
    shared: tuple[str, str] | None
    """Where else personal data stands (``system``, ``example``, ``schema`` or ``stop``), and its kind."""
    check: str
    tool: str
    structured: bool
    language: str
    marks: list[str] = field(default_factory=list)

    def private(self, i: int) -> bool:
        return self.privacy != "any" or self.shared is not None or self.texts[i] is not None


kinds = st.sampled_from(sorted(PERSONAL))
steps = st.builds(
    Step,
    privacy=st.sampled_from(["any", "any", "any", "local", "LOCAL", "", None]),
    texts=st.lists(st.none() | st.none() | kinds, min_size=1, max_size=3),
    shared=st.none() | st.none() | st.none() | st.tuples(st.sampled_from(["system", "example", "schema", "stop"]), kinds),
    check=st.sampled_from(["none", "passes", "fails", "fails here", "raises"]),
    tool=st.sampled_from(["free", "bound", "cheap", "best", "away"]),
    structured=st.booleans(),
    language=st.sampled_from(["en", "zh"]),
)
TOOLS = {"bound": {"model": "cloud"}, "cheap": {"policy": "cheapest"}, "best": {"policy": "best"}, "away": {"policy": "remote-only"}}
REPLIES: dict[str, Reply | Callable[[Received], Reply]] = {
    "good": says('{"text": "ok"}'), "not json": says("no"), "html": Reply(200, b"<html>"), "oops": refuses(500, "oops"),
    "wrong key": refuses(401, "no"), "busy": refuses(429, "x", {"Retry-After": "999"}), "too long": refuses(400, "maximum context length exceeded"),
    "policy": refuses(400, "content management policy"), "no form": refuses(422, "response_format is not supported"),
    "hangs": Reply(hang=True), "slow": lambda request: (time.sleep(0.05), says('{"text": "late"}'))[1],
}  # fmt: skip


class Local(BaseChatModel):
    """A model on this machine, as a plugin registers one."""

    fails: bool = False

    @property
    def _llm_type(self) -> str:
        return "local"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        if self.fails:
            raise RuntimeError("out of memory")
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content='{"text": "from here"}'))])


class Plugin:
    def __init__(self, specs: list[ModelSpec], guards: list[Any]) -> None:
        self.specs, self.guards = specs, guards

    @hookimpl
    def register_models(self) -> list[ModelSpec]:
        return self.specs

    @hookimpl
    def register_guards(self) -> list[Any]:
        return self.guards


def here(fails: bool = False) -> ModelSpec:
    return ModelSpec("here", lambda: Local(fails=fails), ("en", "zh"), remote=False)


def careless(server: Loopback) -> ModelSpec:
    """A plugin's model that forgot to say where it sends texts."""
    return ModelSpec("careless", lambda: ChatOpenAI(model="m", base_url=server.url, timeout=0.4, first_wait=0.0), ("en", "zh"))


def remote(server: Loopback, name: str, **options: Any) -> RemoteModel:
    return RemoteModel(**{"name": name, "model": name, "base_url": server.url, "timeout": 0.4, **options})


def make(
    specs: list[ModelSpec], models: list[Any], guards: list[Any] | None = None, emit: Any = lambda e: None, cache: Any = None, **more: Any
) -> Router:
    host = Host(entry_points=False)
    host.register(Plugin(specs, guards or []), "plugin")
    return Router(Settings(models=models, offline_model=False, **more), host, emit, responses=cache)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without waiting between them."""
    monkeypatch.setattr("agent.models.remote.ChatOpenAI", functools.partial(ChatOpenAI, first_wait=0.0))


@pytest.fixture(scope="module")
def away() -> Iterator[Loopback]:
    with serving(says("x")) as server:
        yield server


def text_of(step: Step, kind: str | None, n: int) -> str:
    mark = f"mark{next(MARKS)}end"
    step.marks.append(mark)
    return f"{mark} {PLAIN[n % len(PLAIN)]} {PERSONAL[kind] if kind else ''}"


def check_of(name: str) -> Callable[[Generation], str] | None:
    def raises(answer: Generation) -> str:
        raise ValueError("a check with a fault")

    return {
        "none": None, "passes": lambda a: "", "fails": lambda a: "not good enough", "raises": raises,
        "fails here": lambda a: "not good enough" if a.model == "here" else "",
    }[name]  # fmt: skip


async def carry_out(router: Router, plan: list[Step], at_once: bool) -> None:
    ledger = Ledger(0.05)

    async def run(step: Step) -> None:
        bound = router.bind("run", "step", step.privacy, ledger, step.tool)
        where, kind = step.shared or ("", "")
        schema: type[BaseModel] | None = None
        if step.structured or where == "schema":
            about = PERSONAL[kind] if where == "schema" else "a line"
            schema = create_model("Answer", text=(str, SchemaField(description=about)))
        with contextlib.suppress(ModelError):  # no model was left: that is how the wall looks from inside
            await bound.generate_many(
                [text_of(step, k, n) for n, k in enumerate(step.texts)],
                task="write", language=step.language, schema=schema, check=check_of(step.check), max_tokens=30, temperature=0.0,
                system=f"Be brief. {PERSONAL[kind]}" if where == "system" else "Be brief.",
                examples=[(PERSONAL[kind], "ok")] if where == "example" else [],
                stop=[PERSONAL[kind]] if where == "stop" else [],
            )  # fmt: skip

    if at_once:
        await asyncio.gather(*map(run, plan))
    else:
        for step in plan:
            await run(step)


reached: list[str] = []


@given(
    plan=st.lists(steps, min_size=1, max_size=5),
    replies=st.lists(st.sampled_from(sorted(REPLIES)), min_size=1, max_size=3),
    policy=st.sampled_from(["auto", "local-only", "remote-only", "cheapest", "best"]),
    local=st.sampled_from(["works", "works", "fails", "none"]),
    hedge=st.none() | st.just(0.01),
    cached=st.booleans(),
    at_once=st.booleans(),
    price=st.sampled_from([0.0, 1.0, 1_000.0]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_byte_of_a_private_text_leaves(
    away: Loopback, tmp_path: Any, plan: list[Step], replies: list[str], policy: Any, local: str, hedge: float | None, cached: bool,
    at_once: bool, price: float,
) -> None:  # fmt: skip
    away.replies = [REPLIES[r] for r in replies]
    away.received.clear()
    router = make(
        ([here(fails=local == "fails")] if local != "none" else []) + [careless(away)],
        [remote(away, "cloud", hedge_after=hedge, usd_per_mtok_out=price), remote(away, "cloud2", usd_per_mtok_out=price)],
        policy=policy,
        tools=TOOLS,
        cache=Responses(tmp_path / f"cache{next(MARKS)}.sqlite3") if cached else None,
    )
    asyncio.run(carry_out(router, plan, at_once))
    raw = away.raw.decode()
    for step in plan:
        for i, mark in enumerate(step.marks):
            if step.private(i):
                assert mark not in raw, f"a private text left: {step}"
            elif mark in raw:
                reached.append(mark)
    for text in PERSONAL.values():
        assert text not in raw
        assert text.encode("unicode_escape").decode() not in raw  # as JSON writes Chinese


def test_the_server_was_reached_where_it_may_be() -> None:
    """Or the test above would hold of a router that sends nothing."""
    assert len(reached) > 10


# --- each way out on its own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(PERSONAL))
def test_an_event_says_which_kind_of_data_kept_a_text_here_and_never_the_data(away: Loopback, kind: str) -> None:
    away.replies, events = [says("ok")], []
    away.received.clear()
    router = make([here()], [remote(away, "cloud")], emit=events.append)
    answer = asyncio.run(router.bind("r", "s", "any", Ledger(1)).generate(PERSONAL[kind], task="t"))
    assert answer.model == "here"
    assert not away.received
    routed = [e for e in events if isinstance(e, ModelRouted)]
    assert f"personal data ({kind.split('-')[0]})" in routed[0].reason
    assert routed[0].passed_over[0].startswith("cloud: the text holds personal data")
    assert PERSONAL[kind] not in "".join(e.model_dump_json() for e in events)


def test_only_the_texts_that_hold_personal_data_stay(away: Loopback) -> None:
    away.replies = [says("from afar")]
    away.received.clear()
    bound = make([here()], [remote(away, "cloud")]).bind("r", "s", "any", Ledger(1))
    answers = asyncio.run(bound.generate_many([PLAIN[0], PERSONAL["email"], PLAIN[1]], task="t"))
    assert [a.model for a in answers] == ["cloud", "here", "cloud"]
    assert [a.index for a in answers] == [0, 1, 2]


def test_a_private_text_without_a_model_here_stops_the_call_before_anything_is_sent(away: Loopback) -> None:
    away.received.clear()
    events: list[Event] = []
    bound = make([], [remote(away, "cloud")], emit=events.append).bind("r", "s", "any", Ledger(1))
    with pytest.raises(ModelUnavailable, match=r"cloud: the text holds personal data \(email\)"):
        asyncio.run(bound.generate_many([PLAIN[0], PERSONAL["email"]], task="t"))
    assert not away.received
    assert [(e.model, e.reason) for e in events if isinstance(e, ModelRouted)][-1] == ("", "no model may take the call")


def test_a_tool_bound_to_a_remote_model_is_refused_for_a_private_step(away: Loopback) -> None:
    away.received.clear()
    router = make([here()], [remote(away, "cloud")], tools={"write_posts": {"model": "cloud"}})
    with pytest.raises(ModelUnavailable, match="cloud: the step's text must stay on this machine; here: the tool is set to use cloud"):
        asyncio.run(router.bind("r", "s", "local", Ledger(1), "write_posts").generate("hi", task="t"))
    assert not away.received


def found_house_names(text: str, language: str) -> Iterator[Finding]:
    if "Aunt Rosa" in text:
        yield Finding(rule="house.name", severity="warn", message="A person of the house.")


def broken(text: str, language: str) -> list[Finding]:
    raise RuntimeError("the dictionary is missing")


@pytest.mark.parametrize(
    ("guard", "text", "kept", "said"),
    [
        (found_house_names, "Say hello to Aunt Rosa.", True, "a plugin's guard found house.name"),
        (found_house_names, "Say hello.", False, ""),
        (broken, "Say hello.", True, "a plugin's guard failed (RuntimeError)"),
        (lambda text, language: None, "Say hello.", False, ""),
    ],
)
def test_plugins_guards_add_to_the_wall(away: Loopback, guard: Any, text: str, kept: bool, said: str) -> None:
    away.replies, events = [says("ok")], []
    away.received.clear()
    router = make([here()], [remote(away, "cloud")], [guard], emit=events.append)
    answer = asyncio.run(router.bind("r", "s", "any", Ledger(1)).generate(text, task="t"))
    assert (answer.model == "here", not away.received) == (kept, kept)
    assert said in events[0].reason


def test_a_guard_of_ours_that_fails_keeps_everything_here(away: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: str) -> Any:
        raise RecursionError

    monkeypatch.setattr("agent.guard.personal_data", fails)
    away.received.clear()
    answer = asyncio.run(make([here()], [remote(away, "cloud")]).bind("r", "s", "any", Ledger(1)).generate("hello", task="t"))
    assert answer.model == "here"
    assert not away.received


def test_a_remote_models_earlier_answer_is_not_given_to_a_private_step(away: Loopback, tmp_path: Any) -> None:
    """The cache follows the wall: a private call looks only at answers of the models that may take it."""
    away.replies = [says("from afar")]
    router = make([here()], [remote(away, "cloud")], cache=Responses(tmp_path / "r.sqlite3"))
    first = asyncio.run(router.bind("r", "s", "any", Ledger(1)).generate("hello", task="t"))
    away.received.clear()
    again = asyncio.run(router.bind("r", "s", "any", Ledger(1)).generate("hello", task="t"))
    private = asyncio.run(router.bind("r", "s", "local", Ledger(1)).generate("hello", task="t"))
    assert [(a.model, a.cached) for a in (first, again, private)] == [("cloud", False), ("cloud", True), ("here", False)]
    assert not away.received


def test_tools_get_three_methods_and_no_model() -> None:
    bound = make([here()], []).bind("r", "s", "local", Ledger(1))
    assert [n for n in dir(bound) if not n.startswith("_")] == ["generate", "generate_many", "writes"]


def test_in_a_whole_run_the_wall_and_the_tools_own_settings_hold(away: Loopback, tmp_path: Any) -> None:
    """From the plan to the wire: tools of a plugin, run by the executor, with the files a run leaves behind."""

    @tool(privacy="local")
    async def keep(ctx: Context, brief: Brief) -> Reply_:
        """Asks about something private."""
        return Reply_(text=(await ctx.models.generate("kept-text", task="keep")).model, grounded=True)

    @tool
    async def send(ctx: Context, brief: Brief) -> Reply_:
        """Asks about something that anybody may know."""
        return Reply_(text=(await ctx.models.generate("sent-text", task="send")).model, grounded=True)

    @tool
    async def bound(ctx: Context, brief: Brief) -> Reply_:
        """Is set to use a model of this machine."""
        return Reply_(text=(await ctx.models.generate("bound-text", task="bound")).model, grounded=True)

    class Tools(Plugin):
        @hookimpl
        def register_tools(self) -> list[Any]:
            return [keep, send, bound]

    away.replies = [says("ok")]
    away.received.clear()
    host = Host(entry_points=False)
    host.register(Tools([here()], []), "plugin")
    tools = {"keep": {"policy": "best"}, "bound": {"model": "here"}}
    options = Settings(home=tmp_path / "home", models=[remote(away, "cloud", timeout=5.0)], offline_model=False, tools=tools)
    plan = Plan(steps=[PlanStep(id=t, tool=t, args={"brief": {"$ref": "brief"}}) for t in ("keep", "send", "bound")])
    brief = Brief(request="x")
    with Kolony(options, host=host) as k:
        planned = Planned("x", brief, {"brief": brief}, plan)
        done = asyncio.run(k.execute(planned))
        routed = {e.step: e for e in k.runs.find(done.run_id).events() if isinstance(e, ModelRouted)}
    assert {n: a.text for n, a in done.artifacts.items() if isinstance(a, Reply_)} == {"keep": "here", "send": "cloud", "bound": "here"}
    raw = away.raw.decode()
    assert ("kept-text" in raw, "sent-text" in raw, "bound-text" in raw) == (False, True, False)
    assert "must stay on this machine" in routed["keep"].reason
    assert routed["bound"].passed_over == ["cloud: the tool is set to use here"]
    assert {"models.sqlite3", "responses.sqlite3"} <= {f.name for f in (tmp_path / "home").iterdir()}


# --- servers on one's own machine ------------------------------------------------------------------------------------


def test_a_trusted_server_on_this_machine_may_take_private_text_and_no_proxy_sees_it(
    away: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.received.clear()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, away.url.removesuffix("/v1"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(says("from next door")) as house:
        router = make([], [remote(house, "house", trusted=True), remote(away, "cloud")])
        answer = asyncio.run(router.bind("r", "s", "local", Ledger(1)).generate(PERSONAL["email"], task="t"))
    assert (answer.model, len(house.received)) == ("house", 1)
    assert not away.received


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_trusted_server_that_sends_a_request_on_is_not_followed(away: Loopback, status: int) -> None:
    away.received.clear()
    with serving(Reply(status, b"", {"Location": away.url + "/chat/completions"})) as house:
        router = make([], [remote(house, "house", trusted=True)])
        with pytest.raises(KolonyError):
            asyncio.run(router.bind("r", "s", "local", Ledger(1)).generate(PERSONAL["email"], task="t"))
        assert house.received
    assert not away.received


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "http://localhost/v1", "https://[::1]:8443/v1", "http://127.8.0.1:80"])
def test_loopback_addresses_can_be_trusted(url: str) -> None:
    assert RemoteModel(name="m", model="m", base_url=url, trusted=True).trusted


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1", "http://192.168.1.5:8000/v1", "http://10.0.0.1/v1", "http://0.0.0.0:8000/v1", "http://[::]:80/v1",
        "http://localhost.example.com/v1", "http://127.0.0.1.example.com/v1", "http://127.0.0.1@example.com/v1", "http://x@127.0.0.1/v1",
        "http://example.com\\@127.0.0.1/v1", "http://127.0.0.1\\@example.com/v1", "http://mybox.local/v1", "http://127.1/v1", "http://2130706433/v1",
        "http://127.0.0.1#@example.com/", "http://127.0.0.1?@example.com/", "//127.0.0.1/v1", "http://１２７.0.0.1/v1", "http://127.0.0.1\n.example.com/v1",
        "http://127.0.0.1/v1\n", "http://ⓛocalhost/v1", "file:///127.0.0.1",
    ],
)  # fmt: skip
def test_no_other_address_can(url: str, tmp_path: Any) -> None:
    from agent.settings import load

    with pytest.raises(SettingsError, match=r"trusted = true is for a server on this machine|base_url: Value error"):
        load(tmp_path, models=[{"name": "m", "model": "m", "base_url": url, "trusted": True}])
