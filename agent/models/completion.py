"""Chat completions as the OpenAI API documents them, read as if the server could send anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .bodies import load_json, refuse_under_200
from .schema import is_strict
from .spec import Answer, Call
from .toolcalls import from_openai, openai_form

ADJUSTABLE = ("max_tokens", "temperature", "seed", "stop", "logprobs", "stream_options")
"""Options that are left out from then on, once a server refuses them."""


@dataclass(frozen=True)
class Completion:
    """An answer, or what stands where one should: ``refused`` says why the server's content policy keeps it back."""

    answer: Answer
    refused: str = ""


def options(call: Call, dropped: set[str]) -> dict[str, Any]:
    """A call's options as the API names them."""
    named: dict[str, Any] = {"max_tokens": call.max_tokens, "temperature": call.temperature, "seed": call.seed}
    if call.stop:
        named["stop"] = list(call.stop)
    if call.logprobs:
        named["logprobs"] = True
    named.update(openai_form(call))
    kept = {k: v for k, v in named.items() if v is not None and k not in dropped}
    if "max_tokens" in dropped:
        kept["max_completion_tokens"] = call.max_tokens
    return kept


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """Structured outputs: the answer's JSON schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": is_strict(schema)}}


def read_completion(body: bytes) -> Completion:
    """The first answer and its usage.

    Raises:
        ValueError: the body is no chat completion (HTML, cut off, something else).
        UnderStatus200: an error that came with status 200.
    """
    data = load_json(body)
    refuse_under_200(data)
    try:
        choice = data["choices"][0]
        message = choice["message"]
        text = _text(message.get("content"))
        tokens_in, tokens_out = _usage(data)
        scores = _logprobs(choice.get("logprobs"))
        answer = Answer(text, tokens_in, tokens_out, _finish(choice), scores, from_openai(message))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError):
        pass
    else:
        return Completion(answer, _refused(choice, message))
    raise ValueError("no chat completion")


@dataclass
class Stream:
    """A streamed completion, piece by piece."""

    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    finish: Literal["stop", "length"] = "stop"
    refused: str = ""
    ended: bool = field(default=False)
    """The server said that the answer is complete."""

    def add(self, event: dict[str, Any]) -> str:
        """The text that an event brings, often none.

        Raises:
            ValueError: it is no event of a chat completion.
        """
        try:
            if event.get("usage"):
                self.tokens_in, self.tokens_out = _usage(event)
            choices = event.get("choices") or []  # none: usage alone, or Azure's verdict on the prompt
            if not choices:
                return ""
            choice = choices[0]
            delta = choice.get("delta") or {}
            piece = _text(delta.get("content"))
            if choice.get("finish_reason"):
                self.ended, self.finish = True, _finish(choice)
            self.refused = self.refused or _refused(choice, delta)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError):
            piece = None
        if piece is None:
            raise ValueError("no chat completion")
        self.text += piece
        return piece


def _text(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, list):
        return "".join(str(part["text"]) for part in content if part.get("type") == "text")
    if not isinstance(content, str):
        raise TypeError(type(content).__name__)
    return content


def _usage(data: dict[str, Any]) -> tuple[int, int]:
    usage = data.get("usage") or {}
    counts = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
    if min(counts) < 0:
        raise ValueError("negative usage")
    return counts


def _finish(choice: dict[str, Any]) -> Literal["stop", "length"]:
    return "length" if choice.get("finish_reason") == "length" else "stop"


def _refused(choice: dict[str, Any], message: dict[str, Any]) -> str:
    if choice.get("finish_reason") == "content_filter":
        return "its content filter stopped the answer"
    if message.get("refusal"):
        return "the model refuses to answer"
    return ""


def _logprobs(scores: Any) -> tuple[tuple[str, float], ...]:
    return tuple((str(t["token"]), float(t["logprob"])) for t in (scores or {}).get("content") or ())
