"""multilingual-e5-small in PyTorch, for embedding many texts at once.

The same encoder as BERT's (Devlin et al. 2019): post-norm layers, learned positions, exact GELU; the sentence vector is the
mean over all tokens, scaled to length one (Wang et al. 2024, "Multilingual E5 Text Embeddings").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, pre_tokenizers

from .e5_file import E5File, Floats

BATCH_TOKENS = 4096
"""Padded tokens a forward pass: past this, speed no longer grows and the activations leave the cache."""


class E5Torch:
    """The encoder with float32 weights, 85 MB; word vectors are unpacked batch by batch."""

    def __init__(self, file: E5File, *, max_tokens: int) -> None:
        self.file, self.max_tokens = file, max_tokens
        # Unknown is what no piece matches; the words "<unk>" in a text are three ordinary pieces.
        pieces = [("\0", score) if i == file.unk else (piece, score) for i, (piece, score) in enumerate(file.pieces)]
        self._tokenizer = Tokenizer(models.Unigram(pieces, file.unk, byte_fallback=False))
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
        h, f = file.hidden, file.feed_forward
        self._positions = torch.from_numpy(file.vector("emb.pos").reshape(-1, h) + file.vector("emb.type")[:h])
        self._norm = self._pair("emb.ln")
        self._layers = [self._layer(i, h, f) for i in range(file.layers)]

    def _pair(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.file.vector(f"{name}.w").copy()), torch.from_numpy(self.file.vector(f"{name}.b").copy())

    def _linear(self, names: Sequence[str], inputs: int) -> tuple[torch.Tensor, torch.Tensor]:
        weight = np.concatenate([self.file.matrix(f"{n}.w", inputs) for n in names])
        bias = np.concatenate([self.file.vector(f"{n}.b") for n in names])
        return torch.from_numpy(weight), torch.from_numpy(bias)

    def _layer(self, i: int, h: int, f: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        at = f"l{i}."
        return {
            "qkv": self._linear([f"{at}q", f"{at}k", f"{at}v"], h),
            "out": self._linear([f"{at}ao"], h),
            "norm1": self._pair(f"{at}aln"),
            "up": self._linear([f"{at}fi"], h),
            "down": self._linear([f"{at}fo"], f),
            "norm2": self._pair(f"{at}oln"),
        }

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with ``<s>`` and ``</s>``, cut to ``max_tokens``."""
        clean = [re.sub(" {2,}", " ", t.translate(self.file.normalisation)) for t in texts]
        room = self.max_tokens - 2
        return [[self.file.bos, *e.ids[:room], self.file.eos] for e in self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)]

    def embed(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, shape (len(texts), hidden)."""
        ids = self.tokenize(texts)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        out = np.empty((len(ids), self.file.hidden), dtype=np.float32)
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and len(ids[order[end]]) * (end + 1 - start) <= BATCH_TOKENS:
                end += 1
            out[order[start:end]] = self._forward([ids[i] for i in order[start:end]])
            start = end
        return out

    @torch.inference_mode()
    def _forward(self, batch: list[list[int]]) -> Floats:
        n, length, hidden, heads = len(batch), max(map(len, batch)), self.file.hidden, self.file.heads
        ids = np.full((n, length), self.file.pad, dtype=np.int64)
        for row, tokens in zip(ids, batch, strict=True):
            row[: len(tokens)] = tokens
        lengths = torch.tensor([len(t) for t in batch])
        real = torch.arange(length) < lengths[:, None]
        mask = None if bool(real.all()) else real[:, None, None, :]
        words, where = np.unique(ids, return_inverse=True)
        x = torch.from_numpy(self.file.rows("emb.word", words, hidden))[torch.from_numpy(where.reshape(n, length))]
        x = F.layer_norm(x + self._positions[:length], (hidden,), *self._norm, self.file.epsilon)
        for layer in self._layers:
            q, k, v = F.linear(x, *layer["qkv"]).view(n, length, 3, heads, hidden // heads).permute(2, 0, 3, 1, 4)
            seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(n, length, hidden)
            x = F.layer_norm(F.linear(seen, *layer["out"]).add_(x), (hidden,), *layer["norm1"], self.file.epsilon)
            inner = F.gelu(F.linear(x, *layer["up"]))
            x = F.layer_norm(F.linear(inner, *layer["down"]).add_(x), (hidden,), *layer["norm2"], self.file.epsilon)
        mean = (x * real[..., None]).sum(1) / lengths[:, None]
        return np.asarray(F.normalize(mean, dim=1).numpy(), dtype=np.float32)
