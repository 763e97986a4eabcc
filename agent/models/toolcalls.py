"""Tool calling: for a local model by a schema that allows an answer or a call, for a remote one in OpenAI's form.

A local model of any size writes one JSON object, constrained to ``{"answer": "…"}`` or ``{"name": "…", "arguments": {…}}`` with
arguments valid against that tool's own schema. What it is told about tools is said in the same words that it may write, not by
its chat template: templates differ in the form they teach, and many know none.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolCall
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from ..errors import ModelError
from . import dialect
from . import schema as schemas
from .spec import Answer, Call, ChatMessage

MOST_ROUNDS = 5
"""Tool results after which a local model must answer: a small one would ask for ever."""
CHOICES = ("auto", "required", "none")
ANSWER = "<answer>"
"""A ``tool_choice`` of ours, no tool's name: the tools are told of, so that their results make sense, and none may be called."""


class ToolCalling(BaseChatModel):
    """A chat model whose calls take ``tools`` and ``tool_choice``. Such a call is never streamed: half a call is of no use."""

    disable_streaming: Literal[True, "tool_calling"] = "tool_calling"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | dict[str, Any] | bool | None = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        """The model with ``tools`` at hand: it answers with text, or with ``tool_calls`` whose arguments are valid.

        Args:
            tools: functions, Pydantic classes, LangChain tools or OpenAI's form.
            tool_choice: ``"auto"`` (the default), ``"required"`` (also ``"any"``, True), ``"none"``, or the name of the one to call.

        Raises:
            ModelError: two tools share a name, or there is none of the name that was chosen.
        """
        forms = tuple(convert_to_openai_tool(t) for t in tools)
        return self.bind(tools=forms, tool_choice=_choice(tool_choice, _names(forms)), **kwargs)


def as_langchain(answer: Answer) -> list[ToolCall]:
    """An answer's tool calls for an ``AIMessage``."""
    return [ToolCall(name=c["name"], args=c["args"], id=c["id"], type="tool_call") for c in answer.tool_calls]


def asked(options: dict[str, Any]) -> dict[str, Any]:
    """The fields of :class:`Call` that LangChain's options say about tools."""
    tools = tuple(convert_to_openai_tool(t) for t in options.get("tools") or ())
    return {"tools": tools, "tool_choice": _choice(options.get("tool_choice"), _names(tools))}


def _names(tools: Sequence[dict[str, Any]]) -> list[str]:
    names = [str(t["function"]["name"]) for t in tools]
    if twice := {n for n in names if names.count(n) > 1}:
        raise ModelError(f"Two tools are called {sorted(twice)[0]!r}.", hint="Give each tool a name of its own.")
    return names


def _choice(choice: Any, names: list[str]) -> str:
    if isinstance(choice, dict):
        choice = choice.get("function", choice).get("name")
    if not names:
        return "none"
    choice = {None: "auto", "any": "required", True: "required", False: "none"}.get(choice, choice)
    if choice not in (*CHOICES, *names):
        raise ModelError(f"There is no tool {choice!r} among {', '.join(names)}.", hint="Correct `tool_choice`.")
    return str(choice)


# --- a local model ----------------------------------------------------------------------------------------------------


def local(conversations: Sequence[Sequence[ChatMessage]], call: Call) -> tuple[list[list[ChatMessage]], Call]:
    """The conversations as text turns that tell of the tools, and the call with the schema of what may be answered.

    Raises:
        ModelError: a tool's parameters are no JSON schema of an object.
    """
    if call.tool_choice == "auto" and min((_rounds(c) for c in conversations), default=0) >= MOST_ROUNDS:
        call = replace(call, tool_choice=ANSWER)
    if not call.tools or call.tool_choice == "none":
        return [_plain(c) for c in conversations], replace(call, tools=(), tool_choice="none")
    told = instruction(call)
    penalty = call.repetition_penalty or 1.1  # a small model fills an argument with one word over and over
    return [_headed(_plain(c), told) for c in conversations], replace(call, schema=reply_schema(call), stop=(), repetition_penalty=penalty)


def repeated(conversations: Sequence[Sequence[ChatMessage]], answers: Sequence[Answer], call: Call) -> list[int]:
    """Which answers ask once more, of their own accord, for what the conversation already holds. They are to be asked again for
    an :data:`ANSWER`, or a small model would ask the same for ever."""
    if call.tool_choice != "auto":
        return []
    return [i for i, (c, a) in enumerate(zip(conversations, answers, strict=True)) if a.tool_calls and _made(c, a.tool_calls[0])]


def _made(messages: Sequence[ChatMessage], wanted: dict[str, Any]) -> bool:
    done = {m.get("tool_call_id") for m in messages if m["role"] == "tool"}
    for made in (t for m in messages for t in m.get("tool_calls", ()) if t["id"] in done):
        if made["function"]["name"] == wanted["name"] and json.loads(made["function"]["arguments"] or "{}") == wanted["args"]:
            return True
    return False


def read(answer: Answer, call: Call) -> Answer:
    """The answer of a call that :func:`local` prepared (``call`` is what it gave): text, or a tool call."""
    if not call.tools:
        return answer
    data = json.loads(answer.text)
    if "answer" in data:
        said = data["answer"]
        return replace(answer, text=said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))
    made = {"id": f"call_{uuid.uuid4().hex[:16]}", "name": data["name"], "args": data["arguments"]}
    return replace(answer, text="", tool_calls=(made,))


def reply_schema(call: Call) -> dict[str, Any]:
    """What may be answered: one of the tools called, and with ``"auto"`` an answer (under the call's own schema, where it has one).

    Each tool's schema lies whole under ``$defs``, with its references rewritten, so that two may use the same names.
    """
    chosen = [t["function"] for t in call.tools if call.tool_choice in ("auto", "required", t["function"]["name"])]
    shared: dict[str, Any] = {}
    options: list[dict[str, Any]] = []
    if call.tool_choice in ("auto", ANSWER):
        shared["answer"] = _moved(call.schema, "answer") if call.schema else {"type": "string", "minLength": 1}
        options.append(_object(answer={"$ref": "#/$defs/answer"}))
    for number, function in enumerate(chosen):
        place = f"tool{number}"
        shared[place] = _moved(_parameters(function), place)
        options.append(_object(name={"const": function["name"]}, arguments={"$ref": f"#/$defs/{place}"}))
    return {"$defs": shared, "anyOf": options}


def instruction(call: Call) -> str:
    """What a local model is told about the tools it may call."""
    lines = []
    for tool in call.tools:
        f = tool["function"]
        lines.append(
            f"- {f['name']}: {f.get('description') or 'no description'} Arguments: {json.dumps(_parameters(f), ensure_ascii=False)}"
        )
    form = '{"name": "<tool>", "arguments": {…}}'
    if call.tool_choice == "auto":
        how = f'To use a tool, write {form}. When you know what was asked, write {{"answer": "<your answer>"}}.'
    elif call.tool_choice == ANSWER:
        how = 'You have their results. Write {"answer": "<your answer>"}.'
    elif call.tool_choice == "required":
        how = f"Use one of them: write {form}."
    else:
        how = f"Use {call.tool_choice}: write {form}."
    return "\n".join(["You can use these tools:", *lines, how])


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _parameters(function: dict[str, Any]) -> dict[str, Any]:
    """A tool's parameters, closed: it takes no others."""
    parameters = function.get("parameters") or {}
    if not isinstance(parameters, dict) or parameters.get("type", "object") != "object":
        raise ModelError(f"The parameters of the tool {function['name']!r} are no JSON schema of an object.", hint="Correct the tool.")
    return {"additionalProperties": False, "properties": {}, **parameters, "type": "object"}


def _moved(schema: dict[str, Any], place: str) -> dict[str, Any]:
    """A copy for ``#/$defs/<place>``: its own references lead there."""
    tree: dict[str, Any] = json.loads(dialect.key(schema))
    for _, node in dialect.parts(tree):
        reference = node.get("$ref")
        if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
            node["$ref"] = f"#/$defs/{place}{reference[1:]}"
    return tree


def _rounds(messages: Sequence[ChatMessage]) -> int:
    """Tool results since somebody last said something."""
    count = 0
    for m in reversed(messages):
        if m["role"] == "user":
            break
        count += m["role"] == "tool"
    return count


def _plain(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Calls and results as text turns, in the form that the model itself is asked for. A result is quoted as one JSON string:
    no line of it can look like a turn's beginning."""
    turns: list[ChatMessage] = []
    names: dict[str, str] = {}
    for m in messages:
        if m["role"] == "tool":
            name = names.get(m.get("tool_call_id", ""), "the tool")
            text = f"Result of {name}: {json.dumps(m['content'], ensure_ascii=False)}"
            if turns and turns[-1]["role"] == "user" and turns[-1]["content"].startswith("Result of "):
                turns[-1] = {"role": "user", "content": f"{turns[-1]['content']}\n{text}"}
            else:
                turns.append({"role": "user", "content": text})
            continue
        lines = [m["content"]] if m["content"] else []
        for made in m.get("tool_calls", ()):
            name, arguments = made["function"]["name"], made["function"]["arguments"]
            names[made["id"]] = name
            lines.append(f'{{"name": {json.dumps(name)}, "arguments": {arguments}}}')
        turns.append({"role": m["role"], "content": "\n".join(lines)})
    return turns


def _headed(messages: list[ChatMessage], told: str) -> list[ChatMessage]:
    if messages and messages[0]["role"] == "system":
        return [{"role": "system", "content": f"{messages[0]['content']}\n\n{told}"}, *messages[1:]]
    return [{"role": "system", "content": told}, *messages]


# --- a remote one -----------------------------------------------------------------------------------------------------


def openai_form(call: Call) -> dict[str, Any]:
    """The options of a chat completion that say which tools there are; none without tools."""
    if not call.tools:
        return {}
    named = call.tool_choice not in CHOICES
    choice: Any = {"type": "function", "function": {"name": call.tool_choice}} if named else call.tool_choice
    return {"tools": list(call.tools), "tool_choice": choice}


def from_openai(message: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The tool calls of a chat completion's message, as :attr:`Answer.tool_calls` has them.

    Raises:
        ValueError: they are not in OpenAI's form, or their arguments are no JSON object.
    """
    calls = []
    for made in message.get("tool_calls") or ():
        try:
            function = made["function"]
            name, arguments = function["name"], function.get("arguments") or "{}"
            args = json.loads(arguments) if isinstance(arguments, str) else arguments
            identity = str(made.get("id") or f"call_{uuid.uuid4().hex[:16]}")
        except (KeyError, TypeError, AttributeError, RecursionError):
            raise ValueError("no tool call") from None
        if not isinstance(name, str) or not isinstance(args, dict):
            raise ValueError("a tool call without a name or arguments")
        calls.append({"id": identity, "name": name, "args": args})
    return tuple(calls)


def check(answer: Answer, call: Call, model: str) -> None:
    """Raises:
    ModelError: ``model`` called a tool that it was not given, or with arguments that are not valid.
    """
    known = {t["function"]["name"]: t["function"] for t in call.tools}
    for made in answer.tool_calls:
        function = known.get(made["name"])
        if function is None:
            raise ModelError(f"{model} calls a tool {made['name'][:80]!r} that it was not given.")
        try:
            schemas.check(made["args"], function.get("parameters") or {})
        except ValueError as e:
            raise ModelError(f"{model} calls {made['name']} with arguments that are not valid: {e}.") from None
    if call.tools and not answer.tool_calls and call.tool_choice not in ("auto", "none"):
        raise ModelError(f"{model} calls no tool, though it was asked to.")


__all__ = [
    "MOST_ROUNDS",
    "ToolCalling",
    "as_langchain",
    "asked",
    "check",
    "from_openai",
    "instruction",
    "local",
    "openai_form",
    "read",
    "reply_schema",
]
