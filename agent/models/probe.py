"""Which number format is fastest for a model on this CPU: measured once, then remembered.

float32, bfloat16 and int8 weights (:mod:`agent.models.packed`) are tried on a short text. A format counts only if its
predictions stay close to float32's: dynamic int8 quantisation, for one, is fast and makes SmolLM2 four times as perplexed.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from transformers.cache_utils import DynamicCache

from . import offline
from .packed import Packed, room_for, unpackable

_FORMAT = 1
"""Raise it when what is measured, or how a format computes, changes."""
CLOSE = 0.05
"""Nats: mean Kullback-Leibler divergence from float32's next-token distribution that a format may have."""
SMALL = 20_000_000
"""Parameters below which no format gains anything."""
_TEXT = (
    "My bag never leaves home without this sunscreen. SPF 50, no white cast, and it is vegan. On sunny days I put it on twice, "
    "once before the tram and once at lunch. 这款防晒霜清爽不油腻,通勤和周末爬山都够用。 What would you like to know about it? "
) * 2
_PROMPT, _STEPS, _DRAFT = 96, 6, 64
"""Tokens read, tokens decoded, and tokens of a typical draft, to which the times are extrapolated."""


def fastest(model: Any, tokenizer: Any) -> tuple[Any, str]:
    """``(model, format)``: the float32 ``model``, or its bfloat16 form, and the format to decode in.

    Measuring takes a few seconds and is done once for each model, machine and version of torch; the result lies beside the
    unpacked models, and can be deleted.
    """
    if model.num_parameters() < SMALL:
        return model, "float32"
    file = offline.cache_folder() / "probes" / f"{_key(model)}.json"
    with suppress(OSError, ValueError, KeyError):
        choice = str(json.loads(file.read_text(encoding="utf-8"))["choice"])
        if choice in ("float32", "bfloat16") or (choice == "int8" and not unpackable(model)):
            return (model.bfloat16() if choice == "bfloat16" else model), choice
    found = measure(model, tokenizer)
    choice = found["choice"]
    with suppress(OSError):  # it is measured again the next time
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch = file.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(found, indent=1), encoding="utf-8")
        scratch.replace(file)
    return (model.bfloat16() if choice == "bfloat16" else model), choice


def measure(model: Any, tokenizer: Any) -> dict[str, Any]:
    """Times and closeness of each format: ``{"choice": …, "formats": {name: {"read_ms", "step_ms", "divergence"}}}``.

    ``read_ms`` is for a prompt of 96 tokens, ``step_ms`` the median of one token's decoding, ``divergence`` in nats.
    """
    ids = torch.tensor([(tokenizer(_TEXT, add_special_tokens=False)["input_ids"] * 4)[: _PROMPT + _STEPS]])
    formats: dict[str, dict[str, float]] = {}
    with torch.inference_mode():
        truth, formats["float32"] = _try(model, ids, lambda: DynamicCache(config=model.config))
        half = copy.deepcopy(model).bfloat16()
        said, formats["bfloat16"] = _try(half, ids, lambda: DynamicCache(config=model.config))
        formats["bfloat16"]["divergence"] = _divergence(truth, said)
        del half
        if not unpackable(model):
            packed, plain = Packed(model), model.__dict__.get("forward")
            packed.install(model)
            try:
                said, formats["int8"] = _try(model, ids, lambda: room_for(model.config.num_hidden_layers, ids.shape[1]))
                formats["int8"]["divergence"] = _divergence(truth, said)
            finally:  # whoever loads it installs it for good
                del model.forward
                if plain is not None:
                    model.forward = plain
    close = {n: f for n, f in formats.items() if f.get("divergence", 0.0) <= CLOSE}
    choice = min(close, key=lambda n: close[n]["read_ms"] + _DRAFT * close[n]["step_ms"])
    return {"choice": choice, "formats": {n: {k: round(v, 4) for k, v in f.items()} for n, f in formats.items()}}


def _try(model: Any, ids: Any, new_cache: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Log-probabilities of the decoded steps, (steps, vocabulary), and the times; the second of two rounds counts."""
    for _ in range(2):
        cache, logits, steps = new_cache(), [], []
        started = time.perf_counter()
        model(input_ids=ids[:, :_PROMPT], past_key_values=cache, use_cache=True, logits_to_keep=1)
        read = time.perf_counter() - started
        for at in range(_PROMPT, ids.shape[1]):
            started = time.perf_counter()
            out = model(input_ids=ids[:, at : at + 1], past_key_values=cache, use_cache=True)
            steps.append(time.perf_counter() - started)
            logits.append(out.logits[0, -1].float())
    return torch.stack(logits).log_softmax(dim=-1), {"read_ms": read * 1e3, "step_ms": statistics.median(steps) * 1e3}


def _divergence(truth: Any, said: Any) -> float:
    return float((truth.exp() * (truth - said)).sum(dim=-1).mean())


def _key(model: Any) -> str:
    """Of the model's shape, a sample of its weights, the processor, torch and its threads."""
    weight = next(iter(model.parameters())).detach().reshape(-1)[:4_096].float()
    parts = [_FORMAT, type(model).__name__, model.num_parameters(), _processor(), torch.__version__, torch.get_num_threads()]
    return hashlib.sha256(json.dumps(parts).encode() + weight.numpy().tobytes()).hexdigest()[:24]


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    return platform.processor() or platform.machine()
