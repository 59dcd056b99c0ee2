"""Interval estimates: percentile, BCa, t, Wilson, and what equal items leave open."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit
from scipy.stats import binomtest

from kikime.harness.stats.validation import FloatArray, TableError

LEVEL = 0.95
ROUNDING = 1e-9
"""What floats of size 1 differ by at most when only their rounding does; far below any effect."""


def percentile_interval(draws: FloatArray, *, level: float = LEVEL) -> tuple[float, float]:
    """Central ``level`` of bootstrap ``draws``."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bca_interval(
    draws: FloatArray, observed: float, acceleration: float, *, level: float = LEVEL
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval (Efron 1987), the percentile one where BCa does not exist.

    Args:
        draws: the statistic in each resample.
        observed: the statistic of the data.
        acceleration: see :func:`acceleration`.
        level: coverage aimed at.
    """
    below = _share_below(draws, observed)
    if below in (0.0, 1.0):
        return percentile_interval(draws, level=level)
    bias = ndtri(below)
    tails = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    points = ndtr(bias + tails / (1 - acceleration * tails))
    low, high = np.quantile(draws, points)
    return float(low), float(high)


def bca_p_value(draws: FloatArray, observed: float, acceleration: float, null: float) -> float:
    """Level at which the interval of :func:`bca_interval` just reaches ``null``, 0–1; not below 1 / number of draws."""
    below = _share_below(draws, null)
    below = min(max(below, 0.5 / len(draws)), 1 - 0.5 / len(draws))
    centre = _share_below(draws, observed)
    if centre not in (0.0, 1.0):
        bias = ndtri(centre)
        moved = ndtri(below) - bias
        below = float(ndtr(moved / (1 + acceleration * moved) - bias))
    return 2 * min(below, 1 - below)


def percentile_p_value(draws: FloatArray, null: float = 0.0) -> float:
    """Level at which the interval of :func:`percentile_interval` just reaches ``null``; not below 1 / number of draws."""
    below = _share_below(draws, null)
    below = min(max(below, 0.5 / len(draws)), 1 - 0.5 / len(draws))
    return 2 * min(below, 1 - below)


def _share_below(draws: FloatArray, point: float) -> float:
    """Share of draws below ``point``; those that only rounding keeps apart from it count half."""
    tie = 1e-9 * float(np.abs(draws - point).max())
    return float(np.mean(draws < point - tie) + np.mean(draws <= point + tie)) / 2


def acceleration(influences: list[FloatArray]) -> float:
    """Acceleration of BCa for independent samples from jackknife ``influences`` (n_j − 1)(mean − leave-one-out).

    0 where nothing varies. Efron & Tibshirani 1993, eq. 14.15, one term per stratum as in ``scipy.stats.bootstrap``.
    """
    cubes = math.fsum(float(np.sum(u**3)) / len(u) ** 3 for u in influences)
    squares = math.fsum(float(np.sum(u**2)) / len(u) ** 2 for u in influences)
    return cubes / (6 * squares**1.5) if squares > 0 else 0.0


def welch_df(influences: list[FloatArray]) -> float:
    """Degrees of freedom of a sum of strata, from their jackknife ``influences`` (Welch 1947, Satterthwaite 1946)."""
    variances = np.array([float(np.sum(u**2)) / (len(u) * (len(u) - 1)) for u in influences])
    free = np.array([len(u) - 1 for u in influences])
    weight = float(np.sum(variances**2 / free))
    return float(variances.sum() ** 2 / weight) if weight > 0 else math.inf


def t_over_z(df: float, *, level: float = LEVEL) -> float:
    """By how much t is wider than the normal with ``df`` degrees of freedom: 1.09 for 15, 1.02 for 60."""
    if df <= 0:
        raise TableError("{df} degrees of freedom: two units are needed", df=df)
    z = float(ndtri((1 + level) / 2))
    return 1.0 if math.isinf(df) else float(stdtrit(df, (1 + level) / 2)) / z


def t_interval(mean: float, standard_error: float, df: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Student's t interval around ``mean``."""
    half = float(stdtrit(df, (1 + level) / 2)) * standard_error
    return mean - half, mean + half


def t_p_value(mean: float, standard_error: float, df: float) -> float:
    """Level at which :func:`t_interval` just reaches 0, 0–1."""
    return 2 * float(stdtr(df, -abs(mean) / standard_error))


def mean_interval(values: FloatArray, *, level: float = LEVEL) -> tuple[float, float] | None:
    """Student's t interval of a mean of independent ``values``; None for fewer than two."""
    if len(values) < 2:
        return None
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return t_interval(float(np.mean(values)), error, len(values) - 1, level=level)


def wilson_interval(successes: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson score interval of a rate (Wilson 1927), 0–1.

    Raises:
        ValueError: unless 0 ≤ successes ≤ n and n ≥ 1.
    """
    if not (n >= 1 and 0 <= successes <= n):
        raise TableError("{successes} successes among {n} trials", successes=successes, n=n)
    low, high = binomtest(successes, n).proportion_ci(level, method="wilson")
    return float(low), float(high)


def unseen_share(n: int, *, level: float = LEVEL) -> float:
    """Largest share of a population that ``n`` trials can miss altogether (Clopper–Pearson, two-sided), 0–1."""
    return 1.0 - float(((1 - level) / 2) ** (1 / n))


def unseen_p_value(n: int, share: float) -> float:
    """Level at which ``share`` is all that ``n`` trials can miss: the inverse of :func:`unseen_share`."""
    return min(1.0, 2 * (1 - min(share, 1.0)) ** n)


def or_unseen(
    low: FloatArray | float, high: FloatArray | float, observed: FloatArray | float, *, n: int, reach: float
) -> tuple[FloatArray, FloatArray]:
    """Ends of an interval, but where these differ by rounding only, what ``n`` items can miss: never of width zero.

    Items that all say the same leave open that a share of the others (:func:`unseen_share`) does not.

    Args:
        low: lower end, one or many.
        high: upper end.
        observed: what the interval is of.
        n: items that it rests on.
        reach: how far from ``observed`` an unseen item may lie, in its unit.
    """
    constant = np.subtract(high, low) <= ROUNDING * np.maximum(1.0, np.abs(observed))
    half = unseen_share(n) * reach
    return np.where(constant, np.subtract(observed, half), low), np.where(constant, np.add(observed, half), high)


def detectable(standard_error: float, df: float = math.inf, *, level: float = LEVEL, power: float = 0.8) -> float:
    """Smallest true effect found with ``power`` at two-sided ``level``: (t₁₋α/₂ + t_power) · standard error."""
    if math.isinf(df):
        return float(ndtri((1 + level) / 2) + ndtri(power)) * standard_error
    return float(stdtrit(df, (1 + level) / 2) + stdtrit(df, power)) * standard_error
