"""What a set of creators is worth, when people who follow several of them are counted once.

The audience lies in segments (a place, an age, an interest). Segment *s* holds ``size[s]`` in all; creator *i* alone gets
``r[i, s]`` of it. Within a segment audiences meet at random, so that a set *S* gets

    f(S) = sum over s of size[s] * (1 - product over i in S of (1 - r[i, s]))  +  what is nobody else's

which is Sainsbury's formula of random duplication (Caffyn and Sagovsky, "Net audiences of British newspapers: a comparison of
the Agostini and Sainsbury methods", *Journal of Advertising Research* 3, 1963), applied per segment. A concave function of a sum
in each segment, *f* is monotone and submodular: nobody takes anything away, and everybody adds less to more. ``f({i})`` is the
option's own value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent import ToolError

from .model import Option

FULL = 1 - 1e-9
"""The most of a segment that one creator gets: all of it would have no logarithm."""


@dataclass(frozen=True)
class Overlap:
    """Where each option's audience lies.

    Args:
        ids: the options that are known here; others share their audience with nobody.
        share: shape (ids, segments): the share of an option's value that comes from each segment. A row sums to 1 at most;
            what is left is shared with nobody.
        size: shape (segments,): what a segment holds in all, in the unit of the values (people, or engagements). Of an option
            with more than that, the rest is shared with nobody.
    """

    ids: Sequence[str]
    share: np.ndarray
    size: np.ndarray

    def __post_init__(self) -> None:
        share, size = np.asarray(self.share, dtype=float), np.asarray(self.size, dtype=float)
        if share.shape != (len(self.ids), size.size) or size.ndim != 1:
            raise ToolError(f"The overlap has shares of shape {share.shape} for {len(self.ids)} ids and sizes of shape {size.shape}.")
        if not (np.isfinite(share).all() and (share >= 0).all() and (share.sum(axis=1) <= 1 + 1e-6).all()):
            raise ToolError("The overlap's shares must be 0 or more and sum to 1 at most for each id.")
        if not (np.isfinite(size).all() and (size >= 0).all()):
            raise ToolError("The overlap's segment sizes must be numbers, 0 or more.")


class SetValue:
    """``f`` over options in a given order; sets are lists of their places.

    Attributes:
        own: shape (n,), what of each option's value is shared with nobody.
        parts: shape (n, segments), ``r``.
        weights: shape (n, segments), ``-log(1 - r)``: the sums of which ``f`` is a concave function.
        size: shape (segments,).
    """

    def __init__(self, options: Sequence[Option], overlap: Overlap | None = None) -> None:
        value = np.array([o.value for o in options], dtype=float)
        self.single, self.own = value, value
        self.size = np.zeros(0)
        self.parts = self.weights = np.zeros((len(options), 0))
        if overlap is None or not len(options):
            return
        place = {id: k for k, id in enumerate(overlap.ids)}
        known = np.array([place.get(o.id, -1) for o in options])
        share = np.where((known >= 0)[:, None], np.asarray(overlap.share, dtype=float)[known], 0.0)
        used = (np.asarray(overlap.size) > 0) & (share * value[:, None] > 0).any(axis=0)
        self.size = np.asarray(overlap.size, dtype=float)[used]
        self.parts = np.minimum(value[:, None] * share[:, used] / self.size, FULL)
        self.weights = -np.log1p(-self.parts)
        self.own = np.maximum(value - self.parts @ self.size, 0.0)

    @property
    def additive(self) -> bool:
        """Whether nobody shares anything."""
        return self.size.size == 0

    def sums(self, picked: Sequence[int]) -> np.ndarray:
        """Shape (segments,): the weights of a set together."""
        return self.weights[list(picked)].sum(axis=0) if len(picked) else np.zeros(self.size.size)

    def __call__(self, picked: Sequence[int]) -> float:
        if not len(picked):
            return 0.0
        return float(self.own[list(picked)].sum() - self.size @ np.expm1(-self.sums(picked)))

    def gains(self, sums: np.ndarray, places: np.ndarray | slice = slice(None)) -> np.ndarray:
        """What each option would add to a set with these ``sums``. Shape of ``places``."""
        gained: np.ndarray = self.own[places] + self.parts[places] @ (self.size * np.exp(-sums))
        return gained
