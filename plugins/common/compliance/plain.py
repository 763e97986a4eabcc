"""A single text, without a brief, against the rules of a market."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from agent import Finding, personal_data
from plugins.common import say
from plugins.common.text import language_of

from .disclosure import disclosed
from .grounding import ungrounded
from .likely import likely
from .matching import Setting, find
from .packs import RulePack, packs_for

Verdict = Literal["pass", "warn", "block"]
_ROLE = re.compile(
    r"(?:support|info|hello|hi|hey|contact|sales|press|orders?|team|help|service|care|customer\w*|careers|jobs|bookings?|reservations?|enquir(?:y|ies)"
    r"|inquir(?:y|ies)|events|office|admin|shop|store|media|marketing|partner(?:ship)?s?|collabs?|privacy|returns|no-?reply|kefu|business|pr|hr|legal)"
    r"(?:[.+_-]\w+)?@",
    re.IGNORECASE,
)
"""A mailbox of a business, not of a person (GDPR, recital 14)."""
_FOUND = {
    "phone": ("a phone number", "电话号码"), "email": ("an e-mail address", "邮箱地址"), "id_number": ("an identity number", "身份证件号码"),
    "card": ("a payment card's number", "银行卡号"), "iban": ("a bank account's number", "银行账号"), "address": ("somebody's address", "住址"),
    "account": ("a messenger account", "社交账号（微信、QQ 等）"),
}  # fmt: skip


_PERSON = re.compile(
    r"\b(?:lives?|living|home address|her|his|winners?|congrat\w*|customers?|mrs?|ms|miss|residents?|neighbou?r|ssn|born|dob|(?:shipped|delivered) to"
    r"|my (?:home|house|place|address|apartment|flat))\b|家住|住在|住址|收[件货]|先生|女士|同学|小姐|中奖|客户|顾客|获奖|家庭|本人|私人",
    re.IGNORECASE,
)
_BUSINESS = re.compile(
    r"\b(?:(?:call|phone|text|ring|visit|find|reach|contact) (?:us|our)|our (?:store|shop|clinic|office|salon|studio|showroom)|reservations?|hotline|helpline"
    r"|customer (?:service|care)|open(?:ing)? (?:hours|daily|from|until)|toll[- ]free)\b|热线|客服|订[座位餐]|预[约订]电话|门店|店铺地址|营业",
    re.IGNORECASE,
)
_MOBILE_CN = re.compile(r"(?:\+?86)?1[3-9]\d{9}$")


def _of_a_business(kind: str, span: str, text: str) -> bool:
    """Whether a contact is plainly a business's own: its role mailbox, or a line or an address that the text gives as the business's."""
    if kind == "email":
        return bool(_ROLE.match(span))
    if kind == "address":
        return not _PERSON.search(text)
    landline = not _MOBILE_CN.match(re.sub(r"[\s-]", "", span))
    return kind == "phone" and landline and bool(_BUSINESS.search(text)) and not _PERSON.search(text)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The worst of what counts; what is exempt or a note does not."""
    counting = {f.severity for f in findings if not f.exempt}
    return "block" if "block" in counting else "warn" if "warn" in counting else "pass"


def market_of(text: str, platform: str | None = None) -> str:
    """The market a text is most likely for: that of its platform, else of its language."""
    if platform in ("xiaohongshu", "douyin", "weibo", "bilibili", "kuaishou", "wechat", "zhihu"):
        return "cn"
    return "cn" if language_of(text) == "zh" else "us"


def check(
    text: str, market: str | None = None, *, sponsored: bool = False, facts: Sequence[str] = (), platform: str | None = None,
    packs: Sequence[RulePack] = (), language: str | None = None, fold: int | None = None, labelled: str = "",
) -> list[Finding]:  # fmt: skip
    """Findings over one text, the gravest first; offsets count its code points.

    Args:
        market: cn, us, uk, eu, or one that a pack adds; default: the platform's, else the language's.
        sponsored: a disclosure is due.
        facts: what is known to be true; claims that they do not hold are found only when some are given.
        packs: further rule packs.
        language: of the findings; default: that of the text.
        fold: characters that the platform shows before "more".
        labelled: disclosure that goes with the text apart from it.

    Raises:
        KolonyError: there are no rules for the market, or a pack cannot be used.
    """
    if not text.strip():
        return []
    market = market or market_of(text, platform)
    chosen = packs_for(market, packs)
    spoken = language or ("zh" if language_of(text) == "zh" else "en")
    known = "".join(" ".join(facts).lower().split())
    setting = Setting(language=spoken, market=market, sponsored=sponsored, facts=known)
    found = find(text, chosen, setting)
    found += likely(text, found, chosen, setting)
    if sponsored:
        for pack in chosen:
            found += disclosed(text, pack, setting, platform=platform, fold=fold, labelled=labelled)
    if facts:
        found += ungrounded(text, facts, spoken, market)
    found += _personal(text, facts, setting)
    order = {"block": 0, "warn": 1, "info": 2}
    return sorted(found, key=lambda f: (f.exempt, order[f.severity], f.start or 0))


def _personal(text: str, facts: Sequence[str], setting: Setting) -> list[Finding]:
    """Personal data in a text. A contact among the facts is the business's own."""
    given, found = "".join(" ".join(facts).split()).lower(), []
    for f in personal_data(text):
        span = text[f.start : f.end]
        if _of_a_business(f.kind, span, text):
            continue
        if f.kind in ("phone", "email", "address", "account") and "".join(span.split()).lower() in given:
            continue
        en, zh = _FOUND[f.kind]
        why = say(setting.language, en=f"The text holds {en}.", zh=f"文案中含有{zh}。")
        found.append(
            Finding(
                rule=f"privacy.{f.kind}", family="privacy", severity="block", market=setting.market, span=span, start=f.start, end=f.end, why=why, message=why,
                fix=say(setting.language, en="Remove it; a business contact must stand among the facts.", zh="删除；若为商家公开联系方式，请写入事实。"),
                source=say(setting.language, en="Privacy (GDPR art. 5, CCPA)", zh="《个人信息保护法》第六条"),
            )
        )  # fmt: skip
    return found
