"""The local model: SmolLM2 as Kolony runs it against a plain pipeline loop over the same weights, number formats, and load times."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKENS = 80
DRAFTS = 8
ROUNDS = 3
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


def _formats(folder: str) -> list[str]:
    """What the probe that chooses the number format measures, and what each format does to the sample's captions."""
    from agent.models import probe
    from agent.models.engine import Engine

    engine = Engine(folder, "cpu", "float32")
    found = probe.measure(engine.model, engine.tokenizer)
    lines = ["| format | reads 96 tokens, ms | decodes one token, ms | divergence from float32, nats |", "|---|---|---|---|"]
    for name, f in found["formats"].items():
        chosen = " (chosen)" if name == found["choice"] else ""
        lines.append(f"| {name}{chosen} | {f['read_ms']:.0f} | {f['step_ms']:.1f} | {f.get('divergence', 0.0):.4f} |")
    return lines


def _shared_beginning(model: Any, call: Any) -> list[str]:
    """A caption prompt with two examples as earlier turns: the first time, and with its beginning already read."""
    from agent.models.prefixes import Prefixes

    engine = model.load()
    turns = [
        {"role": "user", "content": "Product: Lumo sunscreen\nFacts: SPF 50; no white cast; vegan"},
        {
            "role": "assistant",
            "content": "My bag never leaves home without Lumo sunscreen. SPF 50, no white cast, and vegan. Sunny days, sorted!",
        },
        {"role": "user", "content": "Product: Trek 20 backpack\nFacts: 20 litres; rain cover included; 2-year warranty"},
        {"role": "assistant", "content": "Packed in five minutes! My Trek 20 backpack holds 20 litres, and the rain cover is included."},
    ]
    prompts = [[*turns, {"role": "user", "content": f"Product: Kopi latte {n}\nFacts: {n}0 kcal; oat milk"}] for n in range(1, 7)]
    cold, warm = [], []
    for _ in range(3):
        engine.prefixes = Prefixes(engine.model, engine.dtype == "int8")
        cold.append(_timed(lambda: model.generate_batch(prompts, call)))
        warm.append(_timed(lambda: model.generate_batch(prompts, call)))
    c, w = statistics.median(cold), statistics.median(warm)
    return [f"Six prompts of {engine.count(engine.prompt(prompts[0]))} tokens, one token answered: {c:.2f} s the first time, {w:.2f} s when their "
            f"beginning has been read ({c / w:.1f}×)."]  # fmt: skip


def run() -> list[str]:
    """Markdown lines. Each pair of figures is measured in turn within this run, so that their ratio holds on any machine."""
    from agent.models import ChatTransformers, offline
    from agent.models.engine import Engine
    from agent.models.spec import Call

    gguf = offline.packaged_gguf()
    if gguf is None:
        return [f"SmolLM2 is not installed (`{offline.INSTALL}`): its speed was not measured."]
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
        return ["The drafts ended early: the speeds would not compare."]
    speed: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, (drafts, work) in works.items():
            speed[name].append(drafts * TOKENS / _timed(work))
    median = {name: statistics.median(values) for name, values in speed.items()}

    def row(what: str, name: str, bound: str) -> str:
        ratio = statistics.median(o / p for o, p in zip(speed[f"ours, {name}"], speed[f"plain, {name}"], strict=True))
        return f"| {what} | {median[f'plain, {name}']:.1f} | {median[f'ours, {name}']:.1f} | {ratio:.2f}× | {bound} |"

    return [
        f"SmolLM2-135M: unpacking the GGUF, once per machine, takes {first:.0f} s; loading it afterwards {again:.1f} s.",
        "",
        f"| {TOKENS} tokens a draft, tokens per second | plain pipeline loop | ChatTransformers | ratio, median of {ROUNDS} rounds | bound |",
        "|---|---|---|---|---|",
        row("one draft", "one", "2×"),
        row(f"{DRAFTS} drafts", "all", "6×"),
        "",
        *_formats(folder),
        "",
        *_shared_beginning(model, Call(max_tokens=1)),
    ]
