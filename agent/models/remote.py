"""``ChatOpenAI``: any OpenAI-compatible server as a LangChain chat model, on the ``openai`` SDK."""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr

from ..errors import ModelError, ModelUnavailable, TransientError
from . import schema as schemas
from .address import api_key
from .messages import as_messages, structured
from .meter import Meter, most_tokens
from .spec import Answer, Call, ChatMessage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
LONGEST_WAIT = 30.0
"""Seconds: a longer ``Retry-After`` is a refusal, and the router goes on to the next model."""
_ADJUSTABLE = ("max_tokens", "temperature", "top_p", "seed", "stop")


class ChatOpenAI(BaseChatModel):
    """A model behind an OpenAI-compatible ``base_url`` (OpenAI, Gemini, DeepSeek, Qwen, vLLM, Ollama, …).

    The key is read from the environment variable ``api_key_env`` at each call and kept nowhere. Every structured answer is
    checked against its schema, whatever the server claims: one that refuses ``response_format`` or ignores it gets the
    schema in the prompt and one chance to repair.
    """

    model: str
    base_url: str = "https://api.openai.com/v1"
    api_key_env: str = "OPENAI_API_KEY"
    timeout: float = Field(60.0, gt=0, description="seconds for one request, from sending to the answer's last byte")
    attempts: int = Field(4, ge=1, description="requests at most for one answer, where the fault is transient")
    first_wait: float = Field(0.5, ge=0, description="seconds; doubled at every further attempt, with jitter")
    max_tokens: int = 1_024
    temperature: float = 0.0

    _clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncOpenAI] = PrivateAttr(default_factory=WeakKeyDictionary)
    _dropped: set[str] = PrivateAttr(default_factory=set)
    _plain_schemas: bool = PrivateAttr(default=False)

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "base_url": self.base_url}

    # --- one answer ---------------------------------------------------------------------------------------------------

    async def aanswer(self, messages: Sequence[ChatMessage], call: Call, meter: Meter | None = None) -> Answer:
        """Answer one conversation. With ``call.schema`` the text is JSON that is valid against it.

        Raises:
            ModelUnavailable: no key, a key that is refused, a model that does not exist, or a server that stays unreachable.
            ModelError: the server refuses the request, or its answers stay unusable.
            BudgetExceeded: a request does not fit under the run's cap.
        """
        meter = meter or Meter()
        if call.schema is None:
            return await self._send(messages, call, meter, None)
        if not self._plain_schemas:
            form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": call.schema, "strict": True}}
            try:
                answer = await self._send(messages, call, meter, form)
            except _FormRefused:
                self._plain_schemas = True  # the next call need not learn it again
            else:
                data, fault = schemas.read(answer.text, call.schema)
                if not fault:
                    return Answer(json.dumps(data, ensure_ascii=False), answer.tokens_in, answer.tokens_out, answer.finish)
        return await self._by_prompt(messages, call, meter)

    async def _by_prompt(self, messages: Sequence[ChatMessage], call: Call, meter: Meter) -> Answer:
        """The schema in the prompt, the answer parsed, and one repair."""
        assert call.schema is not None
        told, fault = schemas.told(messages, call.schema), ""
        for _ in range(2):
            answer = await self._send(told, call, meter, None)
            data, fault = schemas.read(answer.text, call.schema)
            if not fault:
                return Answer(json.dumps(data, ensure_ascii=False), answer.tokens_in, answer.tokens_out, answer.finish)
            told = schemas.repair(told, answer.text, fault)
        raise ModelError(f"{self.model} at {self._host} gave no answer that is valid against its schema: {fault}.")

    # --- one request, and its retries ---------------------------------------------------------------------------------

    async def _send(self, messages: Sequence[ChatMessage], call: Call, meter: Meter, form: dict[str, Any] | None) -> Answer:
        wait = self.first_wait
        for attempt in range(1, self.attempts + 1):
            try:
                return await self._request(messages, call, meter, form)
            except _Busy as e:
                after = e.after
                if attempt == self.attempts or (after is not None and after > LONGEST_WAIT):
                    more = f" (it asks to wait {after:.0f} s)" if after is not None and after > LONGEST_WAIT else f", {attempt} times"
                    raise ModelUnavailable(f"{self.model} at {self._host} does not answer{more}: {e}.") from None
                await asyncio.sleep(max(after or 0.0, wait * random.uniform(0.5, 1.0)))
                wait *= 2
        raise AssertionError("unreachable")

    async def _request(self, messages: Sequence[ChatMessage], call: Call, meter: Meter, form: dict[str, Any] | None) -> Answer:
        import openai

        options: dict[str, Any] = {"max_tokens": call.max_tokens, "temperature": call.temperature, "seed": call.seed}
        if call.stop:
            options["stop"] = list(call.stop)
        options = {k: v for k, v in options.items() if v is not None and k not in self._dropped}
        if "max_tokens" in self._dropped:
            options["max_completion_tokens"] = call.max_tokens
        if form:
            options["response_format"] = form
        turns: Any = list(messages)
        client = self._client()
        request = meter.open(most_tokens(messages) + (len(json.dumps(form)) if form else 0), call.max_tokens)
        try:
            async with asyncio.timeout(self.timeout):
                raw = await client.chat.completions.with_raw_response.create(model=self.model, messages=turns, **options)
                body = raw.http_response.text
        except (TimeoutError, openai.APITimeoutError):
            request.lost("timeout")
            raise _Busy(f"no answer within {self.timeout:g} s") from None
        except openai.APIConnectionError as e:
            request.refused("no connection")
            raise _Busy(self._clean(f"no connection ({e.__cause__ or e})")) from None
        except openai.APIStatusError as e:
            request.refused(f"HTTP {e.status_code}")
            retry = self._judge(e, form is not None)
        except asyncio.CancelledError:
            request.lost("cancelled")
            raise
        except BaseException:
            request.lost("failed")
            raise
        else:
            try:
                answer = _read(body)
            except ValueError as e:
                request.lost(str(e))
                raise _Busy(f"its answer is unusable ({e})") from None
            except ModelError:
                request.lost("refused by content policy")
                raise
            request.done(answer.tokens_in or most_tokens(messages), answer.tokens_out or len(answer.text.encode()))
            return answer
        if retry:
            return await self._request(messages, call, meter, form)
        raise AssertionError("unreachable")

    def _judge(self, error: Any, has_form: bool) -> bool:
        """What an HTTP error means. True: send again without the option the server would not take.

        Raises:
            the error that fits.
        """
        status, said = error.status_code, self._clean(_said(error))
        if status in (408, 409, 425, 429) or status >= 500:
            if getattr(error, "code", None) == "insufficient_quota":
                raise ModelUnavailable(f"{self._host} says that the account's quota is used up.", hint="Check its billing.") from None
            raise _Busy(f"HTTP {status} {said}", _retry_after(error.response.headers)) from None
        if status in (400, 422):
            unsupported = next((o for o in _ADJUSTABLE if o not in self._dropped and (error.param == o or f"'{o}'" in said)), None)
            if unsupported and any(
                word in said.lower() for word in ("unsupported", "not support", "unknown", "unrecognized", "unexpected")
            ):
                self._dropped.add(unsupported)
                return True
            if has_form and "context" not in said.lower():
                raise _FormRefused(said) from None
        if status in (401, 403):
            raise ModelUnavailable(
                f"{self._host} refuses the key of {self.model} (HTTP {status}).", hint=f"Check the environment variable {self.api_key_env}."
            ) from None
        if status == 404:
            raise ModelUnavailable(
                f"{self._host} knows no model {self.model!r} (HTTP 404).", hint="Correct `model` or `base_url`."
            ) from None
        raise ModelError(f"{self.model} at {self._host} refuses the request (HTTP {status}): {said}.") from None

    # --- the client ---------------------------------------------------------------------------------------------------

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    def _client(self) -> AsyncOpenAI:
        """One client per event loop: its connections belong to the loop they were opened in."""
        from openai import AsyncOpenAI

        loop = asyncio.get_running_loop()
        key = api_key(self.api_key_env, self.base_url)
        client = self._clients.get(loop)
        if client is None or client.api_key != key:
            client = AsyncOpenAI(api_key=key, base_url=self.base_url, timeout=self.timeout, max_retries=0)
            self._clients[loop] = client
        return client

    def _clean(self, text: str) -> str:
        """Servers echo keys, whole or in part; no text of theirs is passed on with one."""
        key = os.environ.get(self.api_key_env, "")
        for secret in (key, key[:12], key[-8:]):
            if len(secret) >= 6:
                text = text.replace(secret, "***")
        return " ".join(text.split())[:300]

    # --- LangChain's interface ----------------------------------------------------------------------------------------

    def _call(self, options: dict[str, Any], stop: Sequence[str] | None) -> Call:
        return Call(
            max_tokens=options.get("max_tokens") or self.max_tokens,
            temperature=options.get("temperature", self.temperature),
            seed=options.get("seed"),
            stop=tuple(stop or ()),
            schema=options.get("json_schema"),
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        a = await self.aanswer(as_messages(messages), self._call(kwargs, stop))
        usage: Any = {"input_tokens": a.tokens_in, "output_tokens": a.tokens_out, "total_tokens": a.tokens_in + a.tokens_out}
        metadata = {"finish_reason": a.finish, "model_name": self.model}
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=a.text, usage_metadata=usage, response_metadata=metadata))])

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        return _in_own_loop(self._closing(self._agenerate(messages, stop, None, **kwargs)))

    async def _closing(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        finally:
            client = self._clients.pop(asyncio.get_running_loop(), None)
            if client is not None:
                await client.close()

    def with_structured_output(self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any) -> Runnable[Any, Any]:
        """A runnable whose every answer is valid against ``schema`` (a Pydantic model or a JSON schema)."""
        return structured(self, schema, include_raw)


class _Busy(TransientError):
    """May work the next time; ``after`` is the server's wish in seconds."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class _FormRefused(ModelError):
    """The server does not take ``response_format``."""


def _read(body: str) -> Answer:
    """A chat completion's first answer and its usage.

    Raises:
        ValueError: the body is no such thing (HTML, cut off, an error under 200).
    """
    try:
        data = json.loads(body)
    except ValueError:
        raise ValueError("not JSON, or cut off") from None
    try:
        choice = data["choices"][0]
        text = choice["message"]["content"]
        usage = data.get("usage") or {}
        answer = Answer(
            text or "", int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0),
            "length" if choice.get("finish_reason") == "length" else "stop",
        )  # fmt: skip
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise ValueError("no chat completion") from None
    if choice.get("finish_reason") == "content_filter" or choice["message"].get("refusal"):
        raise ModelError("The server's content policy refused this request.")
    return answer


def _said(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error", body)
    message = (inner.get("message") if isinstance(inner, dict) else inner) or body.get("detail") or ""
    return str(message)


def _retry_after(headers: Any) -> float | None:
    """Seconds, from ``Retry-After`` in its two forms or ``retry-after-ms``."""
    from email.utils import parsedate_to_datetime
    from time import time

    try:
        if headers.get("retry-after-ms"):
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after")
        if not value:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (TypeError, ValueError):
        return None


def _in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from plain code, also where a loop already runs (a notebook)."""
    box: list[T] = []
    fault: list[BaseException] = []

    def run() -> None:
        try:
            box.append(asyncio.run(work))
        except BaseException as e:
            fault.append(e)

    thread = threading.Thread(target=run, name="chat-openai")
    thread.start()
    thread.join()
    if fault:
        raise fault[0]
    return box[0]
