"""The brief reader: from a request in English or Chinese to a typed brief, by rules, and by a model for what they left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .reader import read_brief

if TYPE_CHECKING:
    from .fill import fill_with_model

__all__ = ["fill_with_model", "read_brief"]


def __getattr__(name: str) -> Any:
    """``fill_with_model`` is imported when first used: most requests are read without a model."""
    if name == "fill_with_model":
        from .fill import fill_with_model

        return fill_with_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
