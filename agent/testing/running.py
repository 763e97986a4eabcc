"""One tool, run as a run would run it: a real context, a real router, arguments checked as the plan's checker does."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifacts import Artifact, Brief
from ..brief import read_brief
from ..context import Context
from ..errors import ToolError, UsageError
from ..hookcheck import implemented
from ..host import Host
from ..loop import sync
from ..plugin_sources import installed
from ..runs import PackedArtifact
from ..settings import Settings
from ..tools import Tool

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from vectorstore import Store

    from ..planned import Planned

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)
"""The clock of a tool under test; the sample posts are from the year before."""


def run_tool(tool: Tool, /, **given: Any) -> Any:
    """Run one tool and give its artifact. See :func:`arun_tool`; this one also works where a loop is running (a notebook)."""
    return sync(arun_tool(tool, **given))


async def arun_tool(
    tool: Tool,
    /,
    *,
    brief: Brief | str | None = None,
    store: Store | None = None,
    model: BaseChatModel | None = None,
    plugin: object | None = None,
    options: Mapping[str, Any] | None = None,
    now: datetime = NOW,
    folder: Path | None = None,
    **arguments: Any,
) -> Artifact:
    """Run one tool with a real context.

    Args:
        tool: what ``@tool`` makes. One that spends, publishes or contacts is called as if a person had approved.
        brief: for the tool's parameter of type `Brief`; a text is read as a request.
        store: default: a store with the sample posts, made for this call.
        model: asked for whatever the tool writes, usually a ``ScriptedModel``; without one no model is there.
        plugin: whose prompts, guards and rule packs hold; default: the module that defines the tool.
        options: the tool's own settings, as under ``[tools.NAME]`` in ``kolony.toml``.
        folder: where the run keeps its files; default: one that is gone afterwards.
        arguments: the tool's other parameters, artifacts and plain ones.

    Raises:
        UsageError: an argument is missing, or of another type than the tool says.
        ToolError: the tool gave something else than it says, or what a run could not keep.
        ScriptExhausted: a scripted model had no answer left.
    """
    from prompts import Prompts

    from ..models import Ledger, Router
    from .scripted import ScriptedModel
    from .world import sample_store

    called = _arguments(tool, brief, arguments, now)
    host = _host_of(tool, plugin)
    with ExitStack() as leave:
        place = folder or Path(leave.enter_context(tempfile.TemporaryDirectory(prefix="kolony-test-")))
        held = store or leave.enter_context(sample_store(place / "sample"))
        settings = Settings(home=place / "home", now=now, tools={tool.name: dict(options)} if options else {}, offline_model=False)
        router = Router(settings, _with_model(host, model))
        leave.callback(router.close)
        models = router.bind("test", tool.name, tool.privacy, Ledger(settings.max_usd), tool.name, lambda event: None)
        ctx = Context(
            run_id="test", step_id=tool.name, store=held, models=models, prompts=Prompts(host.collect("register_prompts")),
            settings=settings, now=now, folder=place, guards=host.collect("register_guards"),
            rule_packs=host.collect("register_rule_packs"), idempotency_key="test-key" if tool.gated else "",
        )  # fmt: skip
        async with asyncio.timeout(tool.timeout):
            made = await (tool.function(ctx, **called) if tool.is_async else asyncio.to_thread(tool.function, ctx, **called))
        if isinstance(model, ScriptedModel):
            model.finish(all_asked=False)
    if not isinstance(made, tool.output):
        raise ToolError(f"{tool.name} gave a {type(made).__name__} instead of a {tool.output.__name__}.")
    again = PackedArtifact.pack(made).unpack({**host.artifact_types, type(made).__name__: type(made)})
    if again != made:
        raise ToolError(f"{tool.name}: its {type(made).__name__} is not the same after it was kept as JSON.", hint="Use JSON-like fields.")
    return made


def host_with(plugin: object | None = None, name: str = "under_test") -> Host:
    """A host with Kolony's own plugins and ``plugin``, whatever else is installed."""
    host = Host(entry_points=False)
    for source in installed():
        if source.own:
            host.register(source.load(), source.name)
    if plugin is not None:
        host.register(plugin, name)
    return host


def plan_with(plugin: object, request: str, *, now: datetime = NOW) -> Planned:
    """What Kolony would run for a request, with ``plugin`` beside its own plugins and no model."""
    from ..kolony import Kolony

    return Kolony(Settings(now=now, offline_model=False), host=host_with(plugin)).plan(request)


def _arguments(tool: Tool, brief: Brief | str | None, arguments: dict[str, Any], now: datetime) -> dict[str, Any]:
    from pydantic import ValidationError

    given = dict(arguments)
    takes = next((i.name for i in tool.inputs if i.type is Brief), None)
    if brief is not None:
        if takes is None:
            raise UsageError(f"{tool.name} takes no Brief.")
        given[takes] = read_brief(brief, now=now, asks={tool.output.deliverable_name(): tool.asks})[0] if isinstance(brief, str) else brief
    known = {i.name for i in tool.inputs} | set(tool.params_model.model_fields)
    if unknown := sorted(set(given) - known):
        raise UsageError(f"{tool.name} has no parameter {', '.join(unknown)}.", hint=f"It has: {', '.join(sorted(known)) or 'none'}.")
    for i in tool.inputs:
        value = given.get(i.name)
        if value is None and i.required:
            raise UsageError(f"{tool.name} needs {i.name!r}, a {i.type.__name__}.", hint=f"run_tool({tool.name}, {i.name}=…)")
        if value is not None and not isinstance(value, i.type):
            raise UsageError(f"{tool.name}: {i.name!r} must be a {i.type.__name__}, not a {type(value).__name__}.")
    try:
        plain = tool.params_model.model_validate({k: v for k, v in given.items() if not tool.input(k)})
    except ValidationError as e:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in e.errors())
        raise UsageError(f"{tool.name}: {faults}.") from e
    artifacts = {k: v for k, v in given.items() if tool.input(k)}
    return {**artifacts, **{name: getattr(plain, name) for name in tool.params_model.model_fields}}


def _host_of(tool: Tool, plugin: object | None) -> Host:
    host = Host(entry_points=False)
    found = plugin if plugin is not None else sys.modules.get(tool.function.__module__)
    if found is not None and any(True for _ in implemented(found)):
        host.register(found, "under_test")
    return host


def _with_model(host: Host, model: BaseChatModel | None) -> Host:
    """The plugin's own models are left out: what it would ask in earnest is asked of ``model``."""
    from ..hookspecs import hookimpl
    from ..models import ModelSpec

    if model is None:
        return Host(entry_points=False)
    make = getattr(model, "spec", None)
    spec = make() if callable(make) else ModelSpec(name=model.name or "model", factory=lambda: model, languages=("en", "zh"), remote=False)

    class Models:
        @hookimpl
        def register_models(self) -> list[ModelSpec]:
            return [spec]

        @hookimpl
        def register_guards(self) -> list[Any]:
            return host.collect("register_guards")

    alone = Host(entry_points=False)
    alone.register(Models(), "model")
    return alone
