"""How well a judge agrees with people: QWK, Spearman, Krippendorff's alpha, ICC(2,1), bias and MAE, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, SupportsFloat, SupportsIndex

import numpy as np
import numpy.typing as npt

from kikime.harness.stats.validation import TableError

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
Score = str | SupportsFloat | SupportsIndex | None
Scores = Iterable[Score]
"""One score per item: a list, an array or a Series."""
N_RESAMPLES = 2000
MIN_SPEARMAN, MAX_BIAS = 0.25, 0.5
"""What a judge needs to rank models: the lower bound of Spearman above, the absolute bias below."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of one judge with one human score per item; None where a statistic is undefined.

    ``_low`` and ``_high`` are the 2.5 and 97.5 % points of a percentile bootstrap over items.
    """

    n: int
    qwk: float | None
    qwk_low: float | None
    qwk_high: float | None
    spearman: float | None
    spearman_low: float | None
    spearman_high: float | None
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    icc: float | None
    icc_low: float | None
    icc_high: float | None
    bias: float | None
    bias_low: float | None
    bias_high: float | None
    mae: float | None
    mae_low: float | None
    mae_high: float | None

    may_rank: bool = field(init=False)
    """Whether the judge is good enough to rank models by."""

    def __post_init__(self) -> None:
        good = self.spearman_low is not None and self.spearman_low > MIN_SPEARMAN
        may_rank = good and self.bias is not None and abs(self.bias) < MAX_BIAS
        object.__setattr__(self, "may_rank", may_rank)


def agreement(human: Scores, judge: Scores, *, low: int = 1, high: int = 7, seed: int = 0) -> Agreement:
    """Compare two equally long columns of scores; pairs with a missing score (None, NaN) are dropped.

    Two pandas Series are paired by index.

    Raises:
        ValueError: different lengths or indices, inf, a score outside ``low``…``high``, or no complete pair.
    """
    pairs = _pairs(human, judge, low, high)
    resampled = pairs[np.random.default_rng(seed).integers(len(pairs), size=(N_RESAMPLES, len(pairs)))]
    fields: dict[str, float | None] = {}
    for name, statistic in _STATISTICS.items():
        fields[name] = _number(statistic(pairs[None])[0])
        values = statistic(resampled)
        finite = values[np.isfinite(values)]
        enough = fields[name] is not None and len(finite) > 0
        ends = np.percentile(finite, [2.5, 97.5]) if enough else (None, None)
        fields[f"{name}_low"], fields[f"{name}_high"] = (_number(end) for end in ends)
    return Agreement(n=len(pairs), **fields)


def confusion(human: Scores, judge: Scores, *, low: int = 1, high: int = 7) -> list[list[int]]:
    """Counts with people's scores as rows and the judge's as columns, ``low`` first; fractions are rounded half up."""
    cells = np.floor(_pairs(human, judge, low, high) + 0.5).astype(int) - low
    table = np.zeros((high - low + 1, high - low + 1), dtype=int)
    np.add.at(table, (cells[:, 0], cells[:, 1]), 1)
    counts: list[list[int]] = table.tolist()
    return counts


def interval_alpha(ratings: Sequence[Sequence[float]]) -> float | None:
    """Krippendorff's alpha for interval data and any number of raters; ``ratings`` is raters × items, complete.

    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    table = np.asarray(ratings, dtype=float)
    observed = table.var(axis=0, ddof=1).mean()
    expected = table.ravel().var(ddof=1)
    return None if expected == 0 else float(1 - observed / expected)


def _pairs(human: Scores, judge: Scores, low: int, high: int) -> Matrix:
    """Complete pairs, shape (n, 2), in an order that does not depend on the rows' order."""
    if hasattr(human, "index") and hasattr(human, "reindex") and hasattr(judge, "reindex"):
        judge = _aligned(human, judge)
    columns = [np.asarray([_score(value) for value in column], dtype=float) for column in (human, judge)]
    if len(columns[0]) != len(columns[1]):
        raise TableError("{n} human {n:score|scores}, but {m} of the judge", n=len(columns[0]), m=len(columns[1]))
    pairs = np.stack(columns, axis=1)
    for row, pair in enumerate(pairs):
        bad = np.isinf(pair) | (pair < low) | (pair > high)
        if bad.any():
            raise TableError(
                "row {row}: {value:g} is not a score from {low} to {high}",
                row=row,
                value=pair[bad][0],
                low=low,
                high=high,
            )
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    if len(pairs) == 0:
        raise TableError("no pair of a human and a judge score")
    ordered: Matrix = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return ordered


def _aligned(human: pd.Series, judge: pd.Series) -> pd.Series:
    if human.index.equals(judge.index):
        return judge
    for series in (human, judge):
        if series.index.has_duplicates:
            raise TableError("row {row!r} appears twice", row=series.index[series.index.duplicated()][0])
    stray = human.index.symmetric_difference(judge.index)
    if len(stray):
        raise TableError("row {row!r} is in one of the two columns only", row=stray[0])
    return judge.reindex(human.index)


def _score(value: Score) -> float:
    try:
        return float("nan") if value is None else float(value)
    except (TypeError, ValueError):
        # pandas.NA is neither a number nor None.
        if str(value) == "<NA>":
            return float("nan")
        raise TableError("{value!r} is not a score", value=value) from None


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _ratio(numerator: Matrix, denominator: Matrix) -> Matrix:
    """Elementwise quotient; NaN where the denominator vanishes (rounding included)."""
    tiny = np.abs(denominator) < 1e-12
    quotient: Matrix = np.where(tiny, np.nan, numerator / np.where(tiny, 1.0, denominator))
    return quotient


def _qwk(pairs: Matrix) -> Matrix:
    """Cohen's kappa with quadratic weights: 1 − Σ(h − j)² / Σ over all pairs of the margins; the range cancels out."""
    human, judge = pairs[..., 0], pairs[..., 1]
    observed = ((human - judge) ** 2).mean(axis=-1)
    expected = human.var(axis=-1) + judge.var(axis=-1) + (human.mean(axis=-1) - judge.mean(axis=-1)) ** 2
    return 1 - _ratio(observed, expected)


def _spearman(pairs: Matrix) -> Matrix:
    from scipy.stats import rankdata

    human, judge = rankdata(pairs[..., 0], axis=-1), rankdata(pairs[..., 1], axis=-1)
    human, judge = human - human.mean(axis=-1, keepdims=True), judge - judge.mean(axis=-1, keepdims=True)
    return _ratio((human * judge).sum(axis=-1), np.sqrt((human**2).sum(axis=-1) * (judge**2).sum(axis=-1)))


def _alpha(pairs: Matrix) -> Matrix:
    observed = ((pairs[..., 0] - pairs[..., 1]) ** 2).mean(axis=-1)
    pooled = pairs.reshape(*pairs.shape[:-2], -1)
    return 1 - _ratio(observed, 2 * pooled.var(axis=-1, ddof=1))


def _icc(pairs: Matrix) -> Matrix:
    """Two-way random effects, absolute agreement, single rater (Shrout & Fleiss 1979, case 2)."""
    n, k = pairs.shape[-2], 2
    if n < 2:
        return np.full(pairs.shape[:-2], np.nan)
    grand = pairs.mean(axis=(-2, -1), keepdims=True)
    rows, columns = pairs.mean(axis=-1, keepdims=True), pairs.mean(axis=-2, keepdims=True)
    ms_rows = k * ((rows - grand) ** 2).sum(axis=(-2, -1)) / (n - 1)
    ms_columns = n * ((columns - grand) ** 2).sum(axis=(-2, -1)) / (k - 1)
    ms_error = ((pairs - rows - columns + grand) ** 2).sum(axis=(-2, -1)) / ((n - 1) * (k - 1))
    return _ratio(ms_rows - ms_error, ms_rows + (k - 1) * ms_error + k * (ms_columns - ms_error) / n)


def _bias(pairs: Matrix) -> Matrix:
    difference: Matrix = (pairs[..., 1] - pairs[..., 0]).mean(axis=-1)
    return difference


def _mae(pairs: Matrix) -> Matrix:
    difference: Matrix = np.abs(pairs[..., 1] - pairs[..., 0]).mean(axis=-1)
    return difference


_STATISTICS: dict[str, Callable[[Matrix], Matrix]] = {
    "qwk": _qwk,
    "spearman": _spearman,
    "alpha": _alpha,
    "icc": _icc,
    "bias": _bias,
    "mae": _mae,
}
