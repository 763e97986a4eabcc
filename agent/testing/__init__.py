"""The test kit for plugins: scripted and recorded models, a store with sample posts, and one tool run as a run would run it.

``pytest_plugins = ["agent.testing.fixtures"]`` in a ``conftest.py`` gives its fixtures, and blocks real models and the network.
Nothing of it is active in a suite that does not say so. Names are imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the names are handed on lazily, by the table below
    from .blocking import NetworkBlocked, block_network, no_real_models
    from .recording import NotRecorded, RecordingModel
    from .running import arun_tool, host_with, plan_with, run_tool
    from .scripted import Asked, ScriptedModel, ScriptExhausted
    from .world import CharacterEmbedder, make_creator, make_post, sample_records, sample_store

_HOME = {
    "blocking": ("NetworkBlocked", "block_network", "no_real_models"),
    "recording": ("NotRecorded", "RecordingModel"),
    "running": ("arun_tool", "host_with", "plan_with", "run_tool"),
    "scripted": ("Asked", "ScriptExhausted", "ScriptedModel"),
    "world": ("CharacterEmbedder", "make_creator", "make_post", "sample_records", "sample_store"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'agent.testing' has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
