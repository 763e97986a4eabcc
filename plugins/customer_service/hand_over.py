"""When a person should answer: health, law, money back, personal data, complaints, anybody in danger."""

from __future__ import annotations

import re

from agent import personal_data

# Reason -> what a message about it says. Order is weight: the first that matches is named first.
_SIGNS: dict[str, re.Pattern[str]] = {
    "safety": re.compile(
        r"\b(?:suicid\w*|kill (?:myself|me)|self.?harm|hurt myself|end (?:my|it all)|want to die|overdos\w*|i(?:'m| am) (?:1[0-7]|[6-9])(?: years?| yrs?|yo)?(?: old)?\b(?! ?(?:%|mins?|days?|hours?))|underage|under age)"
        r"|自杀|自残|轻生|想死|不想活|活不下去|我(?:今年|才)?\s?(?:[6-9]|1[0-7])\s?岁|未成年",
        re.I,
    ),
    "medical": re.compile(
        r"\b(?:allerg\w*|anaphyla\w*|pregnan\w*|breast-?feed\w*|nursing|diabet\w*|medic(?:al|ine|ation|ines|ations)\w*|prescri\w*|doctor|hospital|sick|ill|poison\w*|vomit\w*|throw(?:ing|n)? up|threw up"
        r"|rash(?:es)?|side effects?|celiac|coeliac|intoleran\w*|infant|newborn|burn(?:ed|t|ing)? (?:my|skin|ear|face|mouth)|blister\w*|hives|itch\w*|swollen|swelling|eczema|asthma|stomach ?ache|diarrh\w*|choke[ds]?|dizzy|nausea\w*|faint(?:ed)?|heart (?:condition|problem)|blood pressure|kidney|cancer|cure[sd]?)\b"
        r"|过敏|孕妇|怀孕|孕期|哺乳|备孕|月子|糖尿病|吃药|药物|医生|医院|生病|中毒|呕吐|想吐|拉肚子|拉了.{0,4}肚子|肚子(?:疼|痛)|腹泻|皮疹|红肿|起疹|长痘了|副作用|麸质不耐|乳糖不耐|婴儿|新生儿|宝宝能|烂脸|刺痛|灼|湿疹|哮喘|瘙痒|好痒|头晕|高血压|心脏病|肾|癌|治病|疗效",
        re.I,
    ),
    "legal": re.compile(
        r"\b(?:lawyers?|attorneys?|solicitors?|sue|suing|sued|lawsuit|legal(?:ly)?|court|police|liab\w*|gdpr|ftc|trading standards|consumer protection|ombudsman|fraud\w*|counterfeit|trademark|copyright|report (?:you|u) to)\b"
        r"|律师|起诉|告你|去告|法院|报警|工商|12315|消协|消费者协会|投诉到|诉讼|法律|违法|侵权|欺诈|诈骗|维权|曝光你",
        re.I,
    ),
    "money": re.compile(
        r"\b(?:(?:want|need|get|give|demand|have|where(?:'?s| is)|when (?:will|do) i get)\b.{0,25}\b(?:refund\w*|money back|my money)|refund me|refund my|money back|charge(?:d back|back|d me)|over.?charged|double.?charged|charged (?:twice|\w+ times)|compensat\w*"
        r"|(?:order|payment)(?: \w+){0,3} (?:failed|declined|not go through)|cancel (?:my|the) order|return my|knock .{0,15}off|best price|lower price|any cheaper|cheaper (?:for|if)|price match|can you do \$?\d+|negotiat\w*|haggle|deal\?)"
        r"|(?:我要|我想|给我|帮我|申请|要求|什么时候|马上|再不|怎么还没|还没|快)[^，。？！]{0,8}(?:退款|退钱|退我|退费|退差价)|退我|退钱|退差价|差价退|补差价|赔偿|赔付|赔钱|赔我|多扣|重复扣|扣了?(?:我)?(?:两次|钱)|扣款|取消订单|支付失败|退定金|退订金|便宜点|再便宜|能不能少点|最低价|打个折|抹零|砍价|议价|转账",
        re.I,
    ),
    "privacy": re.compile(
        r"\b(?:my (?:personal )?data|(?:delete|remove|erase|close) my (?:account|data|info\w*)|my account|my password|my address is|credit card (?:number|details)|card number|passport|social security|privacy)\b"
        r"|个人信息|隐私|注销|我的账号|密码|身份证|银行卡号|信用卡号|删除我的|我的资料",
        re.I,
    ),
    "complaint": re.compile(
        r"\b(?:complain\w*|terrible|awful|worst|horrible|disgust\w*|unacceptable|never again|scam\w*|ripped off|rip-?off|rude|damaged|smashed|crushed|defective|faulty|wrong (?:order|item|size|one)|missing (?:item|from)|never arrived|(?:hasn'?t|not|didn'?t) (?:yet )?arrive\w*|still waiting|cold food|hair in|ridiculous|disappoint\w+|furious|angry|pissed|joke of|absolute joke|(?:are|is) a joke|useless|pathetic|nobody (?:answers|replies|responds)|(?:arrived|came|was|were|so|is) late|stopped working|doesn'?t work|broke (?:after|within)|arrived broken|wtf|bullshit|fuck\w*|shit\w*|crap)\b"
        r"|投诉|差评|太差|垃圾|骗子|骗人|坑人|恶心|失望|气死|生气|无语|态度(?:差|恶劣|很差)|坏了|破损|碎了|漏发|发错|送错|少发|没收到|还没到|还没发|等了.{0,8}(?:小时|天|半|周)|没人接|没人理|不理人|头发|虫子|变质|发霉|什么破|妈的|他妈|滚|智商税|再也不",
        re.I,
    ),
}
_WORDS = {
    "safety": ("somebody may be in danger or is a minor", "可能涉及人身安全或未成年人"),
    "medical": ("it is about health or safety", "涉及健康或安全"),
    "legal": ("it is a legal matter", "涉及法律问题"),
    "money": ("it is about money: a refund, a payment or a price to be agreed", "涉及退款、付款或议价"),
    "privacy": ("it contains or is about personal data", "涉及个人信息"),
    "complaint": ("it is a complaint", "属于投诉"),
    "unsupported": ("the brand's material does not answer it", "品牌资料里没有答案"),
    "conflict": ("the brand's material contradicts itself", "品牌资料前后不一致"),
    "instructions": ("it tries to instruct the system and asks nothing else", "留言试图向系统下指令，没有其他可以回答的问题"),
    "language": ("it is in a language that is not answered automatically", "留言所用语言暂不支持自动回复"),
    "empty": ("the message asks nothing that can be answered", "留言里没有可以回答的问题"),
}


def reasons(text: str) -> list[str]:
    """Why a person should answer, as keys; empty when nobody has to."""
    found = [reason for reason, signs in _SIGNS.items() if signs.search(text)]
    if personal_data(text) and "privacy" not in found:
        found.append("privacy")
    return found


def in_words(found: list[str], language: str) -> str:
    """The reasons as one phrase of ``language``."""
    zh = language == "zh"
    return ("；" if zh else "; ").join(_WORDS[r][1 if zh else 0] for r in found)
