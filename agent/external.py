"""Tools of other programs as Kolony's own: of MCP servers and of LangChain. What they say is data of strangers.

Each has a result type of its own, so that a request, an approval and a report can name it. Descriptions are shortened and marked as
the other side's words; arguments are checked against the schema that was given; results are bounded, and shown as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from .artifacts import Artifact, Brief
from .context import Context
from .errors import NotSent, PluginError
from .report.safe import clean, snippet
from .tools import Effect, Input, Tool

LONGEST_TEXT = 40_000
"""Characters of a result that are kept."""
_DEEPEST = 12
_OWN = {"ctx", "brief", *dir(BaseModel)}

Call = Callable[[Context, dict[str, Any]], Awaitable["tuple[str, Any]"]]
"""Makes the call: text and structured data of the answer."""


class ExternalResult(Artifact):
    """What a tool of another program gave, as it came. Nobody here vouches for it."""

    source: str = Field(description="the server or library it is from")
    tool: str = Field(description="the tool's name there")
    text: str = ""
    data: Any = Field(None, description="the structured answer, where there is one")


def external_tool(
    name: str,
    call: Call,
    *,
    source: str,
    there: str,
    description: str,
    schema: Mapping[str, Any],
    effect: Effect,
    asks: Sequence[str] = (),
    arguments: Mapping[str, Any] | None = None,
    timeout: float = 60.0,
) -> Tool:
    """A tool of another program.

    Args:
        name: what Kolony calls it; ``there`` is its own name.
        schema: JSON schema of its arguments.
        arguments: values that are always given; ``{"brief": "audience.locations.0"}`` is taken from the brief.

    Raises:
        PluginError: its schema cannot be used.
    """
    try:
        jsonschema.Draft202012Validator.check_schema(dict(schema))
    except jsonschema.SchemaError as e:
        raise PluginError(f"{name}: the schema of its arguments is no JSON schema: {snippet(e.message)}.") from e
    properties = schema.get("properties", {})
    if schema.get("type", "object") != "object" or not isinstance(properties, Mapping):
        raise PluginError(f"{name}: its arguments are no object.")
    fixed = dict(arguments or {})
    names = {_field(p): str(p) for p in properties}
    output = type(
        "".join(w.title() for w in name.split("_")) + "Result", (ExternalResult,), {"deliverable": name, "__doc__": f"What {name} gave."}
    )
    from_brief = {p: v["brief"] for p, v in fixed.items() if isinstance(v, Mapping) and isinstance(v.get("brief"), str)}

    async def run(ctx: Context, brief: Brief | None = None, **given: Any) -> ExternalResult:
        sent = {p: v for p, v in fixed.items() if p not in from_brief}
        sent |= {p: _at(brief, path, name) for p, path in from_brief.items()}
        sent |= {names[field]: value for field, value in given.items() if value is not None}
        fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(dict(schema)).iter_errors(sent))
        if fault is not None:
            where = ".".join(map(str, fault.absolute_path))
            raise NotSent(
                f"{name} does not take this: {where + ': ' if where else ''}{snippet(fault.message)}.", hint="Nothing was called."
            )
        text, data = await call(ctx, sent)
        notes = [f"From {source}; nobody here has checked it."]
        if len(text) > LONGEST_TEXT:
            text = text[:LONGEST_TEXT]
            notes.append(f"Only the first {LONGEST_TEXT:,} characters of the answer are kept.")
        kept = _bounded(data)
        if data is not None and (kept is None or len(json.dumps(kept, ensure_ascii=False)) > LONGEST_TEXT):
            kept = None
            notes.append("The structured answer is too large or too deep to be kept.")
        made: ExternalResult = output(source=source, tool=there, text=clean(text), data=kept, notes=notes)
        return made

    inputs = (Input("brief", Brief, required=True),) if from_brief else ()
    required = set(schema.get("required", ()))
    fields: dict[str, Any] = {
        field: (Annotated[Any, WithJsonSchema(_shown(properties[p]))], ... if p in required and p not in fixed else None)
        for field, p in names.items()
    }
    return Tool(
        name=name, function=run, description=f"{there} of {source}, which says of it: “{snippet(description, 300) or '(nothing)'}”",
        output=output, inputs=inputs, params_model=create_model(f"{name}_arguments", __config__=ConfigDict(extra="forbid"), **fields),
        effect=effect, asks=tuple(asks), timeout=timeout,
        preview=lambda settings, brief=None, **given: json.dumps(
            {"to": source, "tool": there, "arguments": {names[f]: v for f, v in given.items() if v is not None}, "always": {p: v for p, v in fixed.items() if p not in from_brief}, "from the brief": {p: _at(brief, path, name) for p, path in from_brief.items()}},
            ensure_ascii=False, indent=1,
        ),
    )  # fmt: skip


def _field(name: Any) -> str:
    """A parameter's name that a keyword can have and nothing of ours has."""
    field = re.sub(r"\W", "_", str(name), flags=re.ASCII).lstrip("_") or "argument"
    field = f"n{field}" if field[0].isdigit() else field
    return f"{field}_" if field in _OWN or field.startswith("model_") else field


def _shown(schema: Any) -> dict[str, Any]:
    """A property's schema without what it cannot stand for alone; its words are the other side's."""
    if not isinstance(schema, Mapping) or "$ref" in json.dumps(schema, default=str):
        return {}
    shown = {k: v for k, v in schema.items() if k in ("type", "enum", "items", "minimum", "maximum", "format")}
    return {**shown, "description": snippet(schema["description"], 200)} if isinstance(schema.get("description"), str) else shown


def _at(brief: Brief | None, path: str, name: str) -> Any:
    found: Any = brief.model_dump(mode="json") if brief else None
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (LookupError, TypeError, ValueError) as e:
            raise NotSent(f"{name} needs {path!r} of the brief, which does not say it.", hint="Say it in the request.") from e
    if found is None:
        raise NotSent(f"{name} needs {path!r} of the brief, which does not say it.", hint="Say it in the request.")
    return found


def _bounded(value: Any, depth: int = 0) -> Any:
    """JSON-like data with its texts cleaned; ``None`` where it is too deep or no such data."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(k): _bounded(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_bounded(v, depth + 1) for v in value]
    return value if isinstance(value, bool | int | float) or value is None else clean(value)
