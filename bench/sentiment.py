"""Quality, calibration and speed of the embedded sentiment backend on held-out texts, beside VADER, SnowNLP and plain baselines.

The labelled texts are not shipped (`$KOLONY_DATA` or `../shared/data`). The split is the training script's: by a hash of the text; the
shipped weights saw none of the test texts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from plugins.sentiment.embedded import WEIGHTS
from plugins.sentiment.embedded.calibration import macro_recall, reliability
from plugins.sentiment.embedded.card import polarity_table
from plugins.sentiment.embedded.fitting import labels_of
from plugins.sentiment.embedded.measure import UNSEEN, Figures, aspect_figures, held_out, measure
from plugins.sentiment.embedded.model import Model
from plugins.sentiment.embedded.sources import ASPECTS, Example, data_folder, load

TARGETS = (("tweeteval", "macro_recall", 68.0), ("waimai", "accuracy", 90.0), (UNSEEN, "accuracy", 86.0))
SPEEDS = (("full", 40), ("fast", 2000))


def run() -> list[str]:
    """Lines of the report."""
    folder = data_folder()
    if not folder.is_dir():
        return [f"sentiment: skipped, no labelled texts in {folder}"]
    lines: list[str] = []
    examples = load(folder, say=lines.append)
    test = held_out(examples)
    lines += ["Held-out texts (a hash of the text decides; at most 700 a source); none was trained on, hotel reviews not at all.", ""]
    for mode in ("full", "fast"):
        figures = measure(Model.load(WEIGHTS, fast=mode == "fast"), test)
        lines += [f"embedded, {mode}:", "", *polarity_table(figures["polarity"]), ""]
        lines += [*(_against_targets(figures) if mode == "full" else []), *_heads(figures), *_speed(mode, figures), ""]
    return [*lines, *_reliability(test), *_lexicons(test), *_aspect_baselines(examples, test)]


def _against_targets(figures: Figures) -> list[str]:
    found = []
    for source, measure_name, target in TARGETS:
        if source in figures["polarity"]:
            value = figures["polarity"][source][measure_name]
            found.append(
                f"{source}: {measure_name.replace('_', ' ')} {value} (target {target:g}: {'met' if value >= target else 'not met'})"
            )
    return found


def _heads(figures: Figures) -> list[str]:
    lines = [
        f"emotions, {s} ({f['texts']} texts): macro-F1 {f['macro_f1']}, accuracy {f['accuracy']} %" for s, f in figures["emotions"].items()
    ]
    return lines + [f"aspects, {s} ({f['texts']} texts): macro-F1 {f['macro_f1']}" for s, f in figures["aspects"].items()]


def _speed(mode: str, figures: Figures) -> list[str]:
    return [f"speed, polarity of tweets and delivery reviews: {figures['speed']:,.0f} texts/s (target {dict(SPEEDS)[mode]:,})"]


def _reliability(test: Sequence[Example]) -> list[str]:
    """How sure against how often right, by fifths."""
    model, lines = Model.load(WEIGHTS, fast=False), []
    for source in ("tweeteval", "waimai", UNSEEN):
        own = [e for e in test if e.source == source]
        if own:
            probs, _, _ = model.probs([e.text for e in own], emotions=False, aspects=False)
            groups = ", ".join(f"{sure:.2f} → {hit:.2f}" for sure, hit, _ in reliability(probs, labels_of(own)))
            lines.append(f"reliability, {source} (sure → right, by fifths): {groups}")
    return [*lines, ""]


def _lexicons(test: Sequence[Example]) -> list[str]:
    """VADER with its authors' band and SnowNLP at one half, on the same texts."""
    from snownlp import SnowNLP
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer, lines = SentimentIntensityAnalyzer(), []
    for source in ("tweeteval", "semeval"):
        own = [e for e in test if e.source == source and e.polarity]
        if own:
            scores = [analyzer.polarity_scores(e.text)["compound"] for e in own]
            guesses = [2 if s >= 0.05 else 0 if s <= -0.05 else 1 for s in scores]
            lines.append(f"VADER, {source} ({len(own)} texts): macro-recall {macro_recall(guesses, labels_of(own)):.1f}")
    for source in ("waimai", UNSEEN, "snownlp-computers"):
        own = [e for e in test if e.source == source]
        if own:
            seconds = time.perf_counter()
            guesses = [2 if SnowNLP(e.text).sentiments >= 0.5 else 0 for e in own]
            speed = len(own) / (time.perf_counter() - seconds)
            right = 100 * float(np.mean(np.array(guesses) == labels_of(own)))
            seen = "; it was trained on these very texts" if source.startswith("snownlp") else ""
            lines.append(f"SnowNLP, {source} ({len(own)} texts): accuracy {right:.1f} % ({speed:,.0f} texts/s{seen})")
    return [*lines, ""]


def _aspect_baselines(examples: Sequence[Example], test: Sequence[Example]) -> list[str]:
    """Restaurant sentences: every text in the most frequent aspect, and TF-IDF with logistic regression (balanced) on the same split."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    train = [e for e in examples if e.source == "semeval" and e.split == "train"]
    own = [e for e in test if e.source == "semeval"]
    if not train or not own:
        return []
    columns = [i for i, a in enumerate(ASPECTS) if a in own[0].aspect_choices]
    truth = np.array([[a in (e.aspects or ()) for a in ASPECTS] for e in train])
    majority = np.zeros((len(own), len(ASPECTS)), dtype=bool)
    majority[:, int(truth.sum(0).argmax())] = True
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([e.text for e in train])
    seen, unseen = words.transform([e.text for e in train]), words.transform([e.text for e in own])
    guesses = np.zeros_like(majority)
    for column in columns:
        model = LogisticRegression(C=10, max_iter=1000, class_weight="balanced").fit(seen, truth[:, column])
        guesses[:, column] = model.predict(unseen)
    found = [f"{name} {aspect_figures(g, own)['macro_f1']}" for name, g in (("majority", majority), ("TF-IDF", guesses))]
    return [f"aspects, semeval ({len(own)} texts), macro-F1 of baselines: {', '.join(found)}"]


if __name__ == "__main__":
    print("\n".join(run()))
