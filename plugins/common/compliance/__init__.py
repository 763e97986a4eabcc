"""Whether a text may be published: rule packs as data, disclosure, grounding, personal data, limits of the platforms."""

from .engine import review

__all__ = ["review"]
