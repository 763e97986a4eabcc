"""Share of voice: how much of what is said about some brands is said about each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from agent import Brief, Context, Filter, Post, VoiceShare
from plugins.common.text import HAN, segmenter
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.reading import Backend, Label
from plugins.sentiment.sample import naming, spread
from plugins.sentiment.tally import Read, net, quotes

READ = 120
"""Posts of one brand that are read for its sentiment."""
MIN_READ = 5
MIN_AUTHORS = 2
"""A brand that the brief does not name counts as a competitor only when posts of so many authors compare with it."""
MOST = 6
_COMPARED_EN = re.compile(
    r"\b(?:better|worse|cheaper|nicer|tastier) than (?P<a>[A-Z][\w'&’-]+(?: [A-Z][\w'&’-]+)?)|\b(?:vs\.?|versus|compared (?:to|with)|unlike) (?P<b>[A-Z][\w'&’-]+(?: [A-Z][\w'&’-]+)?)"
)
_COMPARED_ZH = re.compile(
    r"(?:比|不输|碾压|吊打|平替|秒杀|完胜|媲美|不如)(?P<a>[A-Za-z][\w'&-]{1,20}|[\u4e00-\u9fff]{2,6}?)(?=还?(?:更|好|强|便宜|贵|划算|差|香|甜|大|小|多|少|要|也|的|[，。！、\s]|$))"
)
_SIDES: tuple[Label, ...] = ("positive", "negative")
_NOBODY = frozenset("i it they we you this that my the home everything anything other others last most any some".split())


def voice(
    ctx: Context, brief: Brief, read: Sequence[Read], backend: Backend, look: Callable[[list[Post]], list[Read]]
) -> tuple[list[VoiceShare], bool]:
    """Each brand's share, the largest first, and whether the request named the competitors (else posts did). Empty without two names.

    Args:
        read: the posts read already.
        look: reads further posts.
    """
    where = Filter(platforms=tuple(brief.platforms))
    rivals = brief.competitors or compared(read, brief.brand or "")
    names = list(dict.fromkeys(n for n in ([brief.brand, *rivals] if brief.brand else rivals) if n))
    places = {name: naming(ctx, name, where) for name in names}
    total = len({p.id for found in places.values() for p in found})
    if len(names) < 2 or not total:
        return [], bool(brief.competitors)
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
    return sorted(shares, key=lambda s: (-s.posts, s.name)), bool(brief.competitors)


def _about(r: Read, name: str) -> Read | None:
    """The post, where its text really holds the name."""
    return r if name.casefold() in r.post.body.casefold() or name.casefold() in " ".join(r.post.hashtags).casefold() else None


def _in_words(read: Sequence[Read], name: str) -> list[Read]:
    """Those posts only whose running text names the brand."""
    return [r for r in read if name.casefold() in r.post.body.casefold()]


def compared(read: Sequence[Read], own: str) -> list[str]:
    """Names that posts of several authors compare with, the most frequent first."""
    authors: dict[str, set[str]] = defaultdict(set)
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for r in read:
        pattern = _COMPARED_ZH if r.language == "zh" else _COMPARED_EN
        for m in pattern.finditer(r.post.body):
            name = next(g for g in m.groups() if g)
            if name.casefold() != own.casefold() and _may_be_brand(name, r.language):
                authors[name.casefold()].add(r.post.creator_id)
                written[name.casefold()][name] += 1
    ranked = sorted((n for n in authors if len(authors[n]) >= MIN_AUTHORS), key=lambda n: (-len(authors[n]), n))
    return [written[n].most_common(1)[0][0] for n in ranked[:MOST]]


def _may_be_brand(name: str, language: str) -> bool:
    if not HAN.search(name):
        return name.casefold() not in _NOBODY and not lexicon("en").opinions(name)
    # A word of the dictionary that is no name of a firm ("想象", "别家") is none; one it does not know may be.
    tag = segmenter()[1].get(name, "")
    return tag.startswith(("nz", "nt")) or (not tag and len(segmenter()[0].lcut(name)) == 1)
