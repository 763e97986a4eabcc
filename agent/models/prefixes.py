"""Prompts that begin alike are read once: their keys and values are kept and given to the next batch.

A task's system text and examples make up most of its prompts, so that a batch reads them once for all its rows, and the
next batch not at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from .packed import room_for

WORTH = 24
"""Tokens from which a shared beginning is kept."""
MOST_BYTES = 256 * 2**20
"""What is kept takes memory as long as the model is loaded."""


@dataclass
class _Kept:
    ids: list[int]
    layers: list[tuple[Tensor, Tensor]]
    """Keys and values of each layer, (1, key-value heads, tokens, head size)."""

    @property
    def bytes(self) -> int:
        return sum(k.nbytes + v.nbytes for k, v in self.layers)


class Prefixes:
    """The beginnings read last, for one model. Not thread-safe: the engine's one thread uses it."""

    def __init__(self, model: Any, packed: bool) -> None:
        self._model, self._packed = model, packed
        self._kept: OrderedDict[tuple[int, ...], _Kept] = OrderedDict()
        # Sliding windows and recurrent layers forget: what they hold is no prefix of anything else.
        self._usable = packed or all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)

    def open(self, rows: Sequence[Sequence[int]], room: int) -> tuple[Cache | None, int]:
        """``(cache, shared)``: a cache of ``len(rows)`` rows with ``room`` for tokens, whose first ``shared`` ones are read.

        At least one token of every row is left to be read. ``None`` leaves the cache to the model: it is of a kind of its own.
        """
        if not self._usable:
            return None, 0
        depth = self._model.config.get_text_config(decoder=True).num_hidden_layers
        cache = room_for(depth, room) if self._packed else DynamicCache(config=self._model.config)
        shared = min(_alike(rows), min(map(len, rows)) - 1)
        kept = self._longest(rows[0][:shared])
        known = _alike([kept.ids, rows[0][:shared]]) if kept else 0
        if len(rows) == 1:
            shared = known
        if shared < WORTH:
            return cache, 0
        if shared > known:
            kept = self._read(list(rows[0][:shared]), kept, known)
        assert kept is not None
        layers: list[Any] = cache.layers
        for layer, (k, v) in zip(layers, kept.layers, strict=True):
            # Written into the room (or concatenated to nothing): the kept tensors themselves stay as they are.
            layer.update(k[:, :, :shared].expand(len(rows), -1, -1, -1), v[:, :, :shared].expand(len(rows), -1, -1, -1))
        return cache, shared

    def keep(self, ids: Sequence[int], cache: Any) -> None:
        """Remember a prompt that was read alone, from its filled cache; the next one may begin alike."""
        if self._usable and len(ids) >= WORTH:
            self._store(_Kept(list(ids), [(x.keys[:, :, : len(ids)].clone(), x.values[:, :, : len(ids)].clone()) for x in cache.layers]))

    def _longest(self, ids: Sequence[int]) -> _Kept | None:
        """What begins most like ``ids``."""
        found = max(self._kept.values(), key=lambda k: _alike([k.ids, ids]), default=None)
        if found is not None:
            self._kept.move_to_end(tuple(found.ids))
        return found

    def _read(self, ids: list[int], before: _Kept | None, known: int) -> _Kept:
        """Read ``ids``, of which ``before`` holds the first ``known``."""
        cache = DynamicCache(config=self._model.config)
        layers: list[Any] = cache.layers
        if before is not None and known:
            for layer, (k, v) in zip(layers, before.layers, strict=True):
                layer.update(k[:, :, :known], v[:, :, :known])
        tokens = torch.tensor([ids[known:]], device=self._model.device)
        self._model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
        kept = _Kept(ids, [(x.keys, x.values) for x in layers])
        self._store(kept)
        return kept

    def _store(self, kept: _Kept) -> None:
        for key in [k for k in self._kept if k == tuple(kept.ids[: len(k)])]:
            del self._kept[key]  # the longer one serves
        self._kept[tuple(kept.ids)] = kept
        while sum(k.bytes for k in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)


def _alike(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with alike."""
    most = min(map(len, rows))
    for n in range(most):
        if any(r[n] != rows[0][n] for r in rows[1:]):
            return n
    return most
