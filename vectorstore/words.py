"""Text to search words: Chinese cut by jieba, everything else left to SQLite's own tokenizer."""

from __future__ import annotations

import logging
import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff]+")
_WORD = re.compile(r"\w+")
# Words that nearly every text holds: they would make a query match everything and cost time without telling anything apart.
STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "has",
        "have",
        "i",
        "in",
        "is",
        "it",
        "its",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "so",
        "that",
        "the",
        "their",
        "they",
        "this",
        "to",
        "was",
        "we",
        "were",
        "what",
        "which",
        "who",
        "will",
        "with",
        "you",
        "your",
        "的",
        "了",
        "和",
        "是",
        "在",
        "我",
        "有",
        "就",
        "不",
        "都",
        "也",
        "很",
        "与",
        "及",
        "或",
        "一个",
        "这",
        "那",
        "们",
        "我们",
        "你",
        "他",
        "她",
        "它",
        "吧",
        "吗",
        "呢",
        "啊",
        "被",
        "把",
        "让",
        "给",
        "为",
        "找",
        "要",
        "想",
        "做",
    ]
)
_loading = threading.Lock()


@lru_cache(maxsize=1)
def _jieba() -> Any:
    import jieba

    jieba.setLogLevel(logging.ERROR)
    with _loading:
        jieba.initialize()
    return jieba


def segment(text: str) -> str:
    """The text with its Chinese cut into words, longer ones also into their parts, all parted by blanks."""
    text = unicodedata.normalize("NFKC", text).lower()
    if not HAN.search(text):
        return text
    cut = _jieba().cut_for_search
    return HAN.sub(lambda run: f" {' '.join(cut(run.group()))} ", text)


def phrase_query(words: Iterable[str]) -> str:
    """An FTS5 query for texts that hold any of ``words``, each as one phrase. Empty when there is nothing to look for."""
    phrases = (" ".join(_WORD.findall(segment(w))) for w in words)
    return " OR ".join(f'"{p}"' for p in dict.fromkeys(phrases) if p.strip("_ "))


def match_query(text: str, *, limit: int = 64) -> str:
    """An FTS5 query that matches any of the text's words; each is quoted, so that no user's text is ever query syntax.

    Empty when nothing is left to look for.
    """
    words = list(dict.fromkeys(w for w in _WORD.findall(segment(text)) if w.strip("_")))
    telling = [w for w in words if w not in STOP] or words
    return " OR ".join(f'"{w}"' for w in telling[:limit])
