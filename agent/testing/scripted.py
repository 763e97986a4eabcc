"""A chat model that says what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

if TYPE_CHECKING:
    from ..models import ModelSpec


class ScriptExhausted(AssertionError):
    """A scripted model was asked more often than it has answers, or less often."""


@dataclass(frozen=True)
class Asked:
    """One call of a scripted model."""

    messages: tuple[BaseMessage, ...]
    tools: tuple[str, ...] = ()
    """Names of the tools that it might have called."""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The last turn's text."""
        return str(self.messages[-1].text) if self.messages else ""

    @property
    def text(self) -> str:
        """All turns, one after the other."""
        return "\n".join(str(m.text) for m in self.messages)


@dataclass(frozen=True)
class _Answer:
    text: str = ""
    data: dict[str, Any] | None = None
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    error: Exception | None = None
    after: float = 0.0


class ScriptedModel(BaseChatModel):
    """A LangChain chat model with a queue of answers, faults among them.

    Each call takes the next answer. When none is left, ``otherwise`` is asked, a function of the prompt's text; without one the
    call fails with :class:`ScriptExhausted`. A tool may catch that as it catches every failure of a model, so ``finish()``
    (which ``run_tool`` and the fixture ``scripted`` call) fails as well.

    >>> model = ScriptedModel().says("Hello.").fails(TimeoutError("too busy"))
    >>> model.invoke("Say hello.").text
    'Hello.'
    >>> model.asked[0].prompt
    'Say hello.'
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str | None = "scripted"
    otherwise: Callable[[str], str] | None = Field(None, exclude=True)
    asked: list[Asked] = Field(default_factory=list, exclude=True)
    ran_out: list[str] = Field(default_factory=list, exclude=True)
    """What was asked when no answer was left."""
    _queue: deque[_Answer] = PrivateAttr(default_factory=deque)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)

    # --- the script

    def says(self, *texts: str, after: float = 0.0) -> ScriptedModel:
        """Answer with these texts, one a call. ``after``: seconds that each takes."""
        return self._add(*(_Answer(text=t, after=after) for t in texts))

    def gives(self, *values: BaseModel | dict[str, Any], after: float = 0.0) -> ScriptedModel:
        """Answer with structured values: as JSON, or, where LangChain asks by way of a tool, as its arguments."""
        data = [v.model_dump(mode="json") if isinstance(v, BaseModel) else v for v in values]
        return self._add(*(_Answer(text=json.dumps(d, ensure_ascii=False), data=d, after=after) for d in data))

    def calls(self, tool: str, /, **arguments: Any) -> ScriptedModel:
        """Answer with a call of a tool."""
        return self._add(_Answer(calls=((tool, arguments),)))

    def fails(self, error: Exception, *, times: int = 1) -> ScriptedModel:
        """Raise ``error`` instead of answering."""
        return self._add(*[_Answer(error=error)] * times)

    def _add(self, *answers: _Answer) -> ScriptedModel:
        with self._lock:
            self._queue.extend(answers)
        return self

    @property
    def left(self) -> int:
        """Answers that nobody has asked for yet."""
        return len(self._queue)

    def finish(self, *, all_asked: bool = True) -> None:
        """Hold the script against what happened.

        Raises:
            ScriptExhausted: a call found no answer, or (with ``all_asked``) answers are left over.
        """
        if self.ran_out:
            raise ScriptExhausted(_no_answer(self, len(self.asked), self.ran_out[0]))
        if all_asked and self._queue:
            raise ScriptExhausted(
                f"{self.left} of the answers of {self.name!r} were not asked for; it was called {len(self.asked)} times. The next is: {_short(self._queue[0])}"
            )

    # --- to the program it is a model as any other

    def spec(self, **options: Any) -> ModelSpec:
        """For the router, as ``register_models`` gives it. By default a model on this machine that writes English and Chinese."""
        from ..models import ModelSpec

        given = {"name": self.name or "scripted", "factory": lambda: self, "languages": ("en", "zh"), "remote": False}
        return ModelSpec(**{**given, **options})

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Let it call tools: those that the script names."""
        return self.bind(tools=[convert_to_openai_tool(t) for t in tools], tool_choice=tool_choice, **kwargs)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        tools = tuple(t["function"]["name"] for t in options.pop("tools", None) or ())
        call = Asked(tuple(messages), tools, options)
        with self._lock:
            self.asked.append(call)
            number = len(self.asked)
            answer = self._queue.popleft() if self._queue else None
        if answer is None and self.otherwise is not None:
            answer = _Answer(text=self.otherwise(call.prompt))
        if answer is None:
            self.ran_out.append(call.prompt)
            raise ScriptExhausted(_no_answer(self, number, call.prompt))
        if answer.after:
            time.sleep(answer.after)
        if answer.error is not None:
            raise answer.error
        return ChatResult(generations=[ChatGeneration(message=_message(answer, call, number))])


def _message(answer: _Answer, call: Asked, number: int) -> AIMessage:
    calls = answer.calls
    if answer.data is not None and call.tools:  # structured output by way of a tool
        calls = ((call.tools[0], answer.data),)
    for name, _ in calls:
        if name not in call.tools:
            offered = ", ".join(call.tools) or "none"
            raise ScriptExhausted(f"The script calls the tool {name!r}, which the model was not offered (offered: {offered}).")
    tokens_in, tokens_out = len(call.text) // 4 + 1, len(answer.text) // 4 + 1
    return AIMessage(
        content="" if calls else answer.text,
        tool_calls=[{"name": n, "args": a, "id": f"call-{number}-{i}"} for i, (n, a) in enumerate(calls)],
        usage_metadata={"input_tokens": tokens_in, "output_tokens": tokens_out, "total_tokens": tokens_in + tokens_out},
    )


def _no_answer(model: ScriptedModel, number: int, prompt: str) -> str:
    start = " ".join(prompt.split())[:200]
    return (
        f"{model.name!r} was called {number} times and has {number - len(model.ran_out) if model.ran_out else number - 1} answers. "
        f"Add one with .says(…), .gives(…) or .fails(…), or set `otherwise`. It was asked: {start}"
    )


def _short(answer: _Answer) -> str:
    return repr(answer.error) if answer.error else (f"a call of {answer.calls[0][0]}" if answer.calls else answer.text[:80])
