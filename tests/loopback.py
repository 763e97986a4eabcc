"""A small OpenAI-compatible server on 127.0.0.1. It records every byte that reaches it, and misbehaves on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]  # names in lower case
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.raw)
        return data

    @property
    def said(self) -> str:
        """The last turn's text."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True)
class Reply:
    """One answer of the server. ``hang``: never sends it. ``drip``: seconds between its bytes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: float = 0.0


def says(text: str | None, tokens_in: int = 12, tokens_out: int = 5, finish: str = "stop", usage: bool = True) -> Reply:
    """A chat completion as OpenAI's API documents it."""
    completion = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": "loopback",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        **({"usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}} if usage else {}),
    }  # fmt: skip
    return Reply(200, json.dumps(completion).encode(), {"Content-Type": "application/json"})


def refuses(status: int, message: str, headers: dict[str, str] | None = None, param: str | None = None, code: str | None = None) -> Reply:
    """An error as OpenAI's API documents it."""
    error = {"error": {"message": message, "type": "error", "param": param, "code": code}}
    return Reply(status, json.dumps(error).encode(), {"Content-Type": "application/json", **(headers or {})})


Script = Callable[[Received], Reply]


class Loopback:
    """The server: ``replies`` are sent in order, the last one for ever after; a function answers by what was asked."""

    def __init__(self, *replies: Reply | Script) -> None:
        self.replies = list(replies) or [says("hello")]
        self.received: list[Received] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def raw(self) -> bytes:
        """Everything that was ever received."""
        return b"\n".join(r.raw for r in self.received)

    def _reply(self, request: Received) -> Reply:
        with self._lock:
            self.received.append(request)
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply if isinstance(reply, Reply) else reply(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with server._lock:
                    server._now += 1
                    server.most_at_once = max(server.most_at_once, server._now)
                try:
                    self._send(server._reply(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, raw)))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                finally:
                    with server._lock:
                        server._now -= 1

            def _send(self, reply: Reply) -> None:
                if reply.hang:
                    server._closed.wait(30)
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if not reply.drip:
                    self.wfile.write(reply.body)
                    return
                for i in range(len(reply.body)):
                    if server._closed.wait(reply.drip):
                        return
                    self.wfile.write(reply.body[i : i + 1])
                    self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None:
                """Tests print nothing."""

        return Handler


@contextmanager
def serving(*replies: Reply | Script) -> Iterator[Loopback]:
    """A running server, stopped afterwards."""
    server = Loopback(*replies)
    thread = threading.Thread(target=server._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._closed.set()
        server._server.shutdown()
        server._server.server_close()
        thread.join(5)
