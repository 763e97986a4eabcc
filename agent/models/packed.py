"""Decoding on a CPU with int8 weights: the same Transformer, one token at a time, two to four times as fast.

Decoding one token reads every weight once, so that bytes per weight set its speed. Here each weight matrix is kept a second
time as int8 with one scale per row (absmax rounding), and multiplied by torch's own weight-only kernel; activations stay
floating point, since rounding them is what ruins small models. Prompts are still read by the model itself, whose full
matrix products are faster there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM
from transformers.cache_utils import Cache, DynamicLayer
from transformers.modeling_outputs import CausalLMOutputWithPast

FAMILIES = (LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM)
"""One and the same block: RMS norm, rotary positions, grouped-query attention, SiLU-gated MLP."""
_KERNEL_STEP = 16
"""torch's int8 kernel reads beyond rows whose length is not a multiple of this, and says nothing."""


def unpackable(model: Any) -> str:
    """Why ``model`` cannot be decoded here, or ``""``."""
    if not isinstance(model, FAMILIES):
        return (
            f"int8 decoding knows {', '.join(c.__name__.removesuffix('ForCausalLM') for c in FAMILIES)} models, not {type(model).__name__}"
        )
    config = model.config
    if config.hidden_act != "silu":
        return f"int8 decoding knows SiLU, not {config.hidden_act}"
    if getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True):
        return "int8 decoding does not know sliding windows"
    widths = {m.in_features for m in model.modules() if isinstance(m, torch.nn.Linear)}
    if any(w % _KERNEL_STEP for w in widths):
        return f"int8 decoding needs matrices whose width is a multiple of {_KERNEL_STEP}"
    return ""


class Room(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's keys and values, with room for what is still to come: writing a token copies nothing else.

    ``k`` and ``v`` have the shape (rows, key-value heads, room, head size); ``keys`` and ``values`` are views of what is filled.
    """

    def __init__(self, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.room, self.length = room, 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        super().lazy_initialization(key_states, value_states)
        rows, heads, new, size = key_states.shape
        shape = (rows, heads, max(self.room, new), size)
        self.k, self.v = key_states.new_empty(shape), value_states.new_empty(shape)

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append (rows, heads, new, size) and give all there is."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.length + key_states.shape[-2]
        self.k[:, :, self.length : end] = key_states
        self.v[:, :, self.length : end] = value_states
        return self.fill(end)

    def fill(self, length: int) -> tuple[Tensor, Tensor]:
        """Say how much of the room holds something, and give that."""
        self.length = length
        self.keys, self.values = keys, values = self.k[:, :, :length], self.v[:, :, :length]
        return keys, values


def room_for(layers: int, room: int) -> Cache:
    """An empty cache for ``room`` tokens a row."""
    return Cache(layers=[Room(room) for _ in range(layers)])


class _Matrix:
    """A linear layer's weights (or those of several, side by side) as int8, with a scale per output."""

    def __init__(self, *linears: Any) -> None:
        weight = torch.cat([m.weight.detach().float() for m in linears])
        scale = weight.abs().amax(dim=1).clamp(min=1e-12) / 127
        self.weight = (weight / scale[:, None]).round_().to(torch.int8)
        self.scale = scale.bfloat16()
        biases = [m.bias if m.bias is not None else m.weight.new_zeros(m.out_features) for m in linears]
        self.bias = torch.cat(biases).detach().bfloat16() if any(m.bias is not None for m in linears) else None

    def __call__(self, x: Tensor) -> Tensor:
        y = torch._weight_int8pack_mm(x, self.weight, self.scale)
        return y if self.bias is None else y + self.bias


class _Block:
    """What one Transformer block needs to decode."""

    def __init__(self, layer: Any) -> None:
        attention, mlp = layer.self_attn, layer.mlp
        self.before = layer.input_layernorm.weight.detach().bfloat16()
        self.qkv = _Matrix(attention.q_proj, attention.k_proj, attention.v_proj)
        norms = [getattr(attention, name, None) for name in ("q_norm", "k_norm")]
        self.q_norm, self.k_norm = (n.weight.detach().bfloat16() if n is not None else None for n in norms)
        self.out = _Matrix(attention.o_proj)
        self.between = layer.post_attention_layernorm.weight.detach().bfloat16()
        self.gate_up = _Matrix(mlp.gate_proj, mlp.up_proj)
        self.down = _Matrix(mlp.down_proj)


class Packed:
    """A model's weights packed for decoding. :meth:`install` puts it into the model's own ``forward``."""

    def __init__(self, model: Any) -> None:
        """Pack ``model`` (one of :data:`FAMILIES`, see :func:`unpackable`): a second or two per billion weights."""
        config = model.config
        self.heads, self.groups = config.num_attention_heads, config.num_key_value_heads
        self.size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        self.inner, self.eps = config.intermediate_size, config.rms_norm_eps
        with torch.no_grad():
            self.embedding = model.model.embed_tokens.weight.detach().bfloat16()
            self.blocks = [_Block(layer) for layer in model.model.layers]
            self.norm = model.model.norm.weight.detach().bfloat16()
            self.head = _Matrix(model.lm_head)
        self.rotary = model.model.rotary_emb
        self._read: Callable[..., Any] | None = None

    def install(self, model: Any) -> None:
        """From now on ``model`` decodes single tokens by int8, wherever its cache is one of :func:`room_for`."""
        read = model.forward

        @wraps(read)  # `generate` looks at the signature
        def forward(*args: Any, **inputs: Any) -> Any:
            ids, cache = inputs.get("input_ids"), inputs.get("past_key_values")
            if not args and ids is not None and ids.shape[1] == 1 and _has_room(cache):
                logits = self.step(ids[:, 0], cache, inputs.get("attention_mask"), inputs.get("position_ids"))
                return CausalLMOutputWithPast(logits=logits[:, None], past_key_values=cache)
            return read(*args, **inputs)

        model.forward = forward

    def step(self, tokens: Tensor, cache: Any, attention_mask: Tensor | None, position_ids: Tensor | None) -> Tensor:
        """The next token's logits, (rows, vocabulary), float32; ``cache`` grows by ``tokens`` (rows).

        ``attention_mask`` is (rows, tokens so far with this one), 0 for padding; ``position_ids`` is (rows, 1).
        """
        rows, at = tokens.shape[0], cache.layers[0].length
        mask = None
        if attention_mask is not None and not bool(attention_mask.all()):
            mask = attention_mask[:, None, None, : at + 1].bool()
        if position_ids is None:
            position_ids = torch.full((rows, 1), at)
        h = self.embedding[tokens]
        cos, sin = self.rotary(h.float()[:, None], position_ids=position_ids)
        half = self.size // 2
        # The two halves of a head turn together: (x + iy)(cos + i sin), as Llama's rotate_half does.
        turn = torch.complex(cos[..., :half], sin[..., :half])
        both, width = self.heads + self.groups, (self.heads + self.groups) * self.size
        for block, layer in zip(self.blocks, cache.layers, strict=True):
            y = block.qkv(F.rms_norm(h, h.shape[-1:], block.before, self.eps))
            qk = y[:, :width].view(rows, both, self.size)
            if block.q_norm is not None:
                q = F.rms_norm(qk[:, : self.heads], (self.size,), block.q_norm, self.eps)
                k = F.rms_norm(qk[:, self.heads :], (self.size,), block.k_norm, self.eps)
                qk = torch.cat((q, k), dim=1)
            parts = qk.float().view(rows, both, 2, half)
            turned = torch.complex(parts[:, :, 0], parts[:, :, 1]) * turn
            qk = torch.cat((turned.real, turned.imag), dim=-1).to(layer.k.dtype)
            layer.k[:, :, at] = qk[:, self.heads :]
            layer.v[:, :, at] = y[:, width:].view(rows, self.groups, self.size)
            keys, values = layer.fill(at + 1)
            # Heads that share keys are the queries of one attention: nothing is repeated.
            q = qk[:, : self.heads].view(rows, self.groups, -1, self.size)
            seen = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
            h = h + block.out(seen.reshape(rows, -1).bfloat16())
            y = block.gate_up(F.rms_norm(h, h.shape[-1:], block.between, self.eps))
            h = h + block.down(F.silu(y[:, : self.inner]) * y[:, self.inner :])
        return self.head(F.rms_norm(h, h.shape[-1:], self.norm, self.eps)).float()


def _has_room(cache: Any) -> bool:
    layers = getattr(cache, "layers", [])
    return bool(layers) and isinstance(layers[0], Room) and layers[0].is_initialized and layers[0].length < layers[0].k.shape[2]
