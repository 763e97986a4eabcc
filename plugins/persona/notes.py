"""What the reader of personas must know: where they come from, how sure they are, what is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from agent import Persona, Post
from plugins.common.text import say
from plugins.persona.grouping import STABLE, Grouping
from plugins.persona.settings import MIN_AUTHORS


def too_few(language: str, posts: int, authors: int, copies: int) -> str:
    """Why there is no persona."""
    return say(
        language,
        f"No persona was made: the posts found ({posts}{_copies(language, copies)}) come from {authors} author{'' if authors == 1 else 's'}, and a persona needs at least "
        f"{MIN_AUTHORS}. Ingest more posts on the subject or widen the request.",
        f"没有生成画像：找到的{posts}篇帖子{_copies(language, copies)}只来自{authors}位作者，而一个画像至少需要{MIN_AUTHORS}位。请导入更多相关帖子，或放宽需求。",
    )


def _copies(language: str, copies: int) -> str:
    if not copies:
        return ""
    return say(language, f", {copies} {'copy' if copies == 1 else 'copies'} left out", f"（已去除{copies}篇重复）")


def notes_of(language: str, posts: Sequence[Post], authors: int, copies: int, grouping: Grouping, personas: Sequence[Persona]) -> list[str]:
    """Notes of a set of personas, in the brief's language."""
    notes = [
        say(
            language,
            f"From {len(posts)} posts of {authors} authors{_copies(language, copies)}. Every author counts once, spread over their posts, so one can belong to "
            "several groups. These are people who post; whoever only reads is not seen.",
            f"依据{authors}位作者的{len(posts)}篇帖子{_copies(language, copies)}。每位作者权重相同，按其帖子分摊，因此可能属于多个群体。"
            "这里看到的是发帖的人，只浏览不发帖的人不在其中。",
        )
    ]
    if grouping.groups == 1:
        notes.append(
            say(
                language,
                "The posts do not fall into several groups that come back when other authors are drawn, so there is one persona only.",
                "重新抽取作者后，没有能够稳定复现的多个群体，因此只给出一个画像。",
            )
        )
    elif grouping.agreement is not None:
        soft = [p.name for p in personas if p.stability is not None and p.stability < STABLE]
        notes.append(
            say(
                language,
                f"{grouping.groups} groups: this number repeats best when other authors are drawn (adjusted Rand index {grouping.agreement:.2f}; 1 = always the same "
                f"groups, 0 = chance).{' The borders are soft: treat the groups as leanings.' if soft else ''}",
                f"共{grouping.groups}组：重新抽取作者后，这一组数最能稳定复现（调整兰德指数{grouping.agreement:.2f}，1为完全一致，0为随机）。"
                f"{'各组边界不够清晰，宜视为倾向。' if soft else ''}",
            )
        )
    if any(p.demographics for p in personas):
        known = max(p.demographics_of for p in personas)
        notes.append(
            say(
                language,
                f"Demographics are the fan statistics of the authors that have any (up to {known} a persona): they describe who follows them, not who they are. "
                "Platforms list only the largest regions and interests.",
                f"人口特征来自有粉丝统计的作者（每个画像最多{known}位），说明的是谁在关注他们，而不是他们本人。平台只列出占比最高的地区和兴趣。",
            )
        )
    else:
        notes.append(say(language, "Demographics are unknown: no fan statistics are indexed.", "人口特征未知：库中没有粉丝统计。"))
    if any(p.active_hours for p in personas):
        zone = next(p.hours_zone for p in personas)
        notes.append(
            say(
                language,
                "Hours are in UTC, from the times of posting: where the audience lives is not known.",
                "活跃时段按发帖时间统计，为UTC时间：受众所在地未知。",
            )
            if zone == "UTC"
            else say(
                language, f"Hours are local time ({zone}), from the times of posting.", f"活跃时段按发帖时间统计，为当地时间（{zone}）。"
            )
        )
    if authors < 30:
        notes.append(
            say(language, f"Only {authors} authors: read the shares as a rough picture.", f"只有{authors}位作者，占比仅供粗略参考。")
        )
    return notes
