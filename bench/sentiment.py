"""Quality and speed of the sentiment readers on labelled text (not shipped: `$KOLONY_DATA` or `../shared/data`)."""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

from plugins.sentiment.polarity import Backend, backend, label_of

LABELS = ("negative", "neutral", "positive")
SAMPLE = 2000


def run() -> list[str]:
    """Lines of the report: macro-recall on TweetEval (validation split), accuracy on waimai_10k (a seeded sample of 2,000)."""
    folder = Path(os.environ.get("KOLONY_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "sentiment"
    if not folder.is_dir():
        return [f"sentiment: skipped, no labelled data in {folder}"]
    return [*_english(folder), *_chinese(folder)]


def _english(folder: Path) -> list[str]:
    texts = (folder / "tweeteval_sentiment_val_text.txt").read_text(encoding="utf-8").splitlines()
    truth = [LABELS[int(n)] for n in (folder / "tweeteval_sentiment_val_labels.txt").read_text().split()]
    vader = backend("en")
    guesses, speed = _labels(vader, texts)
    analyzer = vader._analyzer  # type: ignore[attr-defined]
    plain = [label_of(analyzer.polarity_scores(t)["compound"], (-0.05, 0.05)) for t in texts]
    return [
        f"sentiment, TweetEval validation ({len(texts):,} tweets): macro-recall {_recall(truth, guesses):.1f}"
        f" (VADER on whole tweets with its authors' band: {_recall(truth, plain):.1f}); {speed:,.0f} texts/s"
    ]


def _chinese(folder: Path) -> list[str]:
    with (folder / "waimai_10k.csv").open(encoding="utf-8-sig", newline="") as f:
        rows = random.Random(7).sample(list(csv.DictReader(f)), SAMPLE)
    texts, truth = [r["review"] for r in rows], [r["label"] == "1" for r in rows]
    snow = backend("zh")
    start = time.perf_counter()
    scores = snow.scores(texts)
    speed = len(texts) / (time.perf_counter() - start)
    from snownlp import SnowNLP

    plain = [SnowNLP(t).sentiments >= 0.5 for t in texts]
    decided = [(s > 0, t) for s, t in zip(scores, truth, strict=True) if label_of(s, snow.neutral) != "neutral"]
    return [
        f"sentiment, waimai_10k (sample of {len(texts):,}, seed 7): accuracy {_share([(s > 0) == t for s, t in zip(scores, truth, strict=True)]):.1f} %"
        f" (SnowNLP alone: {_share([p == t for p, t in zip(plain, truth, strict=True)]):.1f} %); outside the neutral band"
        f" {_share([g == t for g, t in decided]):.1f} % of {_share([True] * len(decided), len(texts)):.0f} % of the texts; {speed:,.0f} texts/s"
    ]


def _labels(reader: Backend, texts: Sequence[str]) -> tuple[list[str], float]:
    start = time.perf_counter()
    scores = reader.scores(texts)
    return [label_of(s, reader.neutral) for s in scores], len(texts) / (time.perf_counter() - start)


def _recall(truth: Sequence[str], guesses: Sequence[str]) -> float:
    """Mean of the three labels' recalls, in per cent (the measure of TweetEval's sentiment task)."""
    return sum(_share([g == label for t, g in zip(truth, guesses, strict=True) if t == label]) for label in LABELS) / len(LABELS)


def _share(hits: Sequence[bool], of: int | None = None) -> float:
    return 100 * sum(hits) / (of or len(hits) or 1)


if __name__ == "__main__":
    print("\n".join(run()))
