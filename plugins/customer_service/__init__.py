"""Customer replies: only what the brief's facts or indexed posts say, with the words quoted; else a person takes over."""

from __future__ import annotations

import asyncio
import re

from agent import Brief, Context, Generation, ModelError, Question, QuoteOf, Reply, Tool, hookimpl, tool
from plugins.common.text import instructs, language_of, passages, say, words
from plugins.customer_service.hand_over import in_words, reasons
from plugins.customer_service.retrieval import Found, find

LONGEST = 2000
"""Characters of a message that are read."""


@tool(
    effect="read",
    privacy="any",
    seconds=3.0,
    model_calls=1,
    asks=(
        "reply to the customer", "answer the customer", "customer reply", "customer service", "customer question", "reply to this comment", "answer this question",
        "客服", "回复顾客", "回复客户", "回复用户", "客服回复", "回答顾客", "回复评论", "回复私信", "客户问",
    ),
)  # fmt: skip
async def answer_customer(ctx: Context, question: Question, brief: Brief | None = None) -> Reply:
    """An answer to a customer's message from facts and indexed posts, or a hand-over to a person with the reason."""
    text = question.text.strip()[:LONGEST]
    detected = language_of(text)
    language = detected if detected in ("en", "zh") else question.language
    notes: list[str] = []
    asked = _without_instructions(text)
    if asked != text:
        notes.append(
            say(language, "Parts of the message that tried to instruct the system were ignored.", "留言中试图向系统下指令的部分已忽略。")
        )
    why = reasons(text)
    if why:
        return _to_person(language, in_words(why, language), notes, kind=why[0] if "complaint" not in why else "complaint")
    if not words(asked) and not asked.strip(" ?？!！。."):
        return _to_person(language, say(language, "the message asks nothing that can be answered", "留言里没有可以回答的问题"), notes)
    found = await asyncio.to_thread(find, ctx, asked, brief)
    if not found:
        return _to_person(language, say(language, "nothing indexed answers it", "现有资料里没有答案"), notes, "unknown")
    reply = _extractive(language, found)
    phrased, by = await _phrase(ctx, language, asked, found)
    return Reply(
        text=phrased or reply, language="zh" if language == "zh" else "en", grounded=True, written_by=by if phrased else "template",
        quotes=[QuoteOf(text=f.text, post=f.post.id) for f in found if f.post], evidence=[f.post.id for f in found if f.post], notes=notes,
    )  # fmt: skip


def _without_instructions(text: str) -> str:
    kept = [p for p in passages(text, 200) if not instructs(p)]
    return text if not instructs(text) else " ".join(kept) if not instructs(" ".join(kept)) else ""


def _to_person(language: str, why: str, notes: list[str], kind: str = "") -> Reply:
    if kind == "complaint":
        text = say(
            language,
            "Thank you for telling us, and we are sorry for the trouble. A colleague will read your message and answer you personally.",
            "谢谢您告诉我们，给您带来不便非常抱歉。您的留言会由同事亲自查看并回复您。",
        )
    elif kind == "health":
        text = say(
            language,
            "Thank you for asking. Because this is about health, a colleague will check it and answer you personally.",
            "谢谢您的留言。这个问题关系到健康，需要同事核实后亲自回复您。",
        )
    elif kind == "unknown":
        text = say(
            language,
            "Thank you for your question. We have no confirmed information on this yet, so a colleague will check and get back to you.",
            "谢谢您的提问。这个问题我们手头暂时没有确认过的信息，同事核实后会回复您。",
        )
    else:
        text = say(language, "Thank you for your message. A colleague will answer you personally.", "谢谢您的留言，会由同事亲自回复您。")
    return Reply(text=text, language="zh" if language == "zh" else "en", grounded=False, hand_over=why, notes=notes)


def _extractive(language: str, found: list[Found]) -> str:
    facts = [f.text for f in found if f.post is None]
    if facts:
        return say(
            language, "Thanks for asking! " + " ".join(map(_ended, facts)), "您好，" + "；".join(t.rstrip("。；;.") for t in facts) + "。"
        )
    quoted = [f.text.strip('“”"') for f in found]
    if language == "zh":
        return "您好，有博主在帖子里提到：" + "；".join(f"“{t}”" for t in quoted) + "。以上是发帖人的个人说法，供您参考。"
    return (
        "Thanks for asking! Here is what people wrote in their posts: "
        + "; ".join(f"“{t}”" for t in quoted)
        + ". These are their own words."
    )


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


async def _phrase(ctx: Context, language: str, question: str, found: list[Found]) -> tuple[str, str]:
    """The same in a model's words, when a model writes the language and its answer holds nothing but the facts."""
    facts = [f.text for f in found if f.post is None]
    name = ctx.models.writes(language)
    if name is None or not facts:
        return "", ""
    prompt = ctx.prompts.get("answer_customer", language).render(question=question, passages=facts)

    def check(answer: Generation) -> str:
        return "" if _grounded(_clean(answer.text), facts, question, language) else "it says something else than the facts"

    try:
        answer = await ctx.models.generate(
            prompt, task="answer_customer", language=language, max_tokens=120, temperature=0.0, seed=7, check=check
        )  # fmt: skip
    except ModelError:
        return "", ""
    return (_clean(answer.text), answer.model or name) if not check(answer) else ("", "")


def _clean(text: str) -> str:
    return text.strip().strip('"“”')


_PLAIN = frozenset(
    [
        "yes",
        "hello",
        "hi",
        "thanks",
        "thank",
        "asking",
        "open",
        "are",
        "our",
        "located",
        "welcome",
        "today",
        "daily",
        "every",
        "sure",
        "offer",
        "price",
        "address",
        "hours",
    ]
)
_PLAIN_ZH = frozenset(["您好", "你好", "我们", "欢迎", "光临", "地址", "营业", "时间", "价格", "谢谢", "感谢", "咨询", "店里"])


def _grounded(text: str, facts: list[str], question: str, language: str) -> bool:
    """Whether every content word and number of an answer stands in the facts, and at least one fact's words are in it."""
    known = " ".join(facts).casefold()
    told = known + " " + question.casefold()
    if not 8 <= len(text) <= 400 or language_of(text) != language or instructs(text):
        return False
    if set(re.findall(r"\d+(?:[.:]\d+)?", text)) - set(re.findall(r"\d+(?:[.:]\d+)?", known)):
        return False
    if re.search(r"https?://|@\w|#\w", text):
        return False
    content = words(text)
    plain = _PLAIN_ZH if language == "zh" else _PLAIN
    return any(w in known for w in content) and all(w in told or w in plain for w in content)


@hookimpl
def register_tools() -> list[Tool]:
    return [answer_customer]
