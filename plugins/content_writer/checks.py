"""What is wrong with a text a model wrote. A text with any fault is not used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agent import units, word_runs
from plugins.common.text import instructs, language_of
from plugins.content_writer.material import Material
from plugins.content_writer.originality import copied

# Words that claim something about the subject. Each must stand in what the brief says.
_CLAIM = {
    "en": re.compile(
        r"\b(?:best|finest|greatest|perfect\w*|ultimate|no\. ?1|number one|delicious\w*|tast[ey]\w*|yum\w*|mouth-?watering|amazing|incredible|awesome|fantastic"
        r"|wonderful|unforgettable|authentic|traditional|fresh\w*|hand-?made|home-?made|hand-?crafted|artisan\w*|organic|natural\w*|vegan|gluten\w*|health\w*"
        r"|clinical\w*|dermatolog\w*|proven|guarantee\w*|cure[sd]?|heal(?:s|ed|ing)?|free|discount\w*|sale|cheap\w*|affordable|award\w*|famous|popular|renowned"
        r"|favou?rites?|loved|beloved|since|family-owned|newly|opened|opening|limited|exclusive\w*|high-quality|quality|premium|luxur\w*|rich|cream[iy]\w*"
        r"|crisp\w*|refresh\w*|hydrat\w*|glow\w*|sweet\w*|smooth\w*|cozy|cosy|friendly|unique|variety|wide range|selection of|made with|ingredients?|recipes?"
        r"|i (?:tried|loved|ate|used|visited|felt|had|got|bought)|we (?:tried|loved|ate|offer|serve|provide)|offers?|serves?|provides?|features?)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"最(?![近后想先看关在])|第一(?![次个眼步口])|顶级|极致|好吃|好喝|美味|绝了|绝绝子|地道|正宗|手工|手作|新鲜|现做|有机|天然|健康|无添加|低糖|低卡|免费|优惠|折扣|打折|买一送一|特价|网红|爆款|人气|火爆"
        r"|老字号|创立|秘制|独家|浓郁|丝滑|软糯|香甜|清甜|Q弹|入口即化|治愈|必吃|必买|必去|性价比|划算|实惠|保湿|美白|修护|亲测|回购|惊艳|宝藏|天花板|推荐|超赞|不踩雷|精致|温馨|舒适|高颜值"
        r"|我(?:们)?(?:吃|喝|用|点|试|去)(?:了|过)|品尝了|口感|味道(?:很|超|特别|非常)|采用|选用|精选"
    ),
}
_LEAK = re.compile(
    r"\b(?:here(?:'s| is) (?:a|the|your|one)|sure[,!]|certainly[,!]|caption:|facts? (?:you may|known)|word for word|as an ai|rules:|instagram post|the creator|<post>|on screen: …)"
    r"|以下是|好的[，,！]|标题[:：]|正文[:：]|根据(?:您|你)的要求|字数|只输出|逐字|仅供参考|作为(?:一个)?AI",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def faults(
    text: str, material: Material, *, longest: int, samples: Sequence[str] = (), repeats: bool = True, names: bool = True
) -> list[str]:
    """Faults of a model's text, as short names; an empty list means that it may be used.

    Args:
        longest: characters.
        samples: other people's sentences that were shown to the model; eight words (or characters) in a row of them are a copy.
        repeats, names: whether repetition, and names that the brief does not give, are looked for (lists of headlines have both).
    """
    found = []
    language, known = material.language, material.known
    flat_known = known.casefold()
    if len(text) < 30:
        found.append("too short")
    if len(text) > longest:
        found.append("too long")
    if text and language_of(text) != language:
        found.append("wrong language")
    numbers = set(_NUMBER.findall(text)) - set(_NUMBER.findall(known))
    if numbers:
        found.append("ungrounded number")
    if re.search(r"https?://|www\.|\w\.(?:com|cn|org|net)\b", text) or re.search(r"(?<!\w)@\w", text) or re.search(r"\[[^\]]+\]", text):
        found.append("link, mention or slot")
    if "#" in text:
        found.append("hashtag")
    if not material.allowed(text):
        found.append("forbidden word")
    if _LEAK.search(text) or instructs(text):
        found.append("prompt leakage")
    if any(m.group().casefold() not in flat_known for m in _CLAIM[language].finditer(text)):
        found.append("ungrounded claim")
    if names and language == "en" and (_names(text) - set(re.findall(r"[a-z'’]+", flat_known))):
        found.append("ungrounded name")
    if repeats and _repeats(text):
        found.append("repetition")
    if any(copied(text, word_runs(sample)) for sample in samples):
        found.append("copied")
    return found


def _names(text: str) -> set[str]:
    """Capitalised words inside sentences, lower-cased."""
    common = {"i", "i'm", "i’m", "i'll", "i’ll", "i'd", "on", "say", "instagram", "tiktok", "youtube", "facebook", "x"}
    found = re.findall(r"(?<=[a-z,;] )([A-Z][A-Za-z'’]+)", text)
    return {w.lower() for w in found} - common


def _repeats(text: str) -> bool:
    sentences = [s.strip().casefold() for s in re.split(r"[.!?。！？\n]+", text) if len(s.strip()) > 6]
    if len(set(sentences)) < len(sentences):
        return True
    of = units(text)
    return max(Counter(tuple(of[i : i + 4]) for i in range(len(of) - 3)).values(), default=0) >= 3
