"""``ChatOpenAI`` against a real HTTP server on loopback, well-behaved and not."""

from __future__ import annotations

import asyncio
import json
import re
import time
import tomllib
import traceback
from pathlib import Path
from typing import Any, Literal

import pytest
from loopback import Loopback, Received, Reply, refuses, says, serving
from pydantic import BaseModel, Field

from agent.errors import BudgetExceeded, ContentRefused, ContextTooLong, ModelError, ModelUnavailable
from agent.events import ModelAsked, ModelCalled
from agent.models import ChatOpenAI, Ledger, Router
from agent.models.address import on_this_machine
from agent.models.meter import Meter
from agent.models.schema import strict
from agent.models.spec import Answer, Call, ChatMessage
from agent.settings import RemoteModel, load

KEY = "sk-planted-SECRET-0123456789abcdef"
HELLO: list[ChatMessage] = [{"role": "user", "content": "hello"}]
HTML = Reply(200, b"<html><body>Welcome to the proxy</body></html>", {"Content-Type": "text/html"})


class Caption(BaseModel):
    text: str = Field(max_length=80)
    mood: Literal["calm", "lively"]


GOOD = '{"text": "Peach, please.", "mood": "lively"}'
SCHEMA = strict(Caption)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def chat(server: Loopback, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "m1", "base_url": server.url, "timeout": 5.0, "first_wait": 0.01, **options})


def ask(model: ChatOpenAI, call: Call | None = None, meter: Meter | None = None) -> Answer:
    return asyncio.run(model.aanswer(HELLO, call or Call(max_tokens=20), meter))


def test_an_answer_with_its_usage_and_what_was_sent() -> None:
    with serving(says("hi there", 9, 3)) as server:
        answer = ask(chat(server), Call(max_tokens=20, temperature=0.3, seed=7, stop=("\n",)))
    assert answer == Answer("hi there", 9, 3, "stop")
    (request,) = server.received
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {"model": "m1", "messages": HELLO, "max_tokens": 20, "temperature": 0.3, "seed": 7, "stop": ["\n"]}


@pytest.mark.parametrize("first", [refuses(429, "slow down", {"Retry-After": "0.3"}), refuses(500, "oops"), refuses(503, "busy"), HTML,
                                   Reply(200, b'{"choices": [{"mess', {"Content-Type": "application/json"}),
                                   Reply(200, b'{"error": "under 200"}', {"Content-Type": "application/json"})])  # fmt: skip
def test_transient_faults_are_retried(first: Reply) -> None:
    with serving(first, says("ok")) as server:
        started = time.perf_counter()
        assert ask(chat(server)).text == "ok"
    assert len(server.received) == 2
    if first.status == 429:
        assert time.perf_counter() - started >= 0.3


def test_retries_are_bounded_and_the_sdk_adds_none() -> None:
    with serving(refuses(503, "busy")) as server, pytest.raises(ModelUnavailable, match="does not answer, 3 times: HTTP 503 busy"):
        ask(chat(server, attempts=3))
    assert len(server.received) == 3


def test_a_long_retry_after_is_not_waited_for() -> None:
    with serving(refuses(429, "tomorrow", {"Retry-After": "86400"})) as server, pytest.raises(ModelUnavailable, match="wait 86400 s"):
        ask(chat(server))
    assert len(server.received) == 1


@pytest.mark.parametrize("reply", [Reply(hang=True), Reply(200, says("x").body, {"Content-Type": "application/json"}, drip=0.05)])
def test_a_server_that_hangs_or_drips_costs_bounded_time(reply: Reply) -> None:
    with serving(reply) as server:
        started = time.perf_counter()
        with pytest.raises(ModelUnavailable, match=r"no answer within 0.3 s"):
            ask(chat(server, timeout=0.3, attempts=2))
        assert time.perf_counter() - started < 3


def test_nobody_listens() -> None:
    with serving() as server:
        pass
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1.*no connection"):
        ask(chat(server, attempts=2))


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (refuses(401, "Incorrect API key provided"), ModelUnavailable, "OPENAI_API_KEY"),
        (refuses(404, "no such model"), ModelUnavailable, "knows no model 'm1'"),
        (refuses(400, "maximum context length is 8 tokens"), ContextTooLong, "maximum context length"),
        (refuses(429, "no money", code="insufficient_quota"), ModelUnavailable, "quota"),
        (says(None, finish="content_filter"), ContentRefused, "content policy"),
    ],
)
def test_refusals_are_typed_and_not_repeated(reply: Reply, kind: type[Exception], words: str) -> None:
    with serving(reply) as server, pytest.raises(kind, match=words):
        ask(chat(server))
    assert len(server.received) == 1


def test_an_option_the_server_does_not_know_is_left_out_from_then_on() -> None:
    refusal = refuses(400, "Unsupported parameter: 'max_tokens' is not supported with this model.", param="max_tokens")
    with serving(refusal, says("ok")) as server:
        model = chat(server)
        assert ask(model).text == ask(model).text == "ok"
    assert len(server.received) == 3
    assert "max_tokens" not in server.received[1].body
    assert server.received[2].body["max_completion_tokens"] == 20


# --- structured answers ----------------------------------------------------------------------------------------------


def test_structured_output_by_response_format() -> None:
    with serving(says(GOOD)) as server:
        assert json.loads(ask(chat(server), Call(schema=SCHEMA)).text)["mood"] == "lively"
    form = server.received[0].body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == SCHEMA
    assert SCHEMA["additionalProperties"] is False


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_response_format_gets_the_schema_in_the_prompt(status: int) -> None:
    def script(request: Received) -> Reply:
        if "response_format" in request.body:
            return refuses(status, "response_format: extra fields not permitted")
        return says(f"Sure! Here it is:\n```json\n{GOOD}\n```")

    with serving(script) as server:
        model = chat(server)
        assert json.loads(ask(model, Call(schema=SCHEMA)).text) == json.loads(GOOD)
        ask(model, Call(schema=SCHEMA))
    assert [("response_format" in r.body) for r in server.received] == [True, False, False]  # learnt once
    assert '"mood"' in server.received[1].said


def test_a_server_that_ignores_response_format_is_noticed_and_may_repair_once() -> None:
    with serving(says("Peach!"), says('{"text": "Peach", "mood": "angry"}'), says(GOOD)) as server:
        assert json.loads(ask(chat(server), Call(schema=SCHEMA)).text) == json.loads(GOOD)
    assert "mood" in server.received[2].said
    assert "not valid" in server.received[2].said


def test_answers_that_stay_invalid_are_an_error_after_three_requests() -> None:
    with serving(says("no JSON for you")) as server, pytest.raises(ModelError, match="no answer that is valid"):
        ask(chat(server), Call(schema=SCHEMA))
    assert len(server.received) == 3


def test_langchain_interface_plain_and_structured_also_inside_a_running_loop() -> None:
    with serving(says(GOOD)) as server:
        model = chat(server)

        async def main() -> Any:
            return model.invoke("hello"), await model.ainvoke("hello"), model.with_structured_output(Caption).invoke("hello")

        plain, awaited, structured = asyncio.run(main())
    assert plain.content == awaited.content == GOOD
    assert plain.usage_metadata["output_tokens"] == 5
    assert structured == Caption(text="Peach, please.", mood="lively")


# --- money and secrets -----------------------------------------------------------------------------------------------


def metered(cap: float, events: list[Any]) -> Meter:
    return Meter(Ledger(cap), events.append, "r", "s", "t", "m1", usd_per_mtok_in=10.0, usd_per_mtok_out=30.0)


def test_every_request_is_priced_and_a_lost_answer_is_booked_in_full() -> None:
    events: list[Any] = []
    meter = metered(1.0, events)
    with serving(refuses(500, "oops"), HTML, says("ok", 100, 10)) as server:
        ask(chat(server), meter=meter)
    asked = [e for e in events if isinstance(e, ModelAsked)]  # each before its request, and no key for two bodies' answers
    assert [e.request for e in asked] == [e.request for e in events if isinstance(e, ModelCalled)]
    assert len({e.request for e in asked}) == 3
    events = [e for e in events if isinstance(e, ModelCalled)]
    assert [(e.error.split(" ")[0], e.tokens_in) for e in events] == [("HTTP", 0), ("its", 0), ("", 100)]
    assert events[0].usd == 0
    assert events[1].usd > 0  # it may have been billed
    assert events[2].usd == pytest.approx((100 * 10 + 10 * 30) / 1e6)
    assert meter.ledger.cost("s").usd == pytest.approx(sum(e.usd for e in events))


def test_nothing_is_sent_that_may_cost_more_than_is_left() -> None:
    with serving() as server, pytest.raises(BudgetExceeded):
        ask(chat(server), meter=metered(0.0001, []))
    assert not server.received


def test_the_key_is_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Any] = []
    texts: list[str] = []
    echo = f"Incorrect API key provided: {KEY}. Also {KEY[:14]}... and ...{KEY[-8:]}"
    for reply in (refuses(401, echo), refuses(400, echo), refuses(500, echo)):
        with serving(reply) as server:
            model = chat(server, attempts=2)
            with caplog.at_level("DEBUG"), pytest.raises(ModelError) as error:
                ask(model, meter=metered(1.0, events))
        texts += [repr(error.value), repr(model), str(model), str(model.asdict()), model.model_dump_json()]
        texts += traceback.format_exception(error.value)
    texts += [e.model_dump_json() for e in events] + [r.getMessage() for r in caplog.records]
    assert any(isinstance(e, ModelCalled) for e in events)
    for text in texts:
        assert "SECRET" not in text
        assert KEY[-8:] not in text


def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelUnavailable, match="environment variable OPENAI_API_KEY"):
        ask(ChatOpenAI(model="m1", base_url="https://models.example.com/v1"))
    with serving() as server:  # a server on this machine needs none
        assert ask(chat(server)).text == "hello"


# --- the documented blocks -------------------------------------------------------------------------------------------

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
BLOCKS = re.findall(
    r"^```toml\n(\[\[models\]\]\n[^`]*base_url[^`]*|\[\[models\]\]\nname = \"openai\"[^`]*)^```$", PAGE.read_text(encoding="utf-8"), re.M
)


def test_there_is_a_block_for_each_server() -> None:
    names = {m["name"] for block in BLOCKS for m in tomllib.loads(block)["models"]}
    assert names >= {"openai", "gemini", "deepseek", "qwen", "vllm", "ollama", "llama-cpp", "transformers"}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_documented_block_makes_a_model_that_the_router_may_use(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kolony.toml").write_text(block, encoding="utf-8")
    settings = load(tmp_path, offline_model=False)
    (remote,) = settings.models
    assert isinstance(remote, RemoteModel)
    monkeypatch.setenv(remote.api_key_env, KEY)
    (info,) = Router(settings).models()
    assert info.available, info.reason
    assert ChatOpenAI(model=remote.model, base_url=remote.base_url, api_key_env=remote.api_key_env)._endpoint.host in remote.base_url
    assert remote.trusted == on_this_machine(remote.base_url)
