"""``RemoteEmbedder``: vectors for the store from any OpenAI-compatible server. Texts leave this machine, without personal data."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ModelError, ModelUnavailable
from .address import fault_of
from .bodies import load_json, refuse_under_200
from .endpoint import Endpoint, NotTaken
from .ledger import Ledger
from .loops import in_own_loop
from .meter import Meter
from .refusals import Kind, option_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..settings import EmbeddingModel

AT_ONCE = 4
"""Requests under way."""
MAX_CHARS = 4_000
"""Characters of a text that are read: servers take some 8,000 tokens, and a Chinese character is one or two."""
_NUMBER = 32
"""Bytes of one number in JSON, generously."""


class RemoteEmbedder:
    """An embedding model behind an OpenAI-compatible ``base_url`` (:class:`vectorstore.Embedder`).

    Personal data is replaced before a text is sent (``[email]``). Every answer is checked: as many vectors as texts, of ``dim``
    finite numbers; they are scaled to length 1. Requests are metered against ``max_usd`` for the life of this object.

    Raises:
        ModelUnavailable, ModelError, BudgetExceeded: from ``passages`` and ``queries``, as a chat model would.
    """

    sends = True
    """Texts leave this machine, so private steps search by words alone."""

    def __init__(self, settings: EmbeddingModel, max_usd: float = math.inf) -> None:
        fault = fault_of(settings.base_url)
        if fault:
            raise ModelUnavailable(
                f"The address of the embedding model cannot be used: {fault}.", hint="Correct [embeddings] in kolony.toml."
            )
        s = settings
        self.dim = s.dimensions
        self.sends = not s.trusted
        self._settings = s
        self._drops_dimensions = False
        limit = s.batch * s.dimensions * _NUMBER + 2**20
        self._endpoint = Endpoint(s.model, s.base_url, s.api_key_env, s.timeout, 4, 0.5, limit)
        # What the vectors depend on; a store made under one name is never opened under another.
        prefixes = hashlib.sha256(f"{s.passage_prefix}\0{s.query_prefix}".encode()).hexdigest()[:8]
        self.name = f"{s.model}@{self._endpoint.host}/{s.dimensions}/{MAX_CHARS}/{prefixes}"
        self._meter = Meter(Ledger(max_usd), task="embed", model=s.model, usd_per_mtok_in=s.usd_per_mtok)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts to be found, float32, shape (len(texts), dim)."""
        return self._vectors([self._settings.passage_prefix + self._clean(t) for t in texts])

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts to find with, float32, shape (len(texts), dim)."""
        return self._vectors([self._settings.query_prefix + self._clean(t) for t in texts])

    def _clean(self, text: str) -> str:
        if self.sends:
            from ..guard import redact

            text = redact(text)  # before it is cut: half a number would not be known for one
        return text[:MAX_CHARS].strip() or "-"  # servers refuse an empty text

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        import numpy as np

        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        rows = in_own_loop(self._endpoint.closing(self._all(texts)))
        vectors = np.asarray(rows, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    async def _all(self, texts: list[str]) -> list[list[float]]:
        slots, size = asyncio.Semaphore(AT_ONCE), self._settings.batch

        async def some(start: int) -> list[list[float]]:
            async with slots:
                return await self._batch(texts[start : start + size])

        tasks = [asyncio.ensure_future(some(i)) for i in range(0, len(texts), size)]
        try:
            return [row for part in await asyncio.gather(*tasks) for row in part]
        finally:
            for t in tasks:  # the first failure ends the others
                t.cancel()

    async def _batch(self, texts: list[str]) -> list[list[float]]:
        most = sum(len(t.encode()) + 8 for t in texts)

        def read(body: bytes) -> tuple[list[list[float]], int, int]:
            rows, tokens = read_embeddings(body, len(texts), self.dim)
            return rows, tokens or most, 0

        while True:
            body: dict[str, Any] = {"model": self._settings.model, "input": texts}
            if not self._drops_dimensions:
                body["dimensions"] = self.dim
            try:
                return await self._endpoint.ask("/embeddings", body, read, self._meter, (most, 0))
            except NotTaken as e:
                refusal = e
            if refusal.kind is not Kind.OPTION or "dimensions" not in body or not option_of(refusal.said, ["dimensions"]):
                raise refusal
            self._drops_dimensions = True


def read_embeddings(body: bytes, count: int, dim: int) -> tuple[list[list[float]], int]:
    """The vectors in the order of their texts, and the tokens that were read (0: not told).

    Raises:
        ValueError: not ``count`` vectors of finite numbers, or one of length 0.
        ModelError: they are not of ``dim`` numbers.
        UnderStatus200: an error that came with status 200.
    """
    data = load_json(body)
    refuse_under_200(data)
    rows: dict[int, list[float]] = {}
    try:
        for place, item in enumerate(data["data"]):
            rows[int(item.get("index", place))] = [float(x) for x in item["embedding"]]
        tokens = max(0, int((data.get("usage") or {}).get("prompt_tokens") or 0))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError):
        rows, tokens = {}, 0
    if set(rows) != set(range(count)):
        raise ValueError(f"not {count} embeddings")
    for row in rows.values():
        if len(row) != dim:
            # Not a slip that passes: the model has other vectors.
            raise ModelError(f"The embedding model gives vectors of {len(row)} numbers, not of {dim}.", hint="Correct `dimensions`.")
        if not all(map(math.isfinite, row)) or not 1e-12 < math.hypot(*row) < math.inf:
            raise ValueError("an embedding that has no direction")
    return [rows[i] for i in range(count)], tokens
