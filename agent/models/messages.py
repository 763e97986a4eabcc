"""Between LangChain's messages and the plain ones that chat templates and the OpenAI API share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, convert_to_openai_messages
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from ..errors import ModelError
from .schema import find_json, parse, strict
from .spec import ChatMessage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def as_messages(messages: Sequence[BaseMessage]) -> list[ChatMessage]:
    """Text turns, with tool calls and their results where there are any.

    Raises:
        ModelError: a turn holds something other than text, or is of a kind that text models do not take.
    """
    plain: list[ChatMessage] = []
    for m in convert_to_openai_messages(list(messages), text_format="string"):
        if m["role"] not in ("system", "user", "assistant", "tool") or not isinstance(m["content"], str):
            raise ModelError(f"This model takes text turns of system, user, assistant and tool, not a {m['role']!r} turn like this one.")
        turn: ChatMessage = {"role": m["role"], "content": m["content"]}
        if m.get("tool_calls"):
            turn["tool_calls"] = m["tool_calls"]
        if m["role"] == "tool":
            turn["tool_call_id"] = m.get("tool_call_id", "")
        plain.append(turn)
    return plain


def structured(model: BaseChatModel, schema: dict[str, Any] | type, include_raw: bool) -> Runnable[Any, Any]:
    """LangChain's ``with_structured_output`` for a model that takes ``json_schema``."""
    bound = model.bind(json_schema=strict(schema))

    def read(message: BaseMessage) -> Any:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return parse(str(message.content), schema)
        return find_json(str(message.content))

    def read_raw(given: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"raw": given["raw"], "parsed": read(given["raw"]), "parsing_error": None}
        except ValueError as e:
            return {"raw": given["raw"], "parsed": None, "parsing_error": e}

    if include_raw:
        return {"raw": bound} | RunnableLambda(read_raw)
    return bound | RunnableLambda(read)
