"""Models: a local Transformer and remote APIs behind one router. Names are imported when first used."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ledger import Ledger
    from .local import ChatTransformers
    from .remote import ChatOpenAI
    from .router import Router
    from .spec import ModelInfo, ModelSpec

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when huggingface_hub is imported, which is later than this

_WHERE = {
    "ChatOpenAI": "remote",
    "ChatTransformers": "local",
    "Ledger": "ledger",
    "ModelInfo": "spec",
    "ModelSpec": "spec",
    "Router": "router",
}

__all__ = ["ChatOpenAI", "ChatTransformers", "Ledger", "ModelInfo", "ModelSpec", "Router"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'agent.models' has no attribute {name!r}")
    return getattr(import_module(f"agent.models.{_WHERE[name]}"), name)
