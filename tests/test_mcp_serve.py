"""``kolony mcp serve`` as a client starts it: over standard input and output, and over HTTP on this machine alone."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from typer.testing import CliRunner

from agent.cli import app
from agent.errors import KolonyError, UsageError
from agent.mcp import http, require

COMMAND = [sys.executable, "-c", "from agent.cli import main; main()", "mcp", "serve"]
CAPTION = "check this caption: Our soda cures headaches. #ad"
LOUD = """
import sys
print("a plugin that talks while it is imported")
from agent import hookimpl

@hookimpl
def register_tools():
    print("and when it is asked for its tools")
    return []
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "loud.py").write_text(LOUD)
    return {
        **os.environ,
        "KOLONY_HOME": str(tmp_path / "home"),
        "KOLONY_PLUGINS_DIR": str(tmp_path / "plugins"),
        "KOLONY_OFFLINE_MODEL": "false",
    }


def test_a_client_over_standard_input_and_output(tmp_path: Path, environment: dict[str, str]) -> None:
    async def work() -> Any:
        server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment, cwd=tmp_path)
        async with Client(server, mode="legacy", read_timeout_seconds=120) as client:
            names = {t.name for t in (await client.list_tools()).tools}
            review = await client.call_tool("review_content", {"request": CAPTION})
            report = await client.read_resource(f"kolony://runs/{review.structured_content['run']}/report.md")
            return names, review, report.contents[0].text

    names, review, report = asyncio.run(work())
    assert {"kolony_run", "search_creators", "review_content"} <= names
    assert not review.is_error
    assert "cures" in json.dumps(review.structured_content["artifact"])
    assert '"severity"' in json.dumps(review.structured_content["artifact"])
    assert review.structured_content["run"] in report


def test_standard_output_is_the_protocols_alone(tmp_path: Path, environment: dict[str, str]) -> None:
    hello = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
        '"clientInfo":{"name":"t","version":"1"}}}\n'
    )
    listing = '{"jsonrpc":"2.0","method":"notifications/initialized"}\n{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
    with subprocess.Popen(COMMAND, stdin=-1, stdout=-1, stderr=-1, text=True, env=environment, cwd=tmp_path) as server:
        assert server.stdin
        assert server.stdout
        assert server.stderr
        server.stdin.write(hello)
        server.stdin.flush()
        first = server.stdout.readline()
        server.stdin.write("no json at all\n" + listing)
        server.stdin.flush()
        lines = [first]
        while '"id":2' not in lines[-1]:
            lines.append(server.stdout.readline())
            assert lines[-1], "the server ended"
        server.stdin.close()
        rest, noise = server.stdout.read(), server.stderr.read()
    assert all(line.startswith("{") for line in [*lines, *rest.splitlines()])
    assert "a plugin that talks" in noise
    assert "Traceback" not in noise


@contextmanager
def serving(environment: dict[str, str], folder: Path) -> Iterator[str]:
    with subprocess.Popen([*COMMAND, "--http", "127.0.0.1:0"], stderr=-1, text=True, env=environment, cwd=folder) as server:
        assert server.stderr
        try:
            found = re.search(r"http://\S+/mcp", server.stderr.readline())
            assert found
            yield found[0]
        finally:
            server.terminate()
            server.stderr.read()


def test_a_client_over_http_and_no_page_of_another_name(tmp_path: Path, environment: dict[str, str]) -> None:
    async def work(url: str) -> Any:
        async with Client(url, read_timeout_seconds=120) as client:
            return await client.call_tool("kolony_plan", {"request": CAPTION})

    with serving(environment, tmp_path) as url:
        plan = asyncio.run(work(url))
        assert [s["tool"] for s in plan.structured_content["plan"]["steps"]] == ["review_content"]
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            refused = httpx2.post(url, json={}, headers={"Accept": "application/json, text/event-stream", **headers})
            assert refused.status_code in (403, 421)


def test_with_a_token_every_request_must_carry_it(tmp_path: Path, environment: dict[str, str]) -> None:
    token = "t" * http.SHORTEST

    async def work(url: str) -> int:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=120) as web,
            Client(streamable_http_client(url, http_client=web)) as client,
        ):
            return len((await client.list_tools()).tools)

    with serving({**environment, http.TOKEN: token}, tmp_path) as url:
        for given in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {token}x"}, {"Authorization": token}):
            assert httpx2.post(url, json={}, headers=given).status_code == 401
        assert asyncio.run(work(url)) > 5


@pytest.mark.parametrize(
    ("host", "anywhere", "token", "words"),
    [
        ("0.0.0.0", False, "", "--allow-remote"), ("192.168.1.5", False, "x" * 40, "--allow-remote"), ("::", True, "", "token"),
        ("example.com", True, "", "token"), ("0.0.0.0", True, "short", "shorter"), ("127.0.0.1", False, "short", "shorter"),
    ],
)  # fmt: skip
def test_other_machines_are_let_in_only_on_purpose(host: str, anywhere: bool, token: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        http.check(host, anywhere=anywhere, token=token)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_token(host: str) -> None:
    http.check(host, anywhere=False, token="")
    http.check("0.0.0.0", anywhere=True, token="x" * 40)


@pytest.mark.parametrize("where", ["", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:99999", ":-1"])
def test_an_address_that_is_none(where: str) -> None:
    with pytest.raises(UsageError):
        http.address(where)


def test_addresses() -> None:
    assert http.address("[::1]:80") == ("::1", 80)
    assert http.address("8765") == ("127.0.0.1", 8765)


def test_a_port_that_is_taken_is_said() -> None:
    with http._listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(KolonyError, match="cannot be served"):
            http._listen("127.0.0.1", taken.getsockname()[1])


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(KolonyError, match=r"kolony\[mcp\]"):
        require()
    assert "serve" in CliRunner().invoke(app, ["mcp", "--help"]).output
