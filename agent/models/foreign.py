"""Any other LangChain chat model, as a plugin registers one: plain calls, schemas in the prompt, one repair."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from typing import Any

from ..errors import ContentRefused, ContextTooLong, KolonyError, ModelError, ModelUnavailable
from . import schema as schemas
from .meter import Meter, most_tokens
from .refusals import Kind, classify, read_error
from .spec import Answer, Call, ChatMessage


async def aanswer(model: Any, messages: list[ChatMessage], call: Call, meter: Meter) -> Answer:
    """Answer one conversation with a ``BaseChatModel`` that knows nothing of ours.

    Raises:
        ModelError: it failed, or its answers stay invalid.
    """
    if call.schema is None:
        return await _invoke(model, messages, call, meter)
    told = schemas.told(messages, call.schema)
    fault = ""
    for _ in range(2):
        answer = await _invoke(model, told, call, meter)
        data, fault = schemas.read(answer.text, call.schema)
        if not fault:
            return Answer(json.dumps(data, ensure_ascii=False), answer.tokens_in, answer.tokens_out, answer.finish)
        told = schemas.repair(told, answer.text, fault)
    raise ModelError(f"{meter.model} gave no answer that is valid against its schema: {fault}.")


async def _invoke(model: Any, messages: list[ChatMessage], call: Call, meter: Meter) -> Answer:
    from langsmith.run_helpers import tracing_context

    most = most_tokens(messages), call.max_tokens
    # No idempotency key can go along, so a kill leaves in doubt what was billed.
    body = sha256(json.dumps([list(messages), call.max_tokens, call.temperature]).encode()).hexdigest() if meter.price(*most) else ""
    request = meter.open(*most, body)
    fault: ModelError | None = None
    try:
        # A tracing service switched on in the environment would be a way out for private text.
        with tracing_context(enabled=False):
            options: dict[str, Any] = {"max_tokens": call.max_tokens, "temperature": call.temperature}
            reply = await model.ainvoke(list(messages), stop=list(call.stop) or None, **options)
    except asyncio.CancelledError:
        request.lost("cancelled")
        raise
    except KolonyError as e:
        request.lost(e.message)
        raise
    except Exception as e:
        request.lost(type(e).__name__)
        fault = _fault(meter.model, e)
    if fault is not None:  # out of the handler: the provider's own error may quote the key, and must not be carried along
        raise fault
    usage = reply.usage_metadata or {}
    text = reply.text if isinstance(reply.text, str) else str(reply.content)
    answer = Answer(text, usage.get("input_tokens") or most_tokens(messages), usage.get("output_tokens") or len(text.encode()))
    request.done(answer.tokens_in, answer.tokens_out)
    return answer


_KINDS: dict[Kind, type[ModelError]] = {
    Kind.POLICY: ContentRefused, Kind.CONTEXT: ContextTooLong, Kind.KEY: ModelUnavailable, Kind.MODEL: ModelUnavailable,
    Kind.QUOTA: ModelUnavailable, Kind.BUSY: ModelUnavailable,
}  # fmt: skip


def _fault(model: str, error: Exception) -> ModelError:
    """The error of ours that fits. Most providers' SDKs say the HTTP status and the body; what they say is not repeated."""
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    if isinstance(status, int):
        kind = classify(status, read_error(body if isinstance(body, dict) else str(error)))
        return _KINDS.get(kind, ModelError)(f"{model} failed ({type(error).__name__}): {kind.value}.")
    return ModelError(f"{model} failed ({type(error).__name__}).")
