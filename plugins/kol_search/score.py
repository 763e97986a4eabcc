"""The score of a creator: named, weighted parts of 0-1 that sum to it, each with a reading and its evidence."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from agent import AudienceStats, Brief, PersonaSet, ScorePart
from plugins.common import say
from plugins.common.history import age_days
from plugins.common.places import place_of

from .pool import Entry, Pool, log_uplift

WEIGHTS: dict[str, float] = {
    "topic": 0.30,
    "performance": 0.25,
    "place": 0.15,
    "audience": 0.10,
    "consistency": 0.10,
    "recency": 0.10,
    "persona": 0.05,
}
"""What each part counts. Parts that the brief or the plan gives no ground for drop out and the rest are scaled to sum to one."""

_SHOWN = 8


class Scorer:
    """Scores creators of one pool against each other."""

    def __init__(
        self, pool: Pool, eligible: Sequence[Entry], brief: Brief, personas: PersonaSet | None, weights: Mapping[str, float]
    ) -> None:
        self.pool, self.brief, self.personas = pool, brief, personas
        self._closest = max((e.closeness for e in pool.entries), default=0.0) or 1.0
        self._levels = sorted(e.expected for e in eligible if e.expected is not None)
        self._rates = [r for e in pool.entries if (r := _log_rate(e)) is not None]
        asked = {name: float(weight) for name, weight in {**WEIGHTS, **weights}.items() if name in WEIGHTS and float(weight) > 0}
        if not (brief.creator_locations or brief.audience.locations):
            asked.pop("place", None)
        if not self._asks_audience():
            asked.pop("audience", None)
        if personas is None or not personas.personas:
            asked.pop("persona", None)
        total = sum(asked.values()) or 1.0
        self.weights = {name: weight / total for name, weight in asked.items()}

    def _asks_audience(self) -> bool:
        a = self.brief.audience
        return bool(a.age_min is not None or a.age_max is not None or a.gender in ("female", "male") or a.locations or a.interests)

    def parts(self, entry: Entry) -> list[ScorePart]:
        made = []
        for name, weight in self.weights.items():
            raw, reading, evidence = getattr(self, f"_{name}")(entry)
            raw = min(1.0, max(0.0, raw))
            made.append(ScorePart(name=name, value=weight * raw, raw=raw, weight=weight, reading=reading, evidence=evidence))
        return made

    def _topic(self, entry: Entry) -> tuple[float, str, list[str]]:
        count, total, core = len(entry.on_topic), len(entry.posts), len(entry.core)
        ids = list(dict.fromkeys([*entry.best_hits, *(p.id for p in entry.core[:_SHOWN]), *(p.id for p in entry.on_topic)]))[:_SHOWN]
        if not count:
            raw = 0.25 if entry.creator and self.pool.topic.names(_profile_words(entry)) else 0.0
            return raw, say(
                self.brief.language,
                en="No post about the topic is known" + ("; the profile names it." if raw else "."),
                zh="库内没有相关主题的帖子" + ("，但简介或类目提到。" if raw else "。"),
            ), [entry.id]  # fmt: skip
        closeness = math.sqrt(entry.closeness / self._closest)
        raw = 0.5 * closeness + 0.2 * count / (count + 5) + 0.3 * core / (core + 5)
        return raw, say(
            self.brief.language,
            en=f"{count} of {total} posts are on the topic, {core} of them on its core.",
            zh=f"{total} 篇中 {count} 篇与主题相关，其中 {core} 篇直接写到核心品类。",
        ), ids  # fmt: skip

    def _performance(self, entry: Entry) -> tuple[float, str, list[str]]:
        language = self.brief.language
        if entry.expected is None:
            return 0.0, say(language, en="No engagement figures are known.", zh="没有互动数据。"), [entry.id]
        rank = (bisect_left(self._levels, entry.expected) + bisect_right(self._levels, entry.expected)) / 2 / max(1, len(self._levels))
        uplift = log_uplift(entry, self.pool.clock, self.pool.half_life)
        raw = rank if uplift is None else 0.8 * rank + 0.2 / (1 + math.exp(-2 * uplift))
        posts = entry.on_topic or entry.posts
        best = sorted(posts, key=lambda p: -(p.engagement or 0))[:3]
        en = f"About {entry.expected:,.0f} engagements are to be expected of a post, more than for {rank:.0%} of the candidates"
        zh = f"单篇预期互动约 {entry.expected:,.0f}，高于 {rank:.0%} 的候选人"
        if uplift is not None and abs(uplift) >= 0.1:
            ratio = math.exp(uplift)
            if ratio >= 2:
                en += f"; posts on the topic do {ratio:.1f} times as well as their others"
                zh += f"；相关内容是其自身其他内容的 {ratio:.1f} 倍"
            else:
                en += f"; posts on the topic do {abs(ratio - 1):.0%} {'better' if ratio > 1 else 'worse'} than their others"
                zh += f"；相关内容比其自身其他内容{'高' if ratio > 1 else '低'} {abs(ratio - 1):.0%}"
        return raw, say(language, en=en + ".", zh=zh + "。"), [p.id for p in best] or [entry.id]

    def _place(self, entry: Entry) -> tuple[float, str, list[str]]:
        place, names = entry.place, "、".join(self.brief.creator_locations or self.brief.audience.locations)
        en = f"{len(place.posts)} of the last {place.looked_at} posts name {names} ({place.share:.0%})"
        zh = f"最近 {place.looked_at} 篇中 {len(place.posts)} 篇提到{names}（{place.share:.0%}）"
        if place.bio or place.profile:
            en += "; the bio or profile names it too" if place.posts else "; the bio or profile names it"
            zh += "，简介或资料也写明" if place.posts else "，简介或资料写明"
        elif place.elsewhere:
            en += f"; the profile says {place.elsewhere}"
            zh += f"；资料显示为{place.elsewhere}"
        return place.strength, say(self.brief.language, en=en + ".", zh=zh + "。"), place.posts[:_SHOWN] or [entry.id]

    def _audience(self, entry: Entry) -> tuple[float, str, list[str]]:
        language = self.brief.language
        stats = entry.creator.audience if entry.creator else None
        found = audience_match(self.brief, stats) if stats else []
        if not found:
            return (
                0.5,
                say(language, en="The fan data say nothing about it: counted as average.", zh="粉丝画像数据未涉及，按中间值计。"),
                [entry.id],
            )
        raw = sum(share for _, _, share in found) / len(found)
        words = say(language, en="; ".join(en for en, _, _ in found) + ".", zh="；".join(zh for _, zh, _ in found) + "。")
        return raw, words, [entry.id]

    def _consistency(self, entry: Entry) -> tuple[float, str, list[str]]:
        """Signals that the account is steady and its reach plausible; never an accusation."""
        en, zh, signals = [], [], []
        logs = [math.log1p(p.engagement) for p in entry.posts[:40] if p.engagement is not None]
        if len(logs) >= 5:
            middle = statistics.median(logs)
            swing = math.exp(statistics.median(abs(v - middle) for v in logs))
            signals.append(max(0.0, 1 - math.log(swing) / 1.5))
            en.append(f"posts swing by ×{swing:.1f} around their median")
            zh.append(f"单篇互动围绕中位数波动约 {swing:.1f} 倍")
        rate = _log_rate(entry)
        if rate is not None and len(self._rates) >= 8:
            middle = statistics.median(self._rates)
            spread = 1.4826 * statistics.median(abs(r - middle) for r in self._rates) or 1.0
            z = (rate - middle) / spread
            signals.append(1 - min(1.0, max(0.0, abs(z) - 1) / 3))
            en.append(f"engagement per follower is {'usual' if abs(z) < 2 else 'unusually ' + ('high' if z > 0 else 'low')} for this store")
            zh.append(f"互动/粉丝比在库内{'属正常' if abs(z) < 2 else '明显偏' + ('高' if z > 0 else '低')}")
        if entry.creator and entry.creator.audience and entry.creator.audience.active is not None:
            signals.append(min(1.0, entry.creator.audience.active / 0.6))
            en.append(f"{entry.creator.audience.active:.0%} of followers active")
            zh.append(f"活跃粉丝占 {entry.creator.audience.active:.0%}")
        if entry.creator and entry.followers and entry.creator.following is not None:
            signals.append(min(1.0, entry.followers / (entry.followers + entry.creator.following) / 0.7))
            en.append(f"follows {entry.creator.following:,}, followed by {entry.followers:,}")
            zh.append(f"关注 {entry.creator.following:,}、粉丝 {entry.followers:,}")
        if not signals:
            return 0.5, say(self.brief.language, en="Not enough data: counted as average.", zh="数据不足，按中间值计。"), [entry.id]
        return (
            sum(signals) / len(signals),
            say(self.brief.language, en="Signals: " + ", ".join(en) + ".", zh="信号：" + "，".join(zh) + "。"),
            [entry.id],
        )

    def _recency(self, entry: Entry) -> tuple[float, str, list[str]]:
        dated = [p for p in (entry.on_topic or entry.posts) if p.created_at is not None]
        if not dated:
            return 0.0, say(self.brief.language, en="No dated post.", zh="没有带日期的帖子。"), [entry.id]
        last = min(age_days(p, self.pool.clock) for p in dated)
        lately = [p for p in dated if age_days(p, self.pool.clock) <= 90]
        raw = 0.5 * 0.5 ** (last / 90) + 0.5 * min(1.0, len(lately) / 6)
        kind_en, kind_zh = ("on the topic", "相关") if entry.on_topic else ("of any kind", "")
        return raw, say(
            self.brief.language,
            en=f"Last post {kind_en} {last:.0f} days before the export's newest; {len(lately)} in the last 90 days.",
            zh=f"最近一篇{kind_zh}帖子距数据截止 {last:.0f} 天，近 90 天共 {len(lately)} 篇。",
        ), [p.id for p in lately[:3]] or [dated[0].id]  # fmt: skip

    def _persona(self, entry: Entry) -> tuple[float, str, list[str]]:
        text = " ".join(f"{p.title} {' '.join(p.hashtags)} {p.text}" for p in entry.posts[:60]).lower()
        best: tuple[float, str, list[str]] = (0.0, "", [])
        for persona in self.personas.personas if self.personas else ():
            words = [w for w in persona.keywords[:12] if w]
            hit = [w for w in words if w.lower() in text]
            if words and len(hit) / len(words) > best[0]:
                best = (len(hit) / len(words), persona.name, hit)
        if not best[0]:
            return (
                0.0,
                say(self.brief.language, en="Speaks of none of the personas' concerns.", zh="内容与各人群画像的关注点没有交集。"),
                [entry.id],
            )
        return best[0], say(
            self.brief.language,
            en=f"Speaks of {len(best[2])} concerns of “{best[1]}”: {', '.join(best[2][:5])}.",
            zh=f"覆盖“{best[1]}”人群的 {len(best[2])} 个关注点：{'、'.join(best[2][:5])}。",
        ), [entry.id]  # fmt: skip


_BANDS: dict[str, tuple[int, int]] = {"<18": (13, 17), "18-24": (18, 24), "25-34": (25, 34), "35-44": (35, 44), ">44": (45, 70)}


def audience_match(brief: Brief, stats: AudienceStats) -> list[tuple[str, str, float]]:
    """``(English, Chinese, share 0-1)`` for each thing that the brief asks of the audience and the export tells."""
    a, found = brief.audience, []
    if a.gender in ("female", "male") and stats.female is not None:
        share = stats.female if a.gender == "female" else 1 - stats.female
        found.append((f"{share:.0%} of fans are {a.gender}", f"粉丝中{'女' if a.gender == 'female' else '男'}性占 {share:.0%}", share))
    if (a.age_min is not None or a.age_max is not None) and stats.ages:
        low, high = a.age_min or 0, a.age_max or 120
        share = 0.0
        for band, part in stats.ages.items():
            start, end = _BANDS.get(band, (0, -1))
            share += part * max(0, min(high, end) - max(low, start) + 1) / max(1, end - start + 1)
        share = min(1.0, share)
        said = f"{a.age_min or ''}-{a.age_max or ''}"
        found.append((f"{share:.0%} of fans are aged {said}", f"{said} 岁粉丝占 {share:.0%}", share))
    for wanted, shares, en, zh in (
        (a.locations, stats.regions, "fans in", "粉丝地域："),
        (a.interests, stats.interests, "fans interested in", "粉丝兴趣："),
    ):
        hit = [part for name, part in shares.items() if any(_same(w, name) for w in wanted)]
        # Exports list the largest few only: what is not among them is unknown, unless the list is nearly complete.
        if wanted and (hit or sum(shares.values()) >= 0.8):
            total = min(1.0, sum(hit))
            found.append((f"{en} {', '.join(wanted)}: {total:.0%}", f"{zh}{'、'.join(wanted)} {total:.0%}", total))
    return found


def _same(wanted: str, name: str) -> bool:
    return wanted.lower() in name.lower() or name.lower() in wanted.lower() or place_of(wanted).inside.search(name) is not None


def _profile_words(entry: Entry) -> str:
    return f"{entry.creator.name} {entry.creator.bio} {' '.join(entry.creator.categories)}" if entry.creator else ""


def _log_rate(entry: Entry) -> float | None:
    """Log of engagements per post and follower."""
    if entry.expected is None or not entry.followers:
        return None
    return math.log((1 + entry.expected) / entry.followers)
