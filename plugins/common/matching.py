"""The indexed posts that a brief is about."""

from __future__ import annotations

from agent import Brief, Context, Filter, Post
from plugins.common.text import words

NEAR = 60
"""Dense ranks up to this count as being about the subject though they share no word with it."""
GENERIC = frozenset(
    ("探店", "打卡", "种草", "推荐", "好物", "生活", "日常", "博主", "达人", "review", "reviews", "lifestyle", "blogger", "influencer")
)


def matching(ctx: Context, brief: Brief, limit: int) -> list[Post]:
    """Posts on the product first, then on the whole subject; those that name none of it stay only if they mean nearly the same.

    Args:
        limit: most posts taken from one of the searches.
    """
    where = Filter(platforms=tuple(brief.platforms))
    named = [w for w in words(brief.search_text) if w not in GENERIC]
    found: dict[str, Post] = {}
    for query in dict.fromkeys(q for q in (brief.product, brief.search_text) if q):
        for hit in ctx.store.search_posts(query, where, limit=limit):
            near = hit.dense_rank is not None and hit.dense_rank <= NEAR
            text = hit.post.body.casefold() + " ".join(hit.post.hashtags).casefold()
            if near or not named or any(w in text for w in named):
                found.setdefault(hit.post.id, hit.post)
    return list(found.values())
