"""Which hashtags go with more engagement than their creators usually get."""

from collections import defaultdict
from typing import Annotated

from pydantic import BaseModel, Field

from agent import Artifact, Brief, Context, ToolError, hookimpl, tool

MOST_POSTS = 400
LEAST_CREATORS = 3


class Hashtag(BaseModel):
    """One tag. ``lift``: median over creators of the mean engagement of their posts with it, divided by that of those without."""

    name: str
    posts: int
    creators: int
    lift: float | None = Field(None, description="1.0 is as usual; None where no creator has posts of both kinds")


class HashtagReport(Artifact):
    """Hashtags of the posts on a subject, most used first."""

    deliverable = "hashtags"

    hashtags: list[Hashtag] = Field(default_factory=list)
    posts_read: int = 0


@tool(
    effect="read",
    privacy="any",
    asks=["research the hashtags", "hashtag research", "which hashtags", "话题标签研究", "热门话题", "哪些话题"],
    seconds=2,
)
def research_hashtags(
    ctx: Context, brief: Brief, limit: Annotated[int, Field(ge=1, le=100, description="how many tags to keep")] = 20
) -> HashtagReport:
    """Hashtags of the posts about the brief's subject, and how posts with them did beside the same creators' others."""
    hits = ctx.store.search_posts(brief.search_text, limit=MOST_POSTS)
    posts = {hit.post.id: hit.post for hit in hits if hit.post.hashtags}
    if not posts:
        raise ToolError("No post about this has a hashtag.", hint="Ingest posts on the subject: kolony ingest FILE.")
    tagged = defaultdict(list)
    for post in posts.values():
        for tag in {t.lower() for t in post.hashtags}:
            tagged[tag].append(post)
    found = []
    for name, own in tagged.items():
        creators = {p.creator_id for p in own}
        if len(creators) >= LEAST_CREATORS:
            found.append(Hashtag(name=name, posts=len(own), creators=len(creators), lift=_lift(name, creators, posts.values())))
    found.sort(key=lambda h: (-h.posts, h.name))
    notes = [f"Tags of fewer than {LEAST_CREATORS} creators are left out.", "A lift shows what goes together, not what brings it about."]
    kept = found[:limit]
    shown = [p.id for p in posts.values() if any(h.name in {t.lower() for t in p.hashtags} for h in kept)]
    return HashtagReport(hashtags=kept, posts_read=len(posts), notes=notes, evidence=shown[:50])


def _lift(name, creators, posts):
    """Median over creators with posts of both kinds; ``None`` where there are none."""
    import numpy as np

    ratios = []
    for creator in creators:
        own = [p for p in posts if p.creator_id == creator and p.likes is not None]
        engaged = {True: [], False: []}
        for p in own:
            engaged[name in {t.lower() for t in p.hashtags}].append(p.likes + (p.comments or 0))
        if engaged[True] and engaged[False] and np.mean(engaged[False]) > 0:
            ratios.append(np.mean(engaged[True]) / np.mean(engaged[False]))
    return round(float(np.median(ratios)), 2) if ratios else None


@hookimpl
def register_tools():
    return [research_hashtags]
