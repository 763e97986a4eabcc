"""How positive a text is, -1 to 1: VADER for English, SnowNLP's classifier with an opinion lexicon for Chinese."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, Protocol

from plugins.common.text import language_of, passages, segmenter
from plugins.sentiment.lexicon import lexicon
from plugins.sentiment.reading import Reading

Label = Literal["negative", "neutral", "positive"]
SENTENCES = 12
"""At most this many sentences of a text are read, half from its beginning and half from its end."""


class Backend(Protocol):
    """One way of reading sentiment in one language."""

    name: str
    neutral: tuple[float, float]
    """Scores between the two are neutral."""

    def scores(self, texts: Sequence[str]) -> list[float]:
        """One number from -1 (negative) to 1 (positive) per text."""


class Vader:
    """Hutto & Gilbert 2014; texts over 300 characters sentence by sentence, as the authors advise.

    The upper bound of the neutral band is wider than theirs (0.05): chosen on TweetEval's validation tweets.
    """

    name = "VADER"
    neutral = (-0.05, 0.3)

    def __init__(self) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._analyzer = SentimentIntensityAnalyzer()

    def scores(self, texts: Sequence[str]) -> list[float]:
        return [_mean([self._analyzer.polarity_scores(s)["compound"] for s in ([t] if len(t) <= 300 else _some(t))]) for t in texts]


class Snow:
    """SnowNLP's naive Bayes over words segmented with jieba (its own segmenter is twenty times slower), averaged with the
    opinion words of the lexicon where a sentence has any."""

    name = "SnowNLP"
    neutral = (-0.15, 0.1)

    def __init__(self) -> None:
        from snownlp import normal, sentiment

        self._cut, self._filter, self._bayes = segmenter()[0].lcut, normal.filter_stop, sentiment.classifier.classifier

    def scores(self, texts: Sequence[str]) -> list[float]:
        return [_mean([self.sentence(s) for s in _some(t)]) for t in texts]

    def sentence(self, text: str) -> float:
        tokens = list(self._filter(self._cut(text)))
        label, p = self._bayes.classify(tokens) if tokens else ("pos", 0.5)
        bayes = 2 * (p if label == "pos" else 1 - p) - 1
        opinion = lexicon("zh").opinion(text)
        return bayes if opinion is None else 0.35 * bayes + 0.65 * opinion


def _some(text: str) -> list[str]:
    found = passages(text, 200) or [text]
    return found if len(found) <= SENTENCES else [*found[: SENTENCES // 2], *found[-SENTENCES // 2 :]]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


@lru_cache(maxsize=4)
def backend(language: str) -> Backend:
    """The reader of a language (`en` or `zh`). Loading SnowNLP takes some seconds the first time."""
    return Snow() if language == "zh" else Vader()


def label_of(score: float, band: tuple[float, float]) -> Label:
    return "negative" if score < band[0] else "positive" if score > band[1] else "neutral"


class Words:
    """VADER and SnowNLP behind the interface of the backends; their scores become probabilities by a logistic curve, uncalibrated."""

    name = "VADER / SnowNLP"

    def read(self, texts: Sequence[str], *, emotions: bool = False, aspects: bool = False) -> list[Reading]:
        return [_reading(backend(language_of(t)).scores([t])[0], backend(language_of(t)).neutral) for t in texts]


def _reading(score: float, band: tuple[float, float]) -> Reading:
    negative = 1 / (1 + math.exp((score - band[0]) * 8))
    positive = 1 / (1 + math.exp((band[1] - score) * 8))
    total = max(1.0, negative + positive)
    return Reading((negative / total, 1 - (negative + positive) / total, positive / total))
