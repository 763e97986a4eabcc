"""Which channels conversions went through: last touch, Markov removal, Shapley. All three are association, none is cause.

- *Last touch*: the whole conversion to the last channel before it.
- *Markov removal* (Anderl, Becker, von Wangenheim and Schumann, "Mapping the customer journey", International Journal of Research in
  Marketing 33, 2016): journeys as a first-order chain from a start to conversion or nought; a channel's part is how much less
  often the chain converts when every visit to the channel ends there, and the parts are scaled to sum to one.
- *Shapley* (Zhao, Mahboobi and Bagheri, "Shapley value methods for attribution modeling in online advertising", 2018, section 3):
  the game in which a set of channels is worth the conversions of journeys that used no other channel. It is a sum of unanimity
  games, so the Shapley value is each conversion divided equally among its journey's channels: exact for any number of channels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Method = Literal["last_touch", "markov", "shapley"]
RESAMPLES = 200
MIN_CONVERSIONS = 30
"""Below this many conversions shares of channels say nothing."""


@dataclass(frozen=True)
class Journey:
    """Journeys of one kind: the channels in their order, how many converted so, and how many did not."""

    channels: tuple[str, ...]
    conversions: float
    losses: float = 0.0
    row: int = 0
    """Line of the file it stands in."""


def last_touch(journeys: Sequence[Journey]) -> dict[str, float]:
    """Share of the conversions by the last channel. Empty when nothing converted."""
    return _shares(journeys, lambda j: {j.channels[-1]: 1.0})


def shapley(journeys: Sequence[Journey]) -> dict[str, float]:
    """Share of the conversions by Shapley value. The order of touches and repeated ones make no difference."""

    def split(j: Journey) -> dict[str, float]:
        distinct = set(j.channels)
        return dict.fromkeys(distinct, 1 / len(distinct))

    return _shares(journeys, split)


def _shares(journeys: Sequence[Journey], split: Callable[[Journey], dict[str, float]]) -> dict[str, float]:
    won: dict[str, float] = dict.fromkeys(channels_of(journeys), 0.0)
    for journey in journeys:
        for channel, part in split(journey).items():
            won[channel] += part * journey.conversions
    total = sum(won.values())
    return {c: v / total for c, v in won.items()} if total > 0 else {}


def channels_of(journeys: Sequence[Journey]) -> list[str]:
    """Every channel, in alphabetical order."""
    return sorted({c for j in journeys for c in j.channels})


def markov(journeys: Sequence[Journey]) -> dict[str, float]:
    """Share of the conversions by removal effect. Empty when nothing converted."""
    channels = channels_of(journeys)
    effects = removal_effects(journeys)
    total = sum(effects.values())
    return {c: effects[c] / total for c in channels} if total > 0 else {}


def removal_effects(journeys: Sequence[Journey]) -> dict[str, float]:
    """By how much, 0 to 1, conversions would fall if every visit to the channel ended the journey there, in the fitted chain."""
    import numpy as np

    channels = channels_of(journeys)
    place = {c: i + 1 for i, c in enumerate(channels)}
    end = len(channels) + 1
    counts = np.zeros((end, end + 1))  # from: start, channels; to: the same, conversion; what is left of a row is loss
    leaving = np.zeros(end)
    for journey in journeys:
        weight = journey.conversions + journey.losses
        at = 0
        for channel in journey.channels:
            counts[at, place[channel]] += weight
            leaving[at] += weight
            at = place[channel]
        counts[at, end] += journey.conversions
        leaving[at] += weight
    chain = np.divide(counts, leaving[:, None], out=np.zeros_like(counts), where=leaving[:, None] > 0)
    whole = _conversion(chain, None)
    return {c: max(0.0, 1 - _conversion(chain, place[c]) / whole) if whole > 0 else 0.0 for c in channels}


def _conversion(chain: np.ndarray, removed: int | None) -> float:
    """Probability of ending in conversion from the start of an absorbing chain (Kemeny and Snell 1960, theorem 3.3.7)."""
    import numpy as np

    among, won = chain[:, :-1].copy(), chain[:, -1].copy()
    if removed is not None:
        among[removed], won[removed] = 0.0, 0.0
    return float(np.linalg.solve(np.eye(len(among)) - among, won)[0])


METHODS: dict[Method, Callable[[Sequence[Journey]], dict[str, float]]] = {"last_touch": last_touch, "markov": markov, "shapley": shapley}


@dataclass(frozen=True)
class Share:
    """A channel's share of the conversions, and the 90 % interval of it under resampling of journeys."""

    channel: str
    share: float
    low: float
    high: float


def attribute(journeys: Sequence[Journey], method: Method, *, seed: int = 0, resamples: int = RESAMPLES) -> list[Share]:
    """Shares of all channels, largest first, with percentile-bootstrap intervals over single journeys.

    The interval says how much the shares would differ with other customers of the same kind, not how far they are from the truth.
    """
    import numpy as np

    found = METHODS[method](journeys)
    rng = np.random.default_rng(seed)
    weights = np.array([[j.conversions, j.losses] for j in journeys]).ravel()
    size = round(weights.sum())
    again: dict[str, list[float]] = defaultdict(list)
    for drawn in rng.multinomial(size, weights / weights.sum(), size=resamples):
        sample = [
            Journey(j.channels, float(won), float(lost))
            for j, (won, lost) in zip(journeys, drawn.reshape(-1, 2), strict=True)
            if won or lost
        ]
        shares = METHODS[method](sample)
        for channel in found:
            again[channel].append(shares.get(channel, 0.0))
    ends = {c: np.quantile(again[c], [0.05, 0.95]) for c in found}
    order = sorted(found, key=lambda c: (-found[c], c))
    return [Share(c, found[c], min(found[c], float(ends[c][0])), max(found[c], float(ends[c][1]))) for c in order]
