"""What the router knows about a model before it is loaded, and what one call to a model looks like."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ChatMessage(TypedDict):
    """One turn of a conversation, in the form that chat templates and the OpenAI API share."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: NotRequired[list[dict[str, Any]]]
    """What the assistant called, in OpenAI's form: ``{"id", "type": "function", "function": {"name", "arguments"}}``."""
    tool_call_id: NotRequired[str]
    """The call that a tool's turn is the result of."""


@dataclass(frozen=True)
class Call:
    """How to answer: limits, sampling and the JSON schema the answer must be valid against.

    ``temperature`` 0 is greedy. ``repetition_penalty`` is CTRL's divisor on tokens already seen (Keskar et al. 2019,
    arXiv:1909.05858), local models only; ``None`` lets the model's own default stand.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 0.95
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    repetition_penalty: float | None = None
    logprobs: bool = False
    """Fill :attr:`Answer.logprobs`, where the model can."""
    tools: tuple[dict[str, Any], ...] = ()
    """What the model may call, in OpenAI's function form."""
    tool_choice: str = "auto"
    """``"auto"``, ``"required"``, ``"none"``, or the name of the tool to call."""
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    """Set by whoever waits, when it waits no longer: a local model then stops at the next token."""


@dataclass(frozen=True)
class Answer:
    """One model's answer: text (for a schema: JSON valid against it) and the tokens it took."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    finish: Literal["stop", "length"] = "stop"
    logprobs: tuple[tuple[str, float], ...] = ()
    """``(token, natural log of its probability under the model)`` for each written token, where asked for."""
    tool_calls: tuple[dict[str, Any], ...] = ()
    """``{"id", "name", "args"}`` of each tool it calls, arguments valid against the tool's schema; ``text`` is then often empty."""

    @property
    def confidence(self) -> float | None:
        """Geometric mean of the written tokens' probabilities, 0 to 1; ``None`` when they are not known."""
        if not self.logprobs:
            return None
        return math.exp(sum(p for _, p in self.logprobs) / len(self.logprobs))


@dataclass(frozen=True)
class ModelSpec:
    """A model that a plugin (or the settings) offers to the router.

    Args:
        name: what events, reports and settings call it.
        factory: makes the chat model, on the first call that is routed to it.
        languages: languages it writes, e.g. ``("en", "zh")``.
        remote: texts leave this machine. True unless stated, so that forgetting it keeps private text in.
        usd_per_mtok_in, usd_per_mtok_out: US dollars per million tokens.
        context: tokens of prompt and answer together.
        unavailable: why it cannot be used now, or ``""``; asked at most once a second, so it must be quick.
        quality: share of its answers that are expected to pass their check, 0 to 1, until outcomes are recorded.
        endpoint: models of one endpoint share its circuit breaker; ``""``: this model stands alone.
        hedge_after: seconds without an answer after which the next model is asked as well; ``None``: never.
    """

    name: str
    factory: Callable[[], BaseChatModel]
    languages: tuple[str, ...] = ("en",)
    remote: bool = True
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0
    context: int = 8_192
    unavailable: Callable[[], str] = lambda: ""
    where: str = ""
    """Folder, file or address, for people."""
    quality: float = 0.5
    endpoint: str = ""
    hedge_after: float | None = None
    base: str = ""
    """Of an adapter: the model it stands in for, for the drafts of ``brand`` and nothing else."""
    brand: str = ""
    about: str = ""
    """Of an adapter: when it was trained and what its evaluation gave."""


@dataclass(frozen=True)
class ModelInfo:
    """One row of ``kolony models list``."""

    name: str
    kind: Literal["local", "remote"]
    languages: tuple[str, ...]
    available: bool
    reason: str
    where: str
    usd_per_mtok_in: float = 0.0
    usd_per_mtok_out: float = 0.0
    context: int = 0
    base: str = ""
    brand: str = ""
    about: str = ""
