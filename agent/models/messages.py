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
    """Plain text turns.

    Raises:
        ModelError: a turn holds something other than text, or is of a kind that text models do not take.
    """
    plain: list[ChatMessage] = []
    for m in convert_to_openai_messages(list(messages), text_format="string"):
        if m["role"] not in ("system", "user", "assistant") or not isinstance(m["content"], str):
            raise ModelError(f"This model takes text turns of system, user and assistant, not a {m['role']!r} turn like this one.")
        plain.append({"role": m["role"], "content": m["content"]})
    return plain


def structured(model: BaseChatModel, schema: dict[str, Any] | type, include_raw: bool) -> Runnable[Any, Any]:
    """LangChain's ``with_structured_output`` for a model that takes ``json_schema``."""
    bound = model.bind(json_schema=strict(schema))

    def read(message: BaseMessage) -> Any:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return parse(str(message.content), schema)
        return find_json(str(message.content))

    if include_raw:
        return {"raw": bound} | RunnableLambda(lambda x: {"raw": x["raw"], "parsed": read(x["raw"]), "parsing_error": None})
    return bound | RunnableLambda(read)
