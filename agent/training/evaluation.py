"""Base against adapted on held-out posts and on drafts for the same requests, each figure with an interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ..overlap import units, word_runs
from .prepare import Example

COPY_BOUND = 0.02
"""Share of the drafts' runs of eight words (characters in Chinese) that may stand in the training set."""
RESAMPLES = 400
Reviewer = Callable[[Example, str], bool]
"""Whether a draft for such a post passes its review."""
Row = tuple[str, Example]
Sums = Sequence[tuple[float, int]]


def held_out(base: Sums, adapted: Sums, sizes: Sequence[int], seed: int) -> dict[str, Any]:
    """Perplexity per token, bits per byte, and the relative change with its 95 % interval: a paired bootstrap over posts.

    Args:
        base, adapted: ``(nats, tokens)`` for each post.
        sizes: bytes of what was scored of each post.
    """
    import numpy as np

    table = np.array([(b, a, n, size) for (b, n), (a, _), size in zip(base, adapted, sizes, strict=True)])
    rng = np.random.default_rng(seed)
    sums = np.stack([table[rng.integers(0, len(table), len(table))].sum(0) for _ in range(2000)])
    changes = np.exp((sums[:, 1] - sums[:, 0]) / sums[:, 2]) - 1
    b, a, tokens, size = table.sum(0)
    return {
        "posts": len(table), "tokens": int(tokens), "perplexity": {"base": math.exp(b / tokens), "adapted": math.exp(a / tokens)},
        "bits_per_byte": {"base": b / math.log(2) / size, "adapted": a / math.log(2) / size},
        "perplexity_change": {"value": math.exp((a - b) / tokens) - 1, "interval": np.quantile(changes, [0.025, 0.975]).tolist()},
    }  # fmt: skip


def drafts(
    base: Sequence[str], adapted: Sequence[str], asked: Sequence[Example], references: Sequence[str], train: Sequence[Example],
    language: str, seed: int, reviewer: Reviewer | None,
) -> dict[str, Any]:  # fmt: skip
    """What the drafts are worth, each measure as ``{base, adapted, people, change, interval}``; the interval is of the change.

    ``people`` is the measure of the posts themselves. Resampled are the requests, for both models at once.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    known = frozenset(r for e in train for r in word_runs(e.whole))
    bleu, chrf = BLEU(tokenize="zh" if language == "zh" else "13a", effective_order=True), CHRF()
    said = dict(zip([id(e) for e in asked], references, strict=True))

    def copied(rows: Sequence[Row]) -> float:
        found = [r in known for text, e in rows for r in word_runs(text) - word_runs(" ".join((e.subject, *e.facts)))]
        return sum(found) / max(1, len(found))

    def distinct(rows: Sequence[Row]) -> float:
        each = [units(text) for text, _ in rows]
        pairs = [pair for of in each for pair in pairwise(of)]
        return len(set(pairs)) / max(1, len(pairs))

    def against(metric: Any) -> Callable[[Sequence[Row]], float]:
        return lambda rows: float(metric.corpus_score([text for text, _ in rows], [[said[id(e)] for _, e in rows]]).score)

    voice = _voice(train)
    measures: dict[str, Callable[[Sequence[Row]], float]] = {
        "copied": copied, "distinct_2": distinct, "BLEU": against(bleu), "chrF": against(chrf),
        "voice": lambda rows: sum(voice(text) for text, _ in rows) / len(rows),
    }  # fmt: skip
    if reviewer is not None:
        passes = {(text, id(e)): reviewer(e, text) for texts in (base, adapted, references) for text, e in zip(texts, asked, strict=True)}
        measures["review_passed"] = lambda rows: sum(passes[text, id(e)] for text, e in rows) / len(rows)
    pairs = list(zip(base, adapted, references, asked, strict=True))
    return {"drafts": len(pairs)} | {name: _compared(pairs, measure, name, seed) for name, measure in measures.items() if pairs}


def _compared(
    pairs: Sequence[tuple[str, str, str, Example]], measure: Callable[[Sequence[Row]], float], name: str, seed: int
) -> dict[str, Any]:
    import numpy as np

    def of(which: int, rows: Sequence[tuple[str, str, str, Example]]) -> float:
        return measure([(str(r[which]), r[3]) for r in rows])

    rng = np.random.default_rng(seed)
    resampled = ([pairs[i] for i in rng.integers(0, len(pairs), len(pairs))] for _ in range(RESAMPLES))
    changes = [of(1, rows) - of(0, rows) for rows in resampled]
    found = {"base": of(0, pairs), "adapted": of(1, pairs)}
    # Of a post held against itself BLEU says nothing.
    people = {} if name in ("BLEU", "chrF") else {"people": of(2, pairs)}
    interval = np.quantile(changes, [0.025, 0.975]).tolist()
    return {**found, **people, "change": found["adapted"] - found["base"], "interval": interval}


def _voice(train: Sequence[Example]) -> Callable[[str], float]:
    """Likeness of a text to the training posts, 0 to 1: cosine between its tf-idf of one to three characters and their mean.

    Character n-grams are what authors are told apart by best across languages (Stamatatos 2009, "A survey of modern authorship
    attribution methods").
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    mean = np.asarray(vectors.fit_transform([e.whole for e in train]).mean(axis=0)).ravel()
    mean /= np.linalg.norm(mean)
    known: dict[str, float] = {}

    def likeness(text: str) -> float:
        if text not in known:
            known[text] = float((vectors.transform([text]) @ mean)[0])
        return known[text]

    return likeness


def verdict(evaluation: dict[str, Any]) -> tuple[bool, str]:
    """Whether the adapted model beats its base: the perplexity's 95 % interval lies below no change, copying stays under the bound."""
    low, high = evaluation["perplexity_change"]["interval"]
    copying = evaluation["copied"]["adapted"]
    if high >= 0:
        return False, f"perplexity is not surely lower (95 % interval {low:+.1%} to {high:+.1%})"
    if copying > COPY_BOUND:
        return False, f"{copying:.1%} of its runs of eight stand in the training set, over the bound of {COPY_BOUND:.0%}"
    return True, f"perplexity {low:+.1%} to {high:+.1%}, copying {copying:.1%} of at most {COPY_BOUND:.0%}"


_ROWS = (
    ("copied", f"runs of eight copied (bound {COPY_BOUND:.0%})", ".2%"), ("distinct_2", "distinct bigrams", ".3f"), ("BLEU", "BLEU", ".2f"),
    ("chrF", "chrF", ".2f"), ("voice", "likeness to the training posts' characters", ".3f"), ("review_passed", "drafts that pass review", ".0%"),
)  # fmt: skip


def table(e: dict[str, Any]) -> str:
    """The evaluation as a Markdown table."""
    low, high = e["perplexity_change"]["interval"]
    bits = e["bits_per_byte"]
    lines = [
        "| | base | adapted | change, 95 % interval | people's posts |",
        "|---|---:|---:|---:|---:|",
        f"| perplexity per token | {e['perplexity']['base']:.2f} | {e['perplexity']['adapted']:.2f} | {low:+.1%} to {high:+.1%} | |",
        f"| bits per byte | {bits['base']:.3f} | {bits['adapted']:.3f} | | |",
    ]
    for key, name, form in _ROWS:
        if key in e:
            m = e[key]
            signed = "+" + form
            people = f"{m['people']:{form}}" if "people" in m else ""
            change = f"{m['interval'][0]:{signed}} to {m['interval'][1]:{signed}}"
            lines.append(f"| {name} | {m['base']:{form}} | {m['adapted']:{form}} | {change} | {people} |")
    return "\n".join(lines)
