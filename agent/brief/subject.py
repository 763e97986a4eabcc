"""What posts should be about, and what the campaign is for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..artifacts import Objective
from .lexicon import Lexicon
from .people import CREATOR
from .tables import campaigns as table
from .text import Text

_NICHES = Lexicon(table.NICHES)
_CONTENT = Lexicon(table.CONTENT)
_THEN_CREATORS = re.compile(rf"^(?:类|领域|垂类|圈|赛道)?(?:的|[ -](?:[a-z]+ )?)?{CREATOR}")
_THEN_NICHE = re.compile(r"^(?:[、/&,]| and |和|与|及)\s?$")
_ABOUT = re.compile(
    r"\b(?:posts|content|videos|captions|notes|stories) about (?:our |the |an? )?(?:new )?(?P<en>[a-z][a-z' -]{2,40}?)(?=[,.;!?\n]| (?:on|in|for|with)\b|$)"
    r"|\b(?:topic|theme)s?(?: is|:) ?(?P<topic>[a-z][a-z' -]{2,40})"
    r"|关于(?P<zh>[\u4e00-\u9fff]{2,8}?)的(?:内容|笔记|视频|文案|图文)|主题(?:是|为|:)\s?(?P<theme>[\u4e00-\u9fff]{2,8})"
)
_OBJECTIVES: dict[str, Objective] = {w: o for o, words in table.OBJECTIVES.items() for w in words}
_OBJECTIVE_WORDS = Lexicon(_OBJECTIVES)


@dataclass
class Subject:
    topics: list[str] = field(default_factory=list)
    objective: Objective | None = None


def read_subject(text: Text, creator_interests: list[str]) -> Subject:
    """Topics (niches of the creators, kinds of content) and the objective, where the request states one."""
    topics = _niches(text)
    topics += [text.raw[hit.start : hit.end] for hit in _CONTENT.find(text.s)]
    topics += [text.raw[m.start(g) : m.end(g)] for m in _ABOUT.finditer(text.s) for g in ("en", "topic", "zh", "theme") if m[g]]
    topics += creator_interests
    objectives = [_OBJECTIVES[hit.word] for hit in _OBJECTIVE_WORDS.find(text.s) if _is_objective(text, hit.start)]
    return Subject(list(dict.fromkeys(topics)), objectives[0] if objectives else None)


def _niches(text: Text) -> list[str]:
    """Niches that stand before a word for creators, alone or in a row ("food and travel bloggers")."""
    found: list[str] = []
    following = -1
    for hit in reversed(list(_NICHES.find(text.s))):
        if _THEN_CREATORS.match(text.s[hit.end : hit.end + 30]) or (following >= 0 and _THEN_NICHE.match(text.s[hit.end : following])):
            found.insert(0, text.raw[hit.start : hit.end])
            following = hit.start
        else:
            following = -1
    return found


def _is_objective(text: Text, start: int) -> bool:
    before = text.before(start, 16)
    return not any(w in before for w in table.NOT_AN_OBJECTIVE_BEFORE)
