"""What a backend says of a text, and what a backend is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Label = Literal["negative", "neutral", "positive"]
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Reading:
    """One text as a backend reads it."""

    probs: tuple[float, float, float]
    """Negative, neutral, positive; they sum to one."""
    emotions: Mapping[str, float] = field(default_factory=dict)
    """Anger, joy, sadness, fear, surprise, …: probabilities; empty when not asked for, or not known to the backend."""
    aspects: Mapping[str, float] = field(default_factory=dict)
    """Aspect (its key in ``aspects.*.yaml``) to the probability that the text speaks of it; empty when not asked for."""

    @property
    def label(self) -> Label:
        """The most probable one."""
        return LABELS[max(range(3), key=self.probs.__getitem__)]

    @property
    def net(self) -> float:
        """Positive minus negative, -1 to 1."""
        return self.probs[2] - self.probs[0]


class Backend(Protocol):
    """One way of reading sentiment."""

    name: str

    def read(self, texts: Sequence[str], *, emotions: bool = False, aspects: bool = False) -> list[Reading]:
        """One reading per text, in order."""
