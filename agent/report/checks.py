"""What is known of a creator beside the fit: signals, words a brand may mind, paid posts, work for others. Nothing here accuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..artifacts import Authenticity, Candidate, Interval, Signal, SponsoredWork
from . import charts_lines
from .numbers import NONE, Numbers
from .texts import Texts

_SHARES = {"engagement_rate", "spikes", "repeated_texts", "digits_in_name", "active_fans"}
"""Signals that are shares, by the names the built-in search gives them; others are written as plain numbers."""


@dataclass(frozen=True)
class SignalRow:
    """A signal as a reader sees it. ``chart`` is empty where it is not compared with others."""

    name: str
    value: str
    usual: str
    source: str
    chart: Markup
    score: str
    reading: str
    evidence: Sequence[str]


class Checks:
    """The checks of one candidate, in words and drawings."""

    def __init__(self, candidate: Candidate, t: Texts, f: Numbers) -> None:
        self.candidate, self._t, self._f = candidate, t, f

    def __bool__(self) -> bool:
        c = self.candidate
        return bool(c.authenticity or c.safety or c.sponsored or c.conflicts)

    @property
    def authenticity(self) -> Authenticity | None:
        return self.candidate.authenticity

    @property
    def score(self) -> str:
        found = self.authenticity
        return self._t("signals.too_few") if found is None or found.score is None else f"{found.score.p50:.2f}"

    @property
    def score_span(self) -> str:
        found = self.authenticity
        return self._t("interval.80", span=_plain(found.score)) if found and found.score else ""

    @property
    def compared(self) -> str:
        """“7 of 9 signals could be read.”"""
        signals = self.authenticity.signals if self.authenticity else []
        return self._t("signals.read", known=sum(s.value is not None for s in signals), n=len(signals)) if signals else ""

    @property
    def peers(self) -> str:
        """Whom the signals are compared with, where it is the same accounts for all."""
        found = self.authenticity.signals if self.authenticity else []
        said = {(s.reference.n, s.reference.source) for s in found if s.reference}
        return self._source(*said.pop()) if len(said) == 1 else ""

    def _source(self, n: int, source: str) -> str:
        return self._t("signals.peers", n=self._f.exact(n), source=source)

    @property
    def signals(self) -> list[SignalRow]:
        """Those furthest from what is usual first, those without data last."""
        found = self.authenticity.signals if self.authenticity else []
        return [self._row(s) for s in sorted(found, key=lambda s: (s.value is None, 1.0 if s.score is None else s.score))]

    def _row(self, s: Signal) -> SignalRow:
        t, shown = self._t, self._f.percent if s.name in _SHARES else self._f.figure
        name = t.word("signal", s.name)
        value = t("signals.too_few") if s.value is None else shown(s.value)
        usual = source = ""
        chart = Markup()
        if s.reference is not None:
            usual = " – ".join(shown(v) for v in (s.reference.p5, s.reference.median, s.reference.p95))
            if not self.peers and s.reference.source not in s.reading:
                source = self._source(s.reference.n, s.reference.source)
            if s.value is not None:
                chart = charts_lines.strip(s.value, s.reference, t("signals.strip", name=name, value=value, usual=usual))
        return SignalRow(name, value, usual, source, chart, NONE if s.score is None else f"{s.score:.2f}", s.reading, s.evidence)

    @property
    def sponsored(self) -> SponsoredWork | None:
        return self.candidate.sponsored

    @property
    def ratio(self) -> str:
        """Sponsored / organic engagement, as a factor."""
        work = self.sponsored
        if work is None or work.ratio is not None:
            return f"× {work.ratio.p50:.2f}" if work and work.ratio else NONE
        return self._t("sponsored.too_few" if work.posts else "sponsored.none")

    @property
    def ratio_span(self) -> str:
        work = self.sponsored
        return self._t("interval.80", span=_plain(work.ratio)) if work and work.ratio else ""


def _plain(i: Interval) -> str:
    return f"{i.p10:.2f}–{i.p90:.2f}"
