"""A chat model whose answers are written down once, and given again from the file ever after."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr

from ..models import ModelSpec


class NotRecorded(AssertionError):
    """A call that the recording does not hold, and no model to ask."""


class RecordingModel(BaseChatModel):
    """Gives the recorded answer to a call that is in ``file``; asks ``inner`` for any other, and adds it to the file.

    Without ``inner`` it only replays. The same call asked twice gives the answers in the order in which they came, the last one
    from then on. The file is JSON Lines, one call a line with its messages and answer, to be read and reviewed like code: what
    was asked stands in it word for word, so record with made-up data.
    """

    file: Path
    inner: BaseChatModel | None = Field(None, exclude=True)
    name: str | None = "recording"
    missing: list[str] = Field(default_factory=list, exclude=True)
    """What was asked, is not recorded, and could be asked of nobody."""
    _known: dict[str, deque[AIMessage]] = PrivateAttr(default_factory=dict)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if self.file.is_file():
            for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    call = json.loads(line)
                    (answer,) = messages_from_dict([call["answer"]])
                    self._known.setdefault(str(call["key"]), deque()).append(_as_answer(answer))
                except (ValueError, KeyError, TypeError, NotImplementedError) as e:
                    raise ValueError(
                        f"{self.file}:{number} is no line of a recording ({type(e).__name__}). Delete it, and record again."
                    ) from e

    def spec(self, **options: Any) -> ModelSpec:
        """For the router, as ``register_models`` gives it. By default a model on this machine that writes English and Chinese."""
        given = {"name": self.name or "recording", "factory": lambda: self, "languages": ("en", "zh"), "remote": False}
        return ModelSpec(**{**given, **options})

    @property
    def _llm_type(self) -> str:
        return "recording"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        asked = _asked(messages, stop, options)
        answer = self._recall(asked)
        if answer is None:
            answer = self._keep(asked, self._inner(messages).invoke(messages, stop=stop, **options))
        return ChatResult(generations=[ChatGeneration(message=answer)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        asked = _asked(messages, stop, options)
        answer = self._recall(asked)
        if answer is None:
            given = await self._inner(messages).ainvoke(messages, stop=stop, **options)
            answer = await asyncio.to_thread(self._keep, asked, given)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _inner(self, messages: list[BaseMessage]) -> BaseChatModel:
        if self.inner is None:
            start = " ".join(str(messages[-1].text).split())[:200] if messages else ""
            self.missing.append(start)
            raise NotRecorded(
                f"{self.file.name} holds no answer to this call. Record it with `inner` set to a model. It was asked: {start}"
            )
        return self.inner

    def _recall(self, asked: dict[str, Any]) -> AIMessage | None:
        with self._lock:
            answers = self._known.get(_key(asked))
            if not answers:
                return None
            return (answers.popleft() if len(answers) > 1 else answers[0]).model_copy()

    def _keep(self, asked: dict[str, Any], answer: BaseMessage) -> AIMessage:
        given = _as_answer(answer)
        line = json.dumps({"key": _key(asked), **asked, "answer": message_to_dict(given)}, ensure_ascii=False)
        with self._lock:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as out:
                out.write(line + "\n")
        return given


def _asked(messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> dict[str, Any]:
    turns = [{"role": m.type, "content": m.content, **({"calls": c} if (c := getattr(m, "tool_calls", None)) else {})} for m in messages]
    told = json.loads(json.dumps({k: v for k, v in sorted(options.items()) if v is not None}, default=str))
    return {"messages": turns, "stop": stop or [], "options": told}


def _key(asked: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]


def _as_answer(message: BaseMessage) -> AIMessage:
    """Only what an answer is made of: headers and ids of a provider do not belong into a file that is published."""
    if not isinstance(message, AIMessage):
        raise TypeError(f"an answer is an AIMessage, not a {type(message).__name__}")
    return AIMessage(content=message.content, tool_calls=message.tool_calls, usage_metadata=message.usage_metadata)
