"""JSON schemas of answers: in the strict form that every model gets, and back from text to a valid instance."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import ModelError
from . import dialect
from .spec import ChatMessage

S = TypeVar("S", bound=BaseModel)


_REMARKS = ("title", "description", "default", "examples", "deprecated")
_NOT_STRICT = ("allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "prefixItems", "uniqueItems", "contains", "propertyNames",
               "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems")  # fmt: skip
_STRICT_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")


def strict(schema: type[BaseModel] | dict[str, Any]) -> dict[str, Any]:
    """The schema in the form that OpenAI calls strict: every object with named properties closed, every property required.

    A model asked for an optional field then says null or writes it, instead of leaving it out; and it cannot make up fields.
    Open dictionaries, tuples and other things that the strict form has no room for stay as they are: see :func:`is_strict`.
    """
    ours = isinstance(schema, type)
    tree: dict[str, Any] = schema.model_json_schema() if isinstance(schema, type) else copy.deepcopy(schema)
    nodes = [node for _, node in dialect.parts(tree)]
    if any(isinstance(node.get("allOf"), list) and (len(node["allOf"]) > 1 or "properties" in node) for node in nodes):
        return tree  # what several schemas say of one object: closing each for itself would leave nothing that fits all
    for node in nodes:
        if isinstance(node.get("properties"), dict):
            node["additionalProperties"] = False
            node["required"] = list(node["properties"])
        node.pop("default", None)  # nothing is left out
        if "discriminator" in node and "oneOf" in node:
            del node["discriminator"]
            node["anyOf"] = node.pop("oneOf")  # the tag lets only one of them fit
        if "$ref" in node and len(node) > 1 and set(node) <= {"$ref", *_REMARKS}:
            node["anyOf"] = [{"$ref": node.pop("$ref")}]  # no word may stand beside a reference
        if ours and node.get("uniqueItems"):
            del node["uniqueItems"]  # a set takes what is said twice
    return tree


def is_strict(schema: dict[str, Any]) -> bool:
    """Whether OpenAI takes ``schema`` with ``strict: true`` (its guide to structured outputs, "Supported schemas")."""
    if schema.get("type") != "object":
        return False
    return all(_is_strict(node) and len(place) <= 20 for place, node in dialect.parts(schema))


def _is_strict(node: dict[str, Any]) -> bool:
    if any(name in node for name in _NOT_STRICT) or node.get("format", "date") not in _STRICT_FORMATS:
        return False
    if node.get("type") == "object" or "properties" in node:
        named = node.get("properties")
        return bool(named) and node.get("additionalProperties") is False and set(node.get("required", ())) == set(named or ())
    return any(name in node for name in ("type", "enum", "const", "anyOf", "$ref"))


PATTERN_SECONDS = 1.0
"""One pattern may take this long over one text; expressions such as ``(a+)+b`` would take for ever over some."""


def check(data: Any, schema: dict[str, Any]) -> None:
    """Whether ``data`` is valid against ``schema`` (JSON Schema 2020-12; ``format`` is held to where a check for it exists).

    Raises:
        ValueError: it is not, in words that can be sent back to the model.
        ModelError: the schema itself is at fault (a reference to nothing or in a circle, an expression that is none).
    """
    import regex
    from referencing.exceptions import Unresolvable

    try:
        problems = sorted(
            _validator()(schema, format_checker=_validator().FORMAT_CHECKER).iter_errors(data),
            key=lambda e: list(map(str, e.absolute_path)),
        )
    except (Unresolvable, RecursionError, regex.error, re.error, TypeError, AttributeError) as e:
        raise ModelError(f"The answer's schema cannot be used ({type(e).__name__}: {str(e)[:160]}).", hint="Correct the schema.") from None
    if problems:
        raise ValueError("; ".join(f"{'.'.join(map(str, e.absolute_path)) or 'answer'}: {e.message[:160]}" for e in problems[:5]))


@cache
def _validator() -> Any:
    """jsonschema's, with patterns read by ``regex``: it knows ``\\p{Han}`` as Pydantic does, and can be stopped."""
    import regex
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend as untyped

    def pattern(validator: Any, wanted: str, text: Any, schema: Any) -> Iterator[Any]:
        try:
            if isinstance(text, str) and not regex.search(wanted, text, timeout=PATTERN_SECONDS):
                yield ValidationError(f"{text[:80]!r} does not match {wanted[:80]!r}")
        except TimeoutError:
            yield ValidationError(f"{wanted[:80]!r} takes too long to match")

    extend: Any = untyped
    return extend(Draft202012Validator, {"pattern": pattern})


def instruction(schema: dict[str, Any]) -> str:
    """What a model that cannot be constrained is told instead."""
    return (
        "Answer with one JSON object and nothing else: no explanation, no code fence. It must be valid against this JSON schema:\n"
        + json.dumps(schema, ensure_ascii=False)
    )


def told(messages: Sequence[ChatMessage], schema: dict[str, Any]) -> list[ChatMessage]:
    """The conversation with the schema at the end of its last turn (several servers insist that turns alternate)."""
    last = messages[-1]
    return [*messages[:-1], {"role": last["role"], "content": f"{last['content']}\n\n{instruction(schema)}"}]


def repair(messages: Sequence[ChatMessage], answer: str, fault: str) -> list[ChatMessage]:
    """The conversation with a faulty answer and what is wrong with it."""
    return [
        *messages,
        {"role": "assistant", "content": answer[:4_000] or "(empty)"},
        {"role": "user", "content": f"That is not valid: {fault}. Send the corrected JSON object and nothing else."},
    ]


def read(text: str, schema: dict[str, Any]) -> tuple[Any, str]:
    """``(data, "")`` when the text holds JSON valid against the schema, else ``(None, what is wrong)``."""
    try:
        data = find_json(text)
        check(data, schema)
    except ValueError as e:
        return None, str(e)
    return data, ""


def parse(text: str, schema: type[S]) -> S:
    """The instance that ``text`` holds; a code fence or words around the JSON are forgiven.

    Raises:
        ValueError: in words that can be sent back to the model.
    """
    data = find_json(text)
    try:
        return schema.model_validate_json(json.dumps(data))
    except ValidationError as e:
        raise ValueError(faults(e)) from None


def faults(error: ValidationError, most: int = 5) -> str:
    """A validation error as ``field: what is wrong`` pairs, without the values."""
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'answer'}: {f['msg']}" for f in error.errors(include_input=False)[:most])


def find_json(text: str) -> Any:
    """The first complete JSON object or array in ``text``.

    Raises:
        ValueError: there is none.
    """
    decoder = json.JSONDecoder()
    for start, character in enumerate(text):
        if character in "{[":
            try:
                return decoder.raw_decode(text, start)[0]
            except ValueError:
                continue
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("the answer holds no complete JSON object") from None
