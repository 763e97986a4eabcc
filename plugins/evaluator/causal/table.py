"""What a marketer has: a table of a series by date, and a table of journeys. Read strictly; every fault is named with its line."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from agent import ToolError

from .attribution import Journey

MAX_ROWS = 5000
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")
_DATE_NAMES = {"date", "day", "week", "month", "ds", "日期", "时间", "周", "月份"}
_PATH_NAMES = {"path", "journey", "touchpoints", "channels", "路径", "触点", "渠道路径"}
_WON_NAMES = {"conversions", "converted", "conversion", "orders", "total_conversions", "转化", "转化数", "订单", "是否转化"}
_LOST_NAMES = {"non_conversions", "null_conversions", "total_null", "nulls", "lost", "未转化", "未转化数"}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0, "是": 1.0, "否": 0.0}
Step = Literal["day", "week", "month"]
SEASONS: Mapping[Step, tuple[float, ...]] = {"day": (7.0, 365.25), "week": (52.18,), "month": (12.0,)}
"""Cycles of each kind of row, in rows."""


@dataclass(frozen=True)
class Series:
    """Numbers by date, without gaps, oldest first."""

    name: str
    step: Step
    dates: list[date]
    columns: dict[str, list[float]]
    lines: list[int]
    """Line of the file of each row."""

    def rows(self, start: int, stop: int) -> str:
        """Where rows ``start`` to ``stop`` (excluded) stand, e.g. ``sales.csv:2-53``."""
        between = self.lines[start:stop]
        return f"{self.name}:{min(between)}-{max(between)}"


def names_of(options: Mapping[str, Any], key: str) -> list[str]:
    """A setting that is one name or a list of them.

    Raises:
        ToolError: it is neither.
    """
    given = options.get(key, [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(n, str) and n.strip() for n in names):
        raise ToolError(f"[tools.measure_campaign] {key} = {given!r} is no list of column names.", hint=f'Write it as {key} = ["sales"].')
    return [n.strip() for n in names]


def read_series(file: str, wanted: Sequence[str] = ()) -> Series:
    """A CSV file with a date column and columns of numbers, one row a day, week or month; relative to the working folder.

    Only ``wanted`` columns are read, by default all but the date.

    Raises:
        ToolError: naming file, line, column and what to do.
    """
    header, body = _read(file, "series")
    name = Path(file).name
    known = [h for h in header if h.lower() in _DATE_NAMES]
    when = known[0] if known else header[0]
    at = header.index(when)
    missing = [w for w in wanted if w not in header or w == when]
    if missing:
        others = ", ".join(h for h in header if h != when)
        raise ToolError(f"{name} has no column {', '.join(map(repr, missing))}.", hint=f"Its columns are: {others}.")
    chosen = list(dict.fromkeys(wanted)) or [h for h in header if h != when]
    rows: list[tuple[date, int, list[float]]] = []
    for line, cells in body:
        rows.append((_date(cells[at], name, line, when), line, [_number(cells[header.index(c)], name, line, c) for c in chosen]))
    rows.sort(key=lambda r: r[0])
    dates = [r[0] for r in rows]
    return Series(name, _step(dates, [r[1] for r in rows], name), dates, {c: [r[2][i] for r in rows] for i, c in enumerate(chosen)},
                  [r[1] for r in rows])  # fmt: skip


def read_journeys(file: str) -> list[Journey]:
    """A CSV file with one journey a row: ``path`` (channels in order, between ``>``), and ``conversions`` (or ``converted``: yes, no).

    A row counts as one journey, converted where there is no such column; a column of losses (``non_conversions``) counts those
    that did not convert. A touch that is a link is known by its ``utm_source`` and ``utm_content``. Channels differ by letters,
    not by capitals.

    Raises:
        ToolError: naming file, line and what to do.
    """
    header, body = _read(file, "paths")
    name = Path(file).name
    lower = [h.lower() for h in header]
    path = next((i for i, h in enumerate(lower) if h in _PATH_NAMES), None)
    if path is None:
        raise ToolError(f"{name} has no column `path`.", hint="Write each journey in one row, e.g. `instagram > email > search`.")
    won = next((i for i, h in enumerate(lower) if h in _WON_NAMES), None)
    lost = next((i for i, h in enumerate(lower) if h in _LOST_NAMES), None)
    journeys = []
    for line, cells in body:
        channels = tuple(c for c in (_channel(t) for t in re.split(r"\s*(?:->|=>|>|→|\|)\s*", cells[path])) if c)
        if not channels:
            raise ToolError(f"{name}, line {line}: the journey is empty.", hint="Name at least one channel, or remove the row.")
        conversions = _count(cells[won], name, line, header[won]) if won is not None else 1.0
        losses = _count(cells[lost], name, line, header[lost]) if lost is not None else float(conversions == 0)
        journeys.append(Journey(channels, conversions, losses, line))
    return journeys


def _channel(touch: str) -> str:
    tags = dict(re.findall(r"[?&](utm_source|utm_content)=([^&#\s]+)", touch))
    named = "/".join(tags[k] for k in ("utm_source", "utm_content") if k in tags) or touch
    return " ".join(named.split()).casefold()


def _read(file: str, setting: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header, and every row that is not empty with its line."""
    path = Path(file)
    try:
        raw = path.read_bytes()
    except OSError as e:
        why = "is not there" if isinstance(e, FileNotFoundError) else f"cannot be read ({e.strerror})"
        raise ToolError(
            f"[tools.measure_campaign] {setting}: {file} {why}.", hint="The path is relative to the folder that kolony runs in."
        ) from e
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\0" in text:
        raise ToolError(f"{path.name} is no text.", hint="Save it as CSV (UTF-8).")
    first = text.split("\n", 1)[0]
    comma = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma)
    try:
        lines = [(reader.line_num, [c.strip() for c in row]) for row in reader]
    except csv.Error as e:
        raise ToolError(f"{path.name}, line {reader.line_num}: {e}.", hint="Save it as CSV (UTF-8).") from e
    lines = [(n, row) for n, row in lines if any(row)]
    if len(lines) < 2:
        raise ToolError(f"{path.name} holds no rows.", hint="It needs a header and one row per date or journey.")
    header, body = lines[0][1], lines[1:]
    doubled = sorted({h for h in header if header.count(h) > 1})
    if doubled:
        raise ToolError(f"{path.name}: the column {doubled[0]!r} stands there twice.", hint="Rename one of them.")
    if setting == "series" and len(body) > MAX_ROWS:
        raise ToolError(f"{path.name} has {len(body)} rows, more than {MAX_ROWS}.", hint="Sum the days to weeks.")
    for line, row in body:
        if len(row) != len(header):
            raise ToolError(f"{path.name}, line {line}: {len(row)} cells, the header has {len(header)}.", hint="Quote cells with commas.")
    return header, body


def _date(text: str, name: str, line: int, column: str) -> date:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ToolError(f"{name}, line {line}: {text!r} in the column {column!r} is no date.", hint="Write dates as 2025-03-01.")


def _number(text: str, name: str, line: int, column: str) -> float:
    try:
        value = float(re.sub(r"[,\s¥￥$€£]", "", text))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e15:
        shown = repr(text) if text else "an empty cell"
        raise ToolError(f"{name}, line {line}: {shown} in the column {column!r} is no number.", hint="Fill it in, or leave the column out.")
    return value


def _count(text: str, name: str, line: int, column: str) -> float:
    value = _WORDS.get(text.lower())
    if value is None:
        value = _number(text, name, line, column)
    if value < 0 or value != int(value):
        raise ToolError(f"{name}, line {line}: {text!r} in the column {column!r} is no count.", hint="Write 0, 1, 2, … or yes and no.")
    return value


def _step(dates: Sequence[date], lines: Sequence[int], name: str) -> Step:
    """What one row is, from the dates (sorted).

    Raises:
        ToolError: a date occurs twice, is missing, or the rows are neither days nor weeks nor months.
    """
    if len(dates) < 3:
        raise ToolError(f"{name} has {len(dates)} dates.", hint="A series needs at least three rows, and some dozens to be of use.")
    for before, after, line in zip(dates, dates[1:], lines[1:], strict=False):
        if before == after:
            raise ToolError(
                f"{name}, line {line}: the date {after} occurs twice.", hint="One row per date; give each region its own column."
            )
    gaps = [(b - a).days for a, b in pairwise(dates)]
    usual = sorted(gaps)[len(gaps) // 2]
    step: Step | None = "day" if usual == 1 else "week" if usual == 7 else "month" if 28 <= usual <= 31 else None
    if step is None:
        raise ToolError(f"{name}: the dates are mostly {usual} days apart.", hint="Rows must be days, weeks or months.")
    for before, gap, line in zip(dates, gaps, lines[1:], strict=False):
        if not (28 <= gap <= 31 if step == "month" else gap == usual):
            missing = before + timedelta(days=usual)
            raise ToolError(
                f"{name}, line {line}: there is a gap after {before}; the {step} of {missing} is missing or out of step.",
                hint="Fill the missing rows in (0 where nothing was sold).",
            )
    return step
