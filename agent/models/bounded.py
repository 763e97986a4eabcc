"""Answers of servers that nobody vouches for: the body cut off at a limit, the headers kept to what is needed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai

from .address import on_this_machine

BODY = 4 * 2**20
"""Bytes of a chat answer. The longest that a model writes (some 100,000 tokens) has a tenth of that."""
STREAM = 32 * 2**20
"""Bytes of a streamed answer: each token of it comes in some 300 bytes of JSON."""
CONNECT = 10.0
"""Seconds until a connection must stand, where the timeout of the whole request is not shorter."""
_OURS = frozenset(("host", "connection", "authorization", "accept", "accept-encoding", "content-type", "idempotency-key", "content-length",
                   "transfer-encoding", "user-agent"))  # fmt: skip


class TooLong(Exception):
    """The body is longer than ``limit`` bytes. Nothing beyond them was read."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit


class Unreadable(Exception):
    """The body is packed in a way that was not asked for and is not known."""


def http_client(base_url: str, timeout: float, limit: int) -> httpx2.AsyncClient:
    """A client for one server that reads ``limit`` bytes of a body at most, unpacked ones, follows no redirect, and sends no header
    beyond those that the API needs.

    A redirect would take the prompt, and on the same host the key, to an address that nobody chose. The environment's proxies hold,
    except for an address on this machine: what is said to it must not pass through another.
    """

    async def bound(response: httpx2.Response) -> None:
        streamed = response.headers.get("content-type", "").startswith("text/event-stream")
        packing = response.headers.pop("content-encoding", "identity")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        most = max(limit, STREAM) if streamed else limit
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > most:
            raise TooLong(most)
        response.stream = _Bounded(response.stream, most, packing.strip().lower())

    async def plain(request: httpx2.Request) -> None:
        # The SDK adds OpenAI's organization, and whatever OPENAI_CUSTOM_HEADERS holds, to requests to anybody.
        if not (request.url.host == "openai.com" or request.url.host.endswith(".openai.com")):
            for name in set(request.headers) - _OURS:
                del request.headers[name]
        request.headers["accept-encoding"] = "identity"

    return openai.DefaultAsyncHttpxClient(
        timeout=httpx2.Timeout(timeout, connect=min(CONNECT, timeout)),
        follow_redirects=False,
        trust_env=not on_this_machine(base_url),
        event_hooks={"request": [plain], "response": [bound]},
    )


class _Bounded(httpx2.AsyncByteStream):
    """A body's bytes, unpacked, up to ``limit``. No more than one piece of the wire and ``limit`` bytes are ever held."""

    def __init__(self, inner: httpx2.AsyncByteStream, limit: int, packing: str) -> None:
        self._inner, self._limit, self._left, self._packing = inner, limit, limit, packing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        unpack: Any = None
        if self._packing in ("gzip", "x-gzip", "deflate"):
            unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
        elif self._packing not in ("", "identity"):
            raise Unreadable(f"packed as {self._packing[:20]!r}, which was not asked for")
        async for piece in self._inner:
            if unpack is not None:
                try:
                    # One byte more than may come, to notice it; max_length 0 would mean no bound.
                    piece = unpack.decompress(piece, self._left + 1)
                except zlib.error:
                    raise Unreadable("called packed, and is not") from None
            self._left -= len(piece)
            if self._left < 0:
                raise TooLong(self._limit)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
