"""A tool is a typed function: artifact-typed parameters are wired by the planner, the rest are JSON arguments."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Union

from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, create_model

from .artifacts import Artifact
from .errors import ApprovalRequired, PluginError

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from .kolony import Kolony

Effect = Literal["read", "write", "spend", "publish", "contact"]
Privacy = Literal["local", "any"]
GATED: frozenset[str] = frozenset({"spend", "publish", "contact"})
"""Effects that always need a person's approval."""


@dataclass(frozen=True)
class Input:
    """An artifact-typed parameter: wired, never written by hand."""

    name: str
    type: type[Artifact]
    required: bool


@dataclass(frozen=True)
class Tool:
    """A function with the types it takes and gives. Call it like the function it wraps, unless it has an effect that needs approval."""

    name: str
    function: Callable[..., Any]
    description: str
    output: type[Artifact]
    inputs: tuple[Input, ...]
    params_model: type[Any]
    effect: Effect = "read"
    privacy: Privacy = "any"
    asks: tuple[str, ...] = ()
    timeout: float = 300.0
    seconds: float = 1.0
    model_calls: int = 0
    preview: Callable[..., str] | None = field(default=None, compare=False)
    plugin: str = field(default="", compare=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.gated:  # a tool that calls another one must not slip past the person
            raise ApprovalRequired(f"{self.name} would {self.effect}; only a run calls it, after a person has approved.")
        return self.function(*args, **kwargs)

    @property
    def gated(self) -> bool:
        return self.effect in GATED

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    def input(self, name: str) -> Input | None:
        return next((i for i in self.inputs if i.name == name), None)

    def params_schema(self) -> dict[str, Any]:
        """JSON schema of the plain arguments (those that are no artifacts)."""
        schema: dict[str, Any] = self.params_model.model_json_schema()
        return schema

    def as_langchain(self, kolony: Kolony | None = None, *, longest: int = 6_000) -> StructuredTool:
        """The tool for a LangChain agent; see :func:`agent.langchain.as_langchain`."""
        from .langchain import as_langchain

        return as_langchain(self, kolony, longest=longest)


def tool(
    function: Callable[..., Any] | None = None,
    *,
    effect: Effect = "read",
    privacy: Privacy = "any",
    asks: Sequence[str] = (),
    name: str | None = None,
    timeout: float = 300.0,
    seconds: float = 1.0,
    model_calls: int = 0,
    preview: Callable[..., str] | None = None,
) -> Any:
    """Make a tool of a function ``f(ctx, …artifacts, …arguments) -> Artifact``.

    Args:
        effect: what it does to the world. ``spend``, ``publish`` and ``contact`` always need a person's approval.
        privacy: ``local`` keeps every text of the step away from remote models.
        asks: phrases, English and Chinese, by which a request asks for what the tool makes.
        timeout: seconds after which the step is given up.
        seconds: what one run of it usually takes; the plan's estimate adds these up.
        model_calls: how many calls of a model one run usually makes.
        preview: for tools that need approval: ``f(settings, …artifacts, …arguments) -> str``, what would go out and to whom, as the
            approver reads it. ``settings`` are the tool's own. It must give the same text for the same call; default: the arguments.

    Raises:
        PluginError: a parameter has no usable type, or the function gives no artifact.
    """

    def make(f: Callable[..., Any]) -> Tool:
        return _inspect(f, name or f.__name__, effect, privacy, tuple(asks), timeout, seconds, model_calls, preview)

    return make(function) if function is not None else make


def _inspect(
    f: Callable[..., Any], name: str, effect: Effect, privacy: Privacy, asks: tuple[str, ...],
    timeout: float, seconds: float, model_calls: int, preview: Callable[..., str] | None,
) -> Tool:  # fmt: skip
    try:
        hints = typing.get_type_hints(f, include_extras=True)
    except NameError as e:
        raise PluginError(f"Tool {name!r}: the annotation {e.name!r} cannot be resolved.", hint="Import it at module level.") from e
    output = hints.pop("return", None)
    if not (inspect.isclass(output) and issubclass(output, Artifact)):
        raise PluginError(f"Tool {name!r} must be annotated to return an Artifact, not {output!r}.")
    if not (f.__doc__ or "").strip():
        raise PluginError(f"Tool {name!r} has no docstring.", hint="Its first line is what planners and people read.")
    parameters = list(inspect.signature(f).parameters.values())
    if not parameters or parameters[0].name != "ctx":
        raise PluginError(f"Tool {name!r} must take `ctx` as its first parameter.")
    inputs: list[Input] = []
    fields: dict[str, Any] = {}
    for p in parameters[1:]:
        if p.name not in hints:
            raise PluginError(f"Tool {name!r}: parameter {p.name!r} has no annotation.")
        artifact, optional = artifact_type(hints[p.name])
        has_default = p.default is not inspect.Parameter.empty
        if artifact is not None:
            inputs.append(Input(p.name, artifact, required=not (optional or has_default)))
        else:
            fields[p.name] = (hints[p.name], p.default if has_default else ...)
    try:
        params = create_model(f"{name}_arguments", __config__=ConfigDict(extra="forbid"), **fields)
        TypeAdapter(params).json_schema()
    except PydanticSchemaGenerationError as e:
        raise PluginError(f"Tool {name!r}: {e.message.splitlines()[0]}", hint="Annotate with JSON-like types.") from e
    return Tool(
        name=name, function=f, description=inspect.cleandoc(f.__doc__ or "").strip(), output=output, inputs=tuple(inputs),
        params_model=params, effect=effect, privacy=privacy, asks=asks, timeout=timeout, seconds=seconds, model_calls=model_calls,
        preview=preview,
    )  # fmt: skip


def artifact_type(annotation: Any) -> tuple[type[Artifact] | None, bool]:
    """``(artifact, optional)`` of an annotation; ``(None, False)`` when it is no artifact.

    ``Slate`` gives ``(Slate, False)``, ``Slate | None`` gives ``(Slate, True)``.
    """
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (Union, types.UnionType):
        members = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(members) == 1 and inspect.isclass(members[0]) and issubclass(members[0], Artifact):
            return members[0], True
        return None, False
    if inspect.isclass(annotation) and issubclass(annotation, Artifact):
        return annotation, False
    return None, False
