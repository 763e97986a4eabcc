"""Every hook a plugin may implement. ``docs/plugins.md`` documents each; a test holds the two together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import typer

    from .artifacts import Artifact
    from .context import Context
    from .events import Event
    from .plan import Step
    from .tools import Tool

hookspec = pluggy.HookspecMarker("kolony")
hookimpl = pluggy.HookimplMarker("kolony")


@hookspec
def register_tools() -> Iterable[Tool]:  # type: ignore[empty-body]
    """Tools this plugin adds."""


@hookspec
def register_models() -> Iterable[Any]:  # type: ignore[empty-body]
    """Models this plugin adds, as ``agent.models.ModelSpec``."""


@hookspec
def register_embedders() -> Iterable[Any]:  # type: ignore[empty-body]
    """Embedders this plugin adds, as ``vectorstore.Embedder`` classes."""


@hookspec
def register_readers() -> Iterable[Any]:  # type: ignore[empty-body]
    """Readers of export formats, as ``vectorstore.Reader`` objects."""


@hookspec
def register_prompts() -> Iterable[str]:  # type: ignore[empty-body]
    """Folders of prompt templates; they are looked into before the built-in ones."""


@hookspec
def register_guards() -> Iterable[Any]:  # type: ignore[empty-body]
    """Guards over text: callables ``(text: str, language: str) -> Iterable[Finding]``."""


@hookspec
def register_rule_packs() -> Iterable[Any]:  # type: ignore[empty-body]
    """Rule packs for the review of texts: the data of a pack, or the path of its YAML file."""


@hookspec
def register_commands(app: typer.Typer) -> None:
    """Add commands to the ``kolony`` command line."""


@hookspec
def before_step(ctx: Context, step: Step) -> None:
    """Called before a step's tool is called. Raising fails the step."""


@hookspec
def after_step(ctx: Context, step: Step, artifact: Artifact) -> None:
    """Called with what a step made, before anybody else sees it. Raising fails the step."""


@hookspec
def on_event(ctx: Context | None, event: Event) -> None:
    """Called with every event of a run. ``ctx`` is None for events of the run as a whole."""
