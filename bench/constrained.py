"""Constrained decoding: what the mask costs per token, and what compiling a schema costs."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

PROMPT = "Write a long, detailed article about the history of iced coffee in country number {n}."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 10, "maxLength": 60},
        "mood": {"enum": ["calm", "lively", "严肃"]},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 3, "maxLength": 20}, "minItems": 3, "maxItems": 3},
        "text": {"type": "string", "minLength": 200, "maxLength": 260},
    },
    "required": ["title", "mood", "share", "tags", "text"],
    "additionalProperties": False,
}


def _compiling(model: Any) -> tuple[float, float]:
    """Median milliseconds until a schema that is new, and one that is known, is ready for a row."""
    grammars = model.load().grammars
    new, known = [], []
    for n in range(9):
        schema = {**SCHEMA, "title": f"Answer {n}"}
        for times in (new, known):
            started = time.perf_counter()
            grammars.constraint([schema], 0, [1])
            times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(new), statistics.median(known)


def _masking(model: Any, rows: int) -> float:
    """Median milliseconds of one mask, over the tokens of an answer."""
    import torch

    engine = model.load()
    text = {
        "title": "A history of iced coffee",
        "mood": "calm",
        "share": 0.25,
        "tags": ["coffee", "history", "cold"],
        "text": "Iced coffee. " * 18,
    }
    ids = engine.tokenizer(json.dumps(text), add_special_tokens=False)["input_ids"]
    constraint = engine.grammars.constraint([SCHEMA] * rows, 0, [len(ids)] * rows)
    scores = torch.randn(rows, engine.model.config.vocab_size)
    times = []
    for n in range(len(ids)):
        before = torch.tensor([ids[:n]] * rows, dtype=torch.long)
        started = time.perf_counter()
        constraint(before, scores)
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def _pair(model: Any, rows: int, repeat: int) -> tuple[list[float], list[float], int]:
    """Milliseconds per token of every run, constrained and free, in turn, with as many tokens each."""
    from agent.models.spec import Call

    prompts: list[Any] = [[{"role": "user", "content": PROMPT.format(n=n)}] for n in range(rows)]

    def run(call: Call) -> tuple[float, int]:
        started = time.perf_counter()
        answers = model.generate_batch(prompts, call)
        return time.perf_counter() - started, max(a.tokens_out for a in answers)

    held = Call(max_tokens=160, schema=SCHEMA)
    _, tokens = run(held)  # also the warm-up
    free = Call(max_tokens=tokens, repetition_penalty=1.0)
    if run(free)[1] != tokens:
        raise RuntimeError("The free texts ended early: the times would not compare.")
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeat):
        for call, into in zip((held, free), times, strict=True):
            seconds, written = run(call)
            into.append(seconds / written * 1e3)
    return *times, tokens


def run() -> list[str]:
    """Markdown lines. Constrained and free runs alternate within this run, so that their ratio holds on any machine."""
    from agent.models import ChatTransformers, offline

    gguf = offline.packaged_gguf()
    if gguf is None:
        return [f"SmolLM2 is not installed (`{offline.INSTALL}`): constrained decoding was not measured."]
    model = ChatTransformers(path=str(gguf), device="cpu")
    lines = ["| SmolLM2, ms per token | free | constrained | overhead |", "|---|---|---|---|"]
    for rows, repeat in ((1, 5), (8, 3)):
        held, free, tokens = _pair(model, rows, repeat)
        a, b = statistics.median(held), statistics.median(free)
        lines.append(f"| {rows} row{'s' if rows > 1 else ''}, {tokens} tokens, median of {repeat} | {b:.1f} | {a:.1f} | {a / b - 1:+.1%} |")
    new, known = _compiling(model)
    mask = f"The mask itself takes {_masking(model, 1):.2f} ms for one row and {_masking(model, 8):.2f} ms for eight (medians)."
    return [
        *lines,
        "",
        mask,
        f"A schema of five properties is ready after {new:.1f} ms the first time, {known:.2f} ms from then on (medians).",
    ]


if __name__ == "__main__":
    print("\n".join(run()))
