"""Charts as inline SVG. Bars are placed in per cent of their width, so one drawing fits a phone, a desk and A4.

Colours are classes of ``report.css``. Every drawing carries its reading as ``<title>`` and is one image to a screen reader.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from ..artifacts import Interval, Polarity, SentimentPoint
from .safe import one_line


def element(name: str, content: Markup | str = "", /, **attributes: object) -> Markup:
    """One SVG element; underscores in attribute names stand for hyphens, ``cls`` for ``class``. Everything is escaped."""
    words = "".join(
        f' {"class" if key == "cls" else key.replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{words}>{escape(content)}</{name}>")  # noqa: S704  every part is escaped above


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _percent(share: float) -> str:
    return f"{_number(100 * min(max(share, 0.0), 1.0))}%"


def drawing(reading: str, marks: Iterable[Markup], *, height: int, cls: str, width: str = "100%", view: str | None = None) -> Markup:
    """An ``<svg>`` with its reading as title."""
    title = element("title", one_line(reading))
    return element(
        "svg", title + Markup("").join(marks), cls=cls, role="img", width=width, height=height, viewBox=view, aria_label=one_line(reading)
    )


def _bar(start: float, share: float, cls: str, *, y: int = 0, height: int, reading: str = "") -> Markup:
    title = element("title", one_line(reading)) if reading else ""
    return element("rect", title, x=_percent(start), y=y, width=_percent(share), height=height, cls=cls)


def _usable(value: float) -> float:
    return value if math.isfinite(value) and value > 0 else 0.0


def stacked(parts: Sequence[tuple[str, float]], whole: float, reading: str, height: int = 10) -> Markup:
    """Parts of a whole side by side, in up to eight shades; negative parts take no room.

    Args:
        parts: reading and value of each.
        whole: the value that fills the width.
    """
    whole = max(_usable(whole), sum(_usable(v) for _, v in parts)) or 1.0
    marks, start = [_bar(0, 1, "track", height=height)], 0.0
    for index, (label, value) in enumerate(parts):
        share = _usable(value) / whole
        if share:
            marks.append(_bar(start, share, f"k{index % 8}", height=height, reading=label))
            start += share
    return drawing(reading, marks, height=height, cls="chart bar")


def budget(costs: Sequence[tuple[str, float, bool]], limit: float | None, reading: str) -> Markup:
    """What each creator takes of the budget, with a mark where the budget ends.

    Args:
        costs: reading, amount, and whether it is an estimate (hatched).
        limit: the budget; ``None`` when none was given.
    """
    total = sum(_usable(c) for _, c, _ in costs)
    whole = max(total, _usable(limit or 0.0)) or 1.0
    marks, start = [_bar(0, 1, "track", y=6, height=18)], 0.0
    for label, amount, estimated in costs:
        share = _usable(amount) / whole
        if share:
            marks.append(_bar(start, share, "spend estimated" if estimated else "spend", y=6, height=18, reading=label))
            start += share
    if limit:
        at = _percent(limit / whole)
        marks.append(element("line", x1=at, x2=at, y1=0, y2=30, cls="limit"))
    return drawing(reading, marks, height=30, cls="chart budget")


def diverging(polarity: Polarity, reading: str) -> Markup:
    """Negative to the left and positive to the right of the middle; neutral is split evenly around it."""
    half = polarity.neutral / 4
    marks = [
        _bar(0.5 - half - polarity.negative / 2, polarity.negative / 2, "negative", y=3, height=14),
        _bar(0.5 - half, 2 * half, "neutral", y=3, height=14),
        _bar(0.5 + half, polarity.positive / 2, "positive", y=3, height=14),
        element("line", x1="50%", x2="50%", y1=0, y2=20, cls="axis"),
    ]
    return drawing(reading, marks, height=20, cls="chart")


def whisker(interval: Interval, top: float, reading: str, observed: float | None = None) -> Markup:
    """P10 to P90 as a line, P50 as a dot, and what was observed as a diamond, on a scale from nothing to ``top``."""
    scale = _usable(top) or 1.0
    low, middle, high = (_usable(v) / scale for v in (interval.p10, interval.p50, interval.p90))
    marks = [
        element("line", x1="0", x2="100%", y1=12, y2=12, cls="grid"),
        element("line", x1=_percent(low), x2=_percent(high), y1=12, y2=12, cls="whisker"),
        *(element("line", x1=_percent(x), x2=_percent(x), y1=7, y2=17, cls="whisker-end") for x in (low, high)),
        element("circle", cx=_percent(middle), cy=12, r=5, cls="dot"),
    ]
    if observed is not None:
        at = _percent(_usable(observed) / scale)
        marks.append(element("line", x1=at, x2=at, y1=2, y2=22, cls="observed"))
    return drawing(reading, marks, height=24, cls="chart whiskers")


def trend(points: Sequence[SentimentPoint], labels: Sequence[str], reading: str) -> Markup:
    """Net sentiment (positive minus negative share) over time with its intervals, on a scale in steps of 25% that always holds zero."""
    height, top, foot = 190, 14, 150
    nets = [p.net for p in points]
    ends = [e for p in points for e in (p.low, p.high) if e is not None]
    low = min(math.floor(min([0.0, *nets, *ends]) * 4) / 4, 0.0)
    high = max(math.ceil(max([0.0, *nets, *ends]) * 4) / 4, low + 0.25)

    def level(net: float) -> float:
        return top + (foot - top) * (high - net) / (high - low)

    marks: list[Markup] = []
    step = 0.25 if high - low <= 1 else 0.5
    for i in range(math.ceil(low / step), math.floor(high / step) + 1):
        y = level(i * step)
        marks.append(element("line", x1="6%", x2="100%", y1=y, y2=y, cls="axis" if i == 0 else "grid"))
        marks.append(element("text", f"{i * step:+.0%}" if i else "0", x="0", y=y + 4, cls="label"))
    across = [0.1 + 0.86 * (i / (len(points) - 1) if len(points) > 1 else 0.5) for i in range(len(points))]
    down = [level(net) for net in nets]
    for i in range(len(points) - 1):
        marks.append(element("line", x1=_percent(across[i]), x2=_percent(across[i + 1]), y1=down[i], y2=down[i + 1], cls="trend"))
    for x, p in zip(across, points, strict=True):
        if p.low is not None and p.high is not None:
            marks.append(element("line", x1=_percent(x), x2=_percent(x), y1=level(p.low), y2=level(p.high), cls="between-ends"))
    every = max(1, math.ceil(len(points) / 6))
    for i, (x, y, net, label) in enumerate(zip(across, down, nets, labels, strict=True)):
        title = element("title", f"{one_line(label)}: {net:+.0%}")
        marks.append(element("circle", title, cx=_percent(x), cy=y, r=4, cls="dot"))
        if i % every == 0 or i == len(points) - 1:
            near_end = len(points) > 1 and i % every == 0 and len(points) - 1 - i < every and i != len(points) - 1
            if not near_end:
                marks.append(element("text", fit(label, 90, 12), x=_percent(x), y=foot + 26, text_anchor="middle", cls="label"))
            marks.append(element("text", f"{net:+.0%}", x=_percent(x), y=y - 10, text_anchor="middle", cls="value"))
    return drawing(reading, marks, height=height, cls="chart trend-line")


def hours(busiest: Sequence[int], reading: str) -> Markup:
    """The 24 hours of a day, the busiest ones filled, the first of them darkest."""
    rank = {hour: place for place, hour in reversed(list(enumerate(busiest)))}
    marks = [
        element("rect", element("title", f"{hour:02d}:00"), x=_percent(hour / 24), y=0, width="3.6%", height=14,
                cls="track" if hour not in rank else "k0" if rank[hour] < 3 else "k3")
        for hour in range(24)
    ]  # fmt: skip
    marks += [element("text", f"{hour:02d}", x=_percent(hour / 24), y=27, cls="label") for hour in (0, 6, 12, 18)]
    return drawing(reading, marks, height=30, cls="chart")


def ranked(value: float, top: float, reading: str) -> Markup:
    """One bar of a bar chart."""
    return drawing(reading, [_bar(0, _usable(value) / (_usable(top) or 1.0), "k2", height=10)], height=10, cls="chart bar")


def share_bar(value: float, low: float, high: float, top: float, reading: str) -> Markup:
    """A bar to ``value`` on a scale to ``top``, with its interval as a line across the bar's end."""
    scale = _usable(top) or 1.0
    begin, end = (_percent(_usable(v) / scale) for v in (low, high))
    marks = [
        _bar(0, _usable(value) / scale, "k3", y=3, height=10),
        element("line", x1=begin, x2=end, y1=8, y2=8, cls="reach"),
        *(element("line", x1=x, x2=x, y1=4, y2=12, cls="reach") for x in (begin, end)),
    ]
    return drawing(reading, marks, height=16, cls="chart")


def span(start: float, length: float, whole: float, status: str, reading: str) -> Markup:
    """When a step ran within the run, all in seconds. A step too short to see still gets a sliver."""
    scale = _usable(whole) or 1.0
    share = max(length / scale, 0.006)
    begin = min(max(start / scale, 0.0), 1 - share) if share < 1 else 0.0
    marks = [
        element("line", x1="0", x2="100%", y1=10, y2=10, cls="grid"),
        _bar(begin, share, f"status {status}", y=4, height=12),
    ]
    return drawing(reading, marks, height=20, cls="chart")


def fit(text: str, width: float, size: float) -> str:
    """As much of a text as fits into ``width`` pixels, by the usual widths of letters (a Chinese one is a full em)."""
    text, used = one_line(text), 0.0
    for index, c in enumerate(text):
        used += size * (1.0 if unicodedata.east_asian_width(c) in "WF" else 0.68 if c.isupper() else 0.56)
        if used > width:
            return text[: max(index - 1, 1)].rstrip() + "…"
    return text
