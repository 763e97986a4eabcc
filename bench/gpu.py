"""Tokens per second on a GPU: continuous batching over random weights of a 7B-class Llama in bfloat16.

Decoding reads every weight once for each step, whatever the number of requests in it, so the memory's bandwidth bounds the steps
per second: bandwidth / bytes of weights. The bandwidth is measured here, by copying.
"""

from __future__ import annotations

import time
from typing import Any

PROMPT_TOKENS, TOKENS = 256, 128
CONFIG = {
    "hidden_size": 4_096, "intermediate_size": 14_336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "max_position_embeddings": 8_192,
}  # fmt: skip


def _bandwidth() -> float:
    """Bytes per second that the GPU's memory moves: a copy reads and writes each once. The best of five."""
    import torch

    source = torch.empty(2 * 2**30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    best = 0.0
    for _ in range(6):
        torch.cuda.synchronize()
        started = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        best = max(best, 2 * source.numel() / (time.perf_counter() - started))
    return best


def tokens_per_second(writer: Any, vocabulary: int, requests: int) -> float:
    """Written tokens a second over all of ``requests`` that start together; prompts differ, none ends early."""
    import random

    from agent.models.spec import Call

    chance = random.Random(requests)
    prompts = [[chance.randrange(100, vocabulary) for _ in range(PROMPT_TOKENS)] for _ in range(requests)]
    started = time.perf_counter()
    answers = [f.result() for f in [writer.submit(p, Call(max_tokens=TOKENS)) for p in prompts]]
    return sum(a.tokens_out for a in answers) / (time.perf_counter() - started)


def run() -> list[str]:
    """Markdown lines; one, when no GPU is at hand."""
    import torch

    if not torch.cuda.is_available():
        return ["No GPU is at hand: nothing was measured."]
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from agent.models import offline
    from agent.models.paged import PagedWriter

    gguf = offline.packaged_gguf()
    if gguf is None:
        return [f"The tokenizer of SmolLM2 is not installed (`{offline.INSTALL}`): nothing was measured."]
    tokenizer = AutoTokenizer.from_pretrained(offline.converted(gguf))
    bandwidth = _bandwidth()
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            model: Any = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **CONFIG)).eval()
    finally:
        torch.set_default_dtype(before)
    # The input embedding is looked up, not read through.
    size = sum(p.numel() * p.element_size() for p in model.parameters()) - model.get_input_embeddings().weight.numel() * 2
    writer = PagedWriter(model, tokenizer, [])
    lines = [
        f"{torch.cuda.get_device_name()}: {bandwidth / 1e12:.2f} TB/s measured; {size / 1e9:.1f} GB of weights are read for each step.",
        "",
        f"| requests at once, {PROMPT_TOKENS} + {TOKENS} tokens each | tokens per second | share of the bandwidth's limit |",
        "|---|---|---|",
    ]
    try:
        tokens_per_second(writer, len(tokenizer), 8)  # the warm-up
        for requests in (1, 8, 64):
            speed = tokens_per_second(writer, len(tokenizer), requests)
            lines.append(f"| {requests} | {speed:.0f} | {speed / requests * size / bandwidth:.0%} |")
    finally:
        writer.close()
    return lines


if __name__ == "__main__":
    print("\n".join(run()))
