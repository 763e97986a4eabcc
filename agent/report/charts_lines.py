"""Line charts as inline SVG: a scale of fixed width, and beside it a drawing that takes the room there is.

Points and words are placed in per cent, so they keep their size on a phone and on A4. Only lines and bands are stretched, in a
drawing of their own without a fixed ratio; their strokes keep their width by the style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from ..artifacts import Reference
from .charts import drawing, element, fit
from .safe import one_line

HEIGHT, _TOP, _FOOT = 220, 22, 186
_ACROSS = 1000
_PAD = 0.015
_MOST_DOTS, _MOST_TITLES = 60, 400
_MOST = 1e15
"""What is larger, or no number, is left out of a drawing."""


@dataclass(frozen=True)
class Line:
    """Values from left to right (``None``: a gap), drawn in the style of a class."""

    values: Sequence[float | None]
    cls: str


@dataclass(frozen=True)
class Plot:
    """What a line chart shows.

    Args:
        at: where the columns lie from left to right, in any unit, rising.
        labels: what the columns are called; the first, a middle one and the last are written below.
        tick: writes a value of the scale.
        reading: what the chart says, for those who cannot see it.
        titles: what is shown when a column is pointed at.
        band: lower and upper end of a band behind the lines.
        whiskers: lower end, middle and upper end of each column.
        mark: where an upright line stands, in the unit of ``at``, and what it is called.
        chosen: a point to stress, as place and value, and what it is called.
        zero: whether the scale always holds zero.
    """

    at: Sequence[float]
    labels: Sequence[str]
    tick: Callable[[float], str]
    reading: str
    lines: Sequence[Line] = ()
    titles: Sequence[str] = ()
    band: tuple[Sequence[float], Sequence[float]] | None = None
    whiskers: Sequence[tuple[float, float, float]] = ()
    mark: tuple[float, str] | None = None
    chosen: tuple[float, float, str] | None = None
    zero: bool = False
    scale: list[float] = field(init=False)

    def __post_init__(self) -> None:
        values = [v for line in self.lines for v in line.values if v is not None]
        values += [v for edge in self.band or () for v in edge] + [v for ends in self.whiskers for v in ends]
        values += [self.chosen[1]] if self.chosen else []
        usable = [v for v in values if _drawable(v)] or [0.0]
        low, high = min(usable), max(usable)
        if self.zero or 0 < low < high / 2 or high / 2 < low < 0:
            low, high = min(low, 0.0), max(high, 0.0)
        object.__setattr__(self, "scale", nice(low, high))

    def across(self, place: float) -> float:
        """0 at the left end, 1 at the right."""
        first, last = self.at[0], self.at[-1]
        return min(max(_PAD + (1 - 2 * _PAD) * ((place - first) / (last - first) if last > first else 0.5), 0.0), 1.0)

    def down(self, value: float) -> float:
        """Pixels from the top."""
        low, high = self.scale[0], self.scale[-1]
        return _TOP + (_FOOT - _TOP) * (high - value) / (high - low)


def _drawable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= _MOST


def nice(low: float, high: float, most: int = 4) -> list[float]:
    """Values of a scale from at most ``low`` to at least ``high``, in steps of 1, 2 or 5 times a power of ten."""
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-288):
        low, high = (-1.0, 1.0) if abs(low) < 1e-288 else (low - abs(low) / 2, high + abs(high) / 2)
    power = math.floor(math.log10((high - low) / most))
    step = next(s for s in (m * 10.0**power for m in (1, 2, 5, 10, 20)) if (high - low) / s <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, max(0, 2 - power)) for i in range(first, last + 1)]


def plot(p: Plot) -> Markup:
    """The chart, as a box of two drawings of which only one has something to say."""
    words = [p.tick(v) for v in p.scale]
    width = max(36, round(max(7.0 * len(w) + 4 * sum(ord(c) > 0x2FF for c in w) for w in words)) + 10)
    beside = [
        element("text", word, x=width - 8, y=p.down(v) + 4, text_anchor="end", cls="label") for v, word in zip(p.scale, words, strict=True)
    ]
    scale = element("svg", Markup("").join(beside), cls="chart scale", aria_hidden="true", width=width, height=HEIGHT)
    marks = [
        element("line", x1="0", x2="100%", y1=p.down(v), y2=p.down(v), cls="axis" if v == 0 or i == 0 else "grid")
        for i, v in enumerate(p.scale)
    ]
    stretched = [*_band(p), *(_path(p, line) for line in p.lines)]
    if stretched:
        marks.append(
            element("svg", Markup("").join(stretched), x=0, y=0, width="100%", height=HEIGHT, viewBox=f"0 0 {_ACROSS} {HEIGHT}",
                    preserveAspectRatio="none", aria_hidden="true", cls="stretched")
        )  # fmt: skip
    if p.mark:
        marks += _upright(p, *p.mark)
    for place, ends in zip(p.at, p.whiskers, strict=False):
        marks += _whisker(p, place, ends)
    marks += [*_dots(p), *_below(p), *_chosen(p)]
    area = drawing(p.reading, marks, height=HEIGHT, cls="chart area")
    return element("div", scale + area, cls="plot")


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def _spot(p: Plot, place: float, value: float) -> str:
    return f"{_ACROSS * p.across(place):.1f} {p.down(value):.1f}"


def _band(p: Plot) -> list[Markup]:
    if p.band is None:
        return []
    columns = [(x, a, b) for x, a, b in zip(p.at, *p.band, strict=True) if _drawable(a) and _drawable(b)]
    if len(columns) < 2:
        return []
    edge = [_spot(p, x, a) for x, a, _ in columns] + [_spot(p, x, b) for x, _, b in reversed(columns)]
    return [element("path", d=f"M{' L'.join(edge)} Z", cls="band")]


def _path(p: Plot, line: Line) -> Markup:
    steps, joined = [], False
    for place, value in zip(p.at, line.values, strict=True):
        if value is None or not _drawable(value):
            joined = False
            continue
        steps.append(("L" if joined else "M") + _spot(p, place, value))
        joined = True
    return element("path", d=" ".join(steps), cls=f"line {line.cls}")


def _whisker(p: Plot, place: float, ends: tuple[float, float, float]) -> list[Markup]:
    if not all(_drawable(v) for v in ends):
        return []
    x, (low, middle, high) = _percent(p.across(place)), (p.down(v) for v in ends)
    return [
        element("line", x1=x, x2=x, y1=low, y2=high, cls="whisker"),
        element("circle", cx=x, cy=middle, r=5, cls="dot"),
    ]


def _dots(p: Plot) -> list[Markup]:
    """A dot for each value of the first line where there is room, and the place to point at for its title."""
    if len(p.at) > _MOST_TITLES:
        return []
    made = []
    values = p.lines[0].values if p.lines else [middle for _, middle, _ in p.whiskers]
    for i, (place, value) in enumerate(zip(p.at, values, strict=True)):
        if value is None or not _drawable(value):
            continue
        x, y = _percent(p.across(place)), p.down(value)
        if p.lines and len(p.at) <= _MOST_DOTS:
            made.append(element("circle", cx=x, cy=y, r=3, cls="dot"))
        if i < len(p.titles):
            made.append(element("circle", element("title", one_line(p.titles[i])), cx=x, cy=y, r=9, cls="point"))
    return made


def _below(p: Plot) -> list[Markup]:
    """The first column's name, a middle one's and the last one's."""
    last = len(p.at) - 1
    chosen = {0: "start", last: "end"} if last else {0: "middle"}
    middle = min(range(len(p.at)), key=lambda i: abs(p.across(p.at[i]) - 0.5))
    if 0.35 <= p.across(p.at[middle]) <= 0.65:
        chosen.setdefault(middle, "middle")
    return [
        element("text", fit(p.labels[i], 120, 12), x=_percent(p.across(p.at[i])), y=_FOOT + 20, text_anchor=anchor,
                cls="label between" if anchor == "middle" and last else "label")
        for i, anchor in chosen.items()
    ]  # fmt: skip


def _upright(p: Plot, place: float, word: str) -> list[Markup]:
    share = p.across(place)
    side = 6 if share < 0.5 else -6
    return [
        element("line", x1=_percent(share), x2=_percent(share), y1=8, y2=_FOOT, cls="began"),
        element("text", fit(word, 150, 12), x=_percent(share), y=14, dx=side, text_anchor="start" if side > 0 else "end", cls="label"),
    ]


def _chosen(p: Plot) -> list[Markup]:
    if p.chosen is None or not _drawable(p.chosen[1]):
        return []
    place, value, word = p.chosen
    share, y = p.across(place), p.down(value)
    x, side = _percent(share), 6 if share < 0.5 else -6
    # The name stands at the end that is further from the point, where no line is in its way.
    end, at = (_TOP, _TOP - 6) if y > (_TOP + _FOOT) / 2 else (_FOOT, _FOOT - 8)
    return [
        element("line", x1=x, x2=x, y1=y, y2=end, cls="drop"),
        element("circle", element("title", one_line(word)), cx=x, cy=y, r=6, cls="picked"),
        element("text", fit(word, 230, 12), x=x, y=at, dx=side, text_anchor="start" if side > 0 else "end", cls="value"),
    ]


def strip(value: float, usual: Reference, reading: str) -> Markup:
    """Where a value lies among what is usual: P5 to P95 as a band, the median as a stroke, the value as a dot.

    The scale reaches a third of the band beyond it. A value further out stands at the end as an arrow.
    """
    low, high = min(usual.p5, usual.p95), max(usual.p5, usual.p95)
    if not all(_drawable(v) for v in (value, low, high, usual.median)):
        return drawing(reading, [element("line", x1="0", x2="100%", y1=8, y2=8, cls="grid")], height=16, cls="chart")
    room = (high - low) / 3 or abs(high) / 3 or 1.0
    begin, width = low - room, high - low + 2 * room

    def at(v: float) -> float:
        return min(max((v - begin) / width, 0.0), 1.0)

    inside = low <= value <= high
    marks = [
        element("line", x1="0", x2="100%", y1=8, y2=8, cls="grid"),
        element("rect", x=_percent(at(low)), y=3, width=_percent(max(at(high) - at(low), 0.004)), height=10, cls="usual"),
        element("line", x1=_percent(at(usual.median)), x2=_percent(at(usual.median)), y1=2, y2=14, cls="middle"),
    ]
    if begin <= value <= begin + width:
        marks.append(element("circle", cx=_percent(at(value)), cy=8, r=5, cls="dot" if inside else "dot outside"))
    else:
        left = value < begin
        marks.append(
            element("text", "‹" if left else "›", x="0" if left else "100%", y=14, text_anchor="start" if left else "end", cls="beyond")
        )
    return drawing(reading, marks, height=16, cls="chart strip")
