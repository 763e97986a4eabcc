"""The sentiment backend that ships with the project: English and Chinese, no download, no network.

Weights, how they were made and what they are good for: ``MODEL_CARD.md`` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plugins.sentiment.reading import Reading

WEIGHTS = Path(__file__).parent / "weights"
CHUNK = 1024
"""Texts read together: enough to batch them by length, few enough to hold their logits."""


class Embedded:
    """Polarity, emotions and aspects of a text.

    ``fast`` reads words and character n-grams only, dozens of times faster; the card says what that costs. Weights are loaded with
    the first text. A text's reading depends on nothing but the text: not on the batch it comes in, not on its place in it.
    """

    def __init__(self, fast: bool = False, weights: Path = WEIGHTS) -> None:
        self.fast, self.weights = fast, weights
        self.name = "embedded (fast)" if fast else "embedded"
        self._loaded: Any = None

    def read(self, texts: Sequence[str], *, emotions: bool = False, aspects: bool = False) -> list[Reading]:
        """One reading a text, in order. A text without any sign in it is neutral for certain.

        Emotions are exclusive (they sum to one, ``neutral`` among them); aspects are not.

        Raises:
            FileNotFoundError: the weights are not there.
        """
        found: list[Reading] = []
        for at in range(0, len(texts), CHUNK):
            found += self._model().readings(texts[at : at + CHUNK], emotions=emotions, aspects=aspects)
        return found

    def _model(self) -> Any:
        if self._loaded is None:
            # numpy and scipy only now: this module is imported on the way to `kolony --help`.
            from plugins.sentiment.embedded.model import Model

            self._loaded = Model.load(self.weights, fast=self.fast)
        return self._loaded


def measured(weights: Path = WEIGHTS) -> dict[str, Any]:
    """What the training script measured on held-out texts, as the card prints it."""
    found: dict[str, Any] = json.loads((weights / "measured.json").read_text(encoding="utf-8"))
    return found
