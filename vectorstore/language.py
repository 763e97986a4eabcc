"""Which language a post is in: by script, and among Latin scripts by function words."""

from __future__ import annotations

import re

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
# The function words that tell these languages apart, none of them shared by two.
_WORDS = {
    "en": "the and of to is in it you that this with for was my are have be not just so we your all what from",
    "es": "el los las una y es con por para muy más pero como mi hoy este esta qué del",
    "pt": "os um uma e é com não muito mais você isso meu minha hoje são ao também",
    "fr": "le les une et est avec pour dans je vous pas mais très ce cette du aux c'est sur",
    "de": "der die das und ist ein eine mit für ich nicht auch auf sehr von zu wir sie",
    "it": "il gli di è che per sono molto più anche questo questa della ho ma",
    "id": "yang dan di ini itu untuk dengan tidak ada saya aku kamu bisa juga dari",
    "vi": "và là của có không được cho này những một các tôi bạn với",
    "tr": "ve bir bu için çok ile de da ben sen ama gibi daha",
}
_LISTS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_LINK = re.compile(r"https?://\S+|\bwww\.\S+")
_TAG = re.compile(r"[@#]\w+")


def detect(text: str) -> str | None:
    """ISO 639-1 code of the text's main language, or ``None`` when there is too little to tell.

    A text with at least a fifth of its letters in a non-Latin script is in that script's language: posts in Chinese are full of
    English product names, hardly ever the other way round. Kana decides for Japanese, whose texts are full of Han characters.
    """
    text = _LINK.sub(" ", text)
    text = _TAG.sub(" ", text) if any(c.isalpha() for c in _TAG.sub("", text)) else text
    letters = sum(c.isalpha() for c in text)
    if not letters:
        return None
    counts = {language: len(script.findall(text)) for language, script in _SCRIPTS}
    if counts["ja"] * 10 > counts["zh"] and counts["ja"] + counts["zh"] > letters / 5:
        return "ja"
    best = max(counts, key=lambda language: counts[language])
    if counts[best] >= letters / 5:
        return best
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    hits = {language: sum(w in known for w in words) for language, known in _LISTS.items()}
    best = max(hits, key=lambda language: hits[language])
    if hits[best] > (0 if best == "en" else 1):
        return best
    # A caption of a few plain ASCII words is English far more often than not; a single word tells nothing.
    return "en" if len(words) >= 3 and text.isascii() else None
