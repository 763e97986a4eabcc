"""Where keys come from, and that they go nowhere but to their server."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from loopback import Loopback, Reply, piece, refuses, says, sends, serving
from pydantic import ValidationError

from agent.errors import ModelError, ModelUnavailable, SettingsError
from agent.models import ChatOpenAI, Ledger
from agent.models.address import fault_of, on_this_machine
from agent.models.keys import find_key, missing
from agent.models.meter import Meter
from agent.models.spec import Call, ChatMessage
from agent.settings import load

KEY = "sk-planted-SECRET-0123456789abcdef"
HELLO: list[ChatMessage] = [{"role": "user", "content": "hello"}]
FAR = "https://models.example.com/v1"


class InMemory(KeyringBackend):
    """A working backend, as the package documents how to write one."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, broken: bool = False) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.broken = broken
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        if self.broken:
            raise keyring.errors.KeyringLocked("dismissed")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    before, backend = keyring.get_keyring(), InMemory()
    keyring.set_keyring(backend)
    monkeypatch.setattr("agent.models.keys._held", {})
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    yield backend
    keyring.set_keyring(before)


def test_the_environment_goes_before_the_keyring(ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_password("kolony", "OPENAI_API_KEY", KEY)
    with serving() as server:
        model = ChatOpenAI(model="m1", base_url=server.url)
        model.invoke("hello")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
        model.invoke("hello")
    assert [r.headers["authorization"] for r in server.received] == [f"Bearer {KEY}", "Bearer sk-from-the-environment"]


def test_a_missing_key_names_both_places_and_a_broken_keyring_is_as_good_as_none(ring: InMemory) -> None:
    ring.broken = True
    assert find_key("OPENAI_API_KEY") == ""
    with pytest.raises(ModelUnavailable, match=r"environment variable OPENAI_API_KEY, or `keyring set kolony OPENAI_API_KEY`"):
        ChatOpenAI(model="m1", base_url=FAR).invoke("hello")


def test_whether_there_is_a_key_is_asked_of_the_keyring_once(ring: InMemory) -> None:
    assert "OPENAI_API_KEY" in missing("OPENAI_API_KEY", FAR)
    for _ in range(100):
        missing("OPENAI_API_KEY", FAR)
        assert missing("OPENAI_API_KEY", "http://127.0.0.1:1/v1") == ""
    assert ring.asked == 1
    keyring.set_password("kolony", "OTHER_KEY", KEY)
    assert missing("OTHER_KEY", FAR) == ""


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:8000/v1", True), ("http://127.0.0.1/v1", True), ("http://127.9.9.9:1", True), ("http://[::1]:8000/v1", True),
        ("http://127.0.0.1.example.com/v1", False), ("http://localhost.example.com", False), ("http://127.0.0.1@example.com/v1", False),
        ("http://0.0.0.0:8000", False), ("http://192.168.0.2:8000", False), ("", False), ("localhost:8000", False),
    ],
)  # fmt: skip
def test_only_loopback_is_on_this_machine(url: str, here: bool) -> None:
    assert on_this_machine(url) is here


@pytest.mark.parametrize(
    "url", [f"https://user:{KEY}@example.com/v1", f"https://{KEY}@example.com", f"https://example.com/v1?key={KEY}", f"ftp://{KEY}", f"{KEY}", "http://x:port"]
)  # fmt: skip
def test_an_address_that_holds_a_key_or_is_none_is_refused_unquoted(url: str, tmp_path: Path) -> None:
    assert fault_of(url)
    with pytest.raises(ValidationError) as error:
        ChatOpenAI(model="m1", base_url=url)
    assert KEY not in str(error.value) + repr(error.value)
    (tmp_path / "kolony.toml").write_text(f'[[models]]\nname = "a"\nmodel = "b"\nbase_url = "{url}"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(tmp_path)
    assert KEY not in "".join(traceback.format_exception(refused.value))


def reaches(error: BaseException) -> Iterator[BaseException]:
    """The error and all that hangs on it."""
    seen, rest = set(), [error]
    while rest:
        e = rest.pop()
        if id(e) not in seen:
            seen.add(id(e))
            yield e
            rest += [x for x in (e.__cause__, e.__context__, *getattr(e, "exceptions", ())) if x is not None]


ECHO = f"Incorrect API key provided: {KEY}. Also {KEY[:14]}... and ...{KEY[-8:]}"
TELLTALES = {
    "401": refuses(401, ECHO),
    "400": refuses(400, ECHO),
    "429": refuses(429, ECHO),
    "500": refuses(500, ECHO),
    "policy": refuses(400, f"Content Exists Risk {ECHO}"),
    "header": Reply(500, b"", {"X-Echo": f"Bearer {KEY}", "WWW-Authenticate": KEY}),
    "redirect": Reply(307, b"", {"Location": f"http://127.0.0.1:1/{KEY}?key={KEY}"}),
    "under 200": Reply(200, f'{{"error": {{"message": "{ECHO}"}}}}'.encode()),
    "a page": Reply(200, f"<html>{ECHO}</html>".encode()),
    "hang": Reply(hang=True),
    "cut off": Reply(200, ECHO.encode(), {"Content-Length": "9999", "Connection": "close"}),
    "stream": sends(piece("half"), {"error": {"message": ECHO}}),
}


@pytest.mark.parametrize("reply", [pytest.param(r, id=name) for name, r in TELLTALES.items()])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_key_is_in_no_text_whatever_the_server_sends_back(
    reply: Reply, streamed: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    events: list[Any] = []
    meter = Meter(Ledger(1.0), events.append, "r", "s", "t", "m1")
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)

    async def main(model: ChatOpenAI) -> None:
        if streamed:
            [_ async for _ in model.apieces(HELLO, Call(max_tokens=20), meter)]
        else:
            await model.aanswer(HELLO, Call(max_tokens=20), meter)

    with serving(reply) as server:
        model = ChatOpenAI(model="m1", base_url=server.url, attempts=2, first_wait=0.01, timeout=0.5)
        with pytest.raises(ModelError) as error:
            asyncio.run(main(model))
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
    texts = [str(vars(e)) + str(e) + repr(e) for e in reaches(error.value)] + traceback.format_exception(error.value)
    texts += [repr(model), str(model), str(model.asdict()), model.model_dump_json(), repr(pickle.dumps(model)), repr(copy.deepcopy(model))]
    texts += [e.model_dump_json() for e in events] + [r.getMessage() + str(r.args) for r in caplog.records]
    # A crash reporter or a debugger's traceback shows local variables too.
    frames = [f for e in reaches(error.value) for f, _ in traceback.walk_tb(e.__traceback__) if "/agent/" in f.f_code.co_filename]
    assert frames
    texts += [repr(value) for f in frames for value in f.f_locals.values()]
    assert any(r.name.startswith("httpcore2") for r in caplog.records)
    for text in texts:
        assert "SECRET" not in text
        assert KEY[-8:] not in text


def test_a_model_that_was_pickled_answers_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def used(server: Loopback) -> ChatOpenAI:
        model = ChatOpenAI(model="m1", base_url=server.url)
        model.invoke("hello")
        return model

    with serving(says("hi")) as server:
        again: ChatOpenAI = pickle.loads(pickle.dumps(used(server)))
        assert again.invoke("hello").content == "hi"
