"""What a group of posts shows about the people who wrote them. Everything here is counted or quoted, nothing is inferred."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

from agent import AudienceStats, Creator, Post, QuoteOf, Voiced, personal_data
from plugins.common.sponsored import is_sponsored
from plugins.common.text import HAN, has_contact, language_of, passages, quotable, say
from plugins.persona.concerns import Concern, concerns

LONGEST = 60
"""Characters of a passage in Chinese; three times as many in English."""
REACH = 8
"""Characters (three times as many in English) within which what is wanted stands beside the words that say so."""

# What says that something is wanted, and what says that something is held against it.
_NEED = {
    "zh": re.compile(
        r"(?:好|很|特别|一直|狠狠|就|最|都|又|还)想(?:要|吃|喝|找|去|试|买|念)?|想(?:要|吃|喝|找|试试|买)|需要(?!带|在|用|先|提前|注意)"
        r"|希望(?!新的一年|大家)|求(?:推荐|问|一个)|有没有|哪里(?:有|能|可以)|终于(?:找到|等到|吃到|喝到)|适合(?:和|带|一家|约|拍照|学习|聊天|小朋友|减肥)"
    ),
    "en": re.compile(
        r"\b(?:looking for|wish(?:ed)?|i need|we need|needed|want(?:ed)? (?:to(?! like| love)|a|some|more)|hop(?:e|ed|ing) (?:for|to|they|it)|craving|where can"
        r"|any recommend\w*|perfect for|finally found|if only)\b",
        re.IGNORECASE,
    ),
}
_OBJECTION = {
    "zh": re.compile(
        r"踩雷|避雷(?!指南)|拔草|失望|可惜|遗憾|难吃(?!到)|难喝|一般般?(?!来说|都|会|情况|的人)|太(?:甜|腻|贵|咸|干|硬|小|慢|吵|久|淡|油|酸)|偏(?:甜|贵|咸|淡|腻|硬|干|油|酸)"
        r"|有点(?:贵|甜|腻|咸|失望|小|慢|远|干|硬|淡)|不(?:推荐|值|好吃|好喝|方便|新鲜|太喜欢)|缺点|美中不足|小失望|性价比(?:不高|低)"
        r"|(?:停车|排队)[^，。]{0,6}(?:难|久|麻烦|困难)|就是[^，。]{0,8}(?:贵|小|久|慢|难|远)|怕(?:踩|排队|贵)"
    ),
    "en": re.compile(
        r"\b(?:too (?:sweet|salty|expensive|pricey|small|slow|loud|dry|much|crowded|long)|disappoint\w*|overpriced|over-?rated|unfortunately|lacks?|leaked|broke|arrived late"
        r"|(?:wasn|weren|didn)['’]t (?:like|work|love|worth|fresh|good)|not worth|bland|rude|never again|waste of|pricey|worried|annoy\w*)\b",
        re.IGNORECASE,
    ),
}
# "没踩雷" praises; "推荐&避雷" only heads a list.
_NO_OBJECTION = re.compile(
    r"(?:[没沒不未零]|很少)[^，。]{0,4}(?:踩雷|失望|遗憾)|不(?:会|算|是|觉得)?太(?:甜|腻|贵|咸|油|酸)|[&＆和]避雷|避雷[&＆和]"
)

# "一般，四季豆很新鲜" does not hold the freshness against it.
_PRAISED = re.compile(r"(?:很|蛮|挺|超|超级|非常|特别|够)$|\b(?:very|really|so|quite)\s$", re.IGNORECASE)


def voiced(
    posts: Sequence[Post], kind: Literal["need", "objection"], language: str, rank: Callable[[Post], float], limit: int = 5
) -> list[Voiced]:
    """Needs or objections by what they are about, most authors first, each with the passage closest to the group's middle.

    A passage counts where it says that something is wanted (or held against it) and what that is is known; paid posts do not count.
    """
    patterns = _NEED if kind == "need" else _OBJECTION
    heard: dict[str, dict[str, tuple[float, QuoteOf]]] = {}
    for post in posts:
        if is_sponsored(post):
            continue
        for passage in passages(post.body, LONGEST):
            spoken = language_of(passage)
            if spoken not in patterns or not 6 <= _length(passage) <= LONGEST * (1 if spoken == "zh" else 3) or not _showable(passage):
                continue
            cue = patterns[spoken].search(passage)
            if cue is None or (_OBJECTION[spoken].search(passage) if kind == "need" else _NO_OBJECTION.search(passage)):
                continue
            concern = _nearest(passage, cue, kind, language)
            if concern is not None:
                said = (rank(post) + (spoken == language), QuoteOf(text=passage, post=post.id))
                mine = heard.setdefault(concern.named(language, kind), {})
                if post.creator_id not in mine or (-said[0], said[1].post) < (-mine[post.creator_id][0], mine[post.creator_id][1].post):
                    mine[post.creator_id] = said
    found = []
    used: set[str] = set()
    for label, mine in sorted(heard.items(), key=lambda item: (-len(item[1]), item[0])):
        options = [q for _, q in sorted(mine.values(), key=lambda x: (-x[0], x[1].post)) if q.text not in used]
        if options:
            used.add(options[0].text)
            found.append(Voiced(label=label, authors=len(mine), quote=options[0]))
    often = [v for v in found if v.authors > 1]
    return (often if len(often) >= 2 else found)[:limit]


def _nearest(passage: str, cue: re.Match[str], kind: str, language: str) -> Concern | None:
    """The concern whose word stands nearest to what says that something is wanted or held against it, if one is near."""
    near = REACH * (1 if HAN.search(passage) else 3)
    found = [
        (max(m.start() - cue.end(), cue.start() - m.end(), 0), -len(m.group()), c.key, c)
        for c in concerns()
        if c.named(language, kind)
        for m in c.pattern.finditer(passage)
        if kind == "need" or (m.start() < cue.end() and cue.start() < m.end()) or not _PRAISED.search(passage[: m.start()])
    ]
    distance, _, _, concern = min(found, key=lambda f: f[:3], default=(near + 1, 0, "", None))
    return concern if distance <= near else None


def _showable(passage: str) -> bool:
    """Whether a passage may be quoted: no contact, no name of an account, no instruction, nothing cut in two."""
    return quotable(passage) and "@" not in passage and not personal_data(passage) and not has_contact(passage) and _closed(passage)


def _closed(passage: str) -> bool:
    """Whether every bracket and quotation mark that opens also closes."""
    return all(passage.count(a) == passage.count(b) for a, b in ("（）", "()", "“”", "【】", "《》"))


def typical(posts: Sequence[Post], terms: Sequence[str], rank: Callable[[Post], float], limit: int = 3) -> list[QuoteOf]:
    """Passages that carry most of the group's own words, one per author."""
    weight = {t: 1.0 / (i + 3) for i, t in enumerate(terms[:30])}
    found: list[tuple[float, str, QuoteOf]] = []
    for post in posts:
        options = [p for p in passages(post.text, LONGEST) if 8 <= _length(p) <= 90 and _showable(p) and not re.search(r"[|｜]", p)]
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


def active_hours(posts: Sequence[Post], zone: str, limit: int = 4) -> list[int]:
    """Hours of the day in ``zone`` in which most is posted, busiest first, each author counting once; empty under 10 dated posts."""
    clock = ZoneInfo(zone)
    dated = [p for p in posts if p.created_at]
    if len(dated) < 10:
        return []
    each = Counter(p.creator_id for p in dated)
    hours: dict[int, float] = {}
    for p in sorted(dated, key=lambda p: p.id):
        assert p.created_at is not None
        hour = p.created_at.astimezone(clock).hour
        hours[hour] = hours.get(hour, 0.0) + 1 / each[p.creator_id]
    return [h for h, _ in sorted(hours.items(), key=lambda i: (-round(i[1], 9), i[0]))[:limit]]


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
    """Fan statistics of the authors, each counting once, and the number of authors that have any."""
    weights = dict.fromkeys((p.creator_id for p in posts), 1)
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
