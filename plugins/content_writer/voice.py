"""How a creator writes, measured on the creator's own best posts on the subject."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from agent import Brief, Context, Filter, Post
from plugins.common.text import HAN, LETTER, quotable

_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
# Emoji that say nothing about how good a thing is; a creator's others stay out of a draft that must not promise anything.
_NEUTRAL = frozenset(
    "✨🌟⭐💫📍📌🔖🗺🚗🏙🌆🌤🌸🌼🌿🍀🍃🍂🎀🎈🎉💌💭💬👀👋🙋🙌🤔🫶💕💗💛💚💙💜🤍☕🍵🧋🍰🧁🍮🍨🍧🍡🍓🥭🥐🍜🍲🥢🍽🛍🎁🧴💄👟👜📷📸🎬📱💻🏃🧘🐾🌱"
)


@dataclass
class Voice:
    """A creator's habits. ``posts`` are the ids they were measured on; empty when the store holds none."""

    posts: list[str] = field(default_factory=list)
    emoji: list[str] = field(default_factory=list)
    emoji_per_post: float = 0.0
    length: float | None = None
    """Median characters of a text."""
    tags: list[str] = field(default_factory=list)
    """Hashtags, most used first."""
    title: str = "plain"
    """`bar` (地点｜题目), `bracket` (【地点】题目) or `plain`."""
    openings: list[str] = field(default_factory=list)
    """First lines of the best posts, word for word, for a model to hear the tone."""
    texts: list[str] = field(default_factory=list)
    """Every post that was read, in full: nothing of them may be copied."""
    asks_first: bool = False
    """Whether the best posts mostly open with a question."""
    bullet: str = ""
    """The mark that lines of lists begin with, a space after it."""
    ending: str = ""
    """What Chinese lines end with instead of a full stop: `～`, `！` or ` ` for nothing; empty for the full stop."""
    spaced: bool = True
    """Whether blocks stand apart by blank lines."""

    def ended(self, text: str) -> str:
        """The text with its full stops at the ends of lines as this creator has them."""
        return re.sub(r"。(?=\n|$)", self.ending.strip(), text) if self.ending else text


def voice_of(ctx: Context, brief: Brief, creator: str, known: Sequence[str]) -> Voice:
    """Measure a creator's voice on up to six posts: those on the subject with most engagement.

    Args:
        known: ids of posts that the search for creators found on the subject.
    """
    found = {p.id: p for p in ctx.store.posts(ids=list(known)) if p.creator_id == creator}
    for hit in ctx.store.search_posts(brief.search_text, Filter(creators=(creator,)), limit=12):
        found.setdefault(hit.post.id, hit.post)
    posts = sorted(found.values(), key=lambda p: (-(p.engagement or 0), p.id))
    if not posts:
        return Voice()
    best = posts[:6]
    emoji = Counter(e for p in best for e in _EMOJI.findall(p.body) if e in _NEUTRAL)
    titles = [p.title for p in best if p.title]
    bars, brackets = sum(bool(re.search(r"[|｜]", t)) for t in titles), sum("【" in t for t in titles)
    return Voice(
        posts=[p.id for p in best],
        emoji=[e for e, _ in emoji.most_common(4)],
        emoji_per_post=sum(len(_EMOJI.findall(p.body)) for p in best) / len(best),
        length=float(median(len(p.text) for p in best)),
        tags=[t for t, _ in Counter(t for p in posts for t in _tags(p)).most_common(40)],
        title="bracket" if titles and brackets * 2 >= len(titles) else "bar" if titles and bars * 3 >= len(titles) else "plain",
        openings=[line for p in best if (line := _opening(p))][:3],
        texts=[p.body for p in posts],
        asks_first=2 * sum(bool(re.search(r"[?？]", p.text.strip()[:40].split("\n")[0])) for p in best) >= len(best),
        bullet=_bullet(best),
        ending=_ending(best),
        spaced=2 * sum("\n\n" in p.text or "\n" not in p.text.strip() for p in best) >= len(best),
    )


_BULLET = re.compile(r"^\s*([·•▪◦►▶➤✔✅☑📍📌✨⭐🌟🔹🔸🌸🌼🍀♦◆❤🧡💛💚💙💜-])\ufe0f?\s?(?=\S)", re.MULTILINE)


def _bullet(posts: Sequence[Post]) -> str:
    """The mark of the creator's lists, where at least two posts have lists of two lines or more."""
    counts = Counter(mark for p in posts for mark, n in Counter(_BULLET.findall(p.text)).items() if n > 1)
    return next((f"{mark} " for mark, n in counts.most_common(1) if n > 1), "")


def _ending(posts: Sequence[Post]) -> str:
    """How the creator's Chinese lines mostly end."""
    lines = [line.strip() for p in posts for line in p.text.split("\n") if len(line.strip()) > 6 and "#" not in line and HAN.search(line)]
    ends = Counter("～" if t[-1] in "~～" else "！" if t[-1] in "!！" else " " if HAN.match(t[-1]) else "。" for t in lines)
    mark = ends.most_common(1)[0][0] if ends else "。"
    return "" if mark == "。" else mark


def _tags(post: Post) -> list[str]:
    return [t for t in dict.fromkeys(tag.strip().lstrip("#") for tag in post.hashtags) if LETTER.search(t) and not re.search(r"\s", t)]


def _opening(post: Post) -> str:
    line = post.text.strip().split("\n", 1)[0].strip()[:120]
    return line if len(line) > 8 and quotable(line) else ""


_FILLER = {
    "zh": [
        "探店",
        "美食",
        "生活",
        "周边",
        "推荐",
        "日常",
        "打卡",
        "分享",
        "好去处",
        "店",
        "探",
        "吃喝",
        "吃喝玩乐",
        "吃什么",
        "周末",
        "去哪儿",
        "去哪吃",
        "必吃",
        "攻略",
        "同城",
        "本地",
        "小众",
        "网红",
        "种草",
        "好物",
        "测评",
        "开箱",
        "人气",
        "华人",
        "留学生",
    ],
    "en": [
        "lover",
        "lovers",
        "life",
        "daily",
        "time",
        "gram",
        "vibes",
        "eats",
        "food",
        "foodie",
        "foodies",
        "review",
        "reviews",
        "tips",
        "finds",
        "local",
        "guide",
        "blogger",
        "things",
        "todo",
        "to",
        "do",
        "in",
        "of",
        "the",
        "my",
        "best",
        "shop",
        "insta",
        "tok",
    ],
}


def hashtags(brief: Brief, voice: Voice, own: Sequence[str], terms: Sequence[str], fewest: int, most: int) -> list[str]:
    """Tags of a draft, no `#`: the brand's own first, then tags the creator really uses that speak of this subject and place
    and nothing else, then ``own`` to fill up.

    Args:
        own: tags made from the brief, in order of weight.
        terms: words of the brief (place, product, topics) a creator's tag may consist of.
    """
    if most == 0:
        return []
    pieces = sorted({t.lower() for t in (*terms, *_FILLER["zh"], *_FILLER["en"]) if len(t) > 1 or t in "店探"}, key=len, reverse=True)
    anchor = [t.lower() for t in terms if len(t) > 1]
    fitting = []
    for tag in voice.tags:
        rest = tag.lower()
        if not any(a in rest for a in anchor):
            continue
        for piece in pieces:
            rest = rest.replace(piece, "")
        if not rest.strip("_- "):
            fitting.append(tag)
    brand = [brief.brand.replace(" ", "")] if brief.brand else []
    chosen: list[str] = []
    for tag in (*brand, *own[:1], *fitting[: max(2, most - 2)], *own):
        clean = re.sub(r"[^\w]", "", tag)
        if clean and clean.lower() not in (c.lower() for c in chosen):
            chosen.append(clean)
    return chosen[: max(fewest, most)]
