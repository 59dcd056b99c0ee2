"""How far several raters of the same items agree: Krippendorff's alpha and the mean of their pairwise QWK."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
N_RESAMPLES = 2000
_AT_A_TIME = 200
"""Draws whose weights are in memory at a time."""


@dataclass(frozen=True)
class PanelAgreement:
    """Agreement of two raters or more on the items that all of them scored; None where a statistic is undefined.

    ``_low`` and ``_high`` are the 2.5 and 97.5 % points of a percentile bootstrap over items.
    """

    n: int
    """Items."""
    n_raters: int
    alpha: float | None
    """Krippendorff's alpha for interval data (Krippendorff 2011): 1 is agreement, 0 what chance gives."""
    alpha_low: float | None
    alpha_high: float | None
    qwk: float | None
    """Mean over all pairs of raters of Cohen's kappa with quadratic weights."""
    qwk_low: float | None
    qwk_high: float | None


def panel_agreement(ratings: Matrix, *, seed: int = 0) -> PanelAgreement:
    """Compare raters; ``ratings`` is items × raters, complete, one item or more, in an order that does not matter.

    Both statistics are functions of weighted sums, so that a draw costs one product of matrices whatever its items are.
    """
    n, k = ratings.shape
    if n < 2:
        return PanelAgreement(n, k, *(None,) * 6)
    ordered = ratings[np.lexsort(ratings.T[::-1])] - ratings.mean()
    pairs = list(combinations(range(k), 2))
    moments = np.hstack([ordered, ordered**2, np.stack([ordered[:, a] * ordered[:, b] for a, b in pairs], axis=1)])
    spread = ordered.var(axis=1, ddof=1)[:, None]
    rng, draws = np.random.default_rng(seed), []
    for start in range(0, N_RESAMPLES, _AT_A_TIME):
        weights = rng.multinomial(n, np.full(n, 1 / n), size=min(_AT_A_TIME, N_RESAMPLES - start)) / n
        draws.append(_statistics(weights @ np.hstack([spread, moments]), n, pairs))
    found = _statistics(np.hstack([spread, moments]).mean(axis=0)[None], n, pairs)[0]
    alpha, qwk = (_with_ends(found[at], np.concatenate(draws)[:, at]) for at in range(2))
    return PanelAgreement(n, k, *alpha, *qwk)


def _statistics(means: Matrix, n: int, pairs: list[tuple[int, int]]) -> Matrix:
    """Alpha and mean QWK of each row of means: of the raters' variance, then of scores, squares and products."""
    k = max(b for _, b in pairs) + 1
    observed, first, second, product = np.split(means, np.cumsum([1, k, k]), axis=1)
    pooled = (second.mean(axis=1) - first.mean(axis=1) ** 2) * n * k / (n * k - 1)
    kappas = []
    for at, (a, b) in enumerate(pairs):
        squares = second[:, a] + second[:, b]
        kappas.append(_one_minus(squares - 2 * product[:, at], squares - 2 * first[:, a] * first[:, b]))
    defined = ~np.isnan(kappas)
    total, count = np.where(defined, kappas, 0.0).sum(axis=0), defined.sum(axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.stack([_one_minus(observed[:, 0], pooled), mean], axis=1)


def _one_minus(observed: Matrix, expected: Matrix) -> Matrix:
    tiny = np.abs(expected) < 1e-12
    result: Matrix = np.where(tiny, np.nan, 1 - observed / np.where(tiny, 1.0, expected))
    return result


def _with_ends(value: float, draws: Matrix) -> tuple[float | None, float | None, float | None]:
    finite = draws[np.isfinite(draws)]
    if not np.isfinite(value):
        return None, None, None
    low, high = np.percentile(finite, [2.5, 97.5]) if len(finite) else (None, None)
    return float(value), None if low is None else float(low), None if high is None else float(high)
