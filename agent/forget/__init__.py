"""Erasing a creator everywhere: what would go, and its going. See ``docs/privacy.md`` for what stays."""

from .creator import Erased, Found, find, forget

__all__ = ["Erased", "Found", "find", "forget"]
