"""The voices and their calibration, as files and as one reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plugins.sentiment.embedded.calibration import Stack
from plugins.sentiment.embedded.clean import clean, is_chinese
from plugins.sentiment.embedded.sources import ASPECTS, EMOTIONS
from plugins.sentiment.embedded.voices import Grams, Lexicon, Logits, Neural, stacked
from plugins.sentiment.reading import Reading

Floats = NDArray[np.floating]
LANGUAGES = ("en", "zh")
BLANK = Reading((0.0, 1.0, 0.0))


@dataclass
class Model:
    """``neural`` is ``None`` in the fast mode."""

    grams: Grams
    neural: Neural | None
    stacks: dict[str, Stack]
    """By language: ``en`` reads everything that is not Chinese."""
    temperature: float
    """Of the emotions."""
    borders: Floats
    """Of the aspects, shape (3, len(ASPECTS)): slopes of the encoder's and the n-grams' logits, and a shift (Platt 1999)."""

    def __post_init__(self) -> None:
        self._lexicon = Lexicon()

    @classmethod
    def load(cls, folder: Path, *, fast: bool) -> Model:
        """
        Raises:
            FileNotFoundError: a file of the weights is not there.
        """
        mode = json.loads((folder / "calibration.json").read_text())["fast" if fast else "full"]
        return cls(
            Grams.of_arrays(_arrays(folder / "ngrams.npz")),
            None if fast else Neural(_arrays(folder / "adapter.npz")),
            {language: Stack.of_json(mode[language]) for language in LANGUAGES},
            mode["temperature"],
            np.array(mode["borders"]),
        )

    def readings(self, texts: Sequence[str], *, emotions: bool, aspects: bool) -> list[Reading]:
        """See ``Embedded.read``."""
        full = [i for i, t in enumerate(texts) if clean(t)]
        found = [_blank(emotions, aspects)] * len(texts)
        if not full:
            return found
        polarity, felt, spoken = self.probs([texts[i] for i in full], emotions=emotions, aspects=aspects)
        for row, i in enumerate(full):
            found[i] = Reading(
                tuple(map(float, polarity[row])),  # type: ignore[arg-type]
                dict(zip(EMOTIONS, map(float, felt[row]), strict=True)) if emotions else {},
                {a: float(p) for a, p in zip(ASPECTS, spoken[row], strict=True) if a != "other"} if aspects else {},
            )
        return found

    def probs(self, texts: Sequence[str], *, emotions: bool = True, aspects: bool = True) -> tuple[Floats, Floats, Floats]:
        """Calibrated probabilities: polarity (n, 3), emotions (n, len(EMOTIONS)), aspects (n, len(ASPECTS)); empty where not asked for."""
        wanted = ("polarity", "emotions", "aspects") if self.neural is None else ("polarity", "aspects")
        kinds = [k for k in wanted if k == "polarity" or (k == "emotions" and emotions) or (k == "aspects" and aspects)]
        by_grams = self.grams.read(texts, kinds)
        said = self.neural.read(texts) if self.neural else by_grams
        polarity = np.empty((len(texts), 3))
        for language, places, features in self.features(texts, by_grams, said if self.neural else None):
            polarity[places] = self.stacks[language].probs(features)
        felt = np.exp(_log_softmax(said.emotions / self.temperature)) if emotions else np.empty((0, 0))
        spoken = np.empty((0, 0))
        if aspects:
            slope, grams_slope, shift = self.borders
            z = by_grams.aspects * grams_slope + shift + (said.aspects * slope if self.neural else 0.0)
            spoken = 1 / (1 + np.exp(-z))
        return polarity, felt, spoken

    def features(self, texts: Sequence[str], by_grams: Logits, by_net: Logits | None) -> list[tuple[str, list[int], Floats]]:
        """For each language that occurs: its name, the places of its texts, and what its stack sees of them."""
        found = []
        chinese = np.array([is_chinese(t) for t in texts])
        for language in LANGUAGES:
            places = np.flatnonzero(chinese == (language == "zh")).tolist()
            if places:
                # VADER only in the full mode: it would take half of the fast mode's time.
                words = self._lexicon.read([texts[i] for i in places]) if language == "en" and by_net else None
                seen = stacked(by_grams.polarity[places], by_net.polarity[places] if by_net else None, words)
                found.append((language, places, seen))
        return found


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    with np.load(path) as file:
        return dict(file)


def _log_softmax(z: Floats) -> Floats:
    z = z - z.max(1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(1, keepdims=True)))


def _blank(emotions: bool, aspects: bool) -> Reading:
    return Reading(
        BLANK.probs,
        {e: float(e == "neutral") for e in EMOTIONS} if emotions else {},
        {a: 0.0 for a in ASPECTS if a != "other"} if aspects else {},
    )
