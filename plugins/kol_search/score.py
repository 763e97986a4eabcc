"""The score of a creator: named, weighted parts of 0-1 that sum to it, each with a reading and its evidence."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from agent import Brief, PersonaSet, ScorePart
from plugins.common import say
from plugins.common.history import age_days

from .audience import UNKNOWN, audience_match
from .authenticity import Peers
from .pool import Entry, Pool, log_uplift
from .retrieve import recency_raw, topic_raw

_SHOWN = 8
NO_DATA = 0.5
"""What a part counts of which nothing is known, and what of it is known speaks neither for nor against."""
LIKE_HITS, LIKE_TAGS, LIKE_SIZE = 0.5, 0.3, 0.2
"""What makes one creator like another: posts near theirs, hashtags in common, followers of the same order."""


class Scorer:
    """Scores creators of one pool against each other.

    Args:
        eligible: creators that fail no hard constraint; expected engagement is ranked among them.
        weights: part to weight; they sum to one.
    """

    def __init__(
        self, pool: Pool, eligible: Sequence[Entry], brief: Brief, personas: PersonaSet | None, weights: Mapping[str, float], peers: Peers
    ) -> None:
        self.pool, self.brief, self.personas, self.weights, self.peers = pool, brief, personas, dict(weights), peers
        self._closest = max((e.closeness for e in pool.entries), default=0.0) or 1.0
        self._likest = max((e.likeness for e in pool.entries), default=0.0) or 1.0
        self._levels = sorted([*(e.expected for e in eligible if e.expected is not None), *pool.levels])
        self._model_tags = [_tags(m) for m in pool.models]

    def score(self, entry: Entry) -> float:
        return sum(p.value for p in self.parts(entry))

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
        raw = topic_raw(entry.closeness / self._closest, count, core)
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
                UNKNOWN,
                say(language, en="The fan data say nothing about it: counted as average.", zh="粉丝画像数据未涉及，按中间值计。"),
                [entry.id],
            )
        raw = sum(share for _, _, share in found) / len(found)
        words = say(language, en="; ".join(en for en, _, _ in found) + ".", zh="；".join(zh for _, zh, _ in found) + "。")
        return raw, words, [entry.id]

    def _authenticity(self, entry: Entry) -> tuple[float, str, list[str]]:
        """Signals beside those of like accounts; never an accusation."""
        judged = self.peers.point(entry)
        evidence = [entry.id, *(p.id for p in entry.posts[:3])]
        if judged is None:
            return NO_DATA, say(self.brief.language, en="Not enough data: counted as average.", zh="数据不足，按中间值计。"), evidence
        scores = self.peers.scores(entry)
        far = sum(v < 0.5 for v in scores.values())
        return judged, say(
            self.brief.language,
            en=f"{len(scores)} signals, {far} of them far from what is usual among peers.",
            zh=f"共 {len(scores)} 项信号，其中 {far} 项明显偏离同类账号。",
        ), evidence  # fmt: skip

    def _similarity(self, entry: Entry) -> tuple[float, str, list[str]]:
        language, names = self.brief.language, "、".join(f"@{n}" for n in self.brief.similar_to)
        if not self.pool.models:
            return NO_DATA, say(language, en=f"{names} is not in the store.", zh=f"库中没有 {names}。"), [entry.id]
        near = math.sqrt(entry.likeness / self._likest)
        own = _tags(entry)
        tags = max((_cosine(own, tags) for tags in self._model_tags), default=0.0)
        sizes = [abs(math.log((entry.followers + 1) / (m.followers + 1))) for m in self.pool.models if m.followers and entry.followers]
        # A tenth or ten times the followers is no likeness any more.
        size = max(0.0, 1 - min(sizes) / math.log(10)) if sizes else NO_DATA
        raw = LIKE_HITS * near + LIKE_TAGS * tags + LIKE_SIZE * size
        shared = [t for t, _ in own.most_common() if any(t in tags for tags in self._model_tags)][:4]
        en = f"Beside {names}: nearness of posts {near:.0%}, hashtags in common {tags:.0%}" + (f" ({', '.join(shared)})" if shared else "")
        zh = f"与 {names} 相比：内容接近度 {near:.0%}，话题重合 {tags:.0%}" + (f"（{'、'.join(shared)}）" if shared else "")
        if sizes:
            en, zh = en + f", size {size:.0%}", zh + f"，粉丝量级接近度 {size:.0%}"
        evidence = [entry.id, *(m.id for m in self.pool.models), *(p.id for p in entry.posts if set(p.hashtags) & set(shared))]
        return raw, say(language, en=en + ".", zh=zh + "。"), evidence[:_SHOWN]

    def _recency(self, entry: Entry) -> tuple[float, str, list[str]]:
        dated = [p for p in (entry.on_topic or entry.posts) if p.created_at is not None]
        if not dated:
            return 0.0, say(self.brief.language, en="No dated post.", zh="没有带日期的帖子。"), [entry.id]
        last = min(age_days(p, self.pool.clock) for p in dated)
        lately = [p for p in dated if age_days(p, self.pool.clock) <= 90]
        raw = recency_raw(last, len(lately))
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


def _profile_words(entry: Entry) -> str:
    return f"{entry.creator.name} {entry.creator.bio} {' '.join(entry.creator.categories)}" if entry.creator else ""


def _tags(entry: Entry) -> Counter[str]:
    return Counter(t.lower() for p in entry.posts[:60] for t in p.hashtags)


def _cosine(a: Counter[str], b: Counter[str]) -> float:
    shared = sum(n * b[t] for t, n in a.items() if t in b)
    return shared / math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values())) if shared else 0.0
