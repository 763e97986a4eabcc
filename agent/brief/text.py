"""The request as the readers see it: folded to one width and case, position by position the same as what was written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

GONE = "\x1f"
"""Stands where something has been read already, so that no other reader takes it again."""

_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20, ord("。"): ord(";"), ord("￥"): ord("¥")}
_WIDTH |= {ord("’"): ord("'"), ord("–"): ord("-"), ord("—"): ord("-"), ord("〜"): ord("~")}
_CLAUSE_END = re.compile(r"[;!?\n()]|,(?!\d{3}(?!\d))|\.(?!\d)")
_SENTENCE_END = re.compile(r"[;!?\n]|\.(?!\d|[a-z])")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_NO_WORDS = re.compile(r"https?://\S+|[@#]\w+")
_YEN = re.compile(r"(?i)円|日元|日圆|\bjpy\b|\byen\b")
_JAPAN = re.compile(r"(?i)\b(?:japan|japanese market|tokyo|osaka|kyoto|nagoya|fukuoka|sapporo)\b")
_CHINA = re.compile(r"(?i)\b(?:china|chinese|rmb|yuan|xiaohongshu|xhs|douyin|weibo|bilibili|wechat|kuaishou)\b|小红书|抖音|微博|人民币")
_CHARS_PER_ZH_WORD = 1.7
"""Chinese words are 1.7 characters long on average (jieba, over 800 Xiaohongshu notes and over marketers' requests alike)."""


def fold(raw: str) -> str:
    """Half-width, lower case, plain dashes; every character keeps its place."""
    wide = raw.translate(_WIDTH)
    return "".join(low if len(low := c.lower()) == 1 else c for c in wide)


@dataclass
class Text:
    """``raw`` is what was written, ``s`` its folded form, in which what has been read is blotted out."""

    raw: str
    s: str = field(init=False)
    _stops: list[int] = field(init=False)
    _sentence_stops: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.s = fold(self.raw)
        self._stops = [m.start() for m in _CLAUSE_END.finditer(self.s)]
        self._sentence_stops = [m.start() for m in _SENTENCE_END.finditer(self.s)]

    def take(self, start: int, end: int) -> str:
        """What was written there; it is blotted out for the readers that follow."""
        words = self.raw[start:end]
        self.s = self.s[:start] + GONE * (end - start) + self.s[end:]
        return words

    def clause(self, position: int) -> tuple[int, int]:
        """Start and end of the clause around a position."""
        return _around(self._stops, position, len(self.s))

    def sentence(self, position: int) -> tuple[int, int]:
        return _around(self._sentence_stops, position, len(self.s))

    def before(self, position: int, width: int = 40) -> str:
        """What stands before a position in its clause, at most ``width`` characters."""
        return self.s[max(self.clause(position)[0], position - width) : position]

    def after(self, position: int, width: int = 40) -> str:
        return self.s[position : min(self.clause(position)[1], position + width)]


def _around(stops: list[int], position: int, length: int) -> tuple[int, int]:
    from bisect import bisect_left

    i = bisect_left(stops, position)
    return (stops[i - 1] + 1 if i else 0), (stops[i] if i < len(stops) else length)


def chinese_share(text: str) -> float:
    """Share of Chinese among the words of a text, 0-1; handles, hashtags and addresses are no words. 0 without words."""
    plain = _NO_WORDS.sub(" ", text)
    chinese = len(_CJK.findall(plain)) / _CHARS_PER_ZH_WORD
    latin = len(_WORD.findall(plain))
    return chinese / (chinese + latin) if chinese + latin else 0.0


def is_japanese(text: str) -> bool:
    """True where ¥ is yen: the text has kana, speaks of yen, or is in English and about Japan and not about China."""
    if _KANA.search(text) or _YEN.search(text):
        return True
    return chinese_share(text) <= 0.5 and bool(_JAPAN.search(text)) and not _CHINA.search(text)
