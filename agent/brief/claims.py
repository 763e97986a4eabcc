"""What drafts may claim, must say and must not say, word for word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from .text import GONE, Text

QUOTED = re.compile(
    "“([^”\n]{1,600})”|「([^」\n]{1,600})」|『([^』\n]{1,600})』|\"([^\"\n]{1,600})\"|‘([^’\n]{1,600})’|(?<![A-Za-z])'([^'\n]{1,600})'(?![A-Za-z])|《([^》\n]{1,100})》"
)
"""A passage in quotation marks, of either language."""

_FACTS = re.compile(
    r"(?<![a-z])(?:(?:key |product |the |hard )?(?:facts|claims|selling points|selling point|usps|usp|talking points|benefits|key messages)(?: we can (?:use|claim))?"
    r"|you (?:can|may) (?:say|claim|mention)|(?:we|they) (?:can|may) (?:say|claim)|(?:we|they|you|drafts|posts) (?:can|may) (?:mention|write|state|use)(?=\s?:))\s?(?::|are\b|is\b)"
    r"|(?:核心|产品|主要|主打)?(?:卖点|亮点|产品信息|产品事实|事实)\s?(?::|是|为|有)|(?:可以|可)(?:宣称|说明)\s?:?"
    r"|(?:文案|内容|稿件)?(?:里|中)?(?:可以|能够|能|可)(?:写|说|提|讲|宣传|使用|用)到?的?(?:内容|信息|点|事实|卖点)?(?:有|是|包括)?\s?:"
)
_MUST = re.compile(
    r"\b(?:must|have to|has to|needs? to|should|make sure to|make sure (?:they|you)|be sure to|always|remember to|please) (?:all )?(?:mention|say|include|contain|state|use)\b"
    r"|\binclude the (?:phrase|words?|hashtag|code|line|slogan)\b|\b(?:use|with) the (?:hashtag|slogan|tagline|code)\b|\bmust-say:|\bmust say:"
    r"|(?:必须|一定要|务必|记得|需要|都要|要|得)(?:在文案里|在文中)?(?:提到|提及|包含|出现|带上|带|说明|写明|写上|强调|说|有)(?:话题|标签|口号|slogan)?|带上?话题|必提(?:词)?\s?:?"
)
_MUST_NOT = re.compile(
    r"\b(?:don't|do not|never|must not|mustn't|cannot|can't|should not|shouldn't|please don't|avoid|no|without) (?:ever )?"
    r"(?P<verb>say|saying|mention|mentioning|mention of|use|using|claim|claiming|promise|promising|the words?|the terms?|the phrases?|words like|words such as)\b"
    r"|\b(?:words to avoid|banned words|forbidden words|avoid(?:ed)? words|off-limits words|must not say)\s?:"
    r"|(?:不要|不能|不可以|不可|别|禁止|避免|不得|不许|切勿|勿|不准|请勿)(?:再)?(?P<zh>提到|提及|提|说|出现|使用|写|用|宣称|承诺)|(?:禁用词|避免用词|敏感词|(?<!违)禁词|禁忌词|避雷词)\s?(?::|是)"
)
_MOST_CUES, _MOST_QUOTES = 40, 400
_NEEDS_QUOTES = frozenset({"use", "using", "用", "使用", "写"})
_SPLIT = re.compile(r"\s?(?:,(?!\d)|、|;|\n\s?[-*•]?|\band\b|\bor\b|或者|或|以及|和)\s?")
_SPLIT_FACTS = re.compile(r"\s?(?:,(?!\d)|、|;|\n\s*[-*•]?|，|；|(?:,\s?)?\band\b(?= \d| no | made| [a-z]+ free))\s?")
_LEAD = re.compile(
    r"^(?:the |any |a |that |it's |its |it is |words? |terms? |phrases? |anything about |关于|词|字|是|有|[:：\s\"“「'-])+", re.I
)
_TAIL = re.compile(r"(?:[\"”」'.。!！\s]|字样|字眼|这个词|这些词|二字|等词|等字眼|之类的词|的字样|这类词|的话)+$")
_WORDS_ZH = re.compile(r"(?!太|得|成|过|那么|这么)[\u4e00-\u9fffA-Za-z0-9%]{2,8}")
_HASHTAG = re.compile(r"#[^\s#,.;，。；、]+#?")
_SENTENCE = re.compile(r"[.!?。！？](?!\d)(?=\s|$|[^\x00-\x7f])|\n(?!\s*[-*•\d])|;|；")


@dataclass
class Claims:
    facts: list[str] = field(default_factory=list)
    must_say: list[str] = field(default_factory=list)
    must_not_say: list[str] = field(default_factory=list)


def quoted(text: Text, start: int, end: int) -> list[tuple[int, int, str]]:
    """Quoted passages that start within a stretch, with the places of their contents."""
    found = []
    for m in QUOTED.finditer(text.raw, start):
        if m.start() >= end:
            break
        if text.s[m.start()] != GONE:
            group = m.lastindex or 1
            found.append((m.start(group), m.end(group), m[group].strip()))
    return found


def read_claims(text: Text) -> Claims:
    """Find the three kinds; what belongs to them is blotted out. Cues within quotation marks are no cues."""
    claims = Claims()
    inside = [(m.start(), m.end()) for m in islice(QUOTED.finditer(text.raw), _MOST_QUOTES)]

    def cues(pattern: re.Pattern[str]) -> list[re.Match[str]]:
        return [m for m in islice(pattern.finditer(text.s), _MOST_CUES) if not any(a < m.start() < b for a, b in inside)]

    for m in cues(_MUST_NOT):
        _read(text, m, claims.must_not_say, (m["verb"] or m["zh"] or "") in _NEEDS_QUOTES)
    for m in cues(_MUST):
        _read(text, m, claims.must_say, m[0][0] in "需要得" or m[0].startswith(("should", "need", "please", "always")))
    for m in cues(_FACTS):
        start = m.end()
        end = _list_end(text.raw, start)
        parts = [words for _, _, words in quoted(text, start, end)] or _SPLIT_FACTS.split(text.raw[start:end])
        claims.facts += [c for p in parts if (c := _clean(p)) and c not in claims.facts]
        text.take(m.start(), end)
    return claims


def _sentence_end(raw: str, start: int) -> int:
    m = _SENTENCE.search(raw, start)
    return min(m.start() if m else len(raw), start + 2000)


def _list_end(raw: str, start: int) -> int:
    """Where a list ends. Semicolons end it when its members are set apart by commas; otherwise they set them apart."""
    end = _sentence_end(raw, start)
    while end < len(raw) and raw[end] in ";；" and not re.search(r"[,、，]", raw[start:end]):
        following = _sentence_end(raw, end + 1)
        if re.search(r"[:：]", raw[end:following]) or following - end > 60:
            break
        end = following
    return end


def _read(text: Text, cue: re.Match[str], into: list[str], needs_quotes: bool) -> None:
    if GONE in text.s[cue.start() : cue.end()]:
        return
    end = _sentence_end(text.raw, cue.end())
    passages = quoted(text, cue.end(), end)
    if passages and passages[0][0] - cue.end() <= 24:
        last = cue.end()
        for start, stop, words in passages:
            if start - last > 24 or re.search(r"[:：]|\bbut\b", text.raw[last : start - 1] if last != cue.end() else ""):
                break
            if words not in into:
                into.append(words)
            last = stop
        text.take(cue.start(), min(last + 1, len(text.raw)))
        return
    tags = list(_HASHTAG.finditer(text.raw, cue.end(), end))
    if tags and tags[0].start() - cue.end() <= 12:
        into += [t[0] for t in tags if t[0] not in into]
        text.take(cue.start(), tags[-1].end())
        return
    stop = min(end, text.clause(cue.end())[1] if not cue[0].rstrip().endswith(":") else end)
    parts = [c for p in _SPLIT.split(text.raw[cue.end() : stop]) if (c := _clean(p)) and len(c) <= 60]
    # "不要写太长" is about the form; a list of words, as in "不要写最好吃、全网第一", is about the words.
    if needs_quotes and not ("、" in text.raw[cue.end() : stop] and len(parts) > 1 and all(_WORDS_ZH.fullmatch(p) for p in parts)):
        return
    if parts and len(parts) <= 12:
        into += [p for p in parts if p not in into]
        text.take(cue.start(), stop)


def _clean(words: str) -> str:
    return _TAIL.sub("", _LEAD.sub("", words.strip())).strip()
