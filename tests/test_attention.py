"""The attention formula of the documentation, computed by hand from real weights, against what the model's own layer gives."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from agent.errors import KolonyError
from agent.models.offline import converted, require_packaged_gguf

CAPTION = "Zero sugar, four calories, and a peel of real yuzu in every can of this soda."


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        return converted(require_packaged_gguf())
    except KolonyError as e:
        pytest.skip(f"the packaged model is not there: {e}")


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True).eval()


@pytest.fixture(scope="module")
def tokens(folder: Path) -> torch.Tensor:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)(CAPTION, return_tensors="pt")["input_ids"]


def turned(x: torch.Tensor, base: float) -> torch.Tensor:
    """Rotary position embedding: number i and number i + d/2 of each head are turned by place · base^(-2i/d). Shape (heads, places, d)."""
    _, places, d = x.shape
    angle = torch.arange(places)[:, None] * base ** (-torch.arange(0, d, 2) / d)
    first, second = x[..., : d // 2], x[..., d // 2 :]
    return torch.cat([first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()], dim=-1)


def attention(x: torch.Tensor, layer: Any, config: Any, base: float) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(QKᵀ/√d_k + M) V for every head, and the weights, shapes (places, width) and (heads, places, places)."""
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    d = layer.q_proj.weight.shape[0] // heads
    places = len(x)

    def split(w: torch.Tensor, n: int) -> torch.Tensor:
        return (x @ w.T).view(places, n, d).transpose(0, 1)

    q, k = turned(split(layer.q_proj.weight, heads), base), turned(split(layer.k_proj.weight, groups), base)
    v = split(layer.v_proj.weight, groups)
    k, v = (t.repeat_interleave(heads // groups, dim=0) for t in (k, v))
    mask = torch.full((places, places), -math.inf).triu(1)
    scores = q @ k.transpose(1, 2) / math.sqrt(d) + mask
    weights = torch.exp(scores - scores.max(-1, keepdim=True).values)
    weights = weights / weights.sum(-1, keepdim=True)
    return (weights @ v).transpose(0, 1).reshape(places, heads * d) @ layer.o_proj.weight.T, weights


@pytest.mark.parametrize("number", [0, 14, 29])
def test_the_formula_gives_what_the_layer_gives(model: Any, tokens: torch.Tensor, number: int) -> None:
    layer = model.model.layers[number]
    seen: dict[str, torch.Tensor] = {}

    def keep(module: Any, args: Any, kwargs: Any, output: Any) -> None:
        seen["x"], seen["out"] = kwargs["hidden_states"][0], output[0][0]

    handle = layer.self_attn.register_forward_hook(keep, with_kwargs=True)
    with torch.no_grad():
        whole = model(tokens, output_attentions=True, use_cache=False)
        handle.remove()
        base = float(model.config.rope_parameters["rope_theta"])
        out, weights = attention(seen["x"], layer.self_attn, model.config, base)
    assert tokens.shape[1] > 12
    torch.testing.assert_close(out, seen["out"], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(weights, whole.attentions[number][0], rtol=1e-3, atol=1e-5)


def test_no_token_takes_from_what_comes_after_it(model: Any, tokens: torch.Tensor) -> None:
    with torch.no_grad():
        maps = model(tokens, output_attentions=True, use_cache=False).attentions
    for layer in maps:
        assert torch.equal(layer[0].triu(1), torch.zeros_like(layer[0]))
        torch.testing.assert_close(layer[0].sum(-1), torch.ones(layer.shape[1:3]))


def test_without_the_root_of_d_the_formula_does_not_hold(model: Any, tokens: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the comparison above is worth: a wrong scale is seen by it."""
    layer = model.model.layers[0].self_attn
    x = torch.randn(9, model.config.hidden_size, generator=torch.Generator().manual_seed(7))
    base = float(model.config.rope_parameters["rope_theta"])
    right, _ = attention(x, layer, model.config, base)
    monkeypatch.setattr(math, "sqrt", lambda _: 1.0)
    wrong, _ = attention(x, layer, model.config, base)
    assert not torch.allclose(right, wrong, rtol=1e-3, atol=1e-4)


def test_the_figures_of_the_documentation_are_the_models(model: Any) -> None:
    c = model.config
    figures = c.num_hidden_layers, c.num_attention_heads, c.num_key_value_heads, c.hidden_size, c.vocab_size
    assert figures == (30, 9, 3, 576, 49_152)
    assert model.model.layers[0].self_attn.q_proj.weight.shape[0] // c.num_attention_heads == 64
