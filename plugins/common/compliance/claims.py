"""What a draft says that the brief gives no ground for, and personal data that has no place in it."""

from __future__ import annotations

import re
import unicodedata

from agent import Brief, Finding, personal_data
from plugins.common import say

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"两": "2", "十": "10", "半": "0.5"}
# Kinds of figures that are claims. Plain counts ("3 reasons", "两个人") are none.
_KINDS: dict[str, str] = {
    "percent": rf"(?P<n>{_NUMBER})\s?(?:%|percent\b|个百分点)|百分之(?P<zh>[零一二三四五六七八九十两]+)",
    "price": rf"(?:[¥￥$€£]|RMB|USD|US\$|CNY)\s?(?P<n>{_NUMBER})|(?P<n2>{_NUMBER})\s?(?:元|块钱|块(?!蛋糕|石)|刀|美元|美金|dollars?\b|bucks\b|RMB\b|USD\b)",
    "discount": rf"(?P<n>{_NUMBER})\s?折|(?P<zh>[一二三四五六七八九])折|买(?P<zh2>[一二三四五\d])送[一二三四五\d]|buy (?:one|\d) get (?:one|\d)",
    "result": rf"(?P<n>{_NUMBER})\s?(?:天|周|小时|days?|weeks?|hours?)\s?(?:见效|起效|改善|变|瘦|有效|results?|to see|later)",
    "age": rf"(?P<n>{_NUMBER})\s?(?:年老店|年历史|年经验|年品牌|years? of (?:experience|history)|years? in business)|since (?P<n2>\d{{4}})|(?P<zh>[一二三四五六七八九十百]+)年老店",
    "users": rf"(?P<n>{_NUMBER})\s?(?:万|千|k|m|\+)?\s?\+?\s?(?:人(?:都|在|已|用|买|好评)|位(?:顾客|用户)|(?:happy |satisfied )?(?:customers|users|reviews)|条好评|five-star|份销量)",
    "rating": rf"(?P<n>{_NUMBER})\s?(?:星好评|stars?\b|/5\b|分好评)",
    "calories": rf"(?P<n>{_NUMBER})\s?(?:大卡|千卡|卡路里|卡(?!片)|kcal|calories|mg|毫克|克糖|g of (?:sugar|protein))",
}  # fmt: skip


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "").lower()


def _numbers(text: str) -> set[str]:
    """Every number of a text in one form: `38`, `0.5`; Chinese digits as well."""
    found = {str(float(n)) for n in re.findall(r"\d+(?:\.\d+)?", _normal(text))}
    return found | {str(float(_DIGITS[c])) for c in text if c in _DIGITS}


def ungrounded_numbers(text: str, brief: Brief) -> list[Finding]:
    """Figures (percentages, prices, discounts, results, ages, users) that neither the facts nor the request hold."""
    language = brief.language
    ground = _numbers(" ".join([*brief.facts, *brief.must_say, brief.product or "", brief.brand or "", _facts_of(brief)]))
    found = []
    for kind, pattern in _KINDS.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if _numbers(match.group()) <= ground:
                continue
            found.append(
                Finding(
                    rule="grounding.number", severity="warn", span=match.group().strip(),
                    message=say(
                        language,
                        en=f"“{match.group().strip()}” ({kind}) stands neither in the brief's facts nor in the request.",
                        zh=f"“{match.group().strip()}”（{_KIND_ZH[kind]}）在需求和给出的事实中没有依据。",
                    ),
                    fix=say(language, en="Confirm it and add it to the facts, or remove it.", zh="核实后写入事实，或删除。"),
                    source=say(language, en="FTC Act §5 (substantiation)", zh="《广告法》第十一条、第二十八条"),
                )
            )  # fmt: skip
    return found


_KIND_ZH = {
    "percent": "比例", "price": "价格", "discount": "优惠", "result": "见效时间", "age": "年份", "users": "人数", "rating": "评分", "calories": "成分含量",
}  # fmt: skip


def _facts_of(brief: Brief) -> str:
    """The request without the draft it may carry and without the budget, which is no fact about the product."""
    request = brief.request
    if brief.sources.get("drafts") or len(request) > 2000:
        return ""
    if brief.budget is not None:
        amount = brief.budget.amount
        for written in {f"{amount:,.0f}", f"{amount:.0f}", f"{amount:g}"}:
            request = request.replace(written, "")
    return request


_PERSONAL = {
    "phone": ("a phone number", "电话号码"),
    "email": ("an e-mail address", "邮箱地址"),
    "id_number": ("an identity number", "身份证件号码"),
    "card": ("a payment card's number", "银行卡号"),
    "iban": ("a bank account's number", "银行账号"),
    "address": ("somebody's address", "住址"),
    "account": ("a messenger account", "社交账号（微信、QQ 等）"),
}
_BUSINESS = ("phone", "email", "address", "account")
"""Kinds that a business has and publishes as well."""


def contacts(text: str, brief: Brief) -> list[Finding]:
    """Personal data in a draft. A contact among the brief's facts is the business's own."""
    language, found = brief.language, []
    given = _normal(" ".join([*brief.facts, *brief.must_say]))
    for f in personal_data(text):
        span = text[f.start : f.end]
        if f.kind in _BUSINESS and _normal(span) in given:
            continue
        en, zh = _PERSONAL[f.kind]
        found.append(
            Finding(
                rule=f"privacy.{f.kind}", severity="block", span=span,
                message=say(language, en=f"The draft holds {en}.", zh=f"文案中含有{zh}。"),
                fix=say(language, en="Remove it; a business contact must stand among the facts.", zh="删除；若为商家公开联系方式，请写入事实。"),
                source=say(language, en="Privacy (GDPR art. 5, CCPA)", zh="《个人信息保护法》第六条"),
            )
        )  # fmt: skip
    return found
