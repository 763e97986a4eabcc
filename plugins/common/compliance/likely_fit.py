"""Fits ``likely.npz``: ``python -m plugins.common.compliance.likely_fit`` in a checkout (two minutes; needs scikit-learn).

Texts: the development halves of the project's labelled sets and ``review_training.jsonl``. What is held out there is never read,
nor is the part `fresh2` of ``review_fresh.jsonl``, which somebody else wrote. All of them were written for the project.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plugins.common.text import language_of

from . import likely
from .matching import Setting, find
from .packs import packs_for
from .plain import market_of
from .reading import read

DATA = Path(__file__).resolve().parents[3] / "tests" / "data"
NEVER = ("disclosure", "privacy")
"""Families that are told otherwise."""
_CALLED = {"medical": "health", "guarantee": "promise", "minors": "restricted"}
SEED = 7


def examples() -> list[dict[str, Any]]:
    rows = []
    for name in ("review.jsonl", "review_fresh.jsonl", "review_captions.jsonl", "review_training.jsonl"):
        made = [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line.strip()]
        rows += [r for r in made if not r.get("held_out") and r.get("part") != "fresh2" and r["family"] not in NEVER]
    return rows


def background(most: int = 1500) -> list[dict[str, Any]]:
    """Passages that people wrote without being paid, in which no rule finds anything, evenly from each source: for want of them a
    model of a thousand captions takes whatever it never saw for a claim. Chinese notes of two thirds of the creators, Chinese
    restaurant reviews, English tweets and product reviews, and the posts of the project's sample."""
    random = np.random.default_rng(SEED)
    rows = []
    sources = sources_of(Path(os.environ.get("KOLONY_DATA", DATA.parents[2] / "shared" / "data")))
    for texts in sources.values():
        kept: list[str] = []
        for i in random.permutation(len(texts)):
            made = read(texts[i])
            spans = likely.passages(made)
            if not spans or len(kept) == most // len(sources):
                continue
            a, b = spans[random.integers(len(spans))]
            passage = made.text[a:b]
            if not any(f.severity != "info" for f in find(passage, packs_for(market_of(passage)), Setting())):
                kept.append(passage)
        rows += [{"text": t, "positive": False, "family": "plain", "language": language_of(t)} for t in kept]
    return rows


def notes_of(folder: Path, *, kept_back: bool = False) -> list[str]:
    """The Chinese notes; every third creator's are kept back for measuring."""
    notes = json.loads(gzip.decompress((folder / "xhs_koc" / "contents.json.gz").read_bytes()))
    creators = sorted({n["user_id"] for n in notes})
    return [f"{n.get('title') or ''}\n{n.get('desc') or ''}" for n in notes if (creators.index(n["user_id"]) % 3 == 0) is kept_back]


def sources_of(folder: Path) -> dict[str, list[str]]:
    """Texts of each source."""
    with (folder / "sentiment" / "asap_train_sample.csv").open(encoding="utf-8-sig") as file:
        meals = [row["reviewbody"] for row in csv.DictReader(file)]
    rated = {
        n: (folder / "sentiment" / f"vader_{n}_ground_truth.txt").read_text(encoding="utf-8").splitlines() for n in ("tweets", "amazon")
    }
    return {
        "notes": notes_of(folder),
        "meals": meals,
        "sample": [json.loads(line)["text"] for line in (DATA.parents[1] / "examples" / "sample" / "posts.jsonl").open(encoding="utf-8")],
        **{n: [line.split("\t")[-1] for line in lines] for n, lines in rated.items()},
    }


def family_of(row: dict[str, Any]) -> str | None:
    """The family that a claim is to be called by; ``None`` where its own says nothing of it (disguised words)."""
    name = _CALLED.get(row["family"], row["family"])
    if name == "absolute" and row["language"] == "en":
        name = "proof"
    return name if name in likely.FAMILIES else None


def fit(rows: Sequence[dict[str, Any]], vectors: np.ndarray) -> likely.Model:
    """``vectors``: of the rows' texts as read, shape (len(rows), dim). Claims weigh together what the other texts weigh together."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import normalize

    counted = [likely.grams(read(r["text"]).text) for r in rows]
    cells = [(i, b, v) for i, row in enumerate(counted) for b, v in row.items()]
    at, buckets, values = (np.array(column) for column in zip(*cells, strict=True))
    matrix = csr_matrix((values, (at, buckets)), shape=(len(rows), likely.BUCKETS))
    often = np.bincount(buckets, minlength=likely.BUCKETS)
    # What one text alone holds says nothing of others.
    idf = np.where(often >= 2, np.log((1 + len(rows)) / (1 + often)) + 1, 0).astype(np.float16)
    matrix = normalize(matrix.multiply(idf.astype(np.float32)).tocsr())
    positive = np.array([r["positive"] for r in rows])
    families = np.array([family_of(r) or "" for r in rows])
    options: dict[str, Any] = {"max_iter": 3000, "class_weight": "balanced"}
    claim = LogisticRegression(C=10, **options).fit(matrix, positive)
    columns, bias = [claim.coef_[0]], [claim.intercept_[0]]
    named = positive & (families != "")
    for family in likely.FAMILIES:
        one = LogisticRegression(C=10, **options).fit(matrix[named], families[named] == family)
        columns.append(one.coef_[0])
        bias.append(one.intercept_[0])
    weights = np.stack(columns, axis=1)
    scale = np.abs(weights).max(axis=0) / 127
    spread = 10.0  # of e5's vectors, which lie close together
    middle = vectors.mean(axis=0)
    dense = LogisticRegression(C=1, **options).fit((vectors - middle) * spread, positive)
    slope = dense.coef_[0] * spread
    return likely.Model(
        weights=np.round(weights / scale).astype(np.int8), scale=scale.astype(np.float32), bias=np.array(bias, np.float32), idf=idf,
        dense=np.append(slope, dense.intercept_[0] - slope @ middle).astype(np.float32),
    )  # fmt: skip


def crossed(rows: Sequence[dict[str, Any]], vectors: np.ndarray, folds: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds by the n-grams and by the encoder of each row, from a model that has not seen it."""
    fold = np.random.default_rng(SEED).permutation(len(rows)) % folds
    first, second = np.zeros(len(rows)), np.zeros(len(rows))
    for k in range(folds):
        made = fit([r for r, f in zip(rows, fold, strict=True) if f != k], vectors[fold != k])
        for i in np.flatnonzero(fold == k):
            first[i] = made.by_grams(read(rows[i]["text"]).text)[0]
        second[fold == k] = made.by_vectors(vectors[fold == k])
    return first, second


def main() -> None:
    labelled, others = examples(), background()
    rows = [*labelled, *others]
    vectors = likely.encode([read(r["text"]).text for r in rows])
    positive = np.array([r["positive"] for r in rows])
    written = np.arange(len(rows)) < len(labelled)
    first, second = crossed(rows, vectors)
    share = 1 / (1 + np.exp(-(first + second) / 2))
    print(f"{len(labelled)} labelled texts, {positive.sum()} of them claims, and {len(others)} others.")
    print("Five-fold cross-validation of the model alone, without rules and exemptions:")
    for border in (0.4, 0.5, 0.6, 0.7, 0.8):
        said = (share >= border) & (first >= likely.OPEN)
        hits = (said & positive).sum()
        print(
            f"  from {border:.1f}: precision {hits / (said & written).sum():.3f}, recall {hits / positive.sum():.3f}; "
            f"of the others {said[~written].mean():.2%} are taken for claims"
        )
    made = fit(rows, vectors)
    np.savez_compressed(likely.WEIGHTS, **{name: getattr(made, name) for name in ("weights", "scale", "bias", "idf", "dense")})
    print(f"{likely.WEIGHTS.name}: {likely.WEIGHTS.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
