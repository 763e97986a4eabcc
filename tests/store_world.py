"""A small store to test with: a typed stand-in for the embedder, and posts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from vectorstore import Creator, Post
from vectorstore.e5_file import Floats

START = datetime(2025, 1, 1, tzinfo=UTC)


class CountingEmbedder:
    """Bag of characters into 64 buckets: deterministic, texts that share characters lie close. Counts what it embeds."""

    dim = 64

    def __init__(self, name: str = "characters/1") -> None:
        self.name = name
        self.embedded: list[str] = []

    def passages(self, texts: Sequence[str]) -> Floats:
        self.embedded.extend(texts)
        return self._vectors(texts)

    def queries(self, texts: Sequence[str]) -> Floats:
        return self._vectors(texts)

    def _vectors(self, texts: Sequence[str]) -> Floats:
        out = np.full((len(texts), self.dim), 0.01, dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            for c in text.lower():
                row[hashlib.sha256(c.encode("utf-8", "replace")).digest()[0] % self.dim] += 1
        return out / np.linalg.norm(out, axis=1, keepdims=True)


def post(n: int, text: str = "", **fields: object) -> Post:
    data: dict[str, object] = {
        "id": f"xiaohongshu:{n}", "platform": "xiaohongshu", "creator_id": f"xiaohongshu:u{n % 3}", "text": text or f"post number {n}",
        "language": "en", "created_at": START + timedelta(days=n), "likes": n, "source": "test"}  # fmt: skip
    return Post.model_validate(data | fields)


def creator(n: int, **fields: object) -> Creator:
    data: dict[str, object] = {"id": f"xiaohongshu:u{n}", "platform": "xiaohongshu", "name": f"Creator {n}", "bio": "food in Dallas"}
    return Creator.model_validate(data | fields)
