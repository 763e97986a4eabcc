"""A small OpenAI-compatible server on 127.0.0.1. It records every byte that reaches it, and misbehaves on request."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
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
    """One answer of the server. ``hang``: never sends it. ``drip``: seconds between its bytes. ``repeat``: the body so many times,
    without saying how long it will be. ``stall``: sends half of it and then nothing."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: float = 0.0
    repeat: int = 0
    stall: bool = False


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


def sends(*events: object, done: bool = True, repeat: int = 0, drip: float = 0.0) -> Reply:
    """A stream of events, as the API documents it."""
    lines = [f"data: {e if isinstance(e, str) else json.dumps(e)}\n\n" for e in events] + (["data: [DONE]\n\n"] if done else [])
    return Reply(200, "".join(lines).encode(), {"Content-Type": "text/event-stream"}, repeat=repeat, drip=drip)


def piece(text: str | None = None, finish: str | None = None, usage: tuple[int, int] | None = None) -> dict[str, Any]:
    """One event of a streamed chat completion."""
    event: dict[str, Any] = {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }
    if usage:
        event = {**event, "choices": [], "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}}
    return event


Script = Callable[[Received], Reply]


class Loopback:
    """The server: ``replies`` are sent in order, the last one for ever after; a function answers by what was asked."""

    def __init__(self, *replies: Reply | Script) -> None:
        self.replies = list(replies) or [says("hello")]
        self.received: list[Received] = []
        self.most_at_once = 0
        self.sent = 0  # bytes of bodies that were sent with `repeat`
        self.hung_up = threading.Event()  # a client closed its connection while it waited
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
                    self._wait()
                    return
                self.send_response(reply.status)
                length = {} if reply.repeat else {"Content-Length": str(len(reply.body))}
                for name, value in {**length, **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if reply.stall:
                    self.wfile.write(reply.body[: len(reply.body) // 2])
                    self._wait()
                    return
                if reply.repeat:
                    self.close_connection = True
                    for _ in range(reply.repeat):
                        self.wfile.write(reply.body)
                        server.sent += len(reply.body)
                        if server._closed.wait(reply.drip):
                            return
                    return
                if not reply.drip:
                    self.wfile.write(reply.body)
                    return
                for i in range(len(reply.body)):
                    if server._closed.wait(reply.drip):
                        return
                    self.wfile.write(reply.body[i : i + 1])
                    self.wfile.flush()

            def _wait(self) -> None:
                """Until the client goes away."""
                self.close_connection = True
                until = time.monotonic() + 30
                while time.monotonic() < until and not server._closed.is_set():
                    if select.select([self.connection], [], [], 0.02)[0] and not self.connection.recv(1, socket.MSG_PEEK):
                        server.hung_up.set()
                        return

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
