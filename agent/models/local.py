"""``ChatTransformers``: a Transformer on this machine as a LangChain chat model."""

from __future__ import annotations

import asyncio
import math
import queue
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from . import toolcalls
from .messages import as_messages, structured
from .spec import Answer, Call, ChatMessage

if TYPE_CHECKING:
    from .engine import Engine


class ChatTransformers(toolcalls.ToolCalling):
    """A hub id, a folder or a GGUF file, through Hugging Face ``transformers``. Loaded on the first call, once per process.

    Besides LangChain's own interface it has :meth:`generate_batch`, which answers several conversations as one batch; calls
    that wait at the same time share a batch as well. Calls take ``max_tokens``, ``temperature`` (0: greedy), ``top_p``,
    ``seed``, ``stop``, ``repetition_penalty``, ``logprobs`` and ``json_schema`` (the answer is then JSON, always valid
    against it).
    """

    path: str = Field(description="hub id, folder or GGUF file")
    adapter: str = Field("", description="folder of a LoRA adapter on top of it")
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 0.95
    repetition_penalty: float | None = None

    @property
    def _llm_type(self) -> str:
        return "transformers"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"path": self.path, "adapter": self.adapter, "dtype": self.dtype}

    def load(self) -> Engine:
        """Load it now (blocks).

        Raises:
            ModelUnavailable: saying what is missing or broken and what to do.
        """
        from .engine import load

        return load(self.path, self.device, self.dtype, self.adapter)

    def get_num_tokens(self, text: str) -> int:
        """Tokens of ``text`` under this model's own tokenizer."""
        return self.load().count(text)

    def score(self, text: str) -> list[tuple[str, float]]:
        """``(token, natural log of its probability)`` for each token of ``text`` under this model, given those before it (blocks).

        The first token has none where the tokenizer knows no beginning-of-text token.
        """
        engine = self.load()
        return engine.thread.submit(engine.score, text).result()

    def perplexity(self, text: str) -> float:
        """exp of the mean negative log-likelihood per token, 1 or more: how surprised the model is by ``text`` (blocks).

        Raises:
            ValueError: the text is too short to score.
        """
        scored = self.score(text)
        if not scored:
            raise ValueError("Perplexity needs a text of at least two tokens.")
        return math.exp(-sum(p for _, p in scored) / len(scored))

    def generate_batch(self, conversations: Sequence[Sequence[ChatMessage]], call: Call | None = None) -> list[Answer]:
        """Answer several conversations as one padded batch (blocks; one answer each, in order).

        Raises:
            ModelUnavailable: the model cannot be loaded.
            ModelError: a prompt does not fit into the context, or the schema is not usable.
        """
        call = call or self._call({})
        engine = self.load()
        try:
            told, held = toolcalls.local(conversations, call)
            answers = [toolcalls.read(a, held) for a in engine.submit(told, held).result()]
            if again := toolcalls.repeated(conversations, answers, held):
                told, held = toolcalls.local([conversations[i] for i in again], replace(call, tool_choice=toolcalls.ANSWER))
                for i, a in zip(again, engine.submit(told, held).result(), strict=True):
                    answers[i] = toolcalls.read(a, held)
            return answers
        except KeyboardInterrupt:
            call.cancelled.set()  # or the process would not end before the answer does
            raise

    async def agenerate_batch(self, conversations: Sequence[Sequence[ChatMessage]], call: Call | None = None) -> list[Answer]:
        """The same without blocking the loop. Cancelling it ends the generation at the next token."""
        call = call or self._call({})
        engine = await asyncio.to_thread(self.load)
        try:
            told, held = toolcalls.local(conversations, call)
            answers = [toolcalls.read(a, held) for a in await asyncio.wrap_future(engine.submit(told, held))]
            if again := toolcalls.repeated(conversations, answers, held):
                told, held = toolcalls.local([conversations[i] for i in again], replace(call, tool_choice=toolcalls.ANSWER))
                more = await asyncio.wrap_future(engine.submit(told, held))
                for i, a in zip(again, more, strict=True):
                    answers[i] = toolcalls.read(a, held)
            return answers
        except asyncio.CancelledError:
            call.cancelled.set()
            raise

    def _call(self, options: dict[str, Any], stop: Sequence[str] | None = None) -> Call:
        return Call(
            max_tokens=options.get("max_tokens") or self.max_tokens,
            temperature=self.temperature if options.get("temperature") is None else options["temperature"],
            top_p=options.get("top_p") or self.top_p,
            seed=options.get("seed"),
            stop=tuple(stop or ()),
            schema=options.get("json_schema"),
            logprobs=bool(options.get("logprobs")),
            repetition_penalty=options.get("repetition_penalty") or self.repetition_penalty,
            **toolcalls.asked(options),
        )

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> ChatResult:
        return _result(self.generate_batch([as_messages(messages)], self._call(kwargs, stop))[0], self.path)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answers = await self.agenerate_batch([as_messages(messages)], self._call(kwargs, stop))
        return _result(answers[0], self.path)

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        conversations, call = toolcalls.local([as_messages(messages)], self._call(kwargs, stop))
        engine = self.load()
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        job = engine.submit(conversations, call, pieces.put)
        job.add_done_callback(lambda _: pieces.put(None))
        try:
            while (piece := pieces.get()) is not None:
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                if run_manager:
                    run_manager.on_llm_new_token(piece, chunk=chunk)
                yield chunk
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=_usage(job.result()[0])))
        finally:
            call.cancelled.set()  # whoever reads no further wants no further tokens

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        conversations, call = toolcalls.local([as_messages(messages)], self._call(kwargs, stop))
        engine = await asyncio.to_thread(self.load)
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def put(piece: str | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        job = engine.submit(conversations, call, put)
        job.add_done_callback(lambda _: put(None))
        try:
            while (piece := await pieces.get()) is not None:
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                if run_manager:
                    await run_manager.on_llm_new_token(piece, chunk=chunk)
                yield chunk
            answers = await asyncio.wrap_future(job)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=_usage(answers[0])))
        finally:
            call.cancelled.set()

    def with_structured_output(self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any) -> Runnable[Any, Any]:
        """A runnable whose every answer is valid against ``schema`` (a Pydantic model or a JSON schema)."""
        return structured(self, schema, include_raw)


def _usage(answer: Answer) -> Any:
    return {"input_tokens": answer.tokens_in, "output_tokens": answer.tokens_out, "total_tokens": answer.tokens_in + answer.tokens_out}


def _result(answer: Answer, model: str) -> ChatResult:
    metadata: dict[str, Any] = {"finish_reason": answer.finish, "model_name": model}
    if answer.logprobs:  # in the form of OpenAI's API, which LangChain's users know
        metadata["logprobs"] = {"content": [{"token": t, "logprob": p} for t, p in answer.logprobs]}
    message = AIMessage(
        content=answer.text, tool_calls=toolcalls.as_langchain(answer), usage_metadata=_usage(answer), response_metadata=metadata
    )
    return ChatResult(generations=[ChatGeneration(message=message, generation_info=metadata)])
