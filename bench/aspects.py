"""Aspect categories and aspect polarity on labelled reviews (not shipped: `$KOLONY_DATA` or `../shared/data`).

Held out is the ``test`` split of ``plugins/sentiment/embedded/sources.py``, by a hash of the text: neither the aspect head nor the
baseline is trained on it. The word lists were written without it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

from plugins.sentiment.aspects import SPOKEN, merged, read_aspects
from plugins.sentiment.backends import open_backend, read_options
from plugins.sentiment.embedded.sources import ASAP_ASPECTS, SEMEVAL_ASPECTS, data_folder, split_of

Spoken = dict[str, str]
"""Aspect to its label."""
KEYS = tuple(SEMEVAL_ASPECTS.values())
FOOD = ("taste", "portion", "looks")
"""What SemEval's one category of food holds."""


def run() -> list[str]:
    """Macro-F1 of the five categories of SemEval-2014 restaurants beside its baselines; polarity accuracy there and on ASAP."""
    folder = data_folder()
    if not (folder / "semeval14_restaurants.xml").is_file():
        return [f"aspects: skipped, no labelled data in {folder}"]
    train, test = [[r for r in _restaurants() if (split_of(r[0], 0.2, 0.1) == "test") is held] for held in (False, True)]
    train = [r for r in train if split_of(r[0], 0.2, 0.1) == "train"]
    texts, truth = [t for t, _ in test], [set(s) for _, s in test]
    spoken, name = _spoken(texts)
    most = Counter(a for _, s in train for a in s).most_common(1)[0][0]
    ours = [_categories(s) for s in spoken]
    lines = [
        f"aspects, SemEval-2014 restaurants, held-out fifth ({len(test)} sentences, 5 categories): macro-F1 {_macro_f1(truth, ours):.1f} ({name});"
        f" TF-IDF + logistic regression {_macro_f1(truth, _tfidf(train, texts)):.1f}; majority ({most}) {_macro_f1(truth, [{most}] * len(test)):.1f}",
        _polarity("SemEval-2014 restaurants, held-out fifth", [s for _, s in test], [_as_semeval(s) for s in spoken]),
    ]
    if (folder / "asap_train_sample.csv").is_file():
        reviews = [r for r in _asap() if split_of(r[0], 0.4, 0.0) == "test"]
        lines.append(_polarity("ASAP sample, held-out two fifths", [s for _, s in reviews], _spoken([t for t, _ in reviews])[0]))
    return lines


def _restaurants() -> list[tuple[str, Spoken]]:
    found = []
    for sentence in ElementTree.parse(data_folder() / "semeval14_restaurants.xml").iter("sentence"):  # noqa: S314  a file of our own
        said = {SEMEVAL_ASPECTS[c.get("category", "")]: c.get("polarity", "") for c in sentence.iter("aspectCategory")}
        found.append((sentence.findtext("text") or "", said))
    return found


def _asap() -> list[tuple[str, Spoken]]:
    found = []
    with (data_folder() / "asap_train_sample.csv").open(encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            said: Spoken = {}
            for key, columns in ASAP_ASPECTS.items():
                values = {row[c] for c in columns} - {"-2"}
                if values:
                    said[key] = {"1": "positive", "0": "neutral", "-1": "negative"}[values.pop()] if len(values) == 1 else "conflict"
            found.append((row["reviewbody"], said))
    return found


def _spoken(texts: Sequence[str]) -> tuple[list[Spoken], str]:
    """Aspects and labels as the tool reads them; ``other`` where the head finds it."""
    backend = open_backend(read_options({}))
    readings = backend.read(texts, aspects=True)
    made = []
    for reading, found in zip(readings, read_aspects(texts, readings, backend), strict=True):
        said = {a.aspect: a.label for a in merged(found)}
        made.append({**said, **({"other": reading.label} if reading.aspects.get("other", 0.0) >= SPOKEN else {})})
    return made, backend.name


def _as_semeval(said: Spoken) -> Spoken:
    food = [label for aspect, label in said.items() if aspect in FOOD]
    return {**({"taste": food[0]} if food else {}), **{a: label for a, label in said.items() if a in KEYS and a not in FOOD}}


def _categories(said: Spoken) -> set[str]:
    return set(_as_semeval(said)) or {"other"}


def _tfidf(train: Sequence[tuple[str, Spoken]], texts: Sequence[str]) -> list[set[str]]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    rows, new = vectorizer.fit_transform([t for t, _ in train]), vectorizer.transform(texts)
    found: list[set[str]] = [set() for _ in texts]
    for key in KEYS:
        model = LogisticRegression(C=10, max_iter=1000, class_weight="balanced").fit(rows, [key in s for _, s in train])
        for said, hit in zip(found, model.predict(new), strict=True):
            said |= {key} if hit else set()
    return found


def _macro_f1(truth: Sequence[set[str]], guesses: Sequence[set[str]]) -> float:
    """Mean of the categories' F1, in per cent."""
    scores = []
    for key in KEYS:
        both = sum(key in t and key in g for t, g in zip(truth, guesses, strict=True))
        scores.append(2 * both / max(1, sum(key in t for t in truth) + sum(key in g for g in guesses)))
    return 100 * sum(scores) / len(scores)


def _polarity(name: str, truth: Sequence[Spoken], guesses: Sequence[Spoken]) -> str:
    """Accuracy of the labels of aspects that both name, those in conflict left out, beside always saying "positive"."""
    pairs = [
        (label, said.get(a))
        for t, said in zip(truth, guesses, strict=True)
        for a, label in t.items()
        if a != "other" and label != "conflict"
    ]
    read = [(label, guess) for label, guess in pairs if guess]
    right, always = sum(a == b for a, b in read), sum(a == "positive" for a, _ in read)
    of = max(1, len(read))
    return (
        f"aspect polarity, {name}: accuracy {100 * right / of:.1f} % of the {len(read)} of {len(pairs)} aspects that were found"
        f" (always positive: {100 * always / of:.1f} %)"
    )


if __name__ == "__main__":
    print("\n".join(run()))
