"""Fit the rule of ``plugins/customer_service/answerable.yaml`` on the tune halves of the written questions, and print how it does
on brands that are left out. ``python -m bench.questions_fit [--write]``."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agent import Context
from bench.questions import FRESH, QUESTIONS, context, material_of
from plugins.customer_service import answerable, hand_over, message, retrieval
from vectorstore import open_store, read_materials

C, POSITIVE, THRESHOLD = 0.5, 4.0, 0.45
"""Inverse strength of the penalty, weight of a passage that answers against one that does not, and the probability that answers."""


@dataclass(frozen=True)
class Case:
    row: dict[str, Any]
    signs: np.ndarray[Any, Any]
    """Shape (passages that no veto removes, features)."""
    right: np.ndarray[Any, Any]


def cases() -> Iterator[Case]:
    rows = [json.loads(line) for path in (QUESTIONS, FRESH) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [r for r in rows if r["half"] == "tune" and r["expect"] in ("answer", "abstain") and not r.get("hostile")]
    for brand in dict.fromkeys(r["brand"] for r in rows):
        with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store", cache=Path(folder) / "cache") as store:
            store.materials.put(read_materials([material_of(brand)]))
            ctx = context(store, Path(folder))
            for row in (r for r in rows if r["brand"] == brand):
                parts = message.read(message.clean(row["text"])).parts
                if len(parts) == 1 and not hand_over.reasons(row["text"]):
                    yield _case(ctx, row, parts[0])


def _case(ctx: Context, row: dict[str, Any], question: str) -> Case:
    rated = retrieval.rated(ctx, question)
    kept = [(s, x) for s, x in rated if x is not None]
    right = [
        row["expect"] == "answer" and Path(s.source.source).name in row["source"] and any(w in s.source.text for w in row["says"])
        for s, _ in kept
    ]
    return Case(row, np.array([x for _, x in kept], dtype=float).reshape(-1, len(answerable.FEATURES)), np.array(right, dtype=bool))


def fit(some: Sequence[Case]) -> tuple[np.ndarray[Any, Any], float]:
    from sklearn.linear_model import LogisticRegression

    x, y = np.vstack([c.signs for c in some]), np.concatenate([c.right for c in some])
    model = LogisticRegression(C=C, max_iter=3000).fit(x, y, sample_weight=np.where(y, POSITIVE, 1.0))
    return model.coef_[0], float(model.intercept_[0])


def left_out(all_: Sequence[Case], at: float) -> str:
    """How brands do under a rule fitted on the others."""
    right = wrong = false = due = answers = 0
    for brand in dict.fromkeys(c.row["brand"] for c in all_):
        weights, intercept = fit([c for c in all_ if c.row["brand"] != brand])
        for c in (c for c in all_ if c.row["brand"] == brand):
            p = 1 / (1 + np.exp(-intercept - c.signs @ weights))
            gives = bool(len(p)) and p.max() >= at
            if c.row["expect"] == "answer":
                answers += 1
                right += gives and bool(c.right[p.argmax()])
                wrong += gives and not c.right[p.argmax()]
            else:
                due += 1
                false += gives
            if "-v" in sys.argv and at == THRESHOLD and (not gives or not c.right[p.argmax()] if c.row["expect"] == "answer" else gives):
                print(c.row["id"], c.row["expect"], round(float(p.max()), 2) if len(p) else None, c.right.any(), c.row["text"])
    return f"from {at:.2f}: answered rightly {right}/{answers}, wrongly {wrong}, answered though unanswerable {false}/{due}"


def main() -> None:
    all_ = list(cases())
    print("Brand left out:")
    for at in (0.3, 0.4, 0.5, 0.6, 0.7):
        print(left_out(all_, at))
    weights, intercept = fit(all_)
    text = (
        "# A logistic rule, made by `python -m bench.questions_fit --write` on the tune halves of tests/data/questions.jsonl and\n"
        f"# questions_fresh.jsonl: {len(all_)} questions of {len({c.row['brand'] for c in all_})} brands, {sum(len(c.right) for c in all_)} passages; L2 penalty, C = {C}; passages that answer weigh {POSITIVE}.\n"
        + "weights: {" + ", ".join(f"{n}: {w:.3f}" for n, w in zip(answerable.FEATURES, weights, strict=True)) + "}\n"
        + f"intercept: {intercept:.3f}\nthreshold: {THRESHOLD}\n"
    )  # fmt: skip
    print(text)
    if "--write" in sys.argv:
        (Path(answerable.__file__).parent / "answerable.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
