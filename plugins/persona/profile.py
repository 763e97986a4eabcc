"""What a group of posts shows about the people who wrote them. Everything here is counted or quoted, nothing is inferred."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median

from agent import AudienceStats, Creator, Post, QuoteOf
from plugins._text import HAN, language_of, looks_sponsored, passages, quotable, say

_NEED = {
    "zh": re.compile(
        r"想(?:要|吃|喝|找|去|试|买|念|知道|带)|需要|希望|求(?:推荐|问|分享|一)|有没有|哪里(?:有|能|可以)|适合|终于(?:找到|等到|吃到|喝到)|方便|强迫症|只为|为了"
    ),
    "en": re.compile(
        r"\b(?:looking for|wish(?:ed)?|need(?:s|ed)?|want(?:s|ed)? (?:to|a|some|more)|hope(?:d|s)?|craving|where can|any recommend\w*|perfect for|finally found)\b",
        re.IGNORECASE,
    ),
}
_OBJECTION = {
    "zh": re.compile(
        r"踩雷|避雷|拔草|失望|可惜|遗憾|难吃|难喝|一般般?(?!来说|都|会|情况)|太(?:甜|腻|贵|咸|干|硬|小|慢|吵|久|少|淡|油|酸)|偏(?:甜|贵|咸|淡|腻|硬|干|油|酸)|有点(?:贵|甜|腻|咸|失望|小|慢|远|干|硬|淡)"
        r"|不(?:推荐|值|好吃|好喝|方便|新鲜|会再|太喜欢|太能)|缺点|唯一(?:的)?(?:不足|美中不足|缺点|小失望)|美中不足|性价比(?:不高|低)|(?:停车|排队)[^，。]{0,6}(?:难|久|麻烦)|就是[^，。]{0,8}(?:贵|小|久|慢|难|远)|怕"
    ),
    "en": re.compile(
        r"\b(?:but|too (?:sweet|salty|expensive|pricey|small|slow|loud|dry|much|crowded|long)|disappoint\w*|overpriced|over-?rated|unfortunately|however|however,|wasn't|weren't|didn't (?:like|work|love)"
        r"|not worth|bland|rude|never again|broke|waste of|pricey|afraid|worried|annoy\w*)\b",
        re.IGNORECASE,
    ),
}


def said(posts: Sequence[Post], kind: str, rank: Callable[[Post], float], limit: int = 5, longest: int = 60) -> list[QuoteOf]:
    """Passages that speak of a need or an objection, one per author, those of the most typical posts first.

    Args:
        kind: ``need`` or ``objection``.
    """
    patterns = _NEED if kind == "need" else _OBJECTION
    found: list[QuoteOf] = []
    heard: set[str] = set()
    seen: set[str] = set()
    for post in sorted(posts, key=lambda p: (-rank(p), p.id)):
        if post.creator_id in heard or looks_sponsored(post.body):
            continue
        for passage in passages(post.body, longest):
            language = language_of(passage)
            if language not in patterns or not 6 <= _length(passage) <= longest * (1 if language == "zh" else 3):
                continue
            if (
                patterns[language].search(passage)
                and quotable(passage)
                and passage.count("（") == passage.count("）")
                and passage not in seen
            ):
                found.append(QuoteOf(text=passage, post=post.id))
                heard.add(post.creator_id)
                seen.add(passage)
                break
        if len(found) == limit:
            break
    return found


def typical(posts: Sequence[Post], terms: Sequence[str], rank: Callable[[Post], float], limit: int = 3) -> list[QuoteOf]:
    """Passages that carry most of the group's own words, one per author."""
    weight = {t: 1.0 / (i + 3) for i, t in enumerate(terms[:30])}
    found: list[tuple[float, str, QuoteOf]] = []
    for post in posts:
        options = [p for p in passages(post.body, 60) if 8 <= _length(p) <= 90 and quotable(p)]
        if not options:
            continue
        score, passage = max((sum(w for t, w in weight.items() if t in p.lower()), p) for p in options)
        if score > 0:
            found.append((score * (0.5 + rank(post)), post.creator_id, QuoteOf(text=passage, post=post.id)))
    chosen: list[QuoteOf] = []
    heard: set[str] = set()
    for _, author, quote in sorted(found, key=lambda f: (-f[0], f[2].post)):
        if author not in heard and all(quote.text != c.text for c in chosen):
            chosen.append(quote)
            heard.add(author)
        if len(chosen) == limit:
            break
    return chosen


def _length(text: str) -> int:
    return len(text) if HAN.search(text) else len(text.split()) * 3


def active_hours(posts: Sequence[Post], limit: int = 4) -> list[int]:
    """Hours of the day (UTC) in which most posts were published, busiest first; empty under 10 dated posts."""
    hours = Counter(p.created_at.hour for p in posts if p.created_at)
    if sum(hours.values()) < 10:
        return []
    return [h for h, _ in sorted(hours.items(), key=lambda i: (-i[1], i[0]))[:limit]]


_HOOKS: tuple[tuple[str, str, Callable[[Post], bool]], ...] = (
    ("video", "视频", lambda p: p.format == "video"),
    ("a question in the title", "标题是问句", lambda p: bool(re.search(r"[?？]|吗|有没有|怎么|哪家", p.title))),
    ("a number in the title", "标题里有数字", lambda p: bool(re.search(r"\d|[一二三四五六七八九十]+(?:家|款|种|个|天)", p.title))),
    ("an exclamation in the title", "标题带感叹号", lambda p: bool(re.search(r"[!！‼]", p.title))),
    ("a place or series mark in the title (｜, 【】)", "标题用“｜”或【】标出地点或栏目", lambda p: bool(re.search(r"[|｜【】]", p.title))),
    ("long text (over 300 characters)", "长文（超过300字）", lambda p: len(p.text) > 300),
    ("short text (under 80 characters)", "短文（不到80字）", lambda p: 0 < len(p.text) < 80),
    ("the address in the text", "正文写明地址", lambda p: bool(re.search(r"📍|地址|\b[A-Z]{2} \d{5}\b", p.text))),
)


def content_that_works(posts: Sequence[Post], usual: dict[str, float], language: str) -> list[str]:
    """Forms whose posts beat the others: medians of engagement relative to the author's own median, one-sided Mann-Whitney p < 0.05.

    Args:
        usual: each author's median engagement over the posts looked at, so that big accounts do not decide it.
    """
    from scipy.stats import mannwhitneyu

    ratios = [(p, p.engagement / usual[p.creator_id]) for p in posts if p.engagement is not None and usual.get(p.creator_id)]
    found: list[tuple[float, str]] = []
    for en, zh, has in _HOOKS:
        # A post without a title says nothing about titles.
        told = [(p, r) for p, r in ratios if "title" not in en or p.title]
        with_it, without = [r for p, r in told if has(p)], [r for p, r in told if not has(p)]
        if len(with_it) < 8 or len(without) < 8 or len({p.creator_id for p, _ in told if has(p)}) < 3:
            continue
        times = median(with_it) / median(without) if median(without) else 0.0
        if times >= 1.15 and mannwhitneyu(with_it, without, alternative="greater").pvalue < 0.05:
            found.append(
                (
                    times,
                    say(
                        language,
                        f"{en}: {times:.1f} times the engagement of the rest (median, {len(with_it)} posts against {len(without)})",
                        f"{zh}：互动中位数是其他帖子的{times:.1f}倍（{len(with_it)}篇对{len(without)}篇）",
                    ),
                )
            )
    return [text for _, text in sorted(found, reverse=True)]


def demographics(posts: Sequence[Post], creators: dict[str, Creator]) -> tuple[AudienceStats | None, int]:
    """Fan statistics of the authors, weighted by their posts here, and the number of authors that have any."""
    weights = Counter(p.creator_id for p in posts)
    known = [(weights[i], creators[i].audience) for i in sorted(weights) if i in creators and creators[i].audience is not None]
    if not known:
        return None, 0

    def mean(pick: Callable[[AudienceStats], float | None]) -> float | None:
        told = [(w, v) for w, a in known if a is not None and (v := pick(a)) is not None]
        return round(sum(w * v for w, v in told) / sum(w for w, _ in told), 4) if told else None

    def table(pick: Callable[[AudienceStats], dict[str, float]], top: int = 8) -> dict[str, float]:
        told = [(w, pick(a)) for w, a in known if a is not None and pick(a)]
        total = sum(w for w, _ in told)
        sums: Counter[str] = Counter()
        for w, shares in told:
            for name, share in shares.items():
                sums[name] += w * share / total  # type: ignore[assignment]
        return {name: round(float(share), 4) for name, share in sums.most_common(top)}

    bands = ("<18", "18-24", "25-34", "35-44", ">44")
    ages = table(lambda a: a.ages)
    stats = AudienceStats(
        female=mean(lambda a: a.female),
        ages={b: ages[b] for b in sorted(ages, key=lambda b: bands.index(b) if b in bands else 9)},
        regions=table(lambda a: a.regions),
        interests=table(lambda a: a.interests),
        active=mean(lambda a: a.active),
    )
    return stats, len(known)
