"""Load: a million posts into the store beside bare Chroma, and a thousand runs, fifty at a time.

Posts are generated, and their vectors are cheap hashes (`Hashed`): embedding a million texts takes a day of CPU and says nothing about
the store. The runs are the sample campaign's plan over the sample's store, with real tools and a stub for the model, so that what is
measured is ours. Takes about an hour, so it runs only when named: ``python -m bench --only load``.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agent import Kolony, KolonyError, Post, hookimpl
from agent.host import Host
from agent.models import ModelSpec
from agent.settings import Settings
from vectorstore import open_store, read_exports
from vectorstore.e5_file import Floats

SLOW = True
POSTS = int(os.environ.get("KOLONY_LOAD_POSTS", 1_000_000))
RUNS, AT_ONCE = int(os.environ.get("KOLONY_LOAD_RUNS", 1_000)), 50
DIM = 32
SAMPLE = Path(__file__).parent.parent / "examples" / "sample"
REQUEST = (
    "Zubbly is launching a new sugar-free soda on Instagram and TikTok in December. Find 6 micro or mid-tier creators for women 18 to 30 "
    "who care about fitness and office snacks: one video each, budget $9,000. Build audience personas, tell us what people say about "
    "sugar-free soda, write the posts, review them and forecast the results. We may claim: zero sugar, 4 kcal per can."
)
START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = "今天 周末 汽水 无糖 好喝 分享 日常 推荐 办公室 零食 soda zero sugar office snack review honest daily fizzy yuzu".split()


class Hashed:
    """Unit vectors of a text's digest: as good as random, always the same, nearly free."""

    name, dim = f"hashed/{DIM}", DIM

    def passages(self, texts: Sequence[str]) -> Floats:
        raw = np.frombuffer(b"".join(hashlib.shake_128(t.encode()).digest(DIM) for t in texts), dtype=np.uint8)
        made = raw.reshape(-1, DIM).astype(np.float32) - 127.5
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    queries = passages


def posts(count: int) -> Iterator[Post]:
    """Short posts of 20,000 authors, the same each time."""
    rng = random.Random(5)
    for n in range(count):
        author = f"xiaohongshu:a{n % 20_000}"
        yield Post(
            id=f"xiaohongshu:p{n}", platform="xiaohongshu", creator_id=author, text=" ".join(rng.choices(WORDS, k=10)) + f" {n}",
            language="zh", created_at=START + timedelta(minutes=n % 500_000), likes=rng.randrange(500), comments=rng.randrange(50),
        )  # fmt: skip


def memory() -> float:
    """Resident memory now, MiB."""
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize() / 2**20


def ingest(folder: Path) -> list[str]:
    """Ours: through ``Store.upsert``, stopped half way and begun again from the start, as after a kill."""
    marks: list[tuple[int, float, float]] = []
    every = max(1, POSTS // 10)

    def watched(source: Iterator[Post], began: float) -> Iterator[Post]:
        for n, p in enumerate(source):
            if n and n % every == 0:
                marks.append((n, time.perf_counter() - began, memory()))
            yield p

    began = time.perf_counter()
    with open_store(folder / "store", embedder=Hashed()) as store:
        store.upsert(watched(posts(POSTS // 2), began))
    half = time.perf_counter() - began
    with open_store(folder / "store", embedder=Hashed()) as store:
        again = time.perf_counter()
        report = store.upsert(watched(posts(POSTS), again - half))
        whole = time.perf_counter() - again + half
        search = time.perf_counter()
        store.search_posts("无糖汽水")
        search = time.perf_counter() - search
        found = store.counts().posts
    assert found == POSTS, f"{found:,} of {POSTS:,} posts are there"
    lines = [
        f"{POSTS:,} generated posts, {DIM} dimensions, stopped at half and begun again: {whole:,.0f} s, {POSTS / whole:,.0f} posts/s;"
        f" of the half that was there, {report.unchanged:,} were left alone. A search afterwards: {search:.2f} s.",
        "",
        "| posts | seconds | memory, MiB |",
        "|---|---|---|",
    ]
    return [*lines, *(f"| {n:,} | {s:,.0f} | {m:,.0f} |" for n, s, m in marks)]


def bare(folder: Path) -> list[str]:
    """Chroma by itself, same rows, same vectors, same settings of the index."""
    import chromadb
    from chromadb.config import Settings

    from vectorstore.rows import post_row

    client: Any = chromadb.PersistentClient(str(folder / "chroma"), settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        "posts", configuration={"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}}, embedding_function=None
    )
    embedder = Hashed()
    before = memory()
    began, rows, seconds = time.perf_counter(), [], 0.0
    for p in posts(POSTS):
        rows.append(post_row(p))
        if len(rows) == 512 or p.id.endswith(f"p{POSTS - 1}"):
            vectors = embedder.passages([r.text for r in rows])
            start = time.perf_counter()
            collection.upsert(
                ids=[r.id for r in rows], embeddings=vectors, metadatas=[r.metadata for r in rows], documents=[r.document for r in rows]
            )
            seconds += time.perf_counter() - start
            rows = []
    whole = time.perf_counter() - began
    return [
        "",
        f"Bare Chroma, the same rows: {whole:,.0f} s, {POSTS / whole:,.0f} posts/s ({seconds:,.0f} s in `upsert`); memory +{memory() - before:,.0f} MiB.",
    ]


class Stub(BaseChatModel):
    """Answers every prompt with the same short text, at once."""

    @property
    def _llm_type(self) -> str:
        return "stub"

    def _generate(self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Try it cold."))])


class Stubs:
    @hookimpl
    def register_models(self) -> list[ModelSpec]:
        return [ModelSpec("stub", Stub, languages=("en", "zh"), remote=False)]


def campaigns(folder: Path) -> list[str]:
    """The sample campaign, again and again over one store, in one process."""
    host = Host()
    host.register(Stubs(), "stubs")
    # Neither of the two encoders is what is measured: the store gets hashes, and sentiment is read with the linear models.
    settings = Settings(
        home=folder / "home", now=datetime(2026, 11, 1, tzinfo=UTC), offline_model=False, response_cache=False,
        tools={"analyze_sentiment": {"backend": "fast"}},
    )  # fmt: skip
    exports = read_exports(SAMPLE)
    with Kolony(settings, host=host) as k:
        k.__dict__["store"] = open_store(folder / "home" / "store", embedder=Hashed())
        k.store.upsert(exports.posts, exports.creators)
        planned = k.plan(REQUEST)
        assert not planned.faults, planned.faults
        seconds: list[float] = []
        marks: list[tuple[int, float]] = []
        lost: list[str] = []

        async def one(gate: asyncio.Semaphore) -> None:
            async with gate:
                began = time.perf_counter()
                try:
                    campaign = await k.execute(planned)
                except KolonyError as e:
                    lost.append(e.message)
                else:
                    missing = {s.id for s in planned.plan.steps} - set(campaign.artifacts)
                    if campaign.status != "done" or missing or not (k.runs.find(campaign.run_id).path / "report.html").is_file():
                        lost.append(f"{campaign.run_id} is {campaign.status} without {', '.join(sorted(missing)) or 'nothing'}")
                seconds.append(time.perf_counter() - began)
                if len(seconds) % max(1, RUNS // 20) == 0:
                    marks.append((len(seconds), memory()))
                    print(f"{len(seconds)} runs, {marks[-1][1]:,.0f} MiB, {len(lost)} lost", file=sys.stderr, flush=True)

        async def all_of_them() -> None:
            gate = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(one(gate) for _ in range(RUNS)))

        asyncio.run(k.execute(planned))  # imports
        began = time.perf_counter()
        asyncio.run(all_of_them())
        whole = time.perf_counter() - began
        kept = len(k.runs.ids())
    assert kept == RUNS + 1, f"{kept} of {RUNS + 1} runs are on disk"
    p = statistics.quantiles(seconds, n=100)
    return [
        "",
        f"{RUNS:,} runs of the sample campaign ({len(planned.plan.steps)} steps: {', '.join(s.id for s in planned.plan.steps)}), {AT_ONCE} at a time:"
        f" {whole:,.0f} s, {RUNS / whole:.2f} runs/s, {len(lost)} lost. Latency p50 {p[49]:.1f} s, p90 {p[89]:.1f} s, p99 {p[98]:.1f} s.",
        "",
        *(f"- lost: {why}" for why in dict.fromkeys(lost)),
        "| runs done | memory, MiB |",
        "|---|---|",
        *(f"| {n:,} | {m:,.0f} |" for n, m in marks),
    ]


def run() -> list[str]:
    """Markdown lines."""
    with tempfile.TemporaryDirectory() as folder:
        lines = campaigns(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        lines += ingest(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        lines += bare(Path(folder))
    return lines


if __name__ == "__main__":
    print("\n".join(run()))
