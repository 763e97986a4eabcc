"""What the store answers with, beside the records themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from .records import Post


@dataclass(frozen=True)
class Hit:
    """A post that a search found. Ranks count from 1; ``None`` when that side did not find it."""

    post: Post
    score: float
    dense_rank: int | None
    lexical_rank: int | None


@dataclass
class UpsertReport:
    """What an upsert did. ``forgotten`` counts records left out because their creator asked to be forgotten, ``embedded`` counts texts that had to go through the model, ``embed_seconds`` the time of that."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    forgotten: int = 0
    embedded: int = 0
    embed_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Counts:
    """How much the store holds. ``platforms``: platform to number of posts, most first."""

    posts: int = 0
    creators: int = 0
    platforms: dict[str, int] = field(default_factory=dict)
