"""Posts that say the same: of each text, one post counts."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from agent import Post

COPY = 0.8
"""From this share of common three-word (for Chinese: three-character) pieces on, two texts count as one."""
_LETTERS = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]|[^\W_\u3400-\u9fff\u3040-\u30ff]+")
_LATER = datetime.max.replace(tzinfo=UTC)


def without_copies(posts: Sequence[Post]) -> tuple[list[Post], int]:
    """``posts`` in the order of their ids, of every text the oldest one only, and how many were left out.

    Copies are texts that are equal but for case, digits and marks, or whose pieces agree by at least `COPY` (Jaccard):
    one press text that ten accounts post is the brand's voice, not that of ten people. The order of ``posts`` does not matter.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    oldest = sorted(posts, key=lambda p: (p.created_at or _LATER, p.id))
    firsts: dict[str, Post] = {}
    for post in oldest:
        key = "".join(c for c in "".join(_LETTERS.findall(post.body.casefold())) if not c.isdigit())
        if key:
            firsts.setdefault(key, post)
    kept = list(firsts.values())
    pieces = [_pieces(post.body) for post in kept]
    columns = {piece: i for i, piece in enumerate(sorted(set().union(*pieces)))} if pieces else {}
    sizes = np.array([len(p) for p in pieces], dtype=float)
    ends = np.cumsum([0, *(len(p) for p in pieces)])
    held = csr_matrix((np.ones(ends[-1]), [columns[x] for p in pieces for x in sorted(p)], ends), shape=(len(kept), max(1, len(columns))))
    common = (held @ held.T).tocoo()
    same: dict[int, list[int]] = {}
    for a, b, n in zip(common.row, common.col, common.data, strict=True):
        if b < a and n >= COPY * (sizes[a] + sizes[b] - n):
            same.setdefault(int(a), []).append(int(b))
    dropped: set[int] = set()
    for i in sorted(same):  # oldest first, so that what is left is the oldest of each text
        if any(j not in dropped for j in same[i]):
            dropped.add(i)
    left = sorted((p for i, p in enumerate(kept) if i not in dropped), key=lambda p: p.id)
    return left, len(posts) - len(left)


def _pieces(text: str) -> set[int]:
    tokens = _TOKEN.findall(text.casefold())
    return {zlib.crc32(" ".join(tokens[i : i + 3]).encode()) for i in range(max(1, len(tokens) - 2))}
