"""The models: SmolLM2 batched against a plain pipeline loop over the same weights, load times, and the router's decision."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKENS = 80
DRAFTS = 8
PROMPT = "Write a long, detailed article about the history of iced coffee in country number {n}."
"""Long answers, so that every draft fills its tokens on both sides."""


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _plain_loop(folder: str, prompts: list[str]) -> Callable[[], Any]:
    """What a script would do: a text-generation pipeline with its defaults, called for one prompt after the other."""
    import torch
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    pipe: Any = pipeline("text-generation", model=folder, dtype=torch.float32, device="cpu")
    options = {"max_new_tokens": TOKENS, "min_new_tokens": TOKENS, "do_sample": False, "max_length": None}
    return lambda: [pipe([{"role": "user", "content": p}], **options) for p in prompts]


def _routing() -> float:
    """Median microseconds of one decision among twelve models."""
    from agent.models import Router
    from agent.settings import RemoteModel, Settings

    remotes = [RemoteModel(name=f"r{i}", model="m", base_url="http://127.0.0.1:9/v1") for i in range(11)]
    router = Router(Settings(models=list(remotes)))
    times = [_timed(lambda: router.route("any", "en")) for _ in range(2_000)]
    return statistics.median(times) * 1e6


def run() -> list[str]:
    """Markdown lines. Each pair of figures is measured in turn within this run, so that their ratio holds on any machine."""
    from agent.models import ChatTransformers, offline
    from agent.models.engine import Engine
    from agent.models.spec import Call

    lines = [f"Router: one decision among twelve models takes {_routing():.0f} µs (median)."]
    gguf = offline.packaged_gguf()
    if gguf is None:
        return [*lines, "", f"SmolLM2 is not installed (`{offline.INSTALL}`): its speed was not measured."]
    with tempfile.TemporaryDirectory() as scratch:
        first = _timed(lambda: offline._convert(gguf, Path(scratch) / "converted"))
    folder = str(offline.converted(gguf))
    Engine(folder)  # the file cache is warm for both
    again = _timed(lambda: Engine(folder))
    model = ChatTransformers(path=str(gguf), device="cpu")
    prompts = [PROMPT.format(n=n) for n in range(DRAFTS)]
    call = Call(max_tokens=TOKENS)

    def ours(n: int) -> int:
        answers = model.generate_batch([[{"role": "user", "content": p}] for p in prompts[:n]], call)
        return sum(a.tokens_out for a in answers)

    works: dict[str, tuple[int, Callable[[], Any]]] = {
        "plain, one": (1, _plain_loop(folder, prompts[:1])),
        "ours, one": (1, lambda: ours(1)),
        "plain, all": (DRAFTS, _plain_loop(folder, prompts)),
        "ours, all": (DRAFTS, lambda: ours(DRAFTS)),
    }
    if ours(DRAFTS) != DRAFTS * TOKENS:  # also the warm-up
        return [*lines, "", "The drafts ended early: the speeds would not compare."]
    speed: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(2):
        for name, (drafts, work) in works.items():
            speed[name].append(drafts * TOKENS / _timed(work))
    best = {name: max(values) for name, values in speed.items()}
    return [
        *lines,
        f"SmolLM2-135M: unpacking the GGUF, once per machine, takes {first:.0f} s; loading it afterwards {again:.1f} s.",
        "",
        f"| {TOKENS} tokens a draft, tokens per second | plain pipeline loop | ChatTransformers | ratio |",
        "|---|---|---|---|",
        f"| one draft | {best['plain, one']:.1f} | {best['ours, one']:.1f} | {best['ours, one'] / best['plain, one']:.2f}× |",
        f"| {DRAFTS} drafts | {best['plain, all']:.1f} | {best['ours, all']:.1f} | {best['ours, all'] / best['plain, all']:.2f}× |",
    ]
