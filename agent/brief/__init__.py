"""The brief reader: from a request in English or Chinese to a typed brief, by rules, and by a model for what they left open."""

from .fill import fill_with_model
from .reader import read_brief

__all__ = ["fill_with_model", "read_brief"]
