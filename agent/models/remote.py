"""``ChatOpenAI``: any OpenAI-compatible server as a LangChain chat model, on the ``openai`` SDK."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from ..errors import ContentRefused, ModelError
from . import schema as schemas
from . import toolcalls
from .address import fault_of
from .bounded import BODY
from .completion import ADJUSTABLE, Completion, Stream, options, read_completion, response_format
from .endpoint import Endpoint, NotTaken
from .loops import in_own_loop, iterate_in_own_loop
from .messages import as_messages, structured
from .meter import Meter, most_tokens
from .refusals import Kind, option_of
from .spec import Answer, Call, ChatMessage

CHAT = "/chat/completions"


class ChatOpenAI(toolcalls.ToolCalling):
    """A model behind an OpenAI-compatible ``base_url`` (OpenAI, Gemini, DeepSeek, Qwen, vLLM, Ollama, …).

    The key is read from the environment variable ``api_key_env``, else from the keyring, at each call. Every structured answer is
    checked against its schema, whatever the server claims: one that refuses ``response_format`` or ignores it gets the
    schema in the prompt and one chance to repair.
    """

    # A base_url with a key in it is refused, and must not be quoted while doing so.
    model_config = ConfigDict(hide_input_in_errors=True)

    model: str
    base_url: str = "https://api.openai.com/v1"
    api_key_env: str = "OPENAI_API_KEY"
    timeout: float = Field(60.0, gt=0, description="seconds for one request, from sending to the answer's last byte")
    attempts: int = Field(4, ge=1, description="requests at most for one answer, where the fault is transient")
    first_wait: float = Field(0.5, ge=0, description="seconds; doubled at every further attempt, with jitter")
    max_tokens: int = 1_024
    temperature: float = 0.0

    _endpoint: Endpoint = PrivateAttr()
    _dropped: set[str] = PrivateAttr(default_factory=set)
    _plain_schemas: bool = PrivateAttr(default=False)

    @field_validator("base_url")
    @classmethod
    def _an_address_without_keys(cls, value: str) -> str:
        fault = fault_of(value)
        if fault:
            raise ValueError(f"base_url: {fault}")
        return value

    def model_post_init(self, context: Any) -> None:
        self._endpoint = Endpoint(self.model, self.base_url, self.api_key_env, self.timeout, self.attempts, self.first_wait, BODY)

    @property
    def _llm_type(self) -> str:
        return "openai-compatible"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "base_url": self.base_url}

    @property
    def _where(self) -> str:
        return f"{self.model} at {self._endpoint.host}"

    # --- one answer ---------------------------------------------------------------------------------------------------

    async def aanswer(self, messages: Sequence[ChatMessage], call: Call, meter: Meter | None = None) -> Answer:
        """Answer one conversation. With ``call.schema`` the text is JSON that is valid against it.

        Cancelled, it closes its connection at once and books what the request may have cost.

        Raises:
            ModelUnavailable: no key, a key that is refused, a model that does not exist, or a server that stays unreachable.
            ContextTooLong: the prompt and the room for its answer do not fit.
            ContentRefused: the server's content policy keeps the text or its answer back.
            ModelError: the server refuses the request, or its answers stay unusable.
            BudgetExceeded: a request does not fit under the run's cap.
        """
        meter = meter or Meter()
        if call.schema is None:
            return await self._send(messages, call, meter, None)
        if not self._plain_schemas:
            try:
                answer = await self._send(messages, call, meter, response_format(call.schema))
            except NotTaken as e:
                refusal = e.said.message
                if e.kind is Kind.FORM and not re.search(r"invalid schema|for schema|grammar|in context=", refusal, re.IGNORECASE):
                    self._plain_schemas = True  # not this schema alone: the next call need not learn it again
            else:
                if answer.tool_calls:
                    return answer
                data, fault = schemas.read(answer.text, call.schema)
                if not fault:
                    return replace(answer, text=json.dumps(data, ensure_ascii=False))
                if answer.finish != "length" and not _holds_json(answer.text):
                    self._plain_schemas = True  # it took the option and ignored it
        return await self._by_prompt(messages, call, meter)

    async def _by_prompt(self, messages: Sequence[ChatMessage], call: Call, meter: Meter) -> Answer:
        """The schema in the prompt, the answer parsed, and one repair."""
        assert call.schema is not None
        told, fault = schemas.told(messages, call.schema), ""
        for _ in range(2):
            answer = await self._send(told, call, meter, None)
            if answer.tool_calls:
                return answer
            data, fault = schemas.read(answer.text, call.schema)
            if not fault:
                return replace(answer, text=json.dumps(data, ensure_ascii=False))
            told = schemas.repair(told, answer.text, fault)
        raise ModelError(f"{self._where} gave no answer that is valid against its schema: {fault}.")

    async def _send(self, messages: Sequence[ChatMessage], call: Call, meter: Meter, form: dict[str, Any] | None) -> Answer:
        def read(body: bytes) -> tuple[Completion, int, int]:
            completion = read_completion(body)
            a = completion.answer
            return completion, a.tokens_in or most_tokens(messages), a.tokens_out or len(a.text.encode())

        while True:
            body = self._body(messages, call, form)
            try:
                completion = await self._endpoint.ask(CHAT, body, read, meter, _most(messages, call, form))
            except NotTaken as e:
                refusal = e
            else:
                self._check(completion.refused)
                toolcalls.check(completion.answer, call, self._where)
                return completion.answer
            self._drop(refusal, body)

    async def apieces(self, messages: Sequence[ChatMessage], call: Call, meter: Meter | None = None) -> AsyncIterator[tuple[str, Stream]]:
        """One answer as it is written: each new piece of text, with all that is known so far.

        Raises:
            as :meth:`aanswer`. What was given out before stays valid text, cut off.
        """
        meter = meter or Meter()
        while True:
            said = Stream()
            body = self._body(messages, call, None)
            if "stream_options" not in self._dropped:
                body["stream_options"] = {"include_usage": True}

            def usage(said: Stream = said) -> tuple[int, int]:
                return said.tokens_in or most_tokens(messages), said.tokens_out or len(said.text.encode())

            pieces = self._endpoint.stream(CHAT, body, said.add, meter, _most(messages, call, None), usage)
            try:
                async for piece in pieces:
                    if piece:
                        yield piece, said
            except NotTaken as e:
                refusal = e
            else:
                self._check(said.refused)
                if not said.ended:
                    raise ModelError(f"{self._where} broke off in the middle of its answer.")
                yield "", said
                return
            finally:
                await pieces.aclose()
            self._drop(refusal, body)

    def _body(self, messages: Sequence[ChatMessage], call: Call, form: dict[str, Any] | None) -> dict[str, Any]:
        body = {"model": self.model, "messages": list(messages), **options(call, self._dropped)}
        if form:
            body["response_format"] = form
        return body

    def _drop(self, refusal: NotTaken, body: dict[str, Any]) -> None:
        """Leave the option out from now on that the server does not take; without one, the refusal stands."""
        option = option_of(refusal.said, [o for o in ADJUSTABLE if o in body]) if refusal.kind is Kind.OPTION else None
        if option is None:
            raise refusal
        self._dropped.add(option)

    def _check(self, refused: str) -> None:
        if refused:
            raise ContentRefused(f"{self._where} gives no answer under its content policy: {refused}.")

    # --- LangChain's interface ----------------------------------------------------------------------------------------

    def _call(self, options: dict[str, Any], stop: Sequence[str] | None) -> Call:
        return Call(
            max_tokens=options.get("max_tokens") or self.max_tokens,
            temperature=options.get("temperature", self.temperature),
            seed=options.get("seed"),
            stop=tuple(stop or ()),
            schema=options.get("json_schema"),
            **toolcalls.asked(options),
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        a = await self.aanswer(as_messages(messages), self._call(kwargs, stop))
        message = AIMessage(
            content=a.text, tool_calls=toolcalls.as_langchain(a), usage_metadata=_usage(a), response_metadata=self._metadata(a)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        return in_own_loop(self._endpoint.closing(self._agenerate(messages, stop, None, **kwargs)))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call, plain = self._call(kwargs, stop), as_messages(messages)
        if call.schema is not None:  # nothing of it is known to be valid before its end
            yield self._last(await self.aanswer(plain, call))
            return
        said = Stream()
        async for piece, said in self.apieces(plain, call):  # noqa: B007 - the last one is used below
            if piece:
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield self._last(Answer("", said.tokens_in, said.tokens_out, said.finish))

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        yield from iterate_in_own_loop(lambda: self._astream(messages, stop, None, **kwargs), self._endpoint.aclose)

    def _last(self, a: Answer) -> ChatGenerationChunk:
        message = AIMessageChunk(content=a.text, usage_metadata=_usage(a), response_metadata=self._metadata(a), chunk_position="last")
        return ChatGenerationChunk(message=message)

    def _metadata(self, a: Answer) -> dict[str, Any]:
        return {"finish_reason": a.finish, "model_name": self.model}

    def with_structured_output(self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any) -> Runnable[Any, Any]:
        """A runnable whose every answer is valid against ``schema`` (a Pydantic model or a JSON schema)."""
        return structured(self, schema, include_raw)


def _most(messages: Sequence[ChatMessage], call: Call, form: dict[str, Any] | None) -> tuple[int, int]:
    return most_tokens(messages) + sum(len(json.dumps(part)) for part in (form, toolcalls.openai_form(call)) if part), call.max_tokens


def _usage(a: Answer) -> Any:
    return {"input_tokens": a.tokens_in, "output_tokens": a.tokens_out, "total_tokens": a.tokens_in + a.tokens_out}


def _holds_json(text: str) -> bool:
    try:
        schemas.find_json(text)
    except ValueError:
        return False
    return True
