"""multilingual-e5-small with a low-rank adapter on its upper layers (LoRA, Hu et al. 2021), and what is pooled from it.

Imports PyTorch: only imported when texts are read or the model is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from agent import E5Torch
from plugins.sentiment.embedded.clean import clean

MAX_TOKENS = 160
"""Of a longer text the first two thirds and the last third of so many tokens are read."""
READ_TOKENS = 512
"""No more than the model has positions for are tokenized at all, at either end."""
BATCH_TOKENS = 4096
DENSE = ("qkv", "out", "up", "down")
Key = tuple[int, str]


def tokens(encoder: E5Torch, texts: Sequence[str], limit: int = MAX_TOKENS) -> list[list[int]]:
    """Token ids with both marks, at most ``limit``."""
    return [_cut(ids, limit) for ids in encoder.tokenize([clean(t) for t in texts])]


def _cut(ids: list[int], limit: int) -> list[int]:
    if len(ids) <= limit:
        return ids
    tail = limit // 3
    return ids[: limit - tail] + ids[-tail:]


def batches(lengths: Sequence[int], size: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Places of the texts, shortest first, at most ``size`` padded tokens together."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[i] * (len(batch) + 1) > size:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def pooled(x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Mean and maximum over the tokens, shape (n, 2 * hidden)."""
    held = real[..., None]
    mean = (x * held).sum(1) / real.sum(1, keepdim=True)
    return torch.cat([mean, x.masked_fill(~held, -1e4).amax(1)], dim=1)


class Adapter:
    """For each adapted dense layer a pair (down, up): its output gains ``up @ down @ input``."""

    def __init__(self, pairs: Mapping[Key, tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.pairs = dict(pairs)

    @classmethod
    def new(cls, encoder: E5Torch, layers: Sequence[int], rank: int) -> Adapter:
        """One that changes nothing yet: ``down`` random, ``up`` zero."""
        pairs = {}
        for i in layers:
            for name in DENSE:
                outputs, inputs = encoder.layers[i][name][0].shape
                pairs[i, name] = (torch.randn(rank, inputs) / inputs**0.5, torch.zeros(outputs, rank))
        for pair in pairs.values():
            for part in pair:
                part.requires_grad_(True)
        return cls(pairs)

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.float16]]) -> Adapter:
        """From ``adapter.<layer>.<name>.down`` and ``….up``."""
        pairs = {}
        for key, down in arrays.items():
            kind, _, rest = key.partition(".")
            if kind == "adapter" and rest.endswith(".down"):
                layer, name, _ = rest.split(".")
                up = arrays[f"adapter.{layer}.{name}.up"]
                pairs[int(layer), name] = (torch.from_numpy(down.astype(np.float32)), torch.from_numpy(up.astype(np.float32)))
        return cls(pairs)

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """As ``of_arrays`` reads them, in half precision."""
        found = {}
        for (i, name), (down, up) in self.pairs.items():
            found[f"adapter.{i}.{name}.down"] = down.detach().numpy().astype(np.float16)
            found[f"adapter.{i}.{name}.up"] = up.detach().numpy().astype(np.float16)
        return found

    def linear(self, encoder: E5Torch, dropout: float = 0.0) -> _Adapted:
        """For ``E5Torch.run`` while training."""
        return _Adapted(encoder, self, dropout)

    def merge(self, encoder: E5Torch) -> None:
        """Into the dense weights: reading then costs what the plain encoder costs."""
        for (i, name), (down, up) in self.pairs.items():
            encoder.layers[i][name][0].add_(up @ down)


class _Adapted:
    def __init__(self, encoder: E5Torch, adapter: Adapter, dropout: float) -> None:
        self.encoder, self.adapter, self.dropout = encoder, adapter, dropout

    def __call__(self, x: torch.Tensor, layer: int, name: str) -> torch.Tensor:
        plain = F.linear(x, *self.encoder.layers[layer][name])
        if (layer, name) not in self.adapter.pairs:
            return plain
        down, up = self.adapter.pairs[layer, name]
        return plain + F.linear(F.linear(F.dropout(x, self.dropout, self.dropout > 0), down), up)


@torch.inference_mode()
def features(encoder: E5Torch, texts: Sequence[str]) -> NDArray[np.float32]:
    """Pooled vectors, shape (n, 2 * hidden). A text's vector does not depend on those beside it (to about 1e-6)."""
    ids = tokens(encoder, texts)
    out = np.empty((len(ids), 2 * encoder.file.hidden), dtype=np.float32)
    for batch in batches([len(i) for i in ids]):
        x, real = encoder.lookup([ids[i] for i in batch])
        out[batch] = pooled(encoder.run(x, real, range(encoder.file.layers)), real).numpy()
    return out
