"""Posts, creators and brand material as rows of Chroma and of the side index, and back, without loss."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypeVar

from .filters import timestamp
from .lexical import IndexRow
from .materials import MATERIAL, Passage, passage_text
from .records import Creator, Post

POST, CREATOR = "post", "creator"
R = TypeVar("R", Post, Creator, Passage)


@dataclass(frozen=True)
class Row:
    """A record ready to be written. ``text`` is what is embedded and searched."""

    id: str
    kind: str
    hash: str
    text: str
    document: str
    metadata: dict[str, Any]

    @property
    def index(self) -> IndexRow:
        return index_row(self.kind, self.id, self.metadata, self.text)


def post_row(post: Post) -> Row:
    columns = {
        "platform": post.platform,
        "creator_id": post.creator_id,
        "language": post.language,
        "created": None if post.created_at is None else timestamp(post.created_at),
        "engagement": post.engagement,
    }
    return _row(post, POST, post_text(post), post.text, columns)


def creator_row(creator: Creator) -> Row:
    columns = {"platform": creator.platform, "language": creator.language}
    return _row(creator, CREATOR, creator_text(creator), creator.bio, columns)


def passage_row(passage: Passage) -> Row:
    return _row(passage, MATERIAL, passage_text(passage), passage.text, {"platform": "", "language": passage.language})


def post_text(post: Post) -> str:
    """What a post is found by: title, text, and the hashtags that the text does not show."""
    hidden = [f"#{tag}" for tag in post.hashtags if tag not in post.text]
    return "\n".join(filter(None, (post.body, " ".join(hidden)))) or post.location or post.id


def creator_text(creator: Creator) -> str:
    """What a creator is found by."""
    return (
        "\n".join(filter(None, (creator.name or creator.handle, creator.bio, ", ".join(creator.categories), creator.location)))
        or creator.id
    )


def _row(record: Post | Creator | Passage, kind: str, text: str, document: str, columns: dict[str, Any]) -> Row:
    content = record.model_dump(mode="json", exclude_defaults=True)
    # Where a record was read from is no part of what it says: the same export in another folder changes nothing.
    hashed = json.dumps({k: v for k, v in content.items() if k != "source"}, sort_keys=True)
    metadata = {k: v for k, v in columns.items() if v is not None}
    metadata |= {"hash": hashlib.sha256(hashed.encode()).hexdigest(), "record": json.dumps(content)}
    return Row(record.id, kind, metadata["hash"], text, document.replace("\0", " "), metadata)


def record_of(kind: type[R], metadata: dict[str, Any]) -> R:
    return kind.model_validate_json(metadata["record"])


def index_row(kind: str, id: str, metadata: dict[str, Any], text: str) -> IndexRow:
    m = metadata
    return IndexRow(kind, id, m["hash"], m["platform"], text, m.get("language"), m.get("creator_id"), m.get("created"), m.get("engagement"))


def text_of(kind: str, metadata: dict[str, Any]) -> str:
    """What the record behind a row is found by."""
    if kind == MATERIAL:
        return passage_text(record_of(Passage, metadata))
    return post_text(record_of(Post, metadata)) if kind == POST else creator_text(record_of(Creator, metadata))
