"""A customer's message as data: cleaned of hidden characters and of what tries to instruct us, and cut into its questions."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

from plugins.common.text import instructs, passages

LONGEST = 4000
"""Characters of a message that are read."""

_HIDDEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_CODED = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{20,}={0,2}(?![A-Za-z0-9+/=_-])")
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)|https?://\S+|www\.\S+")
_ROLE = re.compile(
    r"^\s*(?:#+\s*)?(?:<\|?/?\s*)?[\[【(<*]*\s*(?:system|assistant|developer|admin|root|系统|管理员|助手|开发者)\s*(?:消息|message|提示|prompt|note|通知|指令)?\s*[\]】)>*]*\s*[:：>】\]]",
    re.I,
)
_TAGGED = re.compile(r"<\s*(system|assistant|developer|instructions?|admin)\b[^>]*>.*?(?:<\s*/\s*\1\s*>|$)", re.I | re.S)
_USER = re.compile(r"^\s*(?:user|customer|human|用户|顾客)\s*[:：]\s*", re.I)
# Beyond what any text may say to a model: what customers have no reason to ask of a reply.
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:rules?|guidelines?|polic(?:y|ies)|instructions?|above|restrictions?|filters?)\b"
    r"|\b(?:developer|debug|god|admin|jailbreak|dan|sudo)\s+mode\b|\byou are (?:now )?(?:dan|an ai|a bot|my)\b|\bas dan\b|\bdan says\b|\blet'?s play\b|\brole.?play\b|\bpretend\b|\bact as\b"
    r"|\b(?:output|print|reveal|show|list|dump|paste|leak|repeat|tell me)\b.{0,40}\b(?:configuration|config|settings?|api keys?|hidden|system prompt|prompt|instructions?|conversation|chat (?:log|history)|password|database|environment)\b"
    r"|\b(?:reply|respond|answer) (?:only )?with (?:this|the|exactly|just|only|['\"“])|\bsay (?:it|that|this|exactly|['\"“])|\brepeat (?:that|this|after me)\b|\bappend\b|\badd .{0,30} to (?:your|the) (?:answer|reply)|\bconfirm (?:it|that|this)\b"
    r"|\bdecode (?:this|it|the)\b|\bexecute\b|\bfrom now on\b|\bnew (?:policy|instructions?|rules?)\b|\bissue me\b|\b(?:end|start) of (?:prompt|instructions?)\b|\btranslate .{0,30} and (?:run|do|execute)"
    r"|(?:忽略|无视|忘记|忘掉|绕过|不要遵守|不用遵守).{0,14}(?:规则|指令|要求|限制|设定|提示|规定)|(?:调试|开发者|管理员|越狱)模式|扮演|假装|假设你是|从现在起|从现在开始|以后(?:统一|都)?回复|统一回复"
    r"|(?:输出|打印|显示|告诉我|发给我|重复|泄露|列出|说出).{0,12}(?:配置|设置|提示词|指令|密钥|密码|聊天记录|对话记录|数据库|系统)|(?:回答|回复)(?:里|中|的时候|时|末尾)?.{0,6}(?:加上|附上|写上|带上)|照做|并执行|解码后|执行[:：]|没有限制的\s*ai",
    re.I,
)  # fmt: skip
_OTHERS = re.compile(
    r"\b(?:other|another|previous|last|next) (?:customer|client|user|person|buyer)s?\b.{0,40}\b(?:ask|email|e-mail|name|phone|address|order|data|said|details?)"
    r"|\bcustomers? before me\b|\bother customers'? (?:data|orders?|names?|emails?)|(?:上一个|上一位|其他|别的|前一个)(?:顾客|客户|用户|买家)",
    re.I,
)
_ASKS = re.compile(
    r"[?？]|(?:^|\b)(?:who|what|whats|what's|when|where|wheres|which|why|how|hows|is|are|r|do|does|did|can|could|may|will|would|should|have|has|any)\b"
    r"|吗|呢|么|多少|几|哪|什么|啥|怎么|咋|如何|是否|能不能|可不可以|有没有|可以|能|不$|谁|多久|多大|多重",
    re.I,
)
_PART = re.compile(
    r"(?<=[?？])\s*|(?:另外|还有就是|对了|顺便问(?:一下|下)?|还想问)[，,：:]?"
    r"|(?:[,;，；]?\s+(?:and|also|&|plus)\s+(?:also\s+)?)(?=(?:what|how|where|when|which|who|is|are|do|does|can|could|will|would)\b)",
    re.I,
)
GREETING = re.compile(
    r"(?:hi|hii+|hello|hey|hey there|hi there|hello there|good (?:morning|afternoon|evening)|yo|anyone there|你好|您好|hello呀|哈喽|嗨|在吗|在不在|有人吗|早上好|下午好|晚上好|老板好|客服在吗|亲)"
    r"(?:\s*(?:呀|啊|哦|there|all|team|guys|亲|老板|客服))?", re.I)  # fmt: skip
THANKS = re.compile(
    r"(?:ok(?:ay)?[,.! ]*)?(?:thanks?(?: you)?|thx|ty|cheers|thank u|much appreciated)(?:[ ,]+(?:so much|a lot|very much|again|for your help|for the help))?"
    r"|(?:好的?[，, ]*)?(?:谢谢|多谢|感谢|谢啦|谢了|辛苦了?)(?:你们?|您|啦|了|老板|客服)*", re.I)  # fmt: skip


@dataclass(frozen=True)
class Message:
    """``parts``: its questions, in order; ``rest``: all that is left of it once instructions are out, as one text."""

    parts: tuple[str, ...]
    rest: str
    instructed: bool
    others: bool
    """Whether it asks about other customers."""


def clean(text: str) -> str:
    """Without invisible and control characters, full-width forms as usual ones."""
    text = unicodedata.normalize("NFKC", _HIDDEN.sub("", text[: 2 * LONGEST]))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")[:LONGEST].strip()


def read(text: str) -> Message:
    """Cut a cleaned message into its questions, leaving out what instructs."""
    instructed = False

    def drop(m: re.Match[str]) -> str:
        nonlocal instructed
        instructed = True
        return " "

    def uncoded(m: re.Match[str]) -> str:
        return drop(m) if _decoded(m.group()) else m.group()

    kept = _TAGGED.sub(drop, _CODED.sub(uncoded, text))
    kept = _LINK.sub(drop, kept)
    said: list[str] = []
    for line in kept.split("\n"):
        if _ROLE.match(line):
            # What follows the first sentence of such a line may be the customer's own question.
            line = _ROLE.sub("SYSTEM ", line)
        for sentence in passages_of(_USER.sub("", line)):
            if sentence.startswith("SYSTEM ") or instructs(sentence) or _ORDERS.search(sentence) or instructs(_tight(sentence)):
                instructed = True
            else:
                said.append(sentence)
    rest = " ".join(said)
    others = bool(_OTHERS.search(text))
    parts = [p.strip(" ,，;；。.、&") for s in _grouped(said) for p in _PART.split(s)]
    parts = [p for p in parts if p and re.search(r"\w", p)]
    if instructed:
        parts = [p for p in parts if _ASKS.search(p)]
    return Message(tuple(parts), rest, instructed, others)


def passages_of(line: str) -> list[str]:
    """Sentences with their closing marks."""
    return [s for s in re.split(r"(?<=[。！？!?])\s*|(?<=[.;；])\s+", line) if re.search(r"\w", s)]


def _grouped(said: list[str]) -> list[str]:
    """Statements go with the question that follows them; what stands after the last question goes with it."""
    groups: list[str] = []
    waiting = ""
    for s in said:
        waiting = f"{waiting} {s}".strip()
        if re.search(r"[?？]\s*$", s):
            groups.append(waiting)
            waiting = ""
    if waiting:
        if groups and not _ASKS.search(waiting):
            groups[-1] = f"{waiting} {groups[-1]}"
        else:
            groups.append(waiting)
    return groups


def _tight(text: str) -> str:
    """Without blanks and marks put between the letters of a word."""
    return re.sub(r"(?<=\w)[\s._*\-|](?=\w(?:[\s._*\-|]|$))", "", text)


def _decoded(token: str) -> str:
    """What a run of base64 says, where it says something."""
    try:
        raw = base64.b64decode(token.replace("-", "+").replace("_", "/") + "=" * (-len(token) % 4), validate=True)
        words = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return words if sum(c.isprintable() for c in words) > 0.9 * len(words) and len(passages(words, 10_000)) > 0 else ""
