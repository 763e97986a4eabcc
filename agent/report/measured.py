"""What a campaign brought, in words and drawings: effects against what would have been, and which channels conversions went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from ..artifacts import Attribution, ChannelShare, Effect, EffectPoint, Range90
from . import charts_lines
from .charts import share_bar
from .numbers import NONE, Numbers
from .texts import Texts

_BADGE = {"higher": "", "lower": "block", "unclear": "revise", "not_enough_data": "none"}


@dataclass(frozen=True)
class Cell:
    """One channel's share by one method."""

    share: str
    span: str
    chart: Markup


class Shown:
    """One effect as a reader sees it."""

    def __init__(self, effect: Effect, start: date | None, t: Texts, f: Numbers) -> None:
        self.effect, self._start, self._t, self._f = effect, start, t, f

    @property
    def verdict(self) -> str:
        return self._t.word("effect_verdict", self.effect.verdict)

    @property
    def badge(self) -> str:
        return _BADGE.get(self.effect.verdict, "none")

    @property
    def figures(self) -> list[tuple[str, str, str]]:
        """Label, middle and 90% interval."""
        e, t, f = self.effect, self._t, self._f
        rows = []
        if e.total is not None:
            rows.append((t("effect.total"), f.figure(e.total.p50, signed=True), t("interval.90", span=f.spread(e.total, signed=True))))
        if e.relative is not None:
            span = t("interval.90", span=f.spread(e.relative, percent=True))
            rows.append((t("effect.relative"), f.signed_percent(e.relative.p50), span))
        if e.p_value is not None:
            rows.append((t("effect.p"), _probability(e.p_value), t("effect.p.help")))
        return rows

    @property
    def placebos(self) -> list[tuple[str, str, str]]:
        """Name, figures and reading of each placebo test."""
        t, f = self._t, self._f
        made = []
        for p in self.effect.placebos:
            figures = []
            if p.p_value is not None:
                figures.append(
                    t("placebo.trend.p", p=_probability(p.p_value)) if p.kind == "trend" else t("placebo.p", p=_probability(p.p_value))
                )
            if p.missed is not None:
                figures.append(t("placebo.missed", share=f.percent(p.missed, 0)))
            made.append((t.word("placebo", p.kind), f.join(figures), p.reading))
        return made

    @property
    def by_period(self) -> bool:
        """Whether the points are rows of a series, and not periods before and after the start."""
        return any(p.expected is not None or p.actual is not None for p in self.effect.points)

    def label(self, period: str) -> str:
        day = _day(period)
        return self._f.day(day) if day else self._t("effect.period", n=period) if not self.by_period else period

    @property
    def drawings(self) -> list[tuple[str, Markup]]:
        """Title and chart: what happened against what would have been and the effect added up; or the event study."""
        points = self.effect.points
        if len(points) < 2:
            return []
        if not self.by_period:
            return [(self._t("effect.study"), self._study(points))]
        made = []
        if any(p.expected is not None for p in points):
            made.append((self._t("effect.chart"), self._against(points)))
        if all(p.cumulative is not None for p in points):
            made.append((self._t("effect.cumulative"), self._added_up(points)))
        return made

    def _against(self, points: Sequence[EffectPoint]) -> Markup:
        t, f = self._t, self._f
        expected = [p.expected for p in points]
        nothing = float("nan")
        titles = [
            t("effect.point", period=self.label(p.period), actual=f.figure(p.actual), expected=f.figure(p.expected.p50 if p.expected else None),
              span=f.spread(p.expected))
            for p in points
        ]  # fmt: skip
        return self._plot(
            points, titles, t("effect.chart.reading", outcome=self.effect.outcome, first=titles[0], last=titles[-1]),
            [charts_lines.Line([p.actual for p in points], "actual"), charts_lines.Line([e.p50 if e else None for e in expected], "expected")],
            ([e.p5 if e else nothing for e in expected], [e.p95 if e else nothing for e in expected]),
        )  # fmt: skip

    def _added_up(self, points: Sequence[EffectPoint]) -> Markup:
        t, f = self._t, self._f
        sums = [p.cumulative for p in points if p.cumulative is not None]
        titles = [
            t("effect.cumulative.point", period=self.label(p.period), value=f.figure(s.p50, signed=True), span=f.spread(s, signed=True))
            for p, s in zip(points, sums, strict=True)
        ]
        reading = t("effect.cumulative.reading", outcome=self.effect.outcome, last=titles[-1])
        lines = [charts_lines.Line([s.p50 for s in sums], "actual")]
        return self._plot(points, titles, reading, lines, ([s.p5 for s in sums], [s.p95 for s in sums]), zero=True)

    def _plot(
        self, points: Sequence[EffectPoint], titles: Sequence[str], reading: str, lines: Sequence[charts_lines.Line],
        band: tuple[Sequence[float], Sequence[float]], zero: bool = False,
    ) -> Markup:  # fmt: skip
        days = [_day(p.period) for p in points]
        known = [d.toordinal() for d in days if d is not None]
        rising = len(known) == len(points) and all(a < b for a, b in pairwise(known))
        at = [float(d) for d in known] if rising else [float(i) for i in range(len(points))]
        # The rows are the campaign's, so it began with the first of them, unless there are rows before its date.
        began = at[0]
        if rising and self._start is not None and at[0] < self._start.toordinal() <= at[-1]:
            began = float(self._start.toordinal())
        return charts_lines.plot(
            charts_lines.Plot(
                at=at, labels=[self.label(p.period) for p in points], tick=self._f.figure, reading=reading, lines=lines, titles=titles,
                band=band, mark=(began, self._t("effect.began")), zero=zero,
            )
        )  # fmt: skip

    def _study(self, points: Sequence[EffectPoint]) -> Markup:
        t, f = self._t, self._f
        places = [_place(p.period) for p in points]
        known = [p for p in places if p is not None]
        rising = len(known) == len(points) and all(a < b for a, b in pairwise(known))
        at = known if rising else [float(i) for i in range(len(points))]
        titles = [
            t(
                "effect.study.point",
                period=self.label(p.period),
                value=f.signed_percent(p.effect.p50),
                span=f.spread(p.effect, percent=True),
            )
            for p in points
        ]
        mark = (-0.5, t("effect.began")) if rising and at[0] < 0 <= at[-1] else None
        return charts_lines.plot(
            charts_lines.Plot(
                at=at, labels=[self.label(p.period) for p in points], tick=f.signed_percent, titles=titles, mark=mark, zero=True,
                reading=t("effect.study.reading", outcome=self.effect.outcome, last=titles[-1]),
                whiskers=[(p.effect.p5, p.effect.p50, p.effect.p95) for p in points],
            )
        )  # fmt: skip

    @property
    def rows(self) -> list[list[str]]:
        """The points as a table: period, actual, expected, effect, effect added up."""
        f, percent = self._f, not self.by_period
        return [
            [
                self.label(p.period), f.figure(p.actual), _with_span(p.expected, f),
                _with_span(p.effect, f, percent=percent, signed=True), _with_span(p.cumulative, f, signed=True),
            ]
            for p in self.effect.points
        ]  # fmt: skip


class Shares:
    """Shares of the conversions by channel, the methods side by side."""

    def __init__(self, found: Sequence[Attribution], t: Texts, f: Numbers) -> None:
        self.found, self._t, self._f = [a for a in found if a.channels], t, f

    def __bool__(self) -> bool:
        return bool(self.found)

    @property
    def channels(self) -> list[tuple[str, list[Cell | None]]]:
        """Each channel with its share by each method, the largest by any of them first."""
        by = [{c.channel: c for c in a.channels} for a in self.found]
        largest: dict[str, float] = {}
        for channels in by:
            for name, own in channels.items():
                largest[name] = max(largest.get(name, 0.0), own.share)
        top = max([c.high for channels in by for c in channels.values()], default=1.0)
        names = sorted(largest, key=lambda name: (-largest[name], name))
        return [
            (name, [self._cell(c, top, a) if (c := channels.get(name)) else None for a, channels in zip(self.found, by, strict=True)])
            for name in names
        ]

    def _cell(self, c: ChannelShare, top: float, a: Attribution) -> Cell:
        t, f = self._t, self._f
        share, span = f.percent(c.share), f"{f.percent(c.low)}–{f.percent(c.high)}"
        reading = t("attribution.reading", channel=c.channel, method=t.word("attribution_method", a.method), share=share, span=span,
                    conversions=f.figure(c.conversions))  # fmt: skip
        return Cell(share, span, share_bar(c.share, c.low, c.high, top, reading))


def _with_span(e: Range90 | None, f: Numbers, percent: bool = False, signed: bool = False) -> str:
    if e is None:
        return NONE
    middle = f.signed_percent(e.p50) if percent else f.figure(e.p50, signed)
    return f"{middle} ({f.spread(e, percent, signed)})"


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.01 else f"{p:.2f}"


def _day(period: str) -> date | None:
    try:
        return date.fromisoformat(period)
    except ValueError:
        return None


def _place(period: str) -> float | None:
    try:
        return float(int(period))
    except ValueError:
        return None
