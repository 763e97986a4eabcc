"""LangChain, both ways: a Kolony tool for its agents (``tool.as_langchain()``), its tools and chat models for Kolony."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool

from .artifacts import Brief
from .calls import Called, arguments_schema, called, plan_call, request_name
from .context import Context
from .errors import ApprovalRequired, KolonyError
from .external import external_tool
from .kolony import Kolony
from .loop import sync
from .models import ModelSpec
from .planned import Planned
from .tools import Effect, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence


def as_langchain(t: Tool, kolony: Kolony | None = None, *, longest: int = 6_000) -> StructuredTool:
    """The tool for a LangChain agent, sync and async.

    It takes what :func:`agent.calls.arguments_schema` says: a request in words, artifacts as JSON or by id, and its plain arguments.
    Its content is the artifact as JSON, at most ``longest`` characters; its ``artifact`` is the whole :class:`agent.calls.Called`. What
    is wrong with a call is told to the agent. A call that would write, spend, publish or contact is refused: an agent is no person.

    Args:
        kolony: the project; default: that of the working folder, opened with the first call.
    """
    project: list[Kolony] = [kolony] if kolony is not None else []

    async def acall(**arguments: Any) -> tuple[str, Called]:
        if not project:
            project.append(Kolony())
        k = project[0]
        try:
            _refuse(t, t)
            planned = await plan_call(k, t, arguments)
            _refuse_steps(k, t, planned)
            done = called(t, await k.execute(planned))
        except KolonyError as e:
            raise ToolException(str(e)) from e
        text = json.dumps({"id": done.id, "artifact": done.artifact.model_dump(mode="json", exclude_defaults=True)}, ensure_ascii=False)
        return (text if len(text) <= longest else f"{text[:longest]}… (cut; the whole result is {done.id})"), done

    def call(**arguments: Any) -> tuple[str, Called]:
        return sync(acall(**arguments))

    schema = arguments_schema(t)
    if any(i.type is Brief and i.required for i in t.inputs):  # small models leave out what they may
        schema["required"] = [request_name(t), *schema.get("required", [])]
    return StructuredTool.from_function(
        call, acall, name=t.name, description=t.description.partition("\n\n")[0], args_schema=schema, infer_schema=False,
        response_format="content_and_artifact", handle_tool_error=True,
    )  # fmt: skip


def tool_from_langchain(tool: BaseTool, *, effect: Effect, asks: Sequence[str] = (), timeout: float = 60.0) -> Tool:
    """A LangChain tool as Kolony's, to be given from ``register_tools``. Its result is an :class:`agent.external.ExternalResult`.

    Args:
        effect: what it does to the world; only you can know. ``spend``, ``publish`` and ``contact`` wait for a person.
        asks: phrases by which a request asks for what it gives.

    Raises:
        PluginError: its schema cannot be used.
    """

    async def call(ctx: Context, arguments: dict[str, Any]) -> tuple[str, Any]:
        given = await tool.ainvoke(arguments)
        if isinstance(given, str):
            return given, None
        return json.dumps(given, ensure_ascii=False, default=str), given

    form = convert_to_openai_tool(tool)["function"]
    return external_tool(
        tool.name, call, source="LangChain", there=tool.name, description=tool.description,
        schema={"type": "object", **form.get("parameters", {})}, effect=effect, asks=asks, timeout=timeout,
    )  # fmt: skip


def model_from_langchain(
    model: BaseChatModel, *, name: str = "", languages: tuple[str, ...] = ("en", "zh"), remote: bool = True, **options: Any
) -> ModelSpec:
    """A LangChain chat model for the router, to be given from ``register_models``.

    Args:
        remote: texts leave this machine; True unless stated, so that forgetting it keeps private text in.
        options: further fields of :class:`agent.models.ModelSpec`: prices, context, quality.
    """
    return ModelSpec(name=name or model.get_name(), factory=lambda: model, languages=languages, remote=remote, **options)


def _refuse(t: Tool, asked: Tool) -> None:
    if t.effect != "read":
        raise ApprovalRequired(
            f"{t.name} would {t.effect}, which no agent may decide.",
            hint=f"Ask the user to make the request for {asked.output.deliverable_name()!r} with `kolony run`.",
        )


def _refuse_steps(k: Kolony, t: Tool, planned: Planned) -> None:
    for step in planned.plan.steps:
        _refuse(k.host.tools[step.tool], t)
