"""Comments to expect: kinds of questions, and what personas and sentiment show. No private person's words are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from agent import PersonaSet, SentimentReport
from plugins.content_writer.material import Material
from plugins.content_writer.written import grammar

MOST = 12
_ANSWERS = {
    "price": r"[¥￥$€£]\s?\d|\d\s?(?:元|块|美元|美金|dollars?\b|usd\b|rmb\b)|\bprice|人均|价格|售价",
    "place": r"地址|位于|路\s?\d|\d\s?号|\b(?:address|street|st|road|rd|ave|avenue|blvd|lane|square)\b\.?",
    "hours": r"营业|\d{1,2}[:：]\d{2}|\b\d{1,2}\s?(?:am|pm)\b|\bopen\b|每天|周[一二三四五六日]",
    "buy": r"购买|旗舰店|官网|有售|\b(?:available at|sold at|stores?|online|shipping|ships?)\b|发货|包邮",
    "inside": r"成分|配料|材质|含|添加|\b(?:ingredients?|contains?|made (?:of|with|from)|brewed with|sugar|kcal|calories|cotton|wool|recycled|steel|free)\b|零糖|无糖|克",
}
Kind = Literal["question", "need", "objection", "praise", "complaint"]


@dataclass(frozen=True)
class Comment:
    """A kind of comment. ``topic`` is the question's kind or the criterion it is about; ``fact`` answers it where one does."""

    kind: Kind
    topic: str
    text: str
    fact: str = ""


def comments_of(m: Material, personas: PersonaSet | None, sentiment: SentimentReport | None, *, own: bool) -> list[Comment]:
    """What people will write under the posts, most usual first."""
    labels = grammar(m.language, "grammar_forms")["replies"]["comment"]
    found = [
        Comment("question", t, labels[t], answer(t, m))
        for t in ("price", *(("place", "hours") if m.venue else ("buy", "inside", "fit")), "ad")
    ]
    criteria = grammar(m.language)["criteria_words"]
    if sentiment is not None:
        for a in sorted(sentiment.aspects, key=lambda a: -a.mentions)[:4]:
            name = a.label or a.aspect
            kind: Kind = "complaint" if a.polarity.negative >= max(0.25, a.polarity.positive) else "praise"
            found.append(Comment(kind, name, labels[kind].format(a=name), ""))
    for persona in personas.personas if personas else []:
        for said, kind in ((persona.objections, "objection"), ([*persona.needs, *persona.keywords], "need")):
            text = " ".join(said).casefold()
            found += [Comment(kind, c, labels[kind].format(a=c), "") for c in criteria if _in(c, text)][:2]  # type: ignore[arg-type]
    kept = {c.topic: c for c in reversed(found) if m.allowed(c.topic)}
    return [c for c in found if kept.get(c.topic) is c][:MOST]


def _in(word: str, text: str) -> bool:
    return word in text if not word.isascii() else re.search(rf"\b{re.escape(word)}\b", text) is not None


def answer(topic: str, m: Material) -> str:
    """The fact that answers a kind of question, or an empty string."""
    pattern = _ANSWERS.get(topic)
    return next((f for f in m.facts if pattern and re.search(pattern, f, re.IGNORECASE)), "")
