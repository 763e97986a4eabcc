"""What the request itself carries: a caption to check, a customer's question."""

from __future__ import annotations

import re

from .claims import QUOTED, quoted
from .deliverables import Ask, Asks
from .text import Text

_CAPTION_LABEL = re.compile(
    r"(?<![a-z])(?:caption|post|copy|draft|text|ad|script|line)s?\s?:|(?:文案|笔记|内容|原文|正文|帖子|脚本)(?:如下)?\s?:"
)
_QUESTION_LABEL = re.compile(
    r"(?<![a-z])(?:question|message|comment|customer|they wrote|asks|asked|says|wrote)\s?:|(?:问题|留言|问|私信|评论|原话|说)\s?:"
)
_SAID_AT_ONCE = re.compile(
    r"^(?:\s?(?:us|me|if|whether|that|about|on \w+|in the comments|,|在\S{1,6}上|我们|说|道|一句|了))*\s?(?:[:,]\s?)?(?P<said>[^\n]{4,})",
    re.S,
)
_COLON = re.compile(":")
_TO_US = re.compile(
    r"^[\s,，]*(?:please|answer|reply|respond|what (?:do|should) (?:we|i)|how (?:do|should) (?:we|i)|can you|help|帮|请|麻烦|该?怎么|如何|我们?该)",
    re.I,
)
"""What a request says after the customer's words: it is for us."""
_NAME = re.compile(r"\w{1,12}|\w+(?:[ &'’-]+\w+){0,2}")
"""In quotation marks before the word `review`: what a brand is called rather than a caption."""
_FAR = 60


def read_caption(text: Text, asks: Asks) -> str | None:
    """The caption that the request wants reviewed, word for word; it is blotted out. ``None`` when it carries none."""
    return _read(text, [a for a in asks.of("review") if a.wanted], _CAPTION_LABEL)


def read_question(text: Text, asks: Asks) -> str | None:
    """The customer's message that the request wants answered, word for word; it is blotted out."""
    replies = [a for a in asks.of("reply") if a.wanted]
    found = _read(text, replies, _QUESTION_LABEL)
    if found is None and replies:
        found = _said_after(text, replies)
    if found is None:
        return None
    last = max(found.rfind("?"), found.rfind("？")) + 1
    return found[:last] if 0 < last < len(found) <= last + _FAR and _TO_US.match(found[last:]) else found


def _read(text: Text, asks: list[Ask], label: re.Pattern[str]) -> str | None:
    """A quoted passage near an ask, or what follows a label or a colon."""
    if not asks:
        return None
    for ask in asks:
        near = quoted(text, ask.start, ask.end + _FAR)
        if not near:
            before = [q for q in quoted(text, max(0, ask.start - 400), ask.start) if ask.start - q[1] <= _FAR][-1:]
            near = [q for q in before if label is not _CAPTION_LABEL or not _NAME.fullmatch(q[2])]
        if near:
            start, end, words = near[0]
            text.take(start - 1, min(end + 1, len(text.raw)))
            return words
    for ask in asks:
        m = label.search(text.s, max(0, ask.start)) or _COLON.search(text.s, ask.end, min(text.sentence(ask.end)[1], ask.end + _FAR))
        if m is None:
            continue
        rest = text.raw[m.end() :]
        words = (rest if rest.startswith("\n") else rest.split("\n\n")[0]).strip()
        if len(words) >= 4:
            text.take(m.end(), m.end() + len(rest))
            return words.strip("\"“”「」' ") if QUOTED.fullmatch(words) else words
    return None


def _said_after(text: Text, asks: list[Ask]) -> str | None:
    """ "A customer asks can I get a refund": what follows at once, where it is a question."""
    for ask in asks:
        m = _SAID_AT_ONCE.match(text.raw[ask.end :])
        if m and re.search(r"[?？]", m["said"]):
            said = m["said"][: max(m["said"].rfind("?"), m["said"].rfind("？")) + 1].strip()
            if len(said) >= 4:
                text.take(ask.end + m.start("said"), ask.end + m.start("said") + len(said))
                return said
    return None
