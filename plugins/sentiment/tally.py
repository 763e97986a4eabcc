"""From readings to figures: shares, intervals, emotions, aspects, and the quotes that show them."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent import AspectSentiment, EmotionShare, Polarity, Post, QuoteOf, SentimentPoint, personal_data
from plugins.common.text import HAN, passages, quotable, segmenter
from plugins.sentiment.aspects import AspectReading
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.reading import LABELS, Backend, Label, Reading

MIN_MENTIONS = 5
MIN_EMOTION = 0.5
"""Probability from which on a post counts as speaking with an emotion."""
TRIED = 60
"""Posts that are looked through for quotes of a label."""
_Z95 = 1.96
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z]\w+|\b(?:waiter|waitress|server|barista|manager|bartender|cashier|hostess|host|owner|friend|sister|brother|husband|wife|boyfriend"
    r"|girlfriend|named|called),? (?:is |was |named |called )?[A-Z][a-z]+\b|\b[A-Z][a-z]+ (?:was|is) (?:our|my|the) (?:waiter|waitress|server|barista|manager|bartender|host)"
    rf"|[{_SURNAMES}](?:先生|女士|小姐|经理|老师|医生|店长|师傅|总)|小[{_SURNAMES}](?![\u4e00-\u9fff]?(?:吃|卖|酒|米|麦|菜))|(?:我叫|名叫|叫做?|客服|店员|服务员)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"
)
EMOTIONS = {
    "anger": ("anger", "愤怒"), "joy": ("joy", "喜悦"), "optimism": ("optimism", "期待"), "sadness": ("sadness", "难过"), "fear": ("fear", "担忧"),
    "surprise": ("surprise", "惊讶"), "disgust": ("disgust", "反感"), "love": ("love", "喜爱"), "disappointment": ("disappointment", "失望"),
    "annoyance": ("annoyance", "不满"), "admiration": ("admiration", "赞赏"), "gratitude": ("gratitude", "感谢"),
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """One post, read."""

    post: Post
    language: str
    reading: Reading
    aspects: tuple[AspectReading, ...] = ()
    cues: tuple[str, ...] = ()
    """Signs that it may not mean what it says; its label counts only without any."""
    sponsored: bool = False

    @property
    def label(self) -> Label:
        return self.reading.label


def polarity(read: Sequence[Read], weight: Callable[[Read], float] = lambda r: 1.0) -> Polarity | None:
    """Shares of the labels, each post weighed; ``None`` where nothing weighs."""
    sums = {label: math.fsum(weight(r) for r in read if r.label == label) for label in LABELS}
    total = math.fsum(sums.values())
    if not total:
        return None
    negative, positive = sums["negative"] / total, sums["positive"] / total
    return Polarity(negative=negative, neutral=min(1.0, max(0.0, 1 - negative - positive)), positive=positive)


def net(read: Sequence[Read]) -> float:
    """Share of positive posts minus share of negative ones."""
    return sum((r.label == "positive") - (r.label == "negative") for r in read) / len(read)


def interval(counts: Counter[Label]) -> tuple[float, float]:
    """95% interval of positive minus negative share: that of the Dirichlet posterior under Jeffreys' prior, by its first two moments."""
    weight = sum(counts.values()) + 1.5
    negative, positive = (counts["negative"] + 0.5) / weight, (counts["positive"] + 0.5) / weight
    middle = positive - negative
    spread = _Z95 * math.sqrt((positive + negative - middle**2) / (weight + 1))
    return max(-1.0, middle - spread), min(1.0, middle + spread)


def trend(read: Sequence[Read]) -> list[SentimentPoint]:
    """Month by month; months without posts are left out."""
    months: dict[str, Counter[Label]] = defaultdict(Counter)
    for r in read:
        if r.post.created_at:
            months[f"{r.post.created_at:%Y-%m}"][r.label] += 1
    points = []
    for period, counts in sorted(months.items()):
        n = sum(counts.values())
        middle = (counts["positive"] - counts["negative"]) / n
        low, high = interval(counts)
        points.append(SentimentPoint(period=period, posts=n, net=middle, low=min(low, middle), high=max(high, middle)))
    return points


# --- quotes ----------------------------------------------------------------------------------------------------------


def showable(passage: str) -> bool:
    """Whether a passage may be quoted: no contact, no instruction to a model, nothing that identifies a private person."""
    return quotable(passage) and not personal_data(passage) and not _PERSON.search(passage) and not _names_person(passage)


def _names_person(passage: str) -> bool:
    """A Chinese name in full: two or three characters that jieba takes for a person's, the first of them a surname."""
    if not any(c in _SURNAMES for c in passage):
        return False
    jieba, tags = segmenter()
    # Names stand in no dictionary: the tagger tells new ones by their characters, whole or as a surname and what follows it.
    tagged = [(w, flag) for w, flag in jieba.posseg.cut(passage)]
    for (w, flag), (following, _) in zip(tagged, [*tagged[1:], ("", "")], strict=True):
        if flag == "nr" and w[0] in _SURNAMES:
            alone = len(w) == 1 and len(following) <= 2 and HAN.match(following) is not None
            if len(w) == 3 or alone or (len(w) == 2 and w not in tags):
                return True
    return False


def quotes(read: Sequence[Read], label: Label, backend: Backend, limit: int = 3) -> list[QuoteOf]:
    """From the posts of a label, the sentence that says so most clearly; one per author, the clearest first."""
    index = LABELS.index(label)
    ranked = sorted(
        (r for r in read if r.label == label), key=lambda r: (-r.reading.probs[index] * min(1.0, len(r.post.body) / 60), r.post.id)
    )
    options = [(r, s) for r in ranked[:TRIED] for s in _sentences(r, label)]
    scored = zip(options, backend.read([s for _, s in options]), strict=True) if options else ()
    best: dict[str, tuple[float, str]] = {}
    for (r, sentence), reading in scored:
        if reading.label == label and reading.probs[index] > best.get(r.post.id, (0.0, ""))[0]:
            best[r.post.id] = (reading.probs[index], sentence)
    chosen: list[QuoteOf] = []
    heard: set[str] = set()
    for r in ranked[:TRIED]:
        if len(chosen) < limit and r.post.id in best and r.post.creator_id not in heard and showable(best[r.post.id][1]):
            chosen.append(QuoteOf(text=best[r.post.id][1], post=r.post.id))
            heard.add(r.post.creator_id)
    return chosen


def _sentences(r: Read, label: Label) -> list[str]:
    """What may be quoted of a post, at most eight: for an opinion, sentences with an opinion word of its side."""
    found = [s for s in passages(r.post.body, 80) if 8 <= len(s) <= 240 and quotable(s) and not s.startswith("📍")]
    if label != "neutral":
        sign = 1 if label == "positive" else -1
        found = [s for s in found if (lexicon(r.language).opinion(s) or 0) * sign > 0]
    return found[:8]


# --- emotions and aspects --------------------------------------------------------------------------------------------


def emotions(read: Sequence[Read], language: str) -> list[EmotionShare]:
    """Posts by the emotion that stands out, most frequent first; those without one are in none of the groups."""
    groups: dict[str, list[tuple[float, Read]]] = defaultdict(list)
    for r in read:
        name, p = max(r.reading.emotions.items(), key=lambda i: i[1], default=("neutral", 0.0))
        if p >= MIN_EMOTION and name in EMOTIONS:
            groups[name].append((p, r))
    made = []
    for name, group in sorted(groups.items(), key=lambda i: (-len(i[1]), i[0])):
        chosen: list[QuoteOf] = []
        heard: set[str] = set()
        for _, r in sorted(group, key=lambda i: (-i[0], i[1].post.id))[:TRIED]:
            if len(chosen) < 2 and r.post.creator_id not in heard and (said := _telling(r)):
                chosen.append(QuoteOf(text=said, post=r.post.id))
                heard.add(r.post.creator_id)
        label = EMOTIONS[name][language == "zh"]
        made.append(EmotionShare(emotion=name, label=label, posts=len(group), share=len(group) / len(read), quotes=chosen))
    return made


def _telling(r: Read) -> str | None:
    """The sentence of a post with most opinion words of its side; ``None`` where there is none."""
    sign = 1 if r.reading.net >= 0 else -1
    options = [s for s in passages(r.post.body, 80) if 8 <= len(s) <= 160 and not s.startswith("📍")]
    scored = [(sum(o.sign for o in lexicon(r.language).opinions(s)) * sign, s) for s in options]
    best = sorted((s for s in scored if s[0] > 0), key=lambda s: -s[0])
    return next((s for _, s in best if showable(s)), None)


@dataclass
class _Aspect:
    """Mentions of one aspect so far."""

    labels: Counter[Label] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    quotes: dict[Label, list[tuple[float, QuoteOf]]] = field(default_factory=lambda: defaultdict(list))


def aspects(read: Sequence[Read], language: str) -> list[AspectSentiment]:
    """What clauses say about each aspect, the most spoken of first; those with fewer than five mentions are left out."""
    found: dict[str, _Aspect] = defaultdict(_Aspect)
    for r in read:
        for a in r.aspects:
            entry = found[a.aspect]
            entry.labels[a.label] += 1
            entry.words.update(w.lower() for w in a.words)
            if a.words and 4 <= len(a.clause) <= 160 and not a.clause.endswith(("?", "？")):
                entry.quotes[a.label].append((max(a.probs), QuoteOf(text=a.clause, post=r.post.id)))
    names = {**lexicon("zh").labels, **lexicon("en").labels}
    made = []
    for aspect, entry in sorted(found.items(), key=lambda i: (-sum(i[1].labels.values()), i[0])):
        total = sum(entry.labels.values())
        if total >= MIN_MENTIONS:
            negative, positive = entry.labels["negative"] / total, entry.labels["positive"] / total
            made.append(
                AspectSentiment(
                    aspect=aspect, label=names[aspect][language], mentions=total, quotes=_both_sides(entry.quotes),
                    polarity=Polarity(negative=negative, neutral=max(0.0, 1 - negative - positive), positive=positive),
                    words=[w for w, _ in entry.words.most_common(8)],
                )
            )  # fmt: skip
    return made


def _both_sides(found: dict[Label, list[tuple[float, QuoteOf]]], per_label: int = 2) -> list[QuoteOf]:
    """The clearest words of each side, one per post."""
    chosen: list[QuoteOf] = []
    sides: tuple[Label, ...] = ("positive", "negative")
    for label in sides:
        taken = 0
        for _, quote in sorted(found.get(label, []), key=lambda q: (-round(q[0], 1), abs(len(q[1].text) - 20), q[1].post)):
            fresh = all(quote.post != c.post and quote.text != c.text for c in chosen)
            if taken < per_label and fresh and showable(quote.text):
                chosen.append(quote)
                taken += 1
    return chosen


def doubtful(read: Sequence[Read], limit: int = 4) -> list[QuoteOf]:
    """Passages of posts that may be ironic, one per author."""
    chosen: list[QuoteOf] = []
    heard: set[str] = set()
    for r in sorted(read, key=lambda r: r.post.id)[:TRIED]:
        if len(chosen) < limit and r.post.creator_id not in heard and (said := _passage_with(r)):
            chosen.append(QuoteOf(text=said, post=r.post.id))
            heard.add(r.post.creator_id)
    return chosen


def _passage_with(r: Read) -> str | None:
    """The passage of a post that holds one of its signs, else one with an opinion word; ``None`` where there is none to show."""
    options = [s for s in passages(r.post.body, 80) if 4 <= len(s) <= 200 and showable(s)]
    telling = [s for s in options if any(c in s for c in r.cues)] or [s for s in options if lexicon(r.language).opinions(s)]
    return next(iter(telling), None)
