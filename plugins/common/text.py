"""Text helpers the built-in plugins share: verbatim passages, words of two languages, contact data, instructions to a model."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import yaml

HAN = re.compile(r"[\u3400-\u9fff]")
KANA = re.compile(r"[\u3040-\u30ff]")
HANGUL = re.compile(r"[\uac00-\ud7af]")
_TRADITIONAL = re.compile("[這個們來說會還過時點樣為麼對給買賣東車開關門們學實際體驗達裡麵餅]")
LETTER = re.compile(r"[^\W\d_]")

# Xiaohongshu writes stickers and topic marks as `[笑哭R]`, `#达拉斯[话题]#`.
_STICKER = r"\[[^\[\]\n]{1,12}\]"
_TOPIC = r"#[^#\s\[\]]+(?:\[[^\[\]\n]{1,6}\])?#?"
_BREAK = re.compile(rf"{_STICKER}|{_TOPIC}|\n|(?<=[。！？!?])(?![。！？!?])|(?<=\.)\s+(?=[A-Z\"'“‘(\u3400-\u9fff])")
_CLAUSE = re.compile(r"[，,；;：:～~…、]+|\s{2,}|(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_EDGE = " \t\r\u3000，,。；;：:、~～…-—|｜•·*"
_CLOSING = ")）]】」』”’ "
"""What ends a passage; at the beginning of one it is left over from the passage before."""

_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+"  # e-mail
    r"|(?<!\w)@\s?[\w.]{2,}"  # handle
    r"|https?://|www\."
    r"|(?<![\d.])\+?\d[\d\s().-]{6,}\d(?![\d.])"  # phone
    r"|(?:微信|微號|薇信|wechat|vx|v信|\bwx|qq|whatsapp|line\s*id|telegram)\s*(?:号|號|id)?\s*[:：]?\s*[a-z0-9_-]{4,}"
    r"|加(?:我|个)?(?:微|v|V|薇)",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|previous|above|prior|rule|guideline)"
    r"|\bsystem\s*(?:prompt|message)\b|<\|?(?:im_start|system|assistant)|\[/?INST\]|^\s*(?:system|assistant)\s*:"
    r"|\byou are (?:now|no longer)\b|\bas an? (?:ai|language model)\b|\b(?:reveal|print|repeat)\b.{0,30}\b(?:prompt|instructions)\b"
    r"|(?:忽略|无视|無視|忘记|忘掉|不要理会).{0,12}(?:指令|提示|规则|要求|以上|之前|上述|前面)"
    r"|系统提示|提示词|(?:从现在起|从现在开始|现在起)?你(?:现在)?(?:是一个|扮演|不再是)|作为(?:一个)?(?:AI|人工智能|语言模型)",
    re.IGNORECASE,
)
_SPONSORED = re.compile(
    r"(?<!\w)#?(?:ad|sponsored|paidpartnership|gifted)\b(?!\w)|\bpaid partnership\b|\bsponsored by\b|\b(?:use|with) (?:my )?code\b"
    r"|广告|品牌合作|商务合作|赞助|利益相关|(?:感谢|受|谢谢)[^。\n]{0,12}(?:邀请|赠送|提供)|(?:邀请|受邀)[^。\n]{0,6}(?:探店|试吃|体验)"
    r"|报我?(?:名字|暗号)|(?:专属|粉丝)(?:折扣|优惠)",
    re.IGNORECASE,
)


def language_of(text: str) -> str:
    """`zh`, `en`, `ja`, `ko` or `und`, by script; enough to choose a lexicon and a segmenter."""
    letters = LETTER.findall(text)
    if not letters:
        return "und"
    if len(KANA.findall(text)) > 0.08 * len(letters):
        return "ja"
    if len(HANGUL.findall(text)) > 0.2 * len(letters):
        return "ko"
    if len(HAN.findall(text)) >= 0.2 * len(letters):
        return "zh"
    return "en" if sum(c.isascii() for c in letters) >= 0.8 * len(letters) else "und"


def passages(text: str, longest: int = 80) -> list[str]:
    """Sentences of ``text``, each a verbatim substring; those over ``longest`` characters are cut at clause marks."""
    found: list[str] = []
    for start, end in _spans(text, _BREAK):
        if end - start <= longest:
            found.append(text[start:end])
            continue
        open_at: int | None = None
        last = start
        for a, b in _spans(text[start:end], _CLAUSE):
            if open_at is not None and start + b - open_at > longest:
                found.append(text[open_at:last])
                open_at = None
            open_at = start + a if open_at is None else open_at
            last = start + b
        if open_at is not None:
            found.append(text[open_at:last])
    return [p for p in (piece.strip(_EDGE).lstrip(_CLOSING) for piece in found) if LETTER.search(p)]


def clauses(text: str) -> list[str]:
    """Clauses of ``text``, each a verbatim substring."""
    return [
        c for s in passages(text, 10_000) for c in (s[a:b].strip(_EDGE).lstrip(_CLOSING) for a, b in _spans(s, _CLAUSE)) if LETTER.search(c)
    ]


def _spans(text: str, mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = 0
    for m in mark.finditer(text):
        if m.start() > at:
            yield at, m.start()
        at = m.end()
    if at < len(text):
        yield at, len(text)


def quotable(passage: str) -> bool:
    """Whether a passage may be shown: no contact data, no instruction to a model in it."""
    return not (_CONTACT.search(passage) or _INSTRUCTION.search(passage))


def has_contact(text: str) -> bool:
    """Whether phone numbers, e-mails, handles, links or messenger ids stand in ``text``."""
    return bool(_CONTACT.search(text))


def instructs(text: str) -> bool:
    """Whether ``text`` talks to a language model instead of to people."""
    return bool(_INSTRUCTION.search(text))


def looks_sponsored(text: str) -> bool:
    """Whether a post says, or sounds as if, it was paid for."""
    return bool(_SPONSORED.search(text))


@lru_cache(maxsize=1)
def segmenter() -> tuple[Any, dict[str, str]]:
    """jieba and its table of parts of speech (first use reads the dictionary, about a second)."""
    import logging

    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    jieba.posseg.dt.initialize()
    return jieba, jieba.posseg.dt.word_tag_tab


def words(text: str) -> list[str]:
    """Content words in order: Chinese segmented with jieba, Latin ones lower-cased; no function words, numbers or
    marks. Traditional characters are counted as their simplified ones."""
    text = re.sub(rf"{_STICKER}", " ", text)
    if _TRADITIONAL.search(text):
        text = _simplifier().convert(text)
    latin = _latin_stop()
    if not HAN.search(text):
        return [w for w in re.findall(r"[a-z][a-z'’-]+", text.lower().replace("’", "'")) if len(w) > 2 and w.replace("'", "") not in latin]
    jieba, tags = segmenter()
    found = []
    for w in jieba.lcut(text):
        w = w.strip().lower()
        if HAN.search(w):
            if len(w) > 1 and w not in _stop("zh") and tags.get(w, "x")[0] in "nvailzjxsbg":
                found.append(w)
        elif len(w) > 2 and w.isascii() and w.isalpha() and w not in latin:
            found.append(w)
    return found


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=4)
def _stop(kind: str) -> frozenset[str]:
    lists = yaml.safe_load((Path(__file__).parent / "stopwords.yaml").read_text(encoding="utf-8"))
    return frozenset(str(lists[kind]).split())


@lru_cache(maxsize=1)
def _latin_stop() -> frozenset[str]:
    return function_words() | _stop("en")


def function_words() -> frozenset[str]:
    """English words that say nothing by themselves (scikit-learn's list)."""
    # The list alone: importing all of scikit-learn for it takes seconds, and a customer waits.
    package = find_spec("sklearn")
    file = Path(str(package.origin)).parent / "feature_extraction" / "_stop_words.py" if package else None
    if file is not None and file.is_file():
        return frozenset(runpy.run_path(str(file))["ENGLISH_STOP_WORDS"])
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def evaluative(word: str) -> bool:
    """Whether a word says how something is (adjectives and set phrases), rather than what it is."""
    if HAN.search(word):
        return segmenter()[1].get(word, "x")[0] in "aizl"
    return word in _vader_words()


@lru_cache(maxsize=1)
def _vader_words() -> frozenset[str]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return frozenset(SentimentIntensityAnalyzer().lexicon)


def names_a_thing(word: str) -> bool:
    """Whether a word names a thing: no place, person, verb or judgement, as far as the dictionary of jieba knows."""
    if HAN.search(word):
        tag = segmenter()[1].get(word, "x")
        return ((tag[0] in "nx" and tag[:2] not in ("ns", "nr", "nt")) or tag == "vn") and word not in _stop("vague")
    return word not in _vader_words() and word not in _stop("vague")


def say(language: Literal["en", "zh"] | str, en: str, zh: str) -> str:
    """The sentence of the reader's language."""
    return zh if language == "zh" else en
