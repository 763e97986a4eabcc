"""What a series would have been without the campaign: a Bayesian structural time series learned before it.

The outcome before the campaign is a random-walk level with noise, plus season, drift and control series as regressors
(Brodersen et al., "Inferring causal impact using Bayesian structural time-series models", Annals of Applied Statistics 9, 2015).
The model is statsmodels' ``UnobservedComponents``. Two things differ from the usual maximum-likelihood fit, which sets the level's
variance to nought on short series and is then too sure of itself: the size of that variance is averaged over a grid, and so are
raw or log scale, drift and number of harmonics, each by its marginal likelihood; and the noise's variance is integrated out
(normal-inverse-gamma, Gelman et al., *Bayesian Data Analysis*, 3rd ed., §3.3 and §14.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DRAWS = 4000
LEVEL_STEPS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Standard deviations of the level's step from one row to the next, against the noise of a row; each as likely beforehand."""
NEGLIGIBLE = 0.002
"""Models with less of the weight than this are left out."""


@dataclass(frozen=True)
class Shape:
    """One way to model a series: its scale, whether it drifts, how many yearly harmonics it has, and how fast its level moves."""

    log: bool
    drift: bool
    harmonics: int
    step: float


@dataclass(frozen=True)
class Expected:
    """Draws of the outcome without the campaign, ``(draws, rows after the start)``, and the weights of the models behind them."""

    draws: np.ndarray
    weights: dict[Shape, float]


def shapes(y: np.ndarray, seasons: Sequence[float]) -> list[Shape]:
    """The models that ``y`` (before the campaign) is long enough for.

    A season needs one and a half cycles for its first harmonic, two for the second; a log scale needs values above nought.
    """
    longest = max(seasons, default=0.0)
    cycles = len(y) / longest if longest else 0.0
    harmonics = [0, *([1] if cycles >= 1.5 else []), *([2, 3] if cycles >= 2 else [])]
    return [
        Shape(log, drift, k, step)
        for log in ((False, True) if (y > 0).all() else (False,))
        for drift in (False, True)
        for k in harmonics
        for step in LEVEL_STEPS
    ]


def expect(
    y: np.ndarray, controls: np.ndarray, seasons: Sequence[float], rng: np.random.Generator, *, draws: int = DRAWS,
    among: Sequence[Shape] | None = None,
) -> Expected:  # fmt: skip
    """The outcome after the campaign's start as it would have been without it.

    Args:
        y: outcome of the ``n`` rows before the start.
        controls: ``(n + h, c)``: series that the campaign cannot have moved, known for the ``h`` rows after the start as well.
        seasons: cycle lengths in rows, e.g. ``(7, 365.25)`` for days; the longest is averaged over its harmonics.
        among: models to average over; by default all that ``shapes`` gives.

    Returns:
        Draws of the posterior predictive distribution, in the outcome's unit.
    """
    import numpy as np

    # Models that differ in the level's step alone share their regressors, and statsmodels' model with them.
    alike: dict[Shape, list[float]] = {}
    for shape in among or shapes(y, seasons):
        alike.setdefault(replace(shape, step=0.0), []).append(shape.step)
    fits = [fit for shape, steps in alike.items() for fit in _fits(shape, steps, y, controls, seasons)]
    evidence = np.array([f.evidence for f in fits])
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    weights[weights < NEGLIGIBLE] = 0.0
    weights /= weights.sum()
    counts = rng.multinomial(draws, weights)
    parts = [_simulate(f, int(count), rng) for f, count in zip(fits, counts, strict=True) if count]
    kept = {f.shape: float(w) for f, w in zip(fits, weights, strict=True) if w > 0}
    return Expected(rng.permutation(np.concatenate(parts)), kept)


@dataclass(frozen=True)
class _Fit:
    shape: Shape
    evidence: float
    state: np.ndarray
    cov: np.ndarray
    degrees: float
    scale: float
    ahead: np.ndarray
    centre: float
    spread: float


def _fits(shape: Shape, steps: Sequence[float], y: np.ndarray, controls: np.ndarray, seasons: Sequence[float]) -> list[_Fit]:
    """For each step: log marginal likelihood, and the state's distribution at the start relative to the noise's variance."""
    import numpy as np
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    n = len(y)
    raw = np.log(y) if shape.log else y
    centre, spread = float(raw.mean()), float(raw.std())
    columns = _columns(shape, n, controls, seasons)
    known = columns[:n] if columns.shape[1] else None
    model = UnobservedComponents((raw - centre) / spread, level="llevel", exog=known, mle_regression=False)
    # In units of the noise's variance: a level that may start anywhere, and for each coefficient as much prior knowledge as one row
    # gives (unit information, Kass and Wasserman 1995).
    model.initialize_known(np.zeros(model.k_states), np.diag([1e4, *np.ones(columns.shape[1])]))
    model.loglikelihood_burn = 0
    density = -n * np.log(spread) - (float(raw.sum()) if shape.log else 0.0)
    fits = []
    for step in steps:
        found = model.filter(np.array([1.0, step**2]), transformed=True, cov_type="none", return_ssm=True)
        errors, variances = found.forecasts_error[0], found.forecasts_error_cov[0, 0]
        # Noise variance ~ inverse gamma(1, 0.01): a hundredth of the series' own variance, worth two rows.
        degrees, scale = 1.0 + n / 2, 0.01 + float((errors**2 / variances).sum()) / 2
        evidence = -0.5 * float(np.log(variances).sum()) - degrees * np.log(scale) + density
        state, cov = found.predicted_state[:, -1].copy(), found.predicted_state_cov[:, :, -1].copy()
        fits.append(_Fit(replace(shape, step=step), evidence, state, cov, degrees, scale, columns[n:], centre, spread))
    return fits


def _columns(shape: Shape, n: int, controls: np.ndarray, seasons: Sequence[float]) -> np.ndarray:
    """Regressors of all rows, standardised on those before the start."""
    import numpy as np

    rows = np.arange(len(controls))
    made = []
    longest = max(seasons, default=0.0)
    for season in seasons:
        count = shape.harmonics if season == longest else int((season - 1) // 2)
        made += [f(2 * np.pi * k * rows / season) for k in range(1, count + 1) for f in (np.sin, np.cos)]
    if shape.drift:
        made.append(rows.astype(float))
    for control in controls.T:
        made.append(np.log(control) if shape.log and (control > 0).all() else control)
    columns = np.column_stack(made) if made else np.empty((len(rows), 0))
    spread = columns[:n].std(axis=0)
    # A control that never moved before the start says nothing about what follows.
    columns = columns[:, spread > 1e-9]
    return (columns - columns[:n].mean(axis=0)) / columns[:n].std(axis=0)


def _simulate(fit: _Fit, draws: int, rng: np.random.Generator) -> np.ndarray:
    import numpy as np

    rows = len(fit.ahead)
    noise = np.sqrt(fit.scale / rng.gamma(fit.degrees, size=draws))
    sizes, axes = np.linalg.eigh((fit.cov + fit.cov.T) / 2)
    root = axes * np.sqrt(np.maximum(sizes, 0.0))
    states = fit.state + noise[:, None] * (rng.standard_normal((draws, len(fit.state))) @ root.T)
    steps = fit.shape.step * rng.standard_normal((draws, rows))
    steps[:, 0] = 0.0  # the predicted state already holds the first step
    level = states[:, :1] + noise[:, None] * np.cumsum(steps, axis=1)
    path = level + states[:, 1:] @ fit.ahead.T + noise[:, None] * rng.standard_normal((draws, rows))
    path = path * fit.spread + fit.centre
    # A control far outside what it was before may carry a logarithm to where no number is.
    return np.exp(np.minimum(path, 300.0)) if fit.shape.log else path
