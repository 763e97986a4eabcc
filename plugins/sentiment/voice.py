"""Share of voice: how much of what is said about some brands is said about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent import Brief, Context, Filter, Post, VoiceShare
from plugins.sentiment.reading import Backend, Label
from plugins.sentiment.sample import naming, spread
from plugins.sentiment.tally import Read, net, quotes

READ = 120
"""Posts of one brand that are read for its sentiment."""
MIN_READ = 5
_SIDES: tuple[Label, ...] = ("positive", "negative")


def voice(ctx: Context, brief: Brief, read: Sequence[Read], backend: Backend, look: Callable[[list[Post]], list[Read]]) -> list[VoiceShare]:
    """Share of the brand and of each competitor that the request names, the largest first. Empty without two names.

    Args:
        read: the posts read already.
        look: reads further posts.
    """
    where = Filter(platforms=tuple(brief.platforms))
    names = list(dict.fromkeys(n for n in (brief.brand, *brief.competitors) if n))
    if len(names) < 2:
        return []
    places = {name: naming(ctx, name, where) for name in names}
    total = len({p.id for found in places.values() for p in found})
    if not total:
        return []
    engagement = {name: sum(s.engagement or 0 for s in ctx.store.mentions([name], where)) for name in names}
    known = sum(engagement.values())
    already = {r.post.id: r for r in read}
    shares = []
    for name, found in places.items():
        chosen = spread(found, READ)
        new = ctx.store.posts([p.id for p in chosen if p.id not in already])
        own = [r for r in [*(already[p.id] for p in chosen if p.id in already), *look(new)] if not r.cues]
        about = [a for a in (_about(r, name) for r in own) if a]
        shares.append(
            VoiceShare(
                name=name, own=name == brief.brand, posts=len(found), share=len(found) / total, engagement=engagement[name],
                engagement_share=engagement[name] / known if known else None, read=len(about), net=net(about) if len(about) >= MIN_READ else None,
                quotes=[q for label in _SIDES for q in quotes(_in_words(about, name), label, backend, 1)],
            )
        )  # fmt: skip
    return sorted(shares, key=lambda s: (-s.posts, s.name))


def _about(r: Read, name: str) -> Read | None:
    """The post, where its text really holds the name."""
    return r if name.casefold() in r.post.body.casefold() or name.casefold() in " ".join(r.post.hashtags).casefold() else None


def _in_words(read: Sequence[Read], name: str) -> list[Read]:
    """Those posts only whose running text names the brand."""
    return [r for r in read if name.casefold() in r.post.body.casefold()]
