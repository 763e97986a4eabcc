"""From the voices' logits to calibrated probabilities, and how far those are from what happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Stack:
    """Softmax of an affine map of the voices: vector scaling (Guo et al. 2017) of several models at once."""

    weights: Floats
    """Shape (features, 3)."""
    bias: Floats

    def probs(self, features: Floats) -> Floats:
        """Shape (n, 3), rows sum to one."""
        z = features @ self.weights + self.bias
        e = np.exp(z - z.max(1, keepdims=True))
        return np.asarray(e / e.sum(1, keepdims=True))

    def cooled(self, temperature: float) -> Stack:
        """Less sure by ``temperature`` (above 1), with the same answers."""
        return Stack(self.weights / temperature, self.bias / temperature)

    def as_json(self) -> dict[str, list[list[float]] | list[float]]:
        return {"weights": np.round(self.weights, 5).tolist(), "bias": np.round(self.bias, 5).tolist()}

    @classmethod
    def of_json(cls, found: Mapping[str, list[float]]) -> Stack:
        return cls(np.array(found["weights"]), np.array(found["bias"]))


def fit_stack(features: Floats, labels: Sequence[int], weight: Floats, strength: float = 1.0) -> Stack:
    """Multinomial logistic regression, on texts that no voice was trained on. ``labels`` are 0, 1, 2 and all three occur."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=2000).fit(features, labels, sample_weight=weight)
    return Stack(model.coef_.T, model.intercept_)


def centred(logits: Floats) -> Floats:
    """Logits without what all classes share."""
    return logits - logits.mean(1, keepdims=True)


def expected_calibration_error(probs: Floats, labels: Sequence[int], bins: int = 10) -> float:
    """Naeini et al. 2015: by bins of equal width of the highest probability, the mean gap between it and the share of hits."""
    sure, hit = probs.max(1), probs.argmax(1) == np.asarray(labels)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return float(sum(abs(hit[place == b].sum() - sure[place == b].sum()) for b in range(bins)) / len(hit))


def reliability(probs: Floats, labels: Sequence[int], bins: int = 5) -> list[tuple[float, float, int]]:
    """(mean highest probability, share of hits, texts) of groups of equal size, from the least to the most sure."""
    sure, hit = probs.max(1), probs.argmax(1) == np.asarray(labels)
    groups = np.array_split(np.argsort(sure, kind="stable"), bins)
    return [(float(sure[g].mean()), float(hit[g].mean()), len(g)) for g in groups if len(g)]


def macro_recall(guesses: Sequence[int], labels: Sequence[int]) -> float:
    """Mean of the classes' recalls in per cent, over the classes that occur (the measure of TweetEval's sentiment task)."""
    g, t = np.asarray(guesses), np.asarray(labels)
    return 100 * float(np.mean([(g[t == c] == c).mean() for c in np.unique(t)]))


def macro_f1(guesses: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Mean of the columns' F1 in per cent; a column with neither guess nor truth counts nought."""
    hits = (guesses & truth).sum(0)
    return 100 * float(np.mean(2 * hits / np.maximum(1, guesses.sum(0) + truth.sum(0))))
