"""After a campaign: which posts belong to it, what they got, how that compares, and what series and journeys show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from agent import Brief, Context, Creator, CreatorOutcome, Filter, Forecast, Interval, Money, Outcome, Post, Slate, ToolError
from plugins.common import pattern_of, say
from plugins.common.topics import topic_of

from .causal.creators import posts_effect
from .causal.effects import attributions, series_effects

USUAL_POSTS = 20
"""The baseline is the mean of this many posts before the campaign, each capped at their ninth decile."""
MIN_USUAL = 3


def measure(ctx: Context, brief: Brief, slate: Slate | None, forecast: Forecast | None) -> Outcome:
    """See ``measure_campaign``."""
    language = brief.language
    options: Mapping[str, Any] = ctx.settings.tools.get("measure_campaign", {})
    # The tables first: what is wrong with them is said before anything is computed.
    start = brief.flight.start or (_since(options).date() if options.get("since") else None)
    ctx.progress("measuring series and journeys")
    effects, said = series_effects(options, start, brief.flight.end, language)
    shares, said_of_paths = attributions(options, language)
    ctx.progress("counting campaign posts")
    outcome = _posts(ctx, brief, slate, forecast, options)
    outcome.effects = [*effects, *outcome.effects]
    outcome.attribution = shares
    outcome.notes = [*outcome.notes, *said, *said_of_paths]
    return outcome


def _posts(ctx: Context, brief: Brief, slate: Slate | None, forecast: Forecast | None, options: Mapping[str, Any]) -> Outcome:
    """What the campaign's posts in the store got."""
    language = brief.language
    since, until, notes = _window(ctx, brief, options)
    profiles = {c.id: c for c in ctx.store.creators()}
    ids, missing = _whom(brief, slate, profiles)
    if missing:
        who = ", ".join(missing)
        notes.append(say(language, en=f"Not in the store: {who}.", zh=f"库中没有：{who}。"))
    posts = ctx.store.posts(where=Filter(creators=tuple(ids), since=since, until=until)) if ids or not missing else []
    campaign = [p for p in posts if _belongs(p, brief)]
    period = f"{since:%Y-%m-%d} – {until:%Y-%m-%d}"
    if not campaign:
        notes.insert(
            0,
            say(
                language,
                en=f"No campaign post was found ({period}; {len(posts)} posts by {len(ids) or 'all'} creators looked at). "
                "Ingest an export made after the posts went out, and name the brand and the dates in the request.",
                zh=f"没有找到活动帖子（{period}；检查了 {len(posts)} 篇）。请导入活动之后的导出数据，并在需求中写明品牌与活动日期。",
            ),
        )
        return Outcome(notes=notes)
    if not brief.brand:
        notes.append(
            say(
                language,
                en="No brand is named: posts on the product or topic are counted, which may hold posts that were no part of the campaign.",
                zh="未写明品牌：按提及产品或主题的帖子统计，其中可能含有非活动帖子。",
            )
        )
    if not ids:
        notes.append(
            say(
                language,
                en="No creators were named: every post in the store that mentions the brand counts.",
                zh="未指明达人：按库内所有提及品牌的帖子统计。",
            )
        )
    order = ids or list(dict.fromkeys(p.creator_id for p in campaign))
    expected = {f.creator: f for f in forecast.creators} if forecast else {}
    outcome = Outcome(notes=notes)
    baseline, comparable = 0.0, 0
    for id in order:
        own = [p for p in campaign if p.creator_id == id]
        got = sum(p.engagement or 0 for p in own)
        planned = expected.get(id)
        scaled = _scale(planned.engagements, len(own) / planned.posts) if planned and own else None
        name = profiles[id].name if id in profiles and profiles[id].name else id.split(":", 1)[1]
        outcome.creators.append(
            CreatorOutcome(
                creator=id, name=name, posts=[p.id for p in own], engagements=got, forecast=scaled,
                inside_interval=scaled.p10 <= got <= scaled.p90 if scaled else None,
            )
        )  # fmt: skip
        usual = usual_engagement(ctx, id, since, {p.id for p in own})
        if own and usual is not None:
            baseline += usual * len(own)
            comparable += got
        if planned and own and len(own) != planned.posts:
            notes.append(
                say(
                    language,
                    en=f"{name} published {len(own)} posts, the forecast was for {planned.posts}: its interval is scaled.",
                    zh=f"{name} 实际发布 {len(own)} 篇，预估按 {planned.posts} 篇，区间已按篇数折算。",
                )
            )
    outcome.engagements = sum(c.engagements for c in outcome.creators)
    if baseline > 0:
        outcome.baseline = round(baseline, 1)
        outcome.lift = round((comparable - baseline) / baseline, 4)
    outcome.cost = _spent(slate, {c.creator for c in outcome.creators if c.posts})
    lifted = posts_effect(ctx, campaign, order, lambda p: _belongs(p, brief), since, until, language)
    outcome.effects = [lifted] if lifted is not None else []
    outcome.evidence = list(dict.fromkeys(i for p in campaign for i in (p.creator_id, p.id)))
    outcome.notes = [*_reading(outcome, brief, period), *notes]
    return outcome


def _window(ctx: Context, brief: Brief, options: Mapping[str, Any]) -> tuple[datetime, datetime, list[str]]:
    language = brief.language
    until = min(ctx.now, datetime.combine(brief.flight.end, time.max, UTC)) if brief.flight.end else ctx.now
    if brief.flight.start:
        return datetime.combine(brief.flight.start, time.min, UTC), until, []
    if options.get("since"):
        return _since(options), until, []
    newest = ctx.store.posts(where=Filter(until=until), limit=1)
    end = newest[0].created_at if newest and newest[0].created_at else until
    days = int(options.get("window_days", 30))
    note = say(
        language,
        en=f"The request names no dates: the {days} days up to the newest post are counted.",
        zh=f"需求未写明活动日期：按最新帖子往前 {days} 天统计。",
    )
    return end - timedelta(days=days), until, [note]


def _since(options: Mapping[str, Any]) -> datetime:
    given = options["since"]
    try:
        since = datetime.fromisoformat(str(given))
    except ValueError as e:
        raise ToolError(f"[tools.measure_campaign] since = {given!r} is no date.", hint="Write it as 2025-03-01.") from e
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def _whom(brief: Brief, slate: Slate | None, profiles: Mapping[str, Creator]) -> tuple[list[str], list[str]]:
    """Creator ids whose posts count, and names that nobody in the store goes by."""
    if slate is not None and slate.picks:
        return [p.candidate.creator for p in slate.picks], []
    ids, missing = [], []
    for name in brief.creators:
        wanted = name.strip().lstrip("@").lower()
        found = [
            id
            for id, c in profiles.items()
            if wanted in {c.handle.lower().lstrip("@"), c.name.lower(), id.lower(), id.split(":", 1)[1].lower()}
        ]
        ids += found
        if not found:
            missing.append(name)
    return list(dict.fromkeys(ids)), missing


def _belongs(post: Post, brief: Brief) -> bool:
    """Whether a post speaks of the brand; of the product where no brand is named; of the topic where neither is."""
    text = f"{post.title} {' '.join(post.hashtags)} {post.text}"
    if brief.brand:
        return re.search(pattern_of([brief.brand]), text) is not None
    topic = topic_of(brief)
    return topic.is_core(post) if topic.own is not None else True


def usual_engagement(ctx: Context, creator: str, before: datetime, leave_out: set[str]) -> float | None:
    """Mean engagements of a creator's posts before a moment, capped at their ninth decile; ``None`` with fewer than three."""
    past = [
        p for p in ctx.store.posts(where=Filter(creators=(creator,), until=before)) if p.id not in leave_out and p.engagement is not None
    ]
    counts = sorted(p.engagement or 0 for p in past[:USUAL_POSTS])
    if len(counts) < MIN_USUAL:
        return None
    cap = counts[min(len(counts) - 1, int(0.9 * len(counts)))]
    return sum(min(c, cap) for c in counts) / len(counts)


def _scale(planned: Interval, ratio: float) -> Interval:
    return Interval(p10=planned.p10 * ratio, p50=planned.p50 * ratio, p90=planned.p90 * ratio)


def _spent(slate: Slate | None, published: set[str]) -> Money | None:
    costs = [p.cost for p in slate.picks if p.cost is not None and p.candidate.creator in published] if slate else []
    return Money(amount=round(sum(c.amount for c in costs), 2), currency=costs[0].currency) if costs else None


def _reading(outcome: Outcome, brief: Brief, period: str) -> Sequence[str]:
    language = brief.language
    posts = sum(len(c.posts) for c in outcome.creators)
    silent = [c.name for c in outcome.creators if not c.posts]
    said = [
        say(
            language,
            en=f"{posts} posts ({period}) brought {outcome.engagements:,} engagements.",
            zh=f"{period} 共 {posts} 篇，带来互动 {outcome.engagements:,}。",
        )
    ]
    if outcome.lift is not None:
        said.append(
            say(
                language,
                en=f"That is {abs(outcome.lift):.0%} {'more' if outcome.lift >= 0 else 'less'} than the same creators' usual posts: "
                "an association, no proof that the campaign caused it.",
                zh=f"比同一批达人的日常帖子{'高' if outcome.lift >= 0 else '低'} {abs(outcome.lift):.0%}；这是相关关系，不能证明由活动造成。",
            )
        )
    checked = [c for c in outcome.creators if c.inside_interval is not None]
    if checked:
        inside = sum(bool(c.inside_interval) for c in checked)
        said.append(
            say(
                language,
                en=f"{inside} of {len(checked)} creators lie inside their forecast interval.",
                zh=f"{len(checked)} 位中有 {inside} 位落在预估区间内。",
            )
        )
    if silent:
        who = ("、" if language == "zh" else ", ").join(silent)
        said.append(say(language, en=f"No campaign post found of: {who}.", zh=f"没有找到以下达人的活动帖子：{who}。"))
    return said
