"""JSON schemas in the form that the grammar takes: what it cannot express is refused by place, what it does loosely is tightened.

llguidance compiles most of JSON Schema 2020-12. Three things are done for it here. Schemas that would take unbounded time or
memory, or that are no schemas, are refused first. Formats whose expressions admit what parsers refuse (29 February of any year,
a sixtieth second, durations of 10^30 hours) or that need never end are replaced by narrower ones. And when it refuses a schema,
the smallest part that it refuses is found, so that the error can name it.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NoReturn

from ..errors import ModelError

DEEPEST, MOST_PARTS, MOST_VALUES, MOST_STEPS, LARGEST_MULTIPLE = 48, 2_000, 5_000, 100_000, 10_000
"""Bounds on a schema: nesting, subschemas, values in its enums, subschemas visited when one value is checked, and ``multipleOf``
in units of its last digit."""
SAFE = 2**53 - 1
"""Integers beyond this are not the same number in every JSON reader (RFC 8259, section 6)."""

_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
        "unevaluatedProperties", "additionalItems", "contentSchema")  # fmt: skip
_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAP = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_IN_PLACE = ("anyOf", "oneOf", "allOf", "not", "if", "then", "else", "$ref")

_DAY = (
    r"[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|[12][0-9](?:0[48]|[2468][048]|[13579][26])-02-29"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,10}"
_FORMATS = {
    "date": _DAY,
    "time": _TIME,
    "date-time": f"(?:{_DAY})T{_TIME}",
    "duration": r"P(?:[0-9]{1,3}W|[0-9]{1,4}D(?:T[0-9]{1,3}[HMS])?|T[0-9]{1,4}(?:H(?:[0-9]{1,3}M)?(?:[0-9]{1,3}S)?|M(?:[0-9]{1,3}S)?|S))",
    "email": rf"[A-Za-z0-9]{{1,20}}(?:[._+-][A-Za-z0-9]{{1,20}}){{0,2}}@{_HOST}",
    "uri": rf"https?://{_HOST}(?::[1-9][0-9]{{0,3}})?(?:/[A-Za-z0-9._~-]{{0,40}}){{0,6}}(?:\?[A-Za-z0-9._~=&-]{{0,80}})?",
}
_OWN_FORMATS = {"hostname", "ipv4", "ipv6", "uuid"}
"""What llguidance expresses well by itself."""
_REFUSED_FORMATS = {"idn-email", "idn-hostname", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer",
                    "relative-json-pointer", "regex"}  # fmt: skip
"""Formats of the specification that neither expresses. Any other (``password``, ``path``) is a remark, as the specification has it."""


def refuse(place: tuple[str, ...], why: str) -> NoReturn:
    """Raises:
    ModelError: naming the place in the schema.
    """
    raise ModelError(
        f"The answer's schema cannot be used for constrained decoding: at {'.'.join(place) or 'its root'}: {why}.",
        hint="Simplify the schema there.",
    )


def prepared(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy in the form for the grammar; whatever is valid against it is valid against ``schema``.

    Raises:
        ModelError: it is no JSON schema, or too large, too deep or too tangled, or uses what no grammar expresses.
    """
    _sound(schema)
    tree = copy.deepcopy(schema)
    for place, node in parts(tree):
        _tighten(place, node)
    return tree


def key(schema: dict[str, Any]) -> str:
    """The schema as text, in its own order: properties are written in the order they are declared in."""
    try:
        return json.dumps(schema)
    except (TypeError, ValueError, RecursionError) as e:
        refuse((), f"it cannot be written as JSON ({e})")


def parts(schema: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every subschema with its place, the schema itself first."""
    stack: list[tuple[tuple[str, ...], Any]] = [(place, schema)]
    while stack:
        here, node = stack.pop()
        if isinstance(node, dict):
            yield here, node
            stack += reversed(list(_children(here, node)))


def _children(place: tuple[str, ...], node: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in _ONE:
        if isinstance(node.get(name), dict):
            yield (*place, name), node[name]
    for name in _LIST:
        if isinstance(node.get(name), list):
            yield from (((*place, name, str(i)), child) for i, child in enumerate(node[name]))
    for name in _MAP:
        if isinstance(node.get(name), dict):
            yield from (((*place, name, str(n)), child) for n, child in node[name].items())


def _sound(schema: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError

    values = 0
    for count, (place, node) in enumerate(parts(schema), 1):
        values += len(node["enum"]) if isinstance(node.get("enum"), list) else 0
        if values > MOST_VALUES:
            refuse((*place, "enum"), f"there are more than {MOST_VALUES:,} values to choose from")
        if len(place) > 2 * DEEPEST:
            refuse(place[:6], f"it is nested more than {DEEPEST} deep")
        if count > MOST_PARTS:
            refuse((), f"it has more than {MOST_PARTS:,} parts")
        reference = node.get("$ref")
        if reference is not None and not str(reference).startswith("#"):
            refuse((*place, "$ref"), f"{str(reference)[:80]!r} lies outside the schema")
    try:
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(()))  # which would want Python's regular expressions
    except SchemaError as e:
        refuse(tuple(map(str, e.absolute_path)), f"it is no JSON schema ({e.message[:160]})")
    except RecursionError:
        refuse((), "it is nested too deeply")
    if _steps(schema) > MOST_STEPS:
        refuse((), f"checking one answer against it may take more than {MOST_STEPS:,} steps; it repeats its own parts too often")


def _steps(schema: dict[str, Any]) -> float:
    """Subschemas visited at most for one value, where ``$ref`` and ``anyOf``, ``allOf``, … apply to the same value."""
    known: dict[int, float] = {}

    def steps(node: Any) -> float:
        if not isinstance(node, dict):
            return 1
        if id(node) not in known:
            known[id(node)] = 1  # a circle counts once
            inner: list[Any] = []
            for name in _IN_PLACE:
                child = _resolve(schema, node["$ref"]) if name == "$ref" and "$ref" in node else node.get(name)
                inner += child if isinstance(child, list) else [child]
            known[id(node)] = min(1 + sum(steps(child) for child in inner if isinstance(child, dict)), math.inf)
        return known[id(node)]

    try:
        return max(steps(node) for _, node in parts(schema))
    except RecursionError:
        return math.inf


def _resolve(schema: Any, reference: Any) -> Any:
    node = schema
    for name in str(reference).removeprefix("#").split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _tighten(place: tuple[str, ...], node: dict[str, Any]) -> None:
    name = node.get("format")
    if name in _REFUSED_FORMATS:
        refuse((*place, "format"), f"the format {name!r} is not supported")
    pattern = node.get("pattern")
    if isinstance(pattern, str):
        node["pattern"] = _bounded(pattern)
    if name in _FORMATS:
        del node["format"]
        node.setdefault("allOf", []).append({"type": "string", "pattern": f"^(?:{_FORMATS[name]})$"})
        if "type" not in node:  # a format says nothing of values that are no strings; strings are what is meant
            node["type"] = "string"
    elif name is not None and name not in _OWN_FORMATS:
        del node["format"]
    step = node.get("multipleOf")
    if step is not None and Fraction(str(step)).numerator > LARGEST_MULTIPLE:
        refuse((*place, "multipleOf"), f"{step} has more than {len(str(LARGEST_MULTIPLE)) - 1} digits")
    kinds = node.get("type")
    if {"integer", "number"} & set(kinds if isinstance(kinds, list) else [kinds]) and not {"enum", "const"} & set(node):
        _bound(place, node)


def _bounded(pattern: str) -> str:
    """JSON Schema lets a pattern match anywhere. At most 32 characters before it, or a text could put it off for ever."""
    return pattern if "^" in pattern.replace("[^", "") or r"\A" in pattern else f"^(?s:.{{0,32}})(?:{pattern})"


def _bound(place: tuple[str, ...], node: dict[str, Any]) -> None:
    """Numbers without a bound get one, or they could have thousands of digits."""
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if abs(node.get(name, 0)) > SAFE:
            refuse((*place, name), f"{node[name]} is beyond ±{SAFE}")
    if not {"minimum", "exclusiveMinimum"} & set(node):
        node["minimum"] = -SAFE
    if not {"maximum", "exclusiveMaximum"} & set(node):
        node["maximum"] = SAFE


def blame(schema: dict[str, Any], fault: Callable[[dict[str, Any]], str]) -> tuple[tuple[str, ...], str]:
    """Place of the smallest part of ``schema`` for which ``fault`` says something, and what it says; asks at most 300 times."""
    shared: dict[str, Any] = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
    place: tuple[str, ...] = ()
    node, words, left = schema, fault(schema), 300
    while left > 0:
        inner = list(_children(place, node))
        if "$ref" in node:
            inner.append((tuple(str(node["$ref"]).split("/")[1:]), _resolve(schema, node["$ref"])))
        for where, child in inner:
            left -= 1
            if isinstance(child, dict) and left > 0 and (said := fault({**shared, **child})):
                place, node, words = where, child, said
                break
        else:
            break
    return place, words


__all__ = ["SAFE", "blame", "key", "parts", "prepared", "refuse"]
