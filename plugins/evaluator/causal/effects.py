"""From the tables that the settings name to effects and attributions in words and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from agent import Attribution, ChannelShare, Effect, EffectPoint, PlaceboTest, Range90, ToolError
from plugins.common import say

from . import wording
from .attribution import METHODS, MIN_CONVERSIONS, attribute
from .table import SEASONS, Series, names_of, read_journeys, read_series

if TYPE_CHECKING:
    import numpy as np

    from .impact import Impact

MIN_DIFFERENCE = 12
"""Rows before the start that a difference-in-differences of series needs; three after it."""
_DAYS = {"day": 1, "week": 7, "month": 28}


def series_effects(options: Mapping[str, Any], start: date | None, end: date | None, language: str) -> tuple[list[Effect], list[str]]:
    """The effects on the series that ``[tools.measure_campaign] series`` names, and what the reader must know of it.

    ``treated`` are its columns that the campaign should have moved (where it has only one beside the controls, that one), ``controls``
    those that it cannot have. The rows from ``start`` to ``end`` (both included; without an end, to the last) are the campaign's.

    Raises:
        ToolError: the file cannot be used, naming line, column and what to do.
    """
    file = options.get("series")
    if not file:
        return [], []
    controls, treated = names_of(options, "controls"), names_of(options, "treated")
    series = read_series(str(file), [*treated, *controls] if treated else ())
    treated, notes = _columns(series, treated, controls, language)
    if start is None:
        raise ToolError(
            f"{series.name} cannot be measured: the campaign's start is not known.",
            hint="Name the dates in the request, or set since in [tools.measure_campaign].",
        )
    first, last = _window(series, start, end)
    for name in [*treated, *controls]:
        if first >= 2 and len(set(series.columns[name][:first])) == 1:
            raise ToolError(
                f"{series.name}: the column {name!r} is {series.columns[name][0]:g} in every row before {start}.",
                hint="A series that never changed says nothing about what would have been; name another column.",
            )
    if series.dates[first] < start:
        notes.append(
            say(
                language,
                en=f"The campaign began within the {series.step} of {series.dates[first]} ({series.name}); that row counts as the campaign's.",
                zh=f"活动在 {series.dates[first]} 这一行所在的周期内开始（{series.name}），该行计入活动期。",
            )
        )
    for name in controls:
        before, since = series.columns[name][:first], series.columns[name][first:last]
        low, high = min(before), max(before)
        if max(max(since) - high, low - min(since)) > 0.25 * (high - low):
            notes.append(
                say(
                    language,
                    en=f"{name} ({series.name}) went well beyond what it was before the start: what follows from it is extrapolated.",
                    zh=f"{name}（{series.name}）在活动期间明显超出之前的范围：据此推算的结果属于外推。",
                )
            )
    found = [_structural(series, treated, controls, first, last, language)]
    if controls:
        found.append(_difference(series, treated, controls, first, last, language))
    return found, notes


def _columns(series: Series, treated: Sequence[str], controls: Sequence[str], language: str) -> tuple[list[str], list[str]]:
    both = [c for c in treated if c in controls]
    if both:
        raise ToolError(
            f"[tools.measure_campaign] {both[0]!r} stands under treated and under controls.", hint="A column can be one of them."
        )
    missing = [c for c in controls if c not in series.columns]
    if missing:
        raise ToolError(f"{series.name} has no column {missing[0]!r}.", hint=f"Its columns are: {', '.join(series.columns)}.")
    if treated:
        return list(treated), []
    left = [c for c in series.columns if c not in controls]
    if len(left) != 1:
        raise ToolError(
            f"{series.name}: which column should the campaign have moved? There are: {', '.join(left) or 'none beside the controls'}.",
            hint='Name it in [tools.measure_campaign], e.g. treated = ["sales"], and those it cannot have moved as controls.',
        )
    return left, []


def _window(series: Series, start: date, end: date | None) -> tuple[int, int]:
    """First row of the campaign, and the row after its last. A row belongs to it when any of its days does."""
    days = series.dates
    after = [*days[1:], days[-1] + timedelta(days=_DAYS[series.step])]
    if start < days[0] or start >= after[-1]:
        raise ToolError(
            f"The campaign's start, {start}, lies outside {series.name} ({days[0]} to {days[-1]}).",
            hint="Give a series that begins well before the campaign and reaches into it.",
        )
    first = next(i for i, upto in enumerate(after) if upto > start)
    last = max((i + 1 for i, day in enumerate(days) if end is None or day <= end), default=0)
    if last <= first:
        raise ToolError(f"The campaign's end, {end}, lies before its start, {start}.", hint="Mend the dates in the request.")
    return first, last


def _structural(series: Series, treated: list[str], controls: list[str], first: int, last: int, language: str) -> Effect:
    import numpy as np

    outcome = " + ".join(treated)
    made = Effect(
        method="structural_time_series", outcome=outcome, verdict="not_enough_data",
        assumptions=wording.structural_assumptions(language, controls), rows=[series.rows(0, first), series.rows(first, last)],
    )  # fmt: skip
    from .impact import MIN_BEFORE, enough, impact

    if not enough(first, last - first):
        need = max(MIN_BEFORE, last - first)
        made.reading = wording.too_few(
            language, outcome,
            en=f"{series.name} has {first} rows before the start; at least {need} are needed, and two years to know the seasons.",
            zh=f"{series.name} 在开始之前只有 {first} 行；至少需要 {need} 行，两年以上才能识别季节规律。",
        )  # fmt: skip
        return made
    y = np.sum([series.columns[c][:last] for c in treated], axis=0)
    x = np.column_stack([series.columns[c][:last] for c in controls]) if controls else np.empty((last, 0))
    if y[:first].std() <= 1e-9 * max(1.0, abs(float(y[:first].mean()))):
        raise ToolError(f"{series.name}: {outcome} does not change before the start.", hint="Name another column.")
    found = impact(y, x, first, SEASONS[series.step])
    made.total = _estimate(*found.total())
    # An expectation near nought has no percent.
    whole = found.expected.sum(axis=1)
    if np.quantile(whole, 0.05) > 0:
        made.relative = _spread(y[first:].sum() / whole - 1)
    made.p_value = found.p_value
    made.points = _points(series.dates[first:last], y[first:], found)
    made.placebos = _placebos(found, language)
    years = any(s.harmonics for s in found.weights)
    season = say(language, en="with season" if years else "without a yearly season", zh="含季节规律" if years else "不含年度季节规律")
    what = say(
        language,
        en=f"what {first} rows before the start let expect ({season}"
        + (f", controls: {', '.join(controls)})" if controls else ", no controls)"),
        zh=f"开始前 {first} 行所预期的结果（{season}，" + (f"对照：{'、'.join(controls)}）" if controls else "无对照）"),
    )
    made.reading = wording.reading(language, outcome, made.total, made.relative, expected_by=what)
    wording.weigh(language, made)
    return made


def _placebos(found: Impact, language: str) -> list[PlaceboTest]:
    def share(fakes: list[float]) -> float | None:
        return (1 + sum(abs(f) >= abs(found.size) for f in fakes)) / (1 + len(fakes)) if fakes else None

    return [
        wording.in_time(language, len(found.in_time), share(found.in_time), found.missed, found.widened),
        wording.in_space(language, len(found.in_space), share(found.in_space)),
    ]


def _points(dates: Sequence[date], actual: np.ndarray, found: Impact) -> list[EffectPoint]:
    import numpy as np

    added_up = np.cumsum(found.added, axis=1)
    return [
        EffectPoint(
            period=day.isoformat(), actual=float(actual[i]), expected=_spread(found.expected[:, i]), effect=_spread(found.added[:, i]),
            cumulative=_spread(added_up[:, i]),
        )
        for i, day in enumerate(dates)
    ]  # fmt: skip


def _difference(series: Series, treated: list[str], controls: list[str], first: int, last: int, language: str) -> Effect:
    import numpy as np

    outcome = " + ".join(treated)
    both = [*treated, *controls]
    values = {c: np.array(series.columns[c][:last]) for c in both}
    usual = {c: float(v[:first].mean()) for c, v in values.items()}
    # In percent wherever that has a meaning, since columns may be of different sizes: logarithms, or against the usual where there are
    # noughts; else as they stand.
    logs, percent = all((v > 0).all() for v in values.values()), all(u > 0 for u in usual.values())
    made = Effect(
        method="difference_in_differences", outcome=outcome, verdict="not_enough_data",
        assumptions=wording.parallel_assumptions(language, percent=percent, posts=False), rows=[series.rows(0, first), series.rows(first, last)],
    )  # fmt: skip
    rows = last - first
    if first < MIN_DIFFERENCE or rows < 3 or first < rows:
        made.reading = wording.too_few(
            language, outcome,
            en=f"A comparison with the controls needs {max(MIN_DIFFERENCE, rows)} rows before the start and 3 after it; there are {first} and {rows}.",
            zh=f"与对照比较需要开始前至少 {max(MIN_DIFFERENCE, rows)} 行、开始后 3 行；现有 {first} 行和 {rows} 行。",
        )  # fmt: skip
        return made
    from .did import series_difference
    from .impact import starts_before

    shown = {c: np.log(v) if logs else v / usual[c] if percent else v for c, v in values.items()}

    def gap(of: Sequence[str], against: Sequence[str]) -> np.ndarray:
        return np.mean([shown[c] for c in of], axis=0) - np.mean([shown[c] for c in against], axis=0)

    apart = gap(treated, controls)
    if apart[:first].std() <= 1e-9:
        made.reading = wording.too_few(
            language, outcome, en="The controls are the same series as the treated, in another unit.", zh="对照与实验序列相同，只是单位不同。"
        )  # fmt: skip
        return made
    found = series_difference(apart, first, fake_starts=starts_before(first, rows, 12))
    fakes = [series_difference(gap([c], [o for o in controls if o != c]), first).effect for c in controls] if len(controls) > 1 else []
    brought = sum(float(values[c][first:].sum()) for c in treated)
    edges = (found.low, found.effect, found.high)
    if logs:
        made.total = _estimate(*(brought * -np.expm1(-e) for e in edges))
        made.relative = _estimate(*(np.expm1(e) for e in edges))
    else:
        made.total = _estimate(*(e * rows * sum(usual[c] if percent else 1.0 for c in treated) for e in edges))
        if percent and made.total.p95 < brought:
            made.relative = _estimate(*(e / (brought - e) for e in (made.total.p5, made.total.p50, made.total.p95)))
    made.p_value = found.p_value

    def share(others: Sequence[float]) -> float | None:
        return (1 + sum(abs(f) >= abs(found.effect) for f in others)) / (1 + len(others)) if others else None

    made.placebos = [
        wording.trend(language, found.trend_p),
        wording.in_time(language, len(found.fakes), share(found.fakes), found.missed, found.widened),
        wording.in_space(language, len(fakes), share(fakes)),
    ]
    what = say(
        language,
        en=f"what the change of the untreated ({', '.join(controls)}){' in percent' if percent else ''} lets expect",
        zh=f"对照（{'、'.join(controls)}）的{'百分比' if percent else ''}变化所预期的结果",
    )
    made.reading = wording.reading(language, outcome, made.total, made.relative, expected_by=what)
    wording.weigh(language, made)
    return made


def attributions(options: Mapping[str, Any], language: str) -> tuple[list[Attribution], list[str]]:
    """Each method's shares of the journeys that ``[tools.measure_campaign] paths`` names.

    Raises:
        ToolError: the file cannot be used.
    """
    file = options.get("paths")
    if not file:
        return [], []
    journeys = read_journeys(str(file))
    name = str(file).replace("\\", "/").rsplit("/", 1)[-1]
    won, lost = sum(j.conversions for j in journeys), sum(j.losses for j in journeys)
    if won < MIN_CONVERSIONS:
        note = say(
            language,
            en=f"{name} holds {won:.0f} conversions, fewer than {MIN_CONVERSIONS}: not enough data to divide them among channels.",
            zh=f"{name} 只有 {won:.0f} 次转化，少于 {MIN_CONVERSIONS} 次：数据不足，不做渠道归因。",
        )
        return [], [note]
    notes = []
    if not lost:
        notes.append(
            say(
                language,
                en=f"{name} holds only journeys that converted: what separates them from others cannot be seen.",
                zh=f"{name} 只含有转化的路径，看不出与未转化路径的差别。",
            )
        )
    rows = [f"{name}:{min(j.row for j in journeys)}-{max(j.row for j in journeys)}"]
    found = []
    for method in METHODS:
        parts = attribute(journeys, method)
        if parts:
            shares = [
                ChannelShare(
                    channel=p.channel, share=min(1.0, p.share), low=p.low, high=min(1.0, p.high), conversions=round(p.share * won, 2)
                )
                for p in parts
            ]
            text = wording.shares(language, method, parts[0].channel, parts[0].share)
            found.append(
                Attribution(method=method, channels=shares, conversions=int(won), journeys=int(won + lost), reading=text, rows=rows)
            )
    return found, notes


def _estimate(low: float, middle: float, high: float) -> Range90:
    return Range90(p5=float(low), p50=float(middle), p95=float(high))


def _spread(draws: np.ndarray) -> Range90:
    from .impact import ends

    return _estimate(*ends(draws))
