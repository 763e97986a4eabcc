"""Passages that answer a question, from the brief's facts and indexed posts; or none."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent import Brief, Context, Filter, Post
from plugins.common.text import HAN, instructs, language_of, passages, quotable, words

ENOUGH = 0.55
"""Share of the question's weight that a post has to cover before any of its sentences may answer."""

# What a question asks for: the words that ask, and the form that an answer has.
_KINDS: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "hours": (
        re.compile(
            r"\b(?:hours?|what time|when (?:do|are|is|does)|open(?:ing)?|close[sd]?|closing)\b|几点|营业时间|开门|关门|打烊|什么时候(?:开|关)|营业",
            re.I,
        ),
        re.compile(
            r"\d{1,2}\s*(?::\d{2})?\s*(?:am|pm)|\d{1,2}[:：]\d{2}|\d{1,2}点|24小时|(?:open|closed) (?:daily|on|every)|营业时间|周[一二三四五六日天].{0,6}休",
            re.I,
        ),
    ),
    "place": (
        re.compile(r"\b(?:where|address|located|location|directions|how do i get)\b|在哪|地址|怎么去|怎么走|位置|哪里能找到你", re.I),
        re.compile(
            r"📍|地址|位于|address|located|\b\d{2,6}\s+[NSEW]?\.?\s?[A-Z]\w+|\b(?:st|rd|ave|blvd|street|road|avenue|drive|pkwy|plaza|mall)\b|[路街道巷弄]\S{0,6}号|广场|商场|就在",
            re.I,
        ),
    ),
    "price": (
        re.compile(r"\b(?:how much|prices?|costs?|expensive|cheap|per person)\b|多少钱|价格|价位|人均|怎么卖|什么价|贵不贵|贵吗", re.I),
        re.compile(r"[$￥¥€£]\s?\d|\d+(?:\.\d+)?\s*(?:元|块|刀|rmb|usd|dollars?|bucks|美元|美金|/\s?人)|人均|免费|\bfree\b", re.I),
    ),
    "parking": (re.compile(r"\bpark(?:ing)?\b|停车|车位", re.I), re.compile(r"\bpark(?:ing)?\b|停车|车位", re.I)),
    "booking": (
        re.compile(r"\b(?:book(?:ing)?|reserv\w+|walk-?ins?|appointment)\b|预约|预订|订位|订座|排队|需要提前", re.I),
        re.compile(r"\b(?:book(?:ing)?|reserv\w+|walk-?ins?|appointment)\b|预约|预订|订位|订座|排队|提前", re.I),
    ),
}
_ABOUT_US = re.compile(r"\b(?:you|your|yours|u)\b|你们|你家|贵店|贵司|您|咱们店|本店|这家店|店里|店家", re.I)
_ASKING = frozenset(
    [
        "请问",
        "请教",
        "麻烦",
        "问问",
        "想问",
        "多少",
        "多少钱",
        "价格",
        "价位",
        "人均",
        "营业",
        "时间",
        "几点",
        "开门",
        "关门",
        "打烊",
        "地址",
        "位置",
        "哪里",
        "哪儿",
        "地方",
        "停车",
        "车位",
        "预约",
        "预订",
        "订位",
        "是否",
        "有吗",
        "可以吗",
        "好吗",
        "能不能",
        "可不可以",
        "有没有",
        "怎么样",
        "怎么",
        "如何",
        "哪家",
        "哪些",
        "知道",
        "推荐",
        "介绍",
        "老板",
        "你好",
        "您好",
        "谢谢",
        "店里",
        "你们",
        "贵店",
        "怎么去",
        "怎么走",
        "什么",
        "please",
        "tell",
        "hours",
        "open",
        "close",
        "opening",
        "closing",
        "address",
        "location",
        "located",
        "price",
        "prices",
        "cost",
        "parking",
        "park",
        "book",
        "booking",
        "reserve",
        "reservation",
        "appointment",
        "where",
        "when",
        "what",
        "which",
        "who",
        "how",
        "does",
        "much",
        "many",
        "recommend",
        "anyone",
        "know",
        "hello",
        "thanks",
        "thank",
        "question",
        "ask",
    ]
)


@dataclass(frozen=True)
class Found:
    """A passage that answers. ``post`` is None for a fact of the brief."""

    text: str
    post: Post | None
    score: float


def find(ctx: Context, question: str, brief: Brief | None, limit: int = 3) -> list[Found]:
    """Passages that answer ``question``, best first; facts of the brief before posts. Empty when nothing indexed does."""
    kinds = [name for name, (asks, _) in _KINDS.items() if asks.search(question)]
    subject = [w for w in dict.fromkeys(words(question)) if w not in _ASKING and not any(_KINDS[k][0].fullmatch(w) for k in kinds)]
    known = _from_facts(question, brief, kinds, subject)
    if known:
        return known[:limit]
    brand = (brief.brand or "").strip() if brief else ""
    if _ABOUT_US.search(question) and not brand:
        return []  # what posts say of other people's shops and products is no answer to a question about ours
    posts = [h.post for h in ctx.store.search_posts(f"{brand} {question}".strip(), Filter(), limit=40)]
    if brand:
        posts = [p for p in posts if brand.casefold() in p.body.casefold()]
        subject = subject or [brand.casefold()]
    return _from_posts(posts, kinds, subject, language_of(question))[:limit]


def _from_facts(question: str, brief: Brief | None, kinds: Sequence[str], subject: Sequence[str]) -> list[Found]:
    if brief is None:
        return []
    found = []
    for fact in dict.fromkeys([*brief.facts, *brief.must_say]):
        if instructs(fact):
            continue
        own = set(words(fact))
        hit = sum(w in own or w in fact.casefold() for w in subject) / len(subject) if subject else 0.0
        fits = any(_KINDS[k][1].search(fact) for k in kinds)
        named = {w for w in (brief.brand or "", brief.product or "") if w}
        free = [w for w in subject if not any(w in n.casefold() for n in named)]
        # A typed question about the brand itself needs only a fact of that type; about one thing, a fact that names the thing.
        if (fits and (not free or any(w in fact.casefold() for w in free))) or (not kinds and hit >= ENOUGH):
            found.append(Found(fact, None, 1.0 + hit + fits))
    return sorted(found, key=lambda f: (-f.score, f.text))


def _from_posts(posts: Sequence[Post], kinds: Sequence[str], subject: Sequence[str], language: str) -> list[Found]:
    if not subject:
        return []
    bodies = {p.id: p.body.casefold() for p in posts}
    df = Counter(w for body in bodies.values() for w in subject if _has(body, w))
    weight = {w: math.log(1 + (len(posts) + 1) / (df[w] + 0.5)) for w in subject}
    total = sum(weight.values())
    found: list[Found] = []
    for rank, post in enumerate(posts):
        whole = sum(weight[w] for w in subject if _has(bodies[post.id], w)) / total
        if whole < ENOUGH or instructs(post.body):
            continue
        best: Found | None = None
        for passage in passages(post.body, 90):
            if not quotable(passage) or passage.endswith(("?", "？")) or language_of(passage) not in (language, "und") or len(passage) < 6:
                continue
            part = sum(weight[w] for w in subject if _has(passage.casefold(), w)) / total
            fits = any(_KINDS[k][1].search(passage) for k in kinds)
            if (kinds and not fits) or (not kinds and part < 0.4):
                continue
            score = 0.4 * whole + 0.6 * part + 0.3 * fits + 0.1 / (rank + 1)
            if best is None or score > best.score:
                best = Found(passage, post, score)
        if best:
            found.append(best)
    return sorted(found, key=lambda f: (-f.score, f.post.id if f.post else ""))


def _has(text: str, word: str) -> bool:
    if HAN.search(word):
        return word in text
    stem = word[:-1] if len(word) > 4 and word.endswith("s") else word
    return re.search(rf"\b{re.escape(stem)}", text) is not None
