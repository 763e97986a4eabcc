"""Signs that a text may not mean what it says. They make a reading uncertain; they never turn it round."""

from __future__ import annotations

import re

from plugins.common.text import language_of
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.reading import Reading

PLAIN = 0.8
"""A text this surely negative, without a good word, means what it says."""
CONTRARY = 0.75
"""Good words alone in a text this surely negative contradict it."""

_SAID = re.compile(
    r"(?:^|\s)/s\s*$|#(?:sarcasm|sarcastic|irony|ironic|not)\b|\byeah,? right\b|\boh,? (?:great|joy|goody|wonderful|lovely|fantastic|perfect)\b"
    r"|\bthanks for nothing\b|\bjust what i (?:always )?(?:needed|wanted)\b|\bslow clap\b|\bas if\b[!.…]|\bhow (?:lovely|thoughtful|generous) of\b"
    r"|\b(?:gee|wow),? thanks\b|\bwhat could (?:possibly )?go wrong\b|\bbig surprise\b|\btell me about it\b"
    r"|呵呵|真(?:是)?(?:谢谢|感谢)(?:你|您|贵|店家|商家|老板)|可真(?:行|棒|会|好|厉害|是)|好一个|真有你的|我真(?:的)?会谢|(?:长|涨)见识了|手动狗头|狗头|反话|阴阳怪气",
    re.IGNORECASE,
)
_FACES = re.compile(r"[🙃🙄😒🤡]|\[(?:微笑|白眼|doge|汗颜)R?\]|[（(](?:狗头|微笑|doge)[）)]", re.IGNORECASE)
_PRAISE_THEN = re.compile(
    r"(?:\b(?:great|lovely|love|fantastic|wonderful|perfect|awesome|brilliant|nice|amazing|thanks|thank you|congrat\w*|well done|bravo)\b[^.?]{0,60}"
    r"\b(?:again|another|delay\w*|late|cancel\w*|broke\w*|broken|lost|crash\w*|ignored|overcharg\w*|wait(?:ing|ed)? (?:\w+ ){0,3}(?:hours?|minutes|weeks)|on hold|stuck|leak\w*|missing|cold food|wrong)\b)"
    r"|(?:太好了|真好|真棒|太棒了|厉害了|恭喜|感谢|谢谢)[^。？\n]{0,24}(?:又(?:坏|漏|晚|迟|没|是|一次)|再一次|等了[^。]{0,6}(?:小时|天)|迟到|超时|送错|漏了|坏了|没送|凉了|退款|过敏|烂脸)",
    re.IGNORECASE,
)
_SCARE = re.compile(
    r"[\"“'‘](?:fresh|best|great|premium|fast|quick|luxury|amazing|friendly|service|healthy|natural|delicious|new|quality)[\"”'’]|(?<!\w)so[- ]called\b"
    r"|所谓的?(?:好|高|网红|优|特色)|[“\"](?:新鲜|优质|美味|贴心|高端|大牌|正宗|服务|好吃|惊喜)[”\"]",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"\b(?:would|could|should|wish|if|hoped?|expected|supposed|used to|wanted)\b|如果|要是|本来|希望|以为|原本|之前|应该", re.IGNORECASE
)


def cues(text: str, reading: Reading) -> list[str]:
    """The signs, as words of the text or as ``"good words, negative tone"``; empty where words and tone agree."""
    language = language_of(text)
    opinions = lexicon(language if language in ("en", "zh") else "en").opinions(text)
    good = any(o.sign > 0 for o in opinions) or bool(_PRAISE_THEN.search(text))
    bad = any(o.sign < 0 for o in opinions)
    if not good and reading.probs[0] >= PLAIN:
        return []
    found = [m.group().strip() for m in (_SAID.search(text), _PRAISE_THEN.search(text), _SCARE.search(text)) if m]
    face = _FACES.search(text)
    if face and good and not bad:
        found.append(face.group())
    if good and not bad and reading.probs[0] >= CONTRARY and len(text) <= 280 and not _UNREAL.search(text):
        found.append("good words, negative tone")
    return list(dict.fromkeys(found))
