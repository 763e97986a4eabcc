"""One OpenAI-compatible server: a request, its retries, and what its refusals mean. Chat and embeddings go through here."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from ..errors import ContentRefused, ContextTooLong, KolonyError, ModelError, ModelUnavailable, TransientError
from . import keys
from .address import host_of
from .bodies import UnderStatus200, decoded, refuse_under_200, retry_after
from .meter import Meter, Request
from .refusals import Kind, Said, classify, read_error

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
LONGEST_WAIT = 30.0
"""Seconds: a longer ``Retry-After`` is a refusal, and the router goes on to the next model."""


class Busy(TransientError):
    """May work the next time; ``after`` is the server's wish in seconds."""

    def __init__(self, message: str, after: float | None = None, *, unanswered: bool = False) -> None:
        super().__init__(message)
        self.after, self.unanswered = after, unanswered
        self.request = ""
        """Idempotency key of the request, where it may have been served without an answer: the next is sent under it again."""


class NotTaken(ModelError):
    """The server does not take a part of the request: an option, or ``response_format``."""

    def __init__(self, message: str, kind: Kind, said: Said) -> None:
        super().__init__(message)
        self.kind, self.said = kind, said


@dataclass
class Endpoint:
    """A server and a model on it.

    Args:
        timeout: seconds for one request, from sending to the answer's last byte. A server that takes longer is not asked again.
        attempts: requests at most for one answer, where the fault is transient (429, 5xx, no connection, an unusable answer).
        first_wait: seconds before the second attempt; doubled at every further one, with jitter. ``Retry-After`` goes before.
        limit: bytes of an answer's body.
    """

    model: str
    base_url: str
    api_key_env: str
    timeout: float
    attempts: int
    first_wait: float
    limit: int
    _clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncOpenAI] = field(
        default_factory=WeakKeyDictionary, repr=False, compare=False
    )

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "_clients"}  # connections and the key in them stay here

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _clients=WeakKeyDictionary())

    @property
    def host(self) -> str:
        """For people."""
        return host_of(self.base_url)

    async def ask(
        self, path: str, body: dict[str, Any], read: Callable[[bytes], tuple[T, int, int]], meter: Meter, most: tuple[int, int]
    ) -> T:
        """POST ``body`` until ``read`` takes the answer.

        Args:
            read: the answer's bytes to a value and its tokens in and out; ``ValueError`` where it is unusable (it is asked again), a
                ``ModelError`` where the server refuses in an answer of 200.
            most: tokens in and out at most, to be reserved before each request.

        Raises:
            ModelUnavailable: no key, a wrong one, no such model, no quota left, or a server that stays unreachable.
            ContextTooLong, ContentRefused, NotTaken, ModelError: the server refuses the request.
            BudgetExceeded: a request does not fit under the run's cap.
        """
        return await self._repeat(lambda again: self._once(path, body, read, meter, most, again))

    async def stream(
        self,
        path: str,
        body: dict[str, Any],
        read: Callable[[dict[str, Any]], T],
        meter: Meter,
        most: tuple[int, int],
        usage: Callable[[], tuple[int, int]],
    ) -> AsyncGenerator[T, None]:
        """A streamed answer, each event through ``read``. It is asked again only before the first; ``usage`` is read at the end.

        Raises:
            as :meth:`ask`; a stream that breaks off is a ``ModelUnavailable``, one that goes on for ever a ``ModelError``.
        """
        left = self.timeout  # only what is spent waiting for the server counts
        started = time.perf_counter()
        request, opened, first = await self._repeat(lambda again: self._open(path, body, read, meter, most, again))
        left -= time.perf_counter() - started
        fault: BaseException | None = None
        try:
            yield first
            while True:
                began = time.perf_counter()
                async with asyncio.timeout(max(left, 0.01)):
                    event = await anext(opened, None)
                left -= time.perf_counter() - began
                if event is None:
                    break
                yield read(_event(event))
            request.done(*usage(), once=_keeps_keys(opened.response.headers))
            return
        except (asyncio.CancelledError, GeneratorExit):
            request.lost("cancelled")
            raise
        except Exception as e:
            fault, _ = self._fault(e)
        finally:
            await opened.close()
        request.lost(getattr(fault, "message", type(fault).__name__))
        raise self._given_up(fault, 1) if isinstance(fault, Busy) else fault

    # --- retries ------------------------------------------------------------------------------------------------------

    async def _repeat(self, once: Callable[[str], Coroutine[Any, Any, T]]) -> T:
        wait, again = self.first_wait, ""
        for attempt in range(1, self.attempts + 1):
            try:
                return await once(again)
            except Busy as e:
                busy, again = e, e.request
            # Out of the handler: what is raised from here on must not carry the SDK's own errors along.
            if attempt == self.attempts or (busy.after or 0.0) > LONGEST_WAIT:
                raise self._given_up(busy, attempt)
            await asyncio.sleep(max(busy.after or 0.0, wait * random.uniform(0.5, 1.0)))
            wait *= 2
        raise AssertionError("unreachable")

    def _given_up(self, busy: Busy, attempts: int) -> ModelUnavailable:
        long = busy.after is not None and busy.after > LONGEST_WAIT
        more = f" (it asks to wait {busy.after:.0f} s)" if long else f", {attempts} times" if attempts > 1 else ""
        error = ModelUnavailable(f"{self.model} at {self.host} does not answer{more}: {busy.message}.")
        error.after = busy.after
        return error

    # --- one request --------------------------------------------------------------------------------------------------

    async def _once(
        self,
        path: str,
        body: dict[str, Any],
        read: Callable[[bytes], tuple[T, int, int]],
        meter: Meter,
        most: tuple[int, int],
        again: str,
    ) -> T:
        import httpx2

        client = await self._client()
        request = meter.open(*most, self._digest(path, body), again)
        try:
            async with asyncio.timeout(self.timeout):
                response = await client.post(path, cast_to=httpx2.Response, body=body, options=_with(request))
            value, tokens_in, tokens_out = read(decoded(response))
        except asyncio.CancelledError:
            request.lost("cancelled")
            raise
        except Exception as e:
            fault, billed = self._fault(e)
        else:
            request.done(tokens_in, tokens_out, once=_keeps_keys(response.headers))
            return value
        self._end(request, fault, billed)
        raise fault

    async def _open(
        self, path: str, body: dict[str, Any], read: Callable[[dict[str, Any]], T], meter: Meter, most: tuple[int, int], again: str
    ) -> tuple[Request, Any, T]:
        """A stream up to its first event: until then another attempt is safe."""
        import openai

        client = await self._client()
        body = {**body, "stream": True}
        request = meter.open(*most, self._digest(path, body), again)
        opened: Any = None
        try:
            async with asyncio.timeout(self.timeout):
                kind = openai.AsyncStream[object]
                opened = await client.post(path, cast_to=object, body=body, options=_with(request), stream=True, stream_cls=kind)
                event = await anext(opened, None)
            if event is None:
                raise ValueError("empty, or no stream of events")
            first = read(_event(event))
        except asyncio.CancelledError:
            request.lost("cancelled")
            raise
        except Exception as e:
            fault, billed = self._fault(e)
        else:
            return request, opened, first
        if opened is not None:
            await opened.close()
        self._end(request, fault, billed)
        raise fault

    def _digest(self, path: str, body: dict[str, Any]) -> str:
        return hashlib.sha256(json.dumps([self.base_url, path, body]).encode()).hexdigest()

    def _end(self, request: Request, fault: Exception, billed: bool) -> None:
        what = fault.message if isinstance(fault, KolonyError) else type(fault).__name__
        if isinstance(fault, Busy) and fault.unanswered:
            fault.request = request.id
        if billed:
            request.lost(what)
        else:
            request.refused(what)

    # --- what went wrong ----------------------------------------------------------------------------------------------

    def _fault(self, e: Exception) -> tuple[Exception, bool]:
        """The error of ours that fits, and whether the request may have been billed. It carries nothing of the SDK's, which hold
        the request with its key.
        """
        import httpx2
        import openai

        from .bounded import TooLong, Unreadable

        if isinstance(e, UnderStatus200):
            return self._judge(200, e.said, {}), True
        if isinstance(e, KolonyError):
            return e, True
        if isinstance(e, TimeoutError | openai.APITimeoutError):
            # Not asked again: a server that is dead should cost one timeout, and the next model may take the call.
            return ModelUnavailable(f"{self.model} at {self.host} gives no answer within {self.timeout:g} s."), True
        if isinstance(e, openai.APIConnectionError):
            cause = e.__cause__ or e
            never = isinstance(cause, httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol)
            return Busy(self.clean(f"no connection ({cause})"), unanswered=not never), not never
        if isinstance(e, openai.APIStatusError):
            return self._judge(
                e.status_code, read_error(e.body if isinstance(e.body, dict) else e.response.content), e.response.headers
            ), False
        if isinstance(e, openai.APIError):  # an error in the middle of a stream
            return self._judge(200, read_error(e.body if isinstance(e.body, dict) else str(e.message)), {}), True
        if isinstance(e, TooLong):
            return ModelError(f"{self.model} at {self.host} sends an answer of more than {e.limit / 2**20:g} MiB; it was cut off."), True
        if isinstance(e, Unreadable | httpx2.HTTPError):
            return Busy(self.clean(f"its answer is unusable ({e})")), True
        if isinstance(e, ValueError):
            return Busy(self.clean(f"its answer is unusable ({e})")), True
        return ModelError(f"{self.model} at {self.host} failed ({type(e).__name__})."), True

    def _judge(self, status: int, said: Said, headers: Any) -> Exception:
        """What a refusal means, as an error of ours."""
        kind, words = classify(status, said), self.clean(said.message)
        where = f"{self.model} at {self.host}"
        http = f"HTTP {status}"
        if kind is Kind.POLICY:
            return ContentRefused(f"The content policy of {where} refuses the text ({http}): {words}.")
        if kind is Kind.CONTEXT:
            return ContextTooLong(f"The prompt is too long for {where} ({http}): {words}.", hint="Set `context` in its [[models]] block.")
        if kind is Kind.QUOTA:
            return ModelUnavailable(f"{self.host} says that the account's quota is used up ({http}).", hint="Check its billing.")
        if kind is Kind.KEY:
            return ModelUnavailable(
                f"{self.host} refuses the key of {self.model} ({http}).",
                hint=f"Check {self.api_key_env} in the environment or the keyring.",
            )
        if kind is Kind.MODEL:
            return ModelUnavailable(f"{self.host} knows no model {self.model!r} ({http}).", hint="Correct `model` or `base_url`.")
        if kind is Kind.REDIRECT:
            to = self.clean(headers.get("location", "").partition("?")[0])
            return ModelUnavailable(f"{self.host} sends requests on to {to} ({http}), which is not followed.", hint="Correct `base_url`.")
        if kind is Kind.BUSY or status == 200:
            after = said.wait if said.wait is not None else retry_after(headers)
            return Busy(f"HTTP {status} {words}".strip() if status != 200 else f"its answer is unusable ({words})", after)
        message = f"{where} refuses the request ({http}): {words}."
        return NotTaken(message, kind, said) if status in (400, 422, 501) else ModelError(message)

    def clean(self, text: str) -> str:
        """Servers echo keys, whole or in part; no text of theirs is passed on with one."""
        return keys.redact(text, next((c.api_key for c in self._clients.values()), keys.NONE_NEEDED))

    # --- the client ---------------------------------------------------------------------------------------------------

    async def _client(self) -> AsyncOpenAI:
        """One client per event loop: its connections belong to the loop they were opened in."""
        from openai import AsyncOpenAI

        from .bounded import http_client

        loop = asyncio.get_running_loop()
        key = await asyncio.to_thread(keys.api_key, self.api_key_env, self.base_url)  # a keyring may ask a person first
        client = self._clients.get(loop)
        if client is None or client.api_key != key:
            http = http_client(self.base_url, self.timeout, self.limit)
            client = AsyncOpenAI(api_key=key, base_url=self.base_url, timeout=http.timeout, max_retries=0, http_client=http)
            keys.watch(client)
            self._clients[loop] = client
        return client

    async def closing(self, work: Coroutine[Any, Any, T]) -> T:
        """``work``, and then this loop's connections closed."""
        try:
            return await work
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close this loop's connections."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()


def _with(request: Request) -> Any:
    """Servers that know the header (of an IETF draft) do what they are asked under one key once, and bill it once."""
    return {"headers": {"Idempotency-Key": request.id}}


def _keeps_keys(headers: Any) -> bool:
    """Whether the server says, of an answer given again or for the first time, that it keeps track of idempotency keys."""
    return any(headers.get(name, "").lower() in ("true", "false") for name in ("idempotent-replayed", "idempotency-replayed"))


def _event(event: Any) -> dict[str, Any]:
    refuse_under_200(event)
    if not isinstance(event, dict):
        raise ValueError("no chat completion")
    return event
