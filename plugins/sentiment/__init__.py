"""Sentiment: what people say about a brand, a product or a subject, and about what of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from agent import AspectSentiment, Brief, Context, Filter, Polarity, Post, QuoteOf, SentimentPoint, SentimentReport, Tool, hookimpl, tool
from plugins.common.matching import matching
from plugins.common.text import clauses, language_of, looks_sponsored, passages, quotable, say
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.polarity import Label, backend, label_of

LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
MIN_BRAND_POSTS = 5
"""From this many posts that name the brand, only those are read."""
MIN_MENTIONS = 5
CLAUSE_BAND = (-0.5, 0.5)
"""A clause without an opinion word counts as an opinion only when the classifier is this sure."""


@dataclass
class _Read:
    """One post with its score."""

    post: Post
    language: str
    score: float
    label: Label


@dataclass
class _Aspect:
    """Mentions of one aspect so far."""

    labels: Counter[Label] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    quotes: dict[Label, list[tuple[int, QuoteOf]]] = field(default_factory=lambda: defaultdict(list))


@tool(
    effect="read",
    privacy="any",
    seconds=15.0,
    asks=(
        "sentiment", "sentiment analysis", "what people say", "what people think", "word of mouth", "brand reputation", "brand perception",
        "public opinion", "reviews say", "opinions", "舆情", "舆情分析", "口碑", "口碑分析", "情感分析", "情绪分析", "评价分析", "网友怎么说", "大家怎么看",
        "用户反馈", "消费者评价", "声誉",
    ),
)  # fmt: skip
def analyze_sentiment(ctx: Context, brief: Brief, limit: Annotated[int, Field(ge=1, le=5000)] = 400) -> SentimentReport:
    """What posts say about the brand, product or subject: overall, by aspect and over time, with quotes."""
    language = brief.language
    subject = _subject(brief)
    ctx.progress(say(language, f"Looking for posts on {subject}", f"检索关于{subject}的帖子"))
    named = ctx.store.search_posts(brief.brand, Filter(platforms=tuple(brief.platforms)), limit=limit) if brief.brand else []
    posts, notes = _about(brief, _unique([*(h.post for h in named), *matching(ctx, brief, limit)])[:limit])
    read, unread = _read(ctx, posts, language)
    if unread:
        notes.append(
            say(
                language,
                f"{unread} post(s) in other languages than English and Chinese were left out.",
                f"另有{unread}篇非中英文帖子未计入。",
            )
        )
    if not read:
        notes.append(
            say(
                language, "No post on the subject was found. Ingest posts that speak of it.", "没有找到相关帖子，请先导入谈到该主题的帖子。"
            )
        )
        return SentimentReport(subject=subject, notes=notes)
    aspects = _aspects(read, language)
    quotes = {label: _quotes(read, label) for label in LABELS}
    notes.extend(_sponsored(read, language))
    if len(read) < 30:
        notes.append(
            say(language, f"Only {len(read)} posts: read the shares as a rough picture.", f"只有{len(read)}篇帖子，比例仅供粗略参考。")
        )
    cited = [q.post for group in quotes.values() for q in group] + [q.post for a in aspects for q in a.quotes]
    return SentimentReport(
        subject=subject,
        posts_used=len(read),
        overall=_polarity(Counter(r.label for r in read)),
        aspects=aspects,
        trend=_trend(read),
        quotes={label: found for label, found in quotes.items() if found},
        method=_method(read, language),
        evidence=list(dict.fromkeys(cited)),
        notes=notes,
    )


def _subject(brief: Brief) -> str:
    named = " ".join(dict.fromkeys(w for w in (brief.brand, brief.product) if w))
    return named or say(brief.language, ", ", "、").join(brief.topics) or brief.search_text[:80]


def _unique(posts: Sequence[Post]) -> list[Post]:
    seen: dict[str, Post] = {}
    for p in posts:
        if p.body:
            seen.setdefault(p.body, p)
    return list(seen.values())


def _about(brief: Brief, posts: list[Post]) -> tuple[list[Post], list[str]]:
    """The posts that name the brand when there are enough; else all, with a note that says so."""
    if not brief.brand:
        return posts, []
    name = brief.brand.casefold()
    naming = [p for p in posts if name in p.body.casefold()]
    if len(naming) >= MIN_BRAND_POSTS:
        return naming, []
    return posts, [
        say(
            brief.language,
            f"Only {len(naming)} indexed post(s) name {brief.brand}: the figures are about the subject in general, not about the brand.",
            f"库中只有{len(naming)}篇帖子提到{brief.brand}：以下反映的是同类内容的口碑，而不是该品牌本身的口碑。",
        )
    ]


def _read(ctx: Context, posts: Sequence[Post], language: str) -> tuple[list[_Read], int]:
    by_language: dict[str, list[Post]] = defaultdict(list)
    for p in posts:
        by_language[language_of(p.body)].append(p)
    read: list[_Read] = []
    for code in ("en", "zh"):
        group = by_language.get(code, [])
        for at in range(0, len(group), 50):
            ctx.progress(say(language, "Reading posts", "分析帖子"), len(read), len(posts))
            part = group[at : at + 50]
            reader = backend(code)
            for p, score in zip(part, reader.scores([p.body for p in part]), strict=True):
                read.append(_Read(p, code, score, label_of(score, reader.neutral)))
    order = {p.id: i for i, p in enumerate(posts)}
    read.sort(key=lambda r: order[r.post.id])
    return read, len(posts) - len(read)


def _polarity(counts: Counter[Label]) -> Polarity:
    total = sum(counts.values())
    negative, positive = counts["negative"] / total, counts["positive"] / total
    return Polarity(negative=negative, neutral=max(0.0, 1.0 - negative - positive), positive=positive)


def _aspects(read: Sequence[_Read], language: str) -> list[AspectSentiment]:
    found: dict[str, _Aspect] = defaultdict(_Aspect)
    names: dict[str, dict[str, str]] = {}
    for r in read:
        lex = lexicon(r.language)
        names.update(lex.labels)
        for clause in clauses(r.post.body):
            for aspect, opinions in lex.aspects(clause).items():
                signs = sum(o.sign for o in opinions)
                label: Label = "positive" if signs > 0 else "negative" if signs < 0 else "neutral"
                if not opinions:
                    label = label_of(backend(r.language).scores([clause])[0], CLAUSE_BAND)
                entry = found[aspect]
                entry.labels[label] += 1
                entry.words.update(o.word.lower() for o in opinions)
                if opinions and quotable(clause) and 4 <= len(clause) <= 160 and not clause.endswith(("?", "？")):
                    entry.quotes[label].append((abs(signs), QuoteOf(text=clause, post=r.post.id)))
    report = []
    for aspect, entry in sorted(found.items(), key=lambda i: (-sum(i[1].labels.values()), i[0])):
        mentions = sum(entry.labels.values())
        if mentions >= MIN_MENTIONS:
            report.append(
                AspectSentiment(
                    aspect=aspect, label=names[aspect][language], mentions=mentions, polarity=_polarity(entry.labels),
                    quotes=_balanced(entry.quotes), words=[w for w, _ in entry.words.most_common(8)],
                )
            )  # fmt: skip
    return report


def _balanced(quotes: dict[Label, list[tuple[int, QuoteOf]]], per_label: int = 2) -> list[QuoteOf]:
    """The plainest words of each side, one per post."""
    chosen: list[QuoteOf] = []
    for label in ("positive", "negative"):
        taken = 0
        for _, quote in sorted(quotes.get(label, []), key=lambda q: (-q[0], abs(len(q[1].text) - 20), q[1].post)):  # type: ignore[arg-type]
            if taken < per_label and all(quote.post != c.post and quote.text != c.text for c in chosen):
                chosen.append(quote)
                taken += 1
    return chosen


def _trend(read: Sequence[_Read]) -> list[SentimentPoint]:
    months: dict[str, Counter[Label]] = defaultdict(Counter)
    for r in read:
        if r.post.created_at:
            months[f"{r.post.created_at:%Y-%m}"][r.label] += 1
    points = []
    for period, counts in sorted(months.items()):
        n = sum(counts.values())
        points.append(SentimentPoint(period=period, posts=n, net=(counts["positive"] - counts["negative"]) / n))
    return points


def _quotes(read: Sequence[_Read], label: Label, limit: int = 3) -> list[QuoteOf]:
    """From the posts of a label, the sentence that says so most clearly; one per author, the clearest first."""
    if label == "neutral":
        ranked = sorted((r for r in read if r.label == label), key=lambda r: (abs(r.score), r.post.id))
    else:
        ranked = sorted((r for r in read if r.label == label), key=lambda r: (-abs(r.score) * min(1.0, len(r.post.body) / 60), r.post.id))
    chosen: list[QuoteOf] = []
    heard: set[str] = set()
    for r in ranked[:60]:
        # A quote must show its label: for an opinion, a sentence with an opinion word.
        options = [s for s in passages(r.post.body, 80) if quotable(s) and 8 <= len(s) <= 240 and not s.startswith("📍")]
        if label != "neutral":
            sign = 1 if label == "positive" else -1
            options = [s for s in options if (lexicon(r.language).opinion(s) or 0) * sign > 0]
        if r.post.creator_id in heard or not options:
            continue
        reader = backend(r.language)
        scored = list(zip(reader.scores(options), options, strict=True))
        score, text = min(scored) if label == "negative" else max(scored) if label == "positive" else min(scored, key=lambda s: abs(s[0]))
        if label_of(score, reader.neutral) == label:
            chosen.append(QuoteOf(text=text, post=r.post.id))
            heard.add(r.post.creator_id)
        if len(chosen) == limit:
            break
    return chosen


def _net(read: Sequence[_Read]) -> float:
    return sum((r.label == "positive") - (r.label == "negative") for r in read) / len(read)


def _sponsored(read: Sequence[_Read], language: str) -> list[str]:
    paid = [r for r in read if looks_sponsored(r.post.body)]
    if not paid:
        return []
    rest = [r for r in read if r not in paid]
    without = f"{_net(rest):+.2f}" if rest else "–"
    return [
        say(
            language,
            f"{len(paid)} of {len(read)} posts look sponsored (by their words); net sentiment is {_net(read):+.2f} with them and {without} without.",
            f"{len(read)}篇帖子中有{len(paid)}篇从用词看像是商业合作；净情感值含这些帖子为{_net(read):+.2f}，去掉后为{without}。",
        )
    ]


def _method(read: Sequence[_Read], language: str) -> str:
    parts = []
    for code in ("en", "zh"):
        n = sum(r.language == code for r in read)
        if n:
            name = backend(code).name
            parts.append(
                say(
                    language,
                    f"{name} for {n} {'English' if code == 'en' else 'Chinese'} posts",
                    f"{n}篇{'英文' if code == 'en' else '中文'}帖子用{name}",
                )
            )
    return say(
        language,
        f"Each post's sentences are scored and averaged ({' and '.join(parts)}), with a neutral band; aspects by a word list, clause by clause. "
        "Every post counts once. Word-based scoring misses irony and slang.",
        f"逐句打分再取平均（{'，'.join(parts)}），中间设中性区间；各方面按词表逐个分句判断。每篇帖子计一次。基于词语的方法识别不了反讽和部分网络用语。",
    )


@hookimpl
def register_tools() -> list[Tool]:
    return [analyze_sentiment]
