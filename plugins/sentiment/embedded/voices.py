"""The models that read a text, each giving logits; ``stacked`` puts them together for calibration."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.sentiment.embedded.calibration import centred
from plugins.sentiment.embedded.clean import clean
from plugins.sentiment.embedded.ngrams import Linear, counted

Floats = NDArray[np.float32]
KINDS = ("polarity", "emotions", "aspects")


@dataclass(frozen=True)
class Logits:
    """One row a text; columns as in ``reading.LABELS``, ``sources.EMOTIONS`` and ``sources.ASPECTS``."""

    polarity: Floats
    emotions: Floats
    aspects: Floats


class Neural:
    """The adapted e5 with its heads. The encoder is loaded when the first text is read."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays, self._encoder, self._lock = arrays, None, threading.Lock()

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """``adapter.*`` and ``heads.<kind>.weight`` and ``.bias``, as the file holds them."""
        return self._arrays

    def read(self, texts: Sequence[str]) -> Logits:
        from plugins.sentiment.embedded.encoder import features

        with self._lock:
            x = features(self._loaded(), texts)
        return Logits(*(x @ self._head(kind, "weight").T + self._head(kind, "bias") for kind in KINDS))

    def _head(self, kind: str, part: str) -> Floats:
        return self._arrays[f"heads.{kind}.{part}"].astype(np.float32)

    def _loaded(self) -> Any:
        if self._encoder is None:
            from agent import E5Torch
            from plugins.sentiment.embedded.encoder import READ_TOKENS, Adapter

            encoder = E5Torch.bundled(READ_TOKENS)
            Adapter.of_arrays(self._arrays).merge(encoder)
            self._encoder = encoder
        return self._encoder


class Grams:
    """Three linear models on the same n-grams."""

    def __init__(self, models: Mapping[str, Linear]) -> None:
        self.models = models

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Grams:
        return cls({k: Linear(arrays[f"{k}.weights"], arrays[f"{k}.scale"], arrays[f"{k}.bias"]) for k in KINDS})

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {f"{k}.{part}": value for k, model in self.models.items() for part, value in vars(model).items()}

    def read(self, texts: Sequence[str], kinds: Sequence[str] = KINDS) -> Logits:
        """Kinds that are not asked for come back with no rows."""
        rows = counted(texts)
        none = np.empty((0, 0), np.float32)
        return Logits(*(self.models[k].logits(rows) if k in kinds else none for k in KINDS))


class Lexicon:
    """VADER (Hutto & Gilbert 2014): its compound score and its shares of negative, neutral and positive words; English only."""

    def __init__(self) -> None:
        self._analyzer: Any = None

    def read(self, texts: Sequence[str]) -> Floats:
        """Shape (n, 4)."""
        if self._analyzer is None:
            from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

            self._analyzer = SentimentIntensityAnalyzer()
        found = [self._analyzer.polarity_scores(clean(t)) for t in texts]
        return np.array([[f["compound"], f["neg"], f["neu"], f["pos"]] for f in found], np.float32).reshape(-1, 4)


def stacked(grams: Floats, neural: Floats | None = None, lexicon: Floats | None = None) -> Floats:
    """What a ``Stack`` sees: centred logits of the voices there are, and VADER's scores."""
    parts = [centred(grams)]
    if neural is not None:
        parts.append(centred(neural))
    if lexicon is not None:
        parts.append(lexicon)
    return np.concatenate(parts, axis=1)
