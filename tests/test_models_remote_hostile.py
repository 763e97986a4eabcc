"""Servers that send anything: each costs bounded time and memory and ends in a typed error."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback, Received, Reply, piece, says, sends, serving

from agent.errors import KolonyError, ModelError, ModelUnavailable
from agent.models import ChatOpenAI, Ledger, Router
from agent.models.bodies import UnderStatus200
from agent.models.bounded import BODY
from agent.models.completion import Stream, read_completion
from agent.models.meter import Meter
from agent.models.spec import Answer, Call, ChatMessage
from agent.settings import RemoteModel, Settings

MIB = 2**20
HELLO: list[ChatMessage] = [{"role": "user", "content": "hello"}]
JSON = {"Content-Type": "application/json"}


def chat(server: Loopback, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "m1", "base_url": server.url, "timeout": 5.0, "first_wait": 0.01, "attempts": 2, **options})


def ask(server: Loopback, **options: Any) -> Answer:
    return asyncio.run(chat(server, **options).aanswer(HELLO, Call(max_tokens=20)))


def told(server: Loopback, **options: Any) -> str:
    return "".join(str(c.content) for c in chat(server, **options).stream("hello"))


# --- too much --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_body_without_end_is_cut_off(status: int) -> None:
    endless = Reply(status, b" " * MIB, {**JSON, "Connection": "close"}, repeat=1024)
    with serving(endless) as server:
        with pytest.raises(ModelError, match="more than 4 MiB"):
            ask(server)
        assert len(server.received) == 1
        assert server.sent < 64 * MIB  # what the kernel's buffers hold, not the 1 GiB that there was to send


def test_a_body_that_is_announced_as_too_long_is_not_read() -> None:
    with serving(Reply(200, b" " * MIB, {**JSON, "Content-Length": str(2**30)}, repeat=1024)) as server:
        with pytest.raises(ModelError, match="more than 4 MiB"):
            ask(server)
        assert server.sent < 32 * MIB


def test_what_is_packed_counts_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * MIB) for _ in range(64)) + packer.flush()
    assert len(bomb) < BODY / 32
    with serving(Reply(200, bomb, {**JSON, "Content-Encoding": "gzip"})) as server:
        asyncio.run(chat(server)._endpoint._client())  # the SDK is imported before memory is measured
        tracemalloc.start()
        try:
            with pytest.raises(ModelError, match="more than 4 MiB"):
                ask(server)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * BODY  # of 64 MiB


def test_a_packed_answer_is_read_though_none_was_asked_for() -> None:
    with serving(Reply(200, gzip.compress(says("hi").body), {**JSON, "Content-Encoding": "gzip"})) as server:
        assert ask(server).text == "hi"
    assert server.received[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(("packing", "words"), [("br", "packed as 'br'"), ("gzip", "called packed, and is not")])
def test_an_answer_that_cannot_be_unpacked(packing: str, words: str) -> None:
    with (
        serving(Reply(200, says("hi").body, {**JSON, "Content-Encoding": packing})) as server,
        pytest.raises(ModelUnavailable, match=words),
    ):
        ask(server)


def test_a_stream_without_end_is_cut_off_by_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.models.bounded.STREAM", BODY)
    big = sends(piece("x" * 100_000), done=False, repeat=10_000)
    with serving(big) as server:
        with pytest.raises(ModelError, match="more than 4 MiB"):
            told(server, timeout=60.0)
        assert server.sent < 64 * MIB


def test_a_stream_without_end_is_cut_off_by_its_time() -> None:
    with serving(sends(piece("x"), done=False, repeat=1000, drip=0.02)) as server:
        began = time.perf_counter()
        with pytest.raises(ModelUnavailable, match=r"no answer within 0.5 s"):
            told(server, timeout=0.5)
        assert time.perf_counter() - began < 5


# --- too slow --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(hang=True), id="before its headers"),
        pytest.param(Reply(200, says("x").body, JSON, stall=True), id="in the middle"),
        pytest.param(Reply(200, says("x").body, JSON, drip=1.0), id="a byte a second"),
        pytest.param(Reply(500, b"oops, oops", JSON, stall=True), id="in the middle of an error"),
    ],
)
def test_a_slow_server_costs_one_timeout(reply: Reply) -> None:
    with serving(reply) as server:
        began = time.perf_counter()
        with pytest.raises(ModelUnavailable, match=r"no answer within 0.4 s"):
            ask(server, timeout=0.4, attempts=4)
        assert time.perf_counter() - began < 5
        assert len(server.received) == 1


def test_a_cancelled_call_closes_its_connection_and_is_booked() -> None:
    events: list[Any] = []
    meter = Meter(Ledger(1.0), events.append, "r", "s", "t", "m1", usd_per_mtok_in=10.0, usd_per_mtok_out=30.0)

    async def main(server: Loopback) -> None:
        task = asyncio.create_task(chat(server).aanswer(HELLO, Call(max_tokens=20), meter))
        while not server.received:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.hung_up.wait, 10)

    with serving(Reply(hang=True)) as server:
        asyncio.run(main(server))
    asked, event = events
    assert asked.request == event.request
    assert event.error == "cancelled"
    assert event.usd > 0
    assert meter.ledger.cost("s").usd == event.usd


def test_a_stream_that_nobody_reads_on_closes_its_connection() -> None:
    with serving(sends(piece("x"), done=False, repeat=10_000, drip=0.01)) as server:
        stream = chat(server).stream("hello")
        assert next(stream).content == "x"
        stream.close()
        sent = -1
        while sent != server.sent:  # until it grows no more
            sent = server.sent
            time.sleep(0.2)
        assert sent < 10_000 * len(server.replies[0].body) / 2  # type: ignore[union-attr]


# --- nonsense --------------------------------------------------------------------------------------------------------

NONSENSE = {
    "a web page": Reply(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}),
    "empty": Reply(200, b"", JSON),
    "not JSON, or cut off": Reply(200, says("x").body[:-20], JSON),
    "no chat completion": Reply(200, b'{"choices": []}', JSON),
    "unknown charset": Reply(200, says("x").body[:-1] + b"\xff}", JSON),
    "not JSON": Reply(200, b"[" * 100_000, JSON),
}


@pytest.mark.parametrize("words", NONSENSE)
def test_nonsense_is_asked_about_again_and_then_given_up(words: str) -> None:
    with serving(NONSENSE[words], says("ok")) as server:
        assert ask(server).text == "ok"
    with serving(NONSENSE[words]) as server, pytest.raises(ModelUnavailable, match=f"2 times: its answer is unusable.*{words}"):
        ask(server)
    assert len(server.received) == 2


def test_a_body_cut_off_by_the_connection() -> None:
    with serving(Reply(200, says("x").body, {**JSON, "Content-Length": "5000", "Connection": "close"}), says("ok")) as server:
        assert ask(server, timeout=3.0).text == "ok"


def test_the_type_matters_less_than_the_body_and_a_declared_charset_is_read() -> None:
    with serving(Reply(200, says("hi").body, {"Content-Type": "text/plain"})) as server:
        assert ask(server).text == "hi"
    body = json.dumps({"choices": [{"message": {"content": "桃子味的气泡水"}}]}, ensure_ascii=False).encode("gb18030")
    with serving(Reply(200, body, {"Content-Type": "application/json; charset=gb18030"})) as server:
        assert ask(server).text == "桃子味的气泡水"


def test_a_redirect_takes_neither_key_nor_prompt_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-SECRET-0123456789")
    with serving(says("stolen")) as other:
        for status in (301, 302, 307, 308):
            moved = Reply(status, b"", {"Location": f"{other.url}/chat/completions"})
            with serving(moved) as server, pytest.raises(ModelUnavailable, match="which is not followed"):
                ask(server)
    assert not other.received


def test_what_is_said_on_this_machine_passes_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says("from the proxy")) as proxy, serving(says("hi")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        assert ask(server).text == "hi"
    assert not proxy.received


def test_nothing_of_the_environment_is_sent_but_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "someone-elses")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: someone-elses")
    with serving() as server:
        ask(server)
    assert "someone-elses" not in str(server.received[0].headers)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["choices", "message", "delta", "content", "usage", "prompt_tokens", "finish_reason", "logprobs",
                                       "error", "object", "refusal", "index", "type", "text", "code", "details"]), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(anything)
def test_any_json_is_an_answer_or_a_fault_that_is_known(data: Any) -> None:
    try:
        completion = read_completion(json.dumps(data).encode())
    except (ValueError, UnderStatus200):
        return
    assert isinstance(completion.answer.text, str)
    assert min(completion.answer.tokens_in, completion.answer.tokens_out) >= 0


@given(st.dictionaries(st.sampled_from(["choices", "usage", "object"]), anything))
def test_any_event_of_a_stream_is_a_piece_or_a_fault_that_is_known(event: dict[str, Any]) -> None:
    said = Stream()
    try:
        text = said.add(event)
    except ValueError:
        return
    assert isinstance(text, str)


# --- streams ---------------------------------------------------------------------------------------------------------


def test_a_stream_and_its_usage() -> None:
    with serving(sends(piece("Peach"), piece(", "), piece("please", finish="stop"), piece(usage=(9, 3)))) as server:
        chunks = list(chat(server).stream("hello"))
    assert [c.content for c in chunks if c.content] == ["Peach", ", ", "please"]
    whole = sum(chunks[1:], chunks[0])
    assert whole.usage_metadata == {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}
    assert server.received[0].body["stream_options"] == {"include_usage": True}


def test_streaming_inside_a_running_loop_and_awaited() -> None:
    with serving(sends(piece("a"), piece("b", finish="stop"))) as server:
        model = chat(server)

        async def main() -> tuple[str, str]:
            return "".join([str(c.content) async for c in model.astream("x")]), "".join(str(c.content) for c in model.stream("x"))

        assert asyncio.run(main()) == ("ab", "ab")


def test_a_stream_is_begun_again_only_before_its_first_piece() -> None:
    good = sends(piece("ok", finish="stop"))
    for first in (
        Reply(503, b"busy"),
        sends(done=True),
        NONSENSE["a web page"],
        sends("not json", done=False),
        Reply(429, b"", {"Retry-After": "0.1"}),
    ):
        with serving(first, good) as server:
            assert told(server) == "ok"
        assert len(server.received) == 2
    broken = sends(piece("half "), {"error": {"message": "worker died"}}, done=False)
    with serving(broken, good) as server, pytest.raises(ModelUnavailable, match="worker died"):
        told(server)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (sends(piece("half "), done=False), "broke off"),
        (sends(piece("half "), piece(finish="content_filter")), "content policy"),
        (sends(piece("half "), "not json"), "unusable"),
        (sends(piece("half "), [1, 2]), "unusable"),
        (sends(piece("half "), {"choices": [{"delta": {"content": 3}}]}), "no chat completion"),
        (sends(piece("half "), {"error": {"message": "Input data may contain inappropriate content.", "code": "data_inspection_failed"}}), "content policy"),
    ],
)  # fmt: skip
def test_a_stream_that_goes_wrong_in_the_middle(reply: Reply, words: str) -> None:
    with serving(reply) as server, pytest.raises(KolonyError, match=words):
        told(server)
    assert len(server.received) == 1


def test_a_stream_is_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Any] = []
    meter = Meter(Ledger(1.0), events.append, "r", "s", "t", "m1", usd_per_mtok_in=10.0, usd_per_mtok_out=30.0)

    def script(request: Received) -> Reply:
        if "stream_options" in request.body:
            return Reply(400, b'{"error": {"message": "Unknown parameter: stream_options", "param": "stream_options"}}', JSON)
        return sends(piece("four"), piece(finish="stop"))

    async def main(model: ChatOpenAI) -> str:
        return "".join([text async for text, _ in model.apieces(HELLO, Call(max_tokens=20), meter)])

    with serving(script) as server:
        assert asyncio.run(main(chat(server))) == "four"
    events = [e for e in events if e.type == "model_called"]
    assert [(bool(e.error), e.tokens_out) for e in events] == [(True, 0), (False, 4)]  # without usage: the text's bytes
    assert meter.ledger.cost("s").usd == pytest.approx(events[1].usd)


# --- and the run goes on ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(hang=True), id="hang"),
        pytest.param(Reply(200, b" " * MIB, JSON, repeat=1024), id="1 GiB"),
        pytest.param(Reply(400, b'{"error": {"message": "Content Exists Risk"}}', JSON), id="policy"),
        pytest.param(Reply(400, b'{"error": {"message": "maximum context length is 8 tokens"}}', JSON), id="context"),
        pytest.param(Reply(401, b""), id="key"),
        pytest.param(Reply(307, b"", {"Location": "http://127.0.0.1:1/"}), id="redirect"),
    ],
)
def test_the_next_model_takes_the_call(reply: Reply, tmp_path: Path) -> None:
    with serving(reply) as bad, serving(says("Peach, please.")) as good:
        models = [
            RemoteModel(name=n, model="m", base_url=s.url, timeout=0.5, context=c)
            for n, s, c in (("bad", bad, 8_192), ("good", good, 65_536))
        ]
        router = Router(Settings(home=tmp_path, models=models, offline_model=False))
        answer = asyncio.run(router.bind("r", "s", "any", Ledger(1.0)).generate("hello", task="test"))
    assert (answer.text, answer.model) == ("Peach, please.", "good")
    assert len(bad.received) == 1
