"""The router: which model takes a call and why, the privacy wall, fallbacks, money, events."""

from __future__ import annotations

import asyncio
import importlib.machinery
import os
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from loopback import Loopback, Received, Reply, refuses, says, serving
from pydantic import BaseModel, Field, field_validator

from agent import hookimpl
from agent.errors import BudgetExceeded, ModelError, ModelUnavailable
from agent.events import ModelAsked, ModelCalled, ModelRouted
from agent.host import Host
from agent.models import Ledger, ModelSpec, Router
from agent.settings import LocalModel, ProviderModel, RemoteModel, Settings

KEY = "sk-planted-SECRET-0123456789abcdef"
PRIVATE = "call Mei at 13812345678"


class Parrot(BaseChatModel):
    """A LangChain chat model that knows nothing of Kolony, as a plugin may register one: it repeats what it was told."""

    says: str = ""
    fails: bool = False
    told: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        self.told.append(str(messages[-1].content))
        if self.fails:
            raise RuntimeError("out of seeds")
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self.says or str(messages[-1].content)))])


class Models:
    """A plugin that registers models."""

    def __init__(self, *specs: Any) -> None:
        self.specs = specs

    @hookimpl
    def register_models(self) -> list[Any]:
        return list(self.specs)


def spec(
    name: str = "parrot", model: Parrot | None = None, remote: bool = False, languages: tuple[str, ...] = ("en", "zh"), **more: Any
) -> ModelSpec:
    model = model or Parrot()
    return ModelSpec(name, lambda: model, languages, remote, **more)


def router(*specs: ModelSpec, remotes: list[RemoteModel] | None = None, emit: Any = None, **options: Any) -> Router:
    host = Host(entry_points=False)
    host.register(Models(*specs), "models")
    return Router(Settings(models=remotes or [], offline_model=False, **options), host, emit or (lambda event: None))


def remote(server: Loopback, name: str = "cloud", **options: Any) -> RemoteModel:
    return RemoteModel(**{"name": name, "model": "m1", "base_url": server.url, "timeout": 5.0, **options})


def ask(
    r: Router,
    prompt: str = "hello",
    privacy: Literal["local", "any"] = "any",
    cap: float = 1.0,
    ledger: Ledger | None = None,
    **options: Any,
) -> Any:
    bound = r.bind("run", "step", privacy, ledger or Ledger(cap))
    return asyncio.run(bound.generate(prompt, **{"task": "test", "max_tokens": 20, **options}))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


# --- choosing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "privacy", "expected"),
    [
        ("auto", "any", "cloud"),
        ("auto", "local", "parrot"),
        ("local-only", "any", "parrot"),
        ("remote-only", "any", "cloud"),
        ("remote-only", "local", None),
    ],
)
def test_policy_and_privacy_decide(policy: Any, privacy: Any, expected: str | None) -> None:
    with serving(says("from afar")) as server:
        r = router(spec(), remotes=[remote(server)], policy=policy)
        assert r.bind("run", "step", privacy, Ledger(1)).writes("en") == expected
        if expected is None:
            with pytest.raises(ModelUnavailable, match="must stay on this machine"):
                ask(r, privacy=privacy)
        else:
            assert ask(r, privacy=privacy).model == expected
        assert len(server.received) == (expected == "cloud")


def test_a_language_no_model_writes() -> None:
    r = router(spec(languages=("en",)))
    bound = r.bind("run", "step", "any", Ledger(1))
    assert (bound.writes("en"), bound.writes("zh")) == ("parrot", None)
    with pytest.raises(ModelUnavailable, match=r"parrot: does not write zh.*kolony\.toml"):
        ask(r, language="zh")


def test_no_model_at_all() -> None:
    with pytest.raises(ModelUnavailable, match="none is configured"):
        ask(router())


def test_models_lists_what_there_is_and_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    far = RemoteModel(name="far", model="m", base_url="https://models.example.com/v1", usd_per_mtok_in=2.0)
    listed = router(spec(), remotes=[far, LocalModel(name="gone", path=str(tmp_path / "no.gguf"))]).models()  # type: ignore[list-item]
    assert [(m.name, m.kind, m.available) for m in listed] == [
        ("far", "remote", False),
        ("gone", "local", False),
        ("parrot", "local", True),
    ]
    assert "OPENAI_API_KEY" in listed[0].reason
    assert "there is nothing at" in listed[1].reason
    assert listed[2].reason == "ready"
    assert listed[0].usd_per_mtok_in == 2.0
    assert [m.reason for m in router(spec(), policy="remote-only").models()] == ["the policy is remote-only"]


def test_two_models_of_one_name_and_a_thing_that_is_no_model() -> None:
    with pytest.raises(ModelUnavailable, match="Two models are called 'parrot'"):
        router(spec(), spec())
    with pytest.raises(ModelUnavailable, match="gave str, not a ModelSpec"):
        router("gpt")  # type: ignore[arg-type]


def test_a_plugin_model_is_remote_unless_it_says_otherwise() -> None:
    r = router(ModelSpec("cloudy", Parrot))
    assert r.bind("run", "step", "local", Ledger(1)).writes("en") is None


def test_nothing_heavy_is_imported_for_listing_and_routing() -> None:
    code = (
        "import sys; from agent.settings import Settings; from agent.models import Router, Ledger; r = Router(Settings()); r.models();"
        "r.bind('r', 's', 'local', Ledger(1)).writes('en');"
        "print(sorted({'torch', 'transformers', 'openai', 'langchain_core'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert run.stdout.strip() == "[]"


# --- the privacy wall ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recording() -> Iterator[Loopback]:
    with serving(says("from afar")) as server:
        yield server


faults = st.sampled_from(
    [says("ok"), says("not json"), refuses(500, "oops"), refuses(401, "no"), refuses(422, "response_format"), Reply(200, b"<html>")]
)


class Note(BaseModel):
    text: str


@given(
    policy=st.sampled_from(["auto", "local-only", "remote-only"]),
    local_works=st.booleans(),
    has_local=st.booleans(),
    language=st.sampled_from(["en", "zh"]),
    reply=faults,
    structured=st.booleans(),
    privacy=st.sampled_from(["local", "local", "LOCAL", "", "secret"]),
    many=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_private_text_never_reaches_a_remote_model(
    recording: Loopback,
    policy: Any,
    local_works: bool,
    has_local: bool,
    language: str,
    reply: Reply,
    structured: bool,
    privacy: Any,
    many: int,
) -> None:
    recording.replies = [reply]
    recording.received.clear()
    local = [spec(model=Parrot(says='{"text": "hi"}', fails=not local_works))] if has_local else []
    r = router(*local, spec("cloudy", remote=True), remotes=[remote(recording), remote(recording, "cloud2")], policy=policy)
    cloudy = r.model(next(s for s in r._specs if s.name == "cloudy"))
    bound = r.bind("run", "step", privacy, Ledger(1))
    try:
        answers = asyncio.run(bound.generate_many([PRIVATE] * many, task="t", language=language, schema=Note if structured else None))
    except ModelError:
        assert not (has_local and local_works and policy != "remote-only")
    else:
        assert {a.model for a in answers} == {"parrot"}
    assert not recording.received
    assert not cloudy.told


# --- failures, fallbacks, money --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply", [refuses(401, "wrong key"), refuses(404, "no model"), refuses(429, "x", {"Retry-After": "999"}), refuses(400, "bad")]
)
def test_a_remote_that_fails_hands_over_to_a_local_one_and_says_why(reply: Reply) -> None:
    events: list[Any] = []
    with serving(reply) as server:
        answer = ask(router(spec(), remotes=[remote(server)], emit=events.append))
    assert (answer.model, answer.text) == ("parrot", "hello")
    assert [(type(e), e.model, bool(getattr(e, "error", ""))) for e in events] == [
        (ModelRouted, "cloud", False), (ModelAsked, "cloud", False), (ModelCalled, "cloud", True), (ModelRouted, "parrot", False),
        (ModelCalled, "parrot", False)]  # fmt: skip
    assert "after" in events[3].reason
    assert {(e.run_id, e.step, e.task) for e in events} == {("run", "step", "test")}
    assert KEY not in "".join(e.model_dump_json() for e in events)


def test_a_dead_endpoint_is_left_alone_for_a_while() -> None:
    with serving(refuses(401, "no")) as server:
        r = router(spec(), remotes=[remote(server)])
        assert [ask(r).model, ask(r).model] == ["parrot", "parrot"]
        assert len(server.received) == 1
        assert "failed a moment ago" in r.models()[0].reason


def test_all_failures_are_told() -> None:
    with (
        serving(refuses(401, "no")) as server,
        pytest.raises(ModelError, match=r"Every model.*refuses the key.*parrot failed \(RuntimeError\)"),
    ):
        ask(router(spec(model=Parrot(fails=True)), remotes=[remote(server)]))


def test_a_call_that_does_not_fit_the_budget_goes_to_a_free_model_or_is_refused() -> None:
    with serving(says("x")) as server:
        dear = remote(server, usd_per_mtok_out=1_000.0)
        assert ask(router(spec(), remotes=[dear]), cap=0.001).model == "parrot"
        with pytest.raises(BudgetExceeded, match="max_usd"):
            ask(router(remotes=[dear]), cap=0.001)
        assert not server.received


def test_parallel_steps_cannot_overrun_the_cap() -> None:
    """20 calls at once, money for 3 worst cases: the rest are refused before anything is sent."""
    ledger = Ledger(0.07)
    with serving(says("x", 10, 20)) as server:
        r = router(remotes=[remote(server, usd_per_mtok_out=1_000.0)])

        async def main() -> list[Any]:
            calls = [r.bind("run", f"s{i}", "any", ledger).generate("hello", task="t", max_tokens=20) for i in range(20)]
            return await asyncio.gather(*calls, return_exceptions=True)

        results = asyncio.run(main())
    assert len(server.received) == 3
    assert sum(isinstance(x, BudgetExceeded) for x in results) == 17
    assert ledger.spent == pytest.approx(0.06)


def test_many_prompts_go_out_at_once_and_come_back_in_order() -> None:
    both = threading.Barrier(2, timeout=10)

    def script(request: Received) -> Reply:
        both.wait()  # passes only if a second request is under way
        return says(request.said.upper())

    ledger = Ledger(1)
    with serving(script) as server:
        bound = router(remotes=[remote(server, usd_per_mtok_in=1.0)]).bind("run", "step", "any", ledger)
        answers = asyncio.run(bound.generate_many([f"p{i}" for i in range(10)], task="t", system="S", examples=[("a", "b")]))
    assert [a.text for a in answers] == [f"P{i}" for i in range(10)]
    assert 2 <= server.most_at_once <= 8
    assert [m["role"] for m in server.received[0].body["messages"]] == ["system", "user", "assistant", "user"]
    assert ledger.cost("step").calls == 10
    assert ledger.cost("step").usd == pytest.approx(sum(a.usd for a in answers))


def test_no_prompts_no_call() -> None:
    assert asyncio.run(router().bind("run", "step", "any", Ledger(1)).generate_many([], task="t")) == []


# --- structured answers of any chat model ----------------------------------------------------------------------------


class Even(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def even(cls, n: int) -> int:
        if n % 2:
            raise ValueError("must be even")
        return n


def test_a_plugin_model_answers_by_schema_or_fails_in_words() -> None:
    assert ask(router(spec(model=Parrot(says='Here: {"n": 2}'))), schema=Even).parsed == Even(n=2)
    parrot = Parrot(says="no")
    with pytest.raises(ModelError, match="no answer that is valid"):
        ask(router(spec(model=parrot)), schema=Even)
    assert len(parrot.told) == 2
    assert "not valid" in parrot.told[1]
    with pytest.raises(ModelError, match="must be even"):
        ask(router(spec(model=Parrot(says='{"n": 3}'))), schema=Even)


# --- any LangChain provider ------------------------------------------------------------------------------------------


def test_a_langchain_provider_answers_like_any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    package = types.ModuleType("langchain_ollama")
    package.__spec__ = importlib.machinery.ModuleSpec("langchain_ollama", None)
    package.ChatOllama = type("ChatOllama", (Parrot,), {"model_config": {"extra": "allow"}})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain_ollama", package)
    made = ProviderModel(name="house", provider="ollama:some-model", languages=["zh"])
    router = Router(Settings(models=[made], offline_model=False))
    models = router.bind("r", "s", "any", Ledger(1.0))
    assert models.writes("zh") == "house"
    assert asyncio.run(models.generate("你好", task="t", language="zh")).text == "你好"
    assert router.bind("r", "s", "local", Ledger(1.0)).writes("zh") is None


@pytest.mark.parametrize(("provider", "said"), [("anthropic:some-model", "langchain-anthropic"), ("nobody:some-model", "nobody")])
def test_a_provider_that_cannot_be_made_says_what_to_install_or_check(provider: str, said: str) -> None:
    router = Router(Settings(models=[ProviderModel(name="house", provider=provider)], offline_model=False))
    with pytest.raises(ModelUnavailable, match=said):
        asyncio.run(router.bind("r", "s", "any", Ledger(1.0)).generate("hi", task="t"))
