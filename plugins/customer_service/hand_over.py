"""When a person should answer: complaints, health, law, money back, personal data, anger."""

from __future__ import annotations

import re

from plugins.common.text import has_contact

# Reason -> what a message about it says. Order is weight: the first that matches is named first.
_SIGNS: dict[str, re.Pattern[str]] = {
    "health": re.compile(
        r"\b(?:allerg\w*|anaphyla\w*|pregnan\w*|breast-?feed\w*|diabet\w*|medic\w*|prescri\w*|doctor|hospital|sick|ill|poison\w*|vomit\w*|rash|side effects?"
        r"|gluten|celiac|coeliac|lactose|baby|infant|burn(?:ed|t|ing)? (?:my|skin)|hives|itch\w*|swollen|eczema|asthma)\b"
        r"|过敏|孕妇|怀孕|孕期|哺乳|备孕|糖尿病|药|医生|医院|生病|中毒|食物中毒|呕吐|拉肚子|腹泻|皮疹|红肿|副作用|麸质|乳糖|婴儿|宝宝能|烂脸|刺痛|湿疹|哮喘|瘙痒",
        re.IGNORECASE,
    ),
    "legal": re.compile(
        r"\b(?:lawyer|attorney|sue|suing|lawsuit|legal|court|police|liab\w*|gdpr|ftc|trading standards|consumer protection|fraud|counterfeit|trademark|copyright)\b"
        r"|律师|起诉|法院|报警|工商|12315|消协|消费者协会|投诉到|诉讼|法律|违法|假货|侵权|欺诈|维权",
        re.IGNORECASE,
    ),
    "money": re.compile(
        r"\b(?:refund\w*|money back|charge(?:d|back)|overcharged|double charged|return(?:ing)? (?:it|this|my|the)|compensat\w*|invoice|cancel (?:my|the) order|payment failed)\b"
        r"|退款|退钱|退货|退换|赔偿|赔付|多扣|重复扣|扣款|发票|取消订单|支付失败|退定金|退订",
        re.IGNORECASE,
    ),
    "personal data": re.compile(
        r"\b(?:my (?:personal )?data|delete my (?:account|data)|my account|my password|my address is|credit card|card number|passport|social security|privacy)\b"
        r"|个人信息|隐私|注销账号|我的账号|密码|身份证|银行卡|信用卡号|删除我的",
        re.IGNORECASE,
    ),
    "complaint": re.compile(
        r"\b(?:complain\w*|terrible|awful|worst|horrible|disgust\w*|unacceptable|never again|scam|ripped off|rip-?off|rude|broken|damaged|defective|wrong order|missing item"
        r"|never arrived|still waiting|late|cold food|hair in|ridiculous|disappointed|furious|angry)\b"
        r"|投诉|差评|太差|垃圾|骗子|骗人|坑人|恶心|失望|气死|生气|无语|态度(?:差|恶劣|很差)|坏了|破损|漏发|发错|送错|没收到|还没到|等了.{0,6}(?:小时|天)|头发|虫子|过期|变质",
        re.IGNORECASE,
    ),
}
_WORDS = {
    "health": ("it is about health or safety", "涉及健康或安全"),
    "legal": ("it is a legal matter", "涉及法律问题"),
    "money": ("it is about money back or a payment", "涉及退款或付款"),
    "personal data": ("it contains or is about personal data", "涉及个人信息"),
    "complaint": ("it is a complaint", "属于投诉"),
}


def reasons(text: str) -> list[str]:
    """Why a person should answer, as keys; empty when nobody has to."""
    found = [reason for reason, signs in _SIGNS.items() if signs.search(text)]
    if has_contact(text) and "personal data" not in found:
        found.append("personal data")
    return found


def in_words(found: list[str], language: str) -> str:
    """The reasons as one phrase of ``language``."""
    zh = language == "zh"
    return ("；" if zh else "; ").join(_WORDS[r][1 if zh else 0] for r in found)
