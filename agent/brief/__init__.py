"""The brief reader: from a request in English or Chinese to a typed brief, by rules, and by a model for what they left open."""

from .reader import read_brief

__all__ = ["read_brief"]
