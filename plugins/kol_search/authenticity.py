"""How usual an account's figures are among its peers: signals to look into, never an accusation.

Peers are the store's creators of the same platform and follower band, of the same platform where those are too few. Each signal is a
number; how far it lies from the peers' is the modified z-score of Iglewicz & Hoaglin (1993), z = (x - median) / (1.4826 MAD), with
the log taken of ratios. Up to ``USUAL`` a signal scores 1, from ``FAR`` on 0; the account's score is the share of usual signals
with a Beta posterior, so that few signals say little. The signals follow what studies of bought followers and
engagement found to tell (Cresci et al. 2015, "Fame for sale"; Zarei et al. 2020, "Impersonation on social media"; Goh & Barabási 2008 for burstiness).
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent import Authenticity, Interval, Reference, Signal
from plugins.common import platform_name, say

from .pool import Entry
from .signals import READINGS, SIGNALS, values_of

if TYPE_CHECKING:
    import numpy as np

MIN_PEERS = 8
"""Fewer peers than this tell nothing of what is usual."""
MIN_SIGNALS = 3
"""Fewer known signals than this are not enough data."""
USUAL, FAR = 2.0, 5.0
"""Robust standard deviations up to which a value is as good as usual, and from which on it could not be further off."""
DRAWS = 200


@dataclass(frozen=True)
class _Usual:
    """What is usual of one signal among one group of peers."""

    n: int
    median: float
    spread: float
    p5: float
    p95: float
    band: str


class Peers:
    """What is usual in a pool, by platform and follower band."""

    def __init__(self, entries: Sequence[Entry], language: str) -> None:
        self.language = language
        self._values = {e.id: values_of(e) for e in entries}
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        for e in entries:
            groups[e.platform, ""].append(e.id)
            if e.creator and e.creator.tier:
                groups[e.platform, e.creator.tier].append(e.id)
        self._usual: dict[tuple[str, str, str], _Usual | None] = {}
        self._groups = groups

    def usual(self, signal: str, entry: Entry) -> _Usual | None:
        """What is usual of a signal among an account's peers; ``None`` where there are too few."""
        for band in (entry.creator.tier if entry.creator and entry.creator.tier else "", ""):
            key = (signal, entry.platform, band)
            if key not in self._usual:
                known = [v for id in self._groups.get(key[1:], ()) if (v := self._values[id].get(signal)) is not None]
                self._usual[key] = _usual(known, SIGNALS[signal].least, band) if len(known) >= MIN_PEERS else None
            if found := self._usual[key]:
                return found
        return None

    def scores(self, entry: Entry) -> dict[str, float]:
        """Signal to score 0-1, of those that are known and have peers."""
        made = {}
        for name, value in self._values[entry.id].items():
            usual = self.usual(name, entry)
            if value is not None and usual is not None:
                made[name] = score_of(value, usual.median, usual.spread, SIGNALS[name].side)
        return made

    def point(self, entry: Entry) -> float | None:
        """Share of signals that are usual, (sum of scores + 0.5) / (signals + 1) (Jeffreys' prior); ``None`` with too few signals."""
        scores = self.scores(entry)
        return (sum(scores.values()) + 0.5) / (len(scores) + 1) if len(scores) >= MIN_SIGNALS else None

    def judge(self, entry: Entry) -> Authenticity:
        """All signals of an account, each with what is usual, and the score with its interval."""
        scores, point = self.scores(entry), self.point(entry)
        signals = [self._signal(name, entry, scores.get(name)) for name in SIGNALS]
        far = [s for s in signals if s.score is not None and s.score < 0.5]
        names = (", " if self.language == "en" else "、").join(READINGS[s.name][0 if self.language == "en" else 1] for s in far)
        if point is None:
            return Authenticity(
                signals=signals,
                reading=say(
                    self.language, en=f"Not enough data: {len(scores)} signals known.", zh=f"数据不足：仅有 {len(scores)} 项信号。"
                ),
            )
        return Authenticity(
            score=self._interval(entry, point), signals=signals,
            reading=say(
                self.language,
                en=f"{len(scores)} signals, " + (f"{len(far)} far from what is usual among peers: {names}. Worth a look; no proof of anything." if far else "none far from what is usual among peers."),
                zh=f"共 {len(scores)} 项信号，" + (f"其中 {len(far)} 项明显偏离同类账号：{names}。建议人工复核，不构成任何结论。" if far else "均与同类账号相近。"),
            ),
        )  # fmt: skip

    def _signal(self, name: str, entry: Entry, score: float | None) -> Signal:
        value, usual, kind = self._values[entry.id].get(name), self.usual(name, entry), SIGNALS[name]
        en, zh = READINGS[name]
        if value is None:
            reading = say(self.language, en=f"{en}: not enough data.", zh=f"{zh}：数据不足。")
            return Signal(name=name, reading=reading, evidence=[entry.id])
        shown = kind.show(value)
        reference = None
        if usual is None:
            reading = say(self.language, en=f"{en}: {shown}; too few peers to compare.", zh=f"{zh}：{shown}；同类账号过少，无法比较。")
        else:
            whose = say(
                self.language,
                en=f"{usual.n} {usual.band + ' ' if usual.band else ''}creators on {platform_name(entry.platform, 'en')} in the store",
                zh=f"库内 {platform_name(entry.platform, 'zh')} {usual.band + ' 量级' if usual.band else ''}达人 {usual.n} 位",
            )
            back = kind.back
            reference = Reference(n=usual.n, median=back(usual.median), p5=back(usual.p5), p95=back(usual.p95), source=whose)
            far = score is not None and score < 0.5
            high = value > usual.median
            reading = say(
                self.language,
                en=f"{en}: {shown}, {('unusually ' + ('high' if high else 'low')) if far else 'usual'} among {whose} "
                f"(median {kind.show(usual.median)}, 90 % between {kind.show(usual.p5)} and {kind.show(usual.p95)}).",
                zh=f"{zh}：{shown}，在{whose}中{('明显偏' + ('高' if high else '低')) if far else '属正常范围'}"
                f"（中位数 {kind.show(usual.median)}，90% 在 {kind.show(usual.p5)}～{kind.show(usual.p95)} 之间）。",
            )
        rests_on = [p.id for p in entry.posts[: 3 if kind.of_posts else 0]] or [entry.id]
        return Signal(name=name, value=kind.back(value), reference=reference, score=score, reading=reading, evidence=rests_on)

    def _interval(self, entry: Entry, point: float) -> Interval:
        """P10-P90 of the share of usual signals: Beta posterior, its counts from posts drawn anew (bootstrap; seeded)."""
        import numpy as np

        rng = np.random.default_rng(0)
        scores = self.scores(entry)
        usual = np.array([self._redrawn(name, entry, scores[name], rng) for name in scores]).sum(axis=0)
        drawn = rng.beta(usual + 0.5, len(scores) - usual + 0.5)
        low, high = (float(v) for v in np.quantile(drawn, [0.1, 0.9]))
        return Interval(p10=min(low, point), p50=point, p90=max(high, point))

    def _redrawn(self, name: str, entry: Entry, score: float, rng: np.random.Generator) -> np.ndarray:
        """``DRAWS`` scores of one signal, its posts drawn with replacement."""
        import numpy as np

        kind, usual = SIGNALS[name], self.usual(name, entry)
        rows = kind.rows(entry) if kind.rows is not None else None
        if rows is None or kind.of_rows is None or usual is None:
            return np.full(DRAWS, score)
        picked = rows[rng.integers(0, len(rows), (DRAWS, len(rows)))]
        return np.array([score_of(v, usual.median, usual.spread, kind.side) for v in kind.of_rows(picked)])


def score_of(value: float, median: float, spread: float, side: int) -> float:
    """1 up to ``USUAL`` robust standard deviations from the median, 0 from ``FAR`` on. ``side``: 1 only high values count, -1 only low."""
    z = (value - median) / spread
    z = abs(z) if side == 0 else side * z
    return min(1.0, max(0.0, 1 - (z - USUAL) / (FAR - USUAL)))


def _usual(values: Sequence[float], least: float, band: str) -> _Usual:
    import numpy as np

    middle = statistics.median(values)
    spread = max(1.4826 * statistics.median(abs(v - middle) for v in values), least)
    p5, p95 = (float(v) for v in np.quantile(values, [0.05, 0.95]))
    return _Usual(len(values), middle, spread, p5, p95, band)
