"""The store's vectors from a server, over a real store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback import Loopback, Received, Reply, refuses, serving
from pydantic import ValidationError

from agent import Artifact, Context
from agent.errors import BudgetExceeded, ContentRefused, ModelError, ModelUnavailable
from agent.kolony import Kolony
from agent.models.embeddings import RemoteEmbedder
from agent.settings import EmbeddingModel, Settings
from agent.tools import tool
from vectorstore import Embedder, Post

DIM = 16


class Seen(Artifact):
    """What a tool of a test gives."""


def words(text: str) -> list[float]:
    """A bag of hashed words: texts that share words are near each other."""
    vector = [0.0] * DIM
    for word in text.lower().split():
        vector[int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIM] += 1.0
    return vector


def embeds(request: Received) -> Reply:
    assert request.path == "/v1/embeddings"
    data = [{"object": "embedding", "index": i, "embedding": words(t)} for i, t in enumerate(request.body["input"])]
    body = {"object": "list", "data": data[::-1], "usage": {"prompt_tokens": 7 * len(data), "total_tokens": 7 * len(data)}}
    return Reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def model(server: Loopback, **options: Any) -> EmbeddingModel:
    return EmbeddingModel(**{"model": "e1", "dimensions": DIM, "base_url": server.url, "timeout": 5.0, **options})


def test_vectors_in_the_order_of_their_texts_of_length_one_in_batches() -> None:
    texts = [f"text number {i}" for i in range(23)]
    with serving(embeds) as server:
        embedder = RemoteEmbedder(model(server, batch=10, passage_prefix="passage: ", query_prefix="query: "))
        assert isinstance(embedder, Embedder)
        vectors = embedder.passages(texts)
        query = embedder.queries(["text number 3"])
        assert embedder.passages([]).shape == (0, DIM)
    assert vectors.dtype == np.float32
    expected = np.array([words(f"passage: {t}") for t in texts])
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), rtol=1e-6)
    assert query.shape == (1, DIM)
    assert sorted(len(r.body["input"]) for r in server.received) == [1, 3, 10, 10]
    assert {r.body["dimensions"] for r in server.received} == {DIM}


def test_personal_data_and_the_end_of_long_texts_stay_here_and_no_text_is_empty() -> None:
    with serving(embeds) as server:
        RemoteEmbedder(model(server)).passages(["write to peach.lover@example.com", "", "x" * 9_000])
        RemoteEmbedder(model(server, trusted=True)).queries(["write to peach.lover@example.com"])
    first, second = (r.body["input"] for r in server.received)
    assert "peach.lover" not in first[0]
    assert "write to" in first[0]
    assert first[1]
    assert len(first[2]) == 4_000
    assert "peach.lover@example.com" in second[0]  # a trusted server on this machine


def test_a_server_that_takes_no_dimensions_is_asked_without() -> None:
    def script(request: Received) -> Reply:
        if "dimensions" in request.body:
            return refuses(400, "Unsupported parameter: 'dimensions'", param="dimensions", code="unsupported_parameter")
        return embeds(request)

    with serving(script) as server:
        embedder = RemoteEmbedder(model(server))
        embedder.queries(["a"])
        embedder.queries(["b"])
    assert ["dimensions" in r.body for r in server.received] == [True, False, False]


def body(*rows: Any) -> Reply:
    return Reply(200, json.dumps({"data": [{"index": i, "embedding": r} for i, r in enumerate(rows)]}).encode())


ONE = [1.0] * DIM


@pytest.mark.parametrize(
    ("reply", "kind", "words", "requests"),
    [
        (body(ONE), ModelUnavailable, "not 2 embeddings", 4),
        (body(ONE, ONE, ONE), ModelUnavailable, "not 2 embeddings", 4),
        (body(ONE, ["x"] * DIM), ModelUnavailable, "not 2 embeddings", 4),
        (body(ONE, [0.0] * DIM), ModelUnavailable, "no direction", 4),
        (body(ONE, [float("nan")] * DIM), ModelUnavailable, "no direction", 4),
        (Reply(200, b"<html>"), ModelUnavailable, "web page", 4),
        (body([1.0] * 8, [1.0] * 8), ModelError, "of 8 numbers, not of 16", 1),
        (refuses(400, "Content Exists Risk"), ContentRefused, "content policy", 1),
        (refuses(401, "no"), ModelUnavailable, "refuses the key", 1),
        (Reply(200, b" " * 2**20, {"Connection": "close"}, repeat=100), ModelError, "more than", 1),
    ],
)
def test_what_is_no_embedding_is_a_typed_error(
    reply: Reply, kind: type[Exception], words: str, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(reply) as server:
        embedder = RemoteEmbedder(model(server))
        monkeypatch.setattr(embedder._endpoint, "first_wait", 0.01)
        with pytest.raises(kind, match=words):
            embedder.passages(["a", "b"])
        assert len(server.received) == requests


def test_nothing_is_sent_beyond_the_cap() -> None:
    with serving(embeds) as server:
        embedder = RemoteEmbedder(model(server, usd_per_mtok=1.0), max_usd=0.000_1)
        embedder.queries(["short"])
        with pytest.raises(BudgetExceeded):
            embedder.queries(["long " * 100])
        assert len(server.received) == 1


def test_a_store_is_filled_and_searched_and_stays_with_its_embedder(tmp_path: Path) -> None:
    posts = [
        Post(id=f"p{i}", platform="instagram", creator_id="c", text=t)
        for i, t in enumerate(["peach soda in summer", "running shoes for rain"])
    ]
    with serving(embeds) as server:
        settings = Settings(home=tmp_path, embeddings=model(server))
        with Kolony(settings) as kolony:
            kolony.store.upsert(posts=posts)
            assert kolony.store.search_posts("peach soda")[0].post.id == "p0"
        sent = len(server.received)
        with Kolony(settings) as kolony:
            kolony.store.upsert(posts=posts)  # its vectors are in the cache
        assert len(server.received) == sent
    from vectorstore.errors import ForeignStore

    with pytest.raises(ForeignStore, match="was made with the embedder"):
        Kolony(Settings(home=tmp_path)).store  # noqa: B018


def test_what_a_private_step_searches_with_stays_here(tmp_path: Path) -> None:
    @tool(effect="read", privacy="local")
    async def private(ctx: Context) -> Seen:
        """A step whose text must stay."""
        raise NotImplementedError

    @tool(effect="read", privacy="any")
    async def public(ctx: Context) -> Seen:
        """A step whose text may leave."""
        raise NotImplementedError

    with serving(embeds) as server, Kolony(Settings(home=tmp_path, embeddings=model(server))) as kolony:
        kolony.store.upsert(posts=[Post(id="p0", platform="instagram", creator_id="c", text="peach soda in summer")])
        before = len(server.received)
        assert [h.post.id for h in kolony._store_for(private).search_posts("peach complaint of Ann")] == ["p0"]
        assert len(server.received) == before
        kolony._store_for(public).search_posts("peach soda")
        assert len(server.received) == before + 1


def test_local_only_and_two_embedders_are_refused() -> None:
    far = EmbeddingModel(model="e1", dimensions=DIM)
    with pytest.raises(ValidationError, match="local-only forbids"):
        Settings(policy="local-only", embeddings=far)
    with pytest.raises(ValidationError, match="keep one"):
        Settings(embedder="Mine", embeddings=far)
    with pytest.raises(ValidationError, match="on this machine"):
        EmbeddingModel(model="e1", dimensions=DIM, trusted=True)
    Settings(policy="local-only", embeddings=EmbeddingModel(model="e1", dimensions=DIM, base_url="http://127.0.0.1:9/v1", trusted=True))
