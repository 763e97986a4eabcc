"""Everything that is fitted after the adapter: n-gram models taught by the labels and the adapted encoder, stacks, calibration.

``fit`` needs minutes and no PyTorch training: it is what one runs on texts of one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from plugins.sentiment.embedded import ngrams
from plugins.sentiment.embedded.calibration import Stack, fit_stack
from plugins.sentiment.embedded.model import LANGUAGES, Model
from plugins.sentiment.embedded.sources import ASPECTS, EMOTIONS, OWN_BORDERS, Example
from plugins.sentiment.embedded.voices import Grams, Logits, Neural

Floats = NDArray[np.floating]
LABEL_SHARE = 0.5
"""How far the n-gram model follows the labels; the rest follows the encoder (distillation, Hinton et al. 2015)."""
TAUGHT = 3000
"""So many training texts the encoder reads for that, beside those with labelled aspects; of the others the n-gram model has the
labels alone."""
EVENING = 0.5
"""Classes count as their share to the power of one minus this. How often tweets are negative differs from set to set (16 % in
TweetEval's validation tweets, 32 % in its test set): half-way to equal shares is nearer to either than the other's."""


def fit(examples: Sequence[Example], neural: Neural, say: Callable[[str], None]) -> tuple[Model, Model]:
    """The full and the fast model. Fits the n-grams on ``train``, all that calibrates on ``dev``; never looks at ``test``."""
    train = [e for e in examples if e.split == "train"]
    order = np.random.default_rng(7).permutation(len(train))
    # Texts whose aspects are labelled first: the n-grams learn the aspects from these.
    train = sorted((train[i] for i in order), key=lambda e: not e.aspect_choices)
    taught = sum(bool(e.aspect_choices) for e in train) + TAUGHT
    say(f"reading {min(taught, len(train)):,} of {len(train):,} training texts")
    grams = fit_grams(train, neural.read([e.text for e in train[:taught]]))
    say("n-gram models are fitted")
    dev = [e for e in examples if e.split == "dev"]
    by_net, by_grams = neural.read([e.text for e in dev]), grams.read([e.text for e in dev])
    models = []
    for own, voice in ((neural, by_net), (None, by_grams)):
        blank = Model(grams, own, {}, 1.0, np.zeros((3, len(ASPECTS))))
        blank.stacks = fit_stacks(blank, dev, by_grams, by_net if own else None)
        blank.temperature = fit_temperature(voice.emotions, dev)
        blank.borders = fit_borders(by_net.aspects if own else None, by_grams.aspects, dev)
        models.append(blank)
    return models[0], models[1]


def fit_grams(train: Sequence[Example], taught: Logits) -> Grams:
    """``taught`` is what the encoder says of the first of them. Emotions are learned from the encoder alone; aspects from the
    labels where a source tells them, else from the encoder."""
    rows = ngrams.counted([e.text for e in train])
    n = len(taught.polarity)
    labels = np.array([e.polarity or (0.0, 0.0, 0.0) for e in train], np.float32)
    labelled = np.array([e.polarity is not None and not e.binary and e.source not in OWN_BORDERS for e in train])
    share = LABEL_SHARE * labelled[:n, None]
    target = np.concatenate([share * labels[:n] + (1 - share) * _softmax(taught.polarity), labels[n:]]).astype(np.float32)
    heard = np.concatenate([np.ones(n), labelled[n:]]).astype(np.float32)
    told = np.array([[a in e.aspect_choices for a in ASPECTS] for e in train[:n]])
    spoken = np.array([[a in (e.aspects or ()) for a in ASPECTS] for e in train[:n]])
    aspects = np.where(told, spoken, _sigmoid(taught.aspects)).astype(np.float32)
    return Grams(
        {
            "polarity": ngrams.fit(rows, target, exclusive=True, weight=heard),
            "emotions": ngrams.fit(rows[:n], _softmax(taught.emotions).astype(np.float32), exclusive=True, rounds=30),
            "aspects": ngrams.fit(rows[:n], aspects, exclusive=False),
        }
    )


def fit_stacks(model: Model, dev: Sequence[Example], by_grams: Logits, by_net: Logits | None) -> dict[str, Stack]:
    """One a language, on the sources that judge as TweetEval does, or have no neutral class; every source counts the same."""
    # Eighteen sentences written here would weigh as much as 578 reviews.
    usable = [e.polarity is not None and not e.binary and not e.source.startswith(("vader", "written")) for e in dev]
    found = {}
    for language, places, features in model.features([e.text for e in dev], by_grams, by_net):
        # Not the few texts of a source in the other language: each source counts the same, however few its texts.
        kept = [row for row, i in enumerate(places) if usable[i] and dev[i].language == language]
        chosen = [dev[places[row]] for row in kept]
        stack = fit_stack(features[kept], labels_of(chosen), weights_of(chosen))
        found[language] = stack.cooled(abroad(features[kept], chosen) ** 0.5)
    if set(found) != set(LANGUAGES):
        raise ValueError("calibration needs labelled texts in English and in Chinese")
    return found


def abroad(features: Floats, chosen: Sequence[Example]) -> float:
    """The temperature that a stack needs on a source that it was not fitted on, each left out in turn: whoever reads other texts
    than these is less often right than the calibration texts say. ``fit_stacks`` goes half the way (the square root)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    labels, weight = np.array(labels_of(chosen)), weights_of(chosen)
    domain = np.array([e.source.removesuffix("-passages") for e in chosen])
    logits = np.zeros((len(chosen), 3))
    out = np.zeros(len(chosen), bool)
    for name in np.unique(domain):
        others = domain != name
        if len(set(labels[others])) == 3:
            stack = fit_stack(features[others], labels[others].tolist(), weight[others])
            logits[~others] = features[~others] @ stack.weights + stack.bias
            out |= ~others
    if not out.any():
        return 1.0

    def loss(log_t: float) -> float:
        logs = log_softmax(logits[out] / np.exp(log_t), axis=1)
        return float(-(weight[out] * logs[np.arange(out.sum()), labels[out]]).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(0.0, 1.5), method="bounded").x))


def labels_of(examples: Sequence[Example]) -> list[int]:
    """0 negative, 1 neutral, 2 positive; the largest share of a soft label."""
    return [int(np.argmax(e.polarity or (0.0, 1.0, 0.0))) for e in examples]


def weights_of(examples: Sequence[Example]) -> Floats:
    """Sources count the same, and within tweets the classes as ``EVENING`` says; the mean is one."""
    sources, labels = np.array([e.source for e in examples]), np.array(labels_of(examples))
    weight = np.zeros(len(examples))
    for source in np.unique(sources):
        own = sources == source
        shares = np.bincount(labels[own], minlength=3) / own.sum()
        each = shares[labels[own]] ** -EVENING if source == "tweeteval" else np.ones(own.sum())
        weight[own] = each / each.sum()
    return weight * len(examples) / weight.sum()


def fit_temperature(logits: Floats, dev: Sequence[Example]) -> float:
    """That makes the right emotions most likely, among those that each source tells apart."""
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    rows = [i for i, e in enumerate(dev) if e.emotions]
    right = np.array([[name in (dev[i].emotions or ()) for name in EMOTIONS] for i in rows])
    among = np.array([[name in dev[i].emotion_choices for name in EMOTIONS] for i in rows])

    def loss(log_t: float) -> float:
        z = logits[rows] / np.exp(log_t)
        return float((logsumexp(np.where(among, z, -1e9), axis=1) - logsumexp(np.where(right, z, -1e9), axis=1)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x))


def fit_borders(by_net: Floats | None, by_grams: Floats, dev: Sequence[Example]) -> Floats:
    """Slopes of the encoder's and the n-grams' logit of each aspect, and a shift, as ``Model.borders`` holds them; where the
    calibration texts do not have an aspect both ways, the better voice as it is."""
    from sklearn.linear_model import LogisticRegression

    found = np.zeros((3, len(ASPECTS)))
    found[1 if by_net is None else 0] = 1.0
    for column, aspect in enumerate(ASPECTS):
        rows = [i for i, e in enumerate(dev) if aspect in e.aspect_choices]
        truth = [aspect in (dev[i].aspects or ()) for i in rows]
        if len(set(truth)) == 2:
            voices = [v[rows, column] for v in (by_net, by_grams) if v is not None]
            model = LogisticRegression(C=1.0).fit(np.stack(voices, axis=1), truth)
            found[2 - len(voices) : 2, column], found[2, column] = model.coef_[0], model.intercept_[0]
    return found


def _softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-z)))
