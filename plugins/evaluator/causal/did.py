"""Difference-in-differences: how treated units changed at the start of the campaign, less how untreated units changed then.

Two-way fixed effects, log y = unit + period + effect · treated · after, which with one common start is free of the weighting trouble of
staggered designs (Goodman-Bacon, "Difference-in-differences with variation in treatment timing", Journal of Econometrics 225, 2021).
Standard errors are clustered by unit (Bertrand, Duflo and Mullainathan, "How much should we trust differences-in-differences
estimates?", Quarterly Journal of Economics 119, 2004; statsmodels). With few treated units these are too small; then the interval
comes from the untreated units, each group of which is treated as if it had been the campaign's (Conley and Taber, "Inference with
'difference in differences' with a small number of policy changes", Review of Economics and Statistics 93, 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FEW_TREATED = 10
"""With fewer treated units than this the interval comes from placebos in space."""
PERMUTATIONS = 199
MIN_PERMUTATIONS = 19
"""With fewer possible groups of untreated units no p-value of 0.05 can be reached, and none is given."""
OFTEN_MISSED = 0.2
"""Intervals of series are widened when more than this share of fake starts, of which a tenth is expected, lie outside theirs."""
MIN_TREND = 20
"""Rows before the start that a test for an earlier drift between series needs."""
MIN_CLUSTERS = 8
"""A joint test of earlier differences needs this many units."""


@dataclass(frozen=True)
class Panel:
    """Observations of units over periods, one entry each per observation.

    ``period`` counts from the campaign's start: below 0 is before. A treated unit's observations from 0 on are all exposed.
    """

    unit: np.ndarray
    period: np.ndarray
    y: np.ndarray
    treated: frozenset[int]

    @property
    def exposed(self) -> np.ndarray:
        import numpy as np

        return np.isin(self.unit, list(self.treated)) & (self.period >= 0)

    def only(self, keep: np.ndarray) -> Panel:
        """The observations where ``keep`` is true."""
        return Panel(self.unit[keep], self.period[keep], self.y[keep], self.treated)


@dataclass(frozen=True)
class Difference:
    """An effect on y's scale with its 90 % interval; ``shifts`` are ``(period, low, middle, high)`` against the last before the start."""

    effect: float
    low: float
    high: float
    p_value: float
    basis: str
    """``clustered`` or ``placebo``: where the interval comes from."""
    placebos: int = 0
    placebo_p: float | None = None
    trend_p: float | None = None
    shifts: list[tuple[int, float, float, float]] = field(default_factory=list)


def two_way(unit: np.ndarray, period: np.ndarray, y: np.ndarray, regressor: np.ndarray) -> float:
    """The coefficient of ``regressor`` beside unit and period effects: least squares after taking unit means off (Frisch-Waugh-Lovell)."""
    import numpy as np

    _, u = np.unique(unit, return_inverse=True)
    _, t = np.unique(period, return_inverse=True)
    counts = np.bincount(u)

    def within(values: np.ndarray) -> np.ndarray:
        return values - (np.bincount(u, values) / counts)[u]

    periods = int(t.max()) + 1
    cells = np.bincount(u * periods + t, minlength=len(counts) * periods).reshape(len(counts), periods)
    d, e = within(regressor.astype(float)), within(y)
    left, right = np.empty((periods + 1, periods + 1)), np.empty(periods + 1)
    left[:-1, :-1] = np.diag(cells.sum(0)) - cells.T @ (cells / counts[:, None])
    left[-1, :-1] = left[:-1, -1] = np.bincount(t, d, minlength=periods)
    left[-1, -1] = d @ d
    right[:-1], right[-1] = np.bincount(t, e, minlength=periods), d @ e
    return float(np.linalg.lstsq(left, right, rcond=None)[0][-1])


def difference(panel: Panel, rng: np.random.Generator, *, permutations: int = PERMUTATIONS) -> Difference:
    """The effect on the treated, its interval, the placebos in space, and the event study before the start.

    Args:
        panel: at least one treated unit and three untreated ones, each with observations before and after the start.
        permutations: how many groups of untreated units are tried at most.
    """
    import numpy as np
    from scipy import stats

    fit = _clustered(panel, panel.exposed[:, None].astype(float))
    effect, error = float(fit.params[0]), float(fit.bse[0])
    clusters = len(np.unique(panel.unit))
    own = reach = float(stats.t.ppf(0.95, clusters - 1)) * error
    p_value, basis = float(fit.pvalues[0]), "clustered"
    fakes, drifts = _placebos(panel, rng, permutations)
    placebo_p = _share_as_large(effect, fakes)
    shifts, trend_p = _event_study(panel)
    if len(panel.treated) < FEW_TREATED:
        # Clustered errors are too small here, and so are their tests.
        trend_p = _share_as_large(_drift(panel), drifts)
        if placebo_p is not None:
            reach, p_value, basis = ninety(np.abs(fakes)), placebo_p, "placebo"
    wider = reach / own if own > 0 else 1.0
    shifts = [(p, m - wider * (m - low), m, m + wider * (high - m)) for p, low, m, high in shifts]
    return Difference(effect, effect - reach, effect + reach, p_value, basis, len(fakes), placebo_p, trend_p, shifts)


def _share_as_large(found: float, fakes: np.ndarray) -> float | None:
    """Permutation p-value: the share of all, the one that was found among them, that are as far from nought."""
    import numpy as np

    return (1 + int((np.abs(fakes) >= abs(found)).sum())) / (1 + len(fakes)) if len(fakes) >= MIN_PERMUTATIONS else None


def _drift(panel: Panel) -> float:
    """By how much the treated moved against the others per period, before the start."""
    import numpy as np

    before = panel.only(panel.period < 0)
    return two_way(before.unit, before.period, before.y, np.isin(before.unit, list(panel.treated)) * before.period)


def ninety(errors: np.ndarray) -> float:
    """The size that nine of ten further errors stay below: the conformal quantile, ceil(0.9 (n + 1)) of n."""
    import numpy as np

    ordered = np.sort(errors)
    return float(ordered[min(len(ordered), int(np.ceil(0.9 * (len(ordered) + 1)))) - 1])


def _clustered(panel: Panel, regressors: np.ndarray) -> Any:
    """Ordinary least squares with unit and period dummies; the regressors' coefficients come first."""
    import numpy as np
    from statsmodels.regression.linear_model import OLS

    _, u = np.unique(panel.unit, return_inverse=True)
    _, t = np.unique(panel.period, return_inverse=True)
    design = np.column_stack([regressors, np.eye(int(u.max()) + 1)[u], np.eye(int(t.max()) + 1)[t][:, 1:]])
    return OLS(panel.y, design).fit(cov_type="cluster", cov_kwds={"groups": u}, use_t=True)


def _placebos(panel: Panel, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Effects and earlier drifts found for groups of untreated units that are as many, and published as often, as the treated."""
    import numpy as np

    exposed = panel.exposed
    untreated = panel.only(~np.isin(panel.unit, list(panel.treated)))
    pool = np.array(sorted(set(untreated.unit.tolist())))
    size = len(panel.treated)
    # At least as many must be left to compare with as are taken for treated.
    if len(pool) < 2 * size or comb(len(pool), size) < MIN_PERMUTATIONS:
        return np.array([]), np.array([])
    shown = np.array([int((exposed & (panel.unit == u)).sum()) for u in panel.treated])
    groups = [pool[[i]] for i in range(len(pool))] if size == 1 else [rng.choice(pool, size, replace=False) for _ in range(count)]
    after = {int(u): np.flatnonzero((untreated.unit == u) & (untreated.period >= 0)) for u in pool}
    effects, drifts = [], []
    for group in groups:
        keep = np.ones(len(untreated.y), dtype=bool)
        for unit, wanted in zip(group, rng.permutation(shown), strict=True):
            rows = after[int(unit)]
            if len(rows) > wanted:
                keep[rng.choice(rows, len(rows) - wanted, replace=False)] = False
        fake = Panel(untreated.unit, untreated.period, untreated.y, frozenset(int(u) for u in group)).only(keep)
        effects.append(two_way(fake.unit, fake.period, fake.y, fake.exposed))
        drifts.append(_drift(fake))
    return np.array(effects), np.array(drifts)


def _event_study(panel: Panel) -> tuple[list[tuple[int, float, float, float]], float | None]:
    """Shift of the treated in each period against the last one before the start, and the joint p-value of the earlier ones.

    A p-value below 0.05 says that treated and untreated drifted apart before the campaign already, so the effect is not the campaign's.
    """
    import numpy as np
    from scipy import stats

    of_treated = np.isin(panel.unit, list(panel.treated))
    both = np.intersect1d(panel.period[of_treated], panel.period[~of_treated])
    if -1 not in both or (both < -1).sum() == 0:
        return [], None
    keep = np.isin(panel.period, both)
    kept, of_treated = panel.only(keep), of_treated[keep]
    others = [int(p) for p in both if p != -1]
    fit = _clustered(kept, np.column_stack([of_treated & (kept.period == p) for p in others]).astype(float))
    clusters = len(np.unique(kept.unit))
    reach = float(stats.t.ppf(0.95, clusters - 1))
    shifts = [(p, float(b - reach * s), float(b), float(b + reach * s)) for p, b, s in zip(others, fit.params, fit.bse, strict=False)]
    before = [i for i, p in enumerate(others) if p < -1]
    trend_p = None
    if clusters >= MIN_CLUSTERS and len(before) < len(panel.treated):
        test = fit.f_test(np.eye(len(fit.params))[before])
        trend_p = float(test.pvalue)
    return sorted([*shifts, (-1, 0.0, 0.0, 0.0)]), trend_p


@dataclass(frozen=True)
class SeriesDifference:
    """As ``Difference`` for one treated series against the mean of others; ``fakes`` are the effects at fake starts."""

    effect: float
    low: float
    high: float
    p_value: float
    trend_p: float | None
    fakes: list[float]
    missed: float | None
    widened: float


def series_difference(gap: np.ndarray, before: int, *, fake_starts: Sequence[int] = ()) -> SeriesDifference:
    """Mean of ``gap`` (treated less untreated, per row) after the start less its mean before, with errors that follow each other.

    Generalised least squares with first-order autoregressive errors (Cochrane and Orcutt 1949, statsmodels' GLSAR): Newey-West errors,
    tried on generated gaps, were far too small for campaigns of a few rows. ``fake_starts`` are rows before the start at which the same
    is estimated over as many rows as the campaign has. Where their 90 % intervals leave out nought too often, the interval is widened
    until nine of ten would have held it.
    """
    import numpy as np
    from scipy import stats

    effect, reach, p_value = _step(gap, before)
    length = len(gap) - before
    fakes = [_step(gap[: at + length], at) for at in fake_starts]
    widened, missed = 1.0, None
    if fakes:
        sizes = np.array([abs(e) / r if r > 0 else 0.0 for e, r, _ in fakes])
        missed = float((sizes > 1).mean())
        widened = max(1.0, ninety(sizes)) if len(fakes) >= 9 and missed > OFTEN_MISSED else 1.0
    p_value = 2 * float(stats.norm.sf(abs(stats.norm.isf(p_value / 2)) / widened))
    trend_p = _autoregressive(gap[:before], np.arange(before) / before)[2] if before >= MIN_TREND else None
    return SeriesDifference(
        effect, effect - widened * reach, effect + widened * reach, p_value, trend_p, [f[0] for f in fakes], missed, widened
    )


def _step(gap: np.ndarray, before: int) -> tuple[float, float, float]:
    import numpy as np

    return _autoregressive(gap, (np.arange(len(gap)) >= before).astype(float))


def _autoregressive(gap: np.ndarray, regressor: np.ndarray) -> tuple[float, float, float]:
    """The regressor's coefficient, the reach of its 90 % interval, and its p-value."""
    import numpy as np
    from scipy import stats
    from statsmodels.regression.linear_model import GLSAR

    model = GLSAR(gap, np.column_stack([regressor, np.ones(len(gap))]), rho=1)
    fit = model.iterative_fit(maxiter=10)
    return float(fit.params[0]), float(stats.t.ppf(0.95, len(gap) - 3) * fit.bse[0]), float(fit.pvalues[0])
