"""A text as the models read it: names and links masked as TweetEval masks them, long posts cut."""

from __future__ import annotations

import html
import re
import unicodedata

MAX_CHARS = 3000
"""Of a longer text the first two thirds and the last third of so many characters are read: a post's opinion stands at its
beginning or its end."""
_NAME = re.compile(r"(?<![\w.])[@＠][\w-]+")
_LINK = re.compile(r"https?://[^\s，。；！？、）]+|\bwww\.[^\s，。；！？、）]+|\bhttps?\b(?!\w)")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def clean(text: str) -> str:
    """Names to ``@user``, links to ``http``, HTML entities to what they stand for; no NUL, no lone surrogate."""
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS * 2 // 3] + " " + text[-MAX_CHARS // 3 :]
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", " ")
    text = _LINK.sub("http", _NAME.sub("@user", html.unescape(text)))
    return " ".join(unicodedata.normalize("NFKC", text).split())


def is_chinese(text: str) -> bool:
    """At least a fifth of the letters are Chinese characters."""
    chinese = len(_CHINESE.findall(text))
    return chinese > 0 and chinese * 5 >= len(_LETTER.findall(text))
