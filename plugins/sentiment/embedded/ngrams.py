"""Hashed words and character n-grams, and softmax or logistic regression on them: the fast reader, and one voice of the full one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.sentiment.embedded.clean import clean

BUCKETS = 2**18
_PIECE = re.compile(r"[\u3400-\u9fff]+|[#@]?[^\W\d_\u3400-\u9fff][^\W_\u3400-\u9fff]*(?:['’][^\W\d_]+)?|[^\w\s]")
_LONG = re.compile(r"(.)\1{2,}")
Floats = NDArray[np.float32]


def grams(text: str) -> list[str]:
    """What a text is counted as: Chinese runs by one to three characters; other words whole, in pairs, and by their pieces of
    four characters; each mark and emoji. Letters repeated for stress count as two."""
    found: list[str] = []
    before = ""
    for piece in _PIECE.findall(_LONG.sub(r"\1\1", clean(text).lower())):
        if "\u3400" <= piece[0] <= "\u9fff":
            for n in (1, 2, 3):
                found += [piece[i : i + n] for i in range(len(piece) - n + 1)]
            continue
        found += [f"w {piece}", f"p {before} {piece}"]
        if len(piece) > 4:
            found += [f"c {piece[i : i + 4]}" for i in range(len(piece) - 3)]
        before = piece
    return found


def counted(texts: Sequence[str]) -> Any:
    """A sparse matrix, shape (len(texts), BUCKETS), rows of length one (or zero for a text of nothing)."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(analyzer=grams, n_features=BUCKETS, alternate_sign=False, binary=True, dtype=np.float32).transform(list(texts))


@dataclass(frozen=True)
class Linear:
    """Weights in eight bits with one scale a column, shape (BUCKETS, columns), and a bias."""

    weights: NDArray[np.int8]
    scale: Floats
    bias: Floats

    def logits(self, rows: Any) -> Floats:
        """Shape (rows, columns). Only the weights of buckets that occur are unpacked."""
        buckets, where = np.unique(rows.indices, return_inverse=True)
        from scipy.sparse import csr_matrix

        small = csr_matrix((rows.data, where, rows.indptr), shape=(rows.shape[0], len(buckets)))
        return np.asarray(small @ self.weights[buckets].astype(np.float32) * self.scale + self.bias, dtype=np.float32)


def fit(rows: Any, targets: Floats, *, exclusive: bool, weight: Floats | None = None, penalty: float = 3e-6, rounds: int = 80) -> Linear:
    """Regression on soft targets, shape (n, columns): softmax when the columns exclude each other, else logistic by column.

    The mean loss plus ``penalty`` times the sum of squares, by L-BFGS.
    """
    from scipy.optimize import minimize
    from scipy.special import expit, log_softmax

    n, columns = targets.shape
    weight = np.ones(n, np.float32) if weight is None else weight
    weight = (weight / weight.sum())[:, None]
    across = rows.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = flat.reshape(-1, columns).astype(np.float32)
        z = rows @ w[:-1] + w[-1]
        if exclusive:
            logs = log_softmax(z, axis=1)
            value, slope = -(targets * logs * weight).sum(), (np.exp(logs) - targets) * weight
        else:
            value, slope = ((np.logaddexp(0, z) - targets * z) * weight).sum(), (expit(z) - targets) * weight
        gradient = np.concatenate([across @ slope + 2 * penalty * w[:-1], slope.sum(0, keepdims=True)])
        return float(value + penalty * (w[:-1] ** 2).sum()), gradient.ravel().astype(np.float64)

    start = np.zeros((rows.shape[1] + 1) * columns)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds, "maxcor": 6}).x.reshape(-1, columns)
    scale = np.abs(best[:-1]).max(0).clip(1e-9) / 127
    return Linear(np.round(best[:-1] / scale).astype(np.int8), scale.astype(np.float32), best[-1].astype(np.float32))
