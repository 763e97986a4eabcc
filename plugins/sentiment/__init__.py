"""Sentiment: what people say about a brand, a product or a subject, and about what of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from agent import Brief, Context, Post, SentimentReport, Tool, hookimpl, tool
from plugins.common.text import language_of, looks_sponsored, say
from plugins.sentiment.backends import open_backend, read_options
from plugins.sentiment.reading import LABELS, Backend

if TYPE_CHECKING:
    import typer

    from plugins.sentiment.tally import Read

AT_ONCE = 64
"""Posts handed to the backend at once."""
FEW = 30
WEIGHTY = 1 / 3
"""One post that carries more than this share of the engagement is spoken of."""


@tool(
    effect="read",
    privacy="any",
    seconds=30.0,
    asks=(
        "sentiment", "sentiment analysis", "what people say", "what people think", "word of mouth", "brand reputation", "brand perception",
        "public opinion", "reviews say", "opinions", "share of voice", "舆情", "舆情分析", "口碑", "口碑分析", "情感分析", "情绪分析", "评价分析", "网友怎么说",
        "大家怎么看", "用户反馈", "消费者评价", "声誉", "声量", "声量占比",
    ),
)  # fmt: skip
def analyze_sentiment(ctx: Context, brief: Brief, limit: Annotated[int, Field(ge=1, le=5000)] = 400) -> SentimentReport:
    """What posts say about the brand, product or subject: overall, by aspect, emotion and month, against competitors, with quotes.

    Settings under ``[tools.analyze_sentiment]``: ``backend`` (``embedded``, ``fast``, ``transformers`` or ``llm``), ``classifier`` and
    ``labels`` for ``transformers``.
    """
    from plugins.sentiment import tally
    from plugins.sentiment.asking import Asked
    from plugins.sentiment.sample import sample
    from plugins.sentiment.voice import voice

    language, subject = brief.language, _subject(brief)
    options = read_options(ctx.settings.tools.get("analyze_sentiment", {}))
    reader = open_backend(options)
    asked = Asked(ctx, language, subject, reader) if options.backend == "llm" else None
    ctx.progress(say(language, f"Looking for posts on {subject}", f"检索关于{subject}的帖子"))
    found = sample(ctx, brief, limit)
    notes = list(found.notes)
    if not found.posts:
        none = say(
            language, "No post on the subject was found. Ingest posts that speak of it.", "没有找到相关帖子，请先导入谈到该主题的帖子。"
        )
        return SentimentReport(subject=subject, notes=[*notes, none])
    read = _read(ctx, found.posts, asked or reader, reader, language)
    clear = [r for r in read if not r.cues]
    ironic = [r for r in read if r.cues]
    shares = voice(ctx, brief, clear, reader, lambda posts: _read(ctx, posts, asked or reader, reader, language))
    quotes = {label: tally.quotes(clear, label, reader) for label in LABELS}
    organic = [r for r in clear if not r.sponsored]
    report = SentimentReport(
        subject=subject,
        posts_found=found.found,
        posts_used=len(read),
        authors=len({r.post.creator_id for r in read}),
        overall=tally.polarity(clear),
        weighted=tally.polarity(clear, _reach),
        organic=tally.polarity(organic) if len(organic) < len(clear) else None,
        sponsored=sum(r.sponsored for r in read),
        uncertain=len(ironic),
        uncertain_quotes=tally.doubtful(ironic),
        aspects=tally.aspects(clear, language),
        emotions=tally.emotions(clear, language) if clear else [],
        trend=tally.trend(clear),
        voice=shares,
        quotes={label: some for label, some in quotes.items() if some},
        method=_method(asked.name if asked else reader.name, reader.name, language),
    )
    report.notes = [*notes, *(asked.notes if asked else []), *_notes(clear, ironic, language), *_voice_notes(brief, report)]
    cited = [q for group in (*report.quotes.values(), report.uncertain_quotes) for q in group]
    cited += [q for part in (*report.aspects, *report.emotions, *report.voice) for q in part.quotes]
    report.evidence = list(dict.fromkeys(q.post for q in cited))
    return report


def _subject(brief: Brief) -> str:
    named = " ".join(dict.fromkeys(w for w in (brief.brand, brief.product) if w))
    if brief.brand and brief.product and brief.brand.casefold() in brief.product.casefold():
        named = brief.product
    return named or say(brief.language, ", ", "、").join(brief.topics) or brief.search_text[:80]


def _read(ctx: Context, posts: Sequence[Post], whole: Backend, clauses: Backend, language: str) -> list[Read]:
    """The posts, read: each as a whole by one backend, its clauses by another (a language model would be asked too often)."""
    from plugins.sentiment.aspects import merged, read_aspects
    from plugins.sentiment.irony import cues
    from plugins.sentiment.tally import Read

    ironic: set[str] = getattr(whole, "ironic", set())
    step = len(posts) if whole is not clauses else AT_ONCE
    read: list[Read] = []
    for at in range(0, len(posts), max(step, 1)):
        ctx.progress(say(language, "Reading posts", "分析帖子"), at, len(posts))
        part = posts[at : at + step]
        texts = [p.body for p in part]
        readings = whole.read(texts, emotions=True, aspects=True)
        for post, reading, found in zip(part, readings, read_aspects(texts, readings, clauses), strict=True):
            signs = cues(post.body, reading) or (["irony"] if post.body in ironic else [])
            read.append(Read(post, language_of(post.body), reading, tuple(merged(found)), tuple(signs), looks_sponsored(post.body)))
    return read


def _reach(r: Read) -> float:
    """A post's weight: its likes, collects, comments and shares, and itself."""
    return 1.0 + (r.post.engagement or 0)


def _notes(clear: Sequence[Read], ironic: Sequence[Read], language: str) -> list[str]:
    from plugins.sentiment.tally import net

    notes = []
    if ironic:
        notes.append(
            say(
                language,
                f"{len(ironic)} post(s) may be ironic (their words and tone contradict each other): counted apart, in none of the shares.",
                f"{len(ironic)}篇帖子可能是反话（用词与语气相互矛盾），单独列出，不计入任何比例。",
            )
        )
    paid = [r for r in clear if r.sponsored]
    if paid:
        rest = [r for r in clear if not r.sponsored]
        without = f"{net(rest):+.2f}" if rest else "–"
        notes.append(
            say(
                language,
                f"{len(paid)} of {len(clear)} posts look sponsored (by their words); net sentiment is {net(clear):+.2f} with them and {without} without.",
                f"{len(clear)}篇帖子中有{len(paid)}篇从用词看像是商业合作；净情感值含这些帖子为{net(clear):+.2f}，去掉后为{without}。",
            )
        )
    reach = [_reach(r) for r in clear]
    if len(clear) > 1 and max(reach) > WEIGHTY * sum(reach):
        share = max(reach) / sum(reach)
        notes.append(
            say(
                language,
                f"One post carries {share:.0%} of all engagement: the shares by engagement are mostly its own.",
                f"有一篇帖子占了全部互动的{share:.0%}，按互动加权的比例主要反映这一篇。",
            )
        )
    if len(clear) < FEW:
        notes.append(
            say(language, f"Only {len(clear)} posts: read the shares as a rough picture.", f"只有{len(clear)}篇帖子，比例仅供粗略参考。")
        )
    return notes


def _voice_notes(brief: Brief, report: SentimentReport) -> list[str]:
    language = brief.language
    if brief.competitors and not report.voice:
        rivals = say(language, ", ", "、").join(brief.competitors)
        return [
            say(
                language,
                f"No post in the store names {rivals}: there is no share of voice.",
                f"库中没有帖子提到{rivals}，无法计算声量占比。",
            )
        ]
    silent = [v.name for v in report.voice if not v.posts]
    if silent:
        rivals = say(language, ", ", "、").join(silent)
        return [
            say(
                language,
                f"No post in the store names {rivals}. The store holds what was ingested, not the whole platform.",
                f"库中没有帖子提到{rivals}。库里只有已导入的内容，不代表整个平台。",
            )
        ]
    return []


def _method(whole: str, clauses: str, language: str) -> str:
    return say(
        language,
        f"Every post is read as a whole ({whole}), aspects clause by clause ({clauses}, with the opinion words of a list). Each post counts once; "
        "“by engagement” weighs it by its likes, collects, comments and shares. Signs of irony make a reading uncertain; irony without a sign is missed.",
        f"逐篇判断整体情感（{whole}），各方面逐个分句判断（{clauses}，并参考观点词表）。每篇帖子计一次；“按互动加权”以点赞、收藏、评论、分享之和为权重。"
        "有反话迹象的帖子标为不确定；没有迹象的反话无法识别。",
    )


@hookimpl
def register_tools() -> list[Tool]:
    return [analyze_sentiment]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    """``kolony sentiment``."""
    from plugins.sentiment.command import add_to

    add_to(app)
