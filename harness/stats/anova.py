"""Two-way analysis of variance of items × formats with one value per cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from kikime.harness.stats.validation import FloatArray


@dataclass(frozen=True)
class TwoWay:
    """Mean squares of a complete items × formats table."""

    n_items: int
    n_formats: int
    ms_item: float
    ms_format: float
    ms_residual: float
    """Item × format interaction and noise together."""

    @property
    def format_variance(self) -> float:
        """Variance of the formats' true means: (MS_format − MS_residual)/n, not below 0."""
        return max(0.0, (self.ms_format - self.ms_residual) / self.n_items)

    @property
    def item_variance(self) -> float:
        """Variance of the items' true means: (MS_item − MS_residual)/F, not below 0."""
        return max(0.0, (self.ms_item - self.ms_residual) / self.n_formats)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of format, item and item × format (with noise) in the variance of a cell; all 0 where none varies."""
        parts = (self.format_variance, self.item_variance, self.ms_residual)
        total = sum(parts)
        return (parts[0] / total, parts[1] / total, parts[2] / total) if total > 0 else (0.0, 0.0, 0.0)


def two_way(table: FloatArray) -> TwoWay:
    """Decompose ``table`` (items ≥ 2, formats ≥ 2)."""
    n_items, n_formats = table.shape
    grand = table.mean()
    items, formats = table.mean(axis=1), table.mean(axis=0)
    residual = table - items[:, None] - formats + grand
    free_items, free_formats = n_items - 1, n_formats - 1
    smallest = 1e-24 * max(1.0, float(np.abs(table).max()) ** 2)
    return TwoWay(
        n_items,
        n_formats,
        ms_item=_snap(n_formats * float(np.sum((items - grand) ** 2)) / free_items, smallest),
        ms_format=_snap(n_items * float(np.sum((formats - grand) ** 2)) / free_formats, smallest),
        ms_residual=_snap(float(np.sum(residual**2)) / (free_items * free_formats), smallest),
    )


def normal_range(n: int) -> float:
    """Expected range of ``n`` independent standard normals (d₂ of control charts): 1.128 for 2, 2.847 for 8.

    Tippett 1925: ∫ 1 − Φ(x)ⁿ − (1 − Φ(x))ⁿ dx.
    """
    points = np.linspace(-10.0, 10.0, 4001)
    below = ndtr(points)
    return float(np.trapezoid(1 - below**n - (1 - below) ** n, points))


def null_range(n_formats: int, ms_residual: float, n_items: int) -> float:
    """Range of format means that noise alone makes: d_F · √(MS_residual / n)."""
    return normal_range(n_formats) * math.sqrt(ms_residual / n_items)


def _snap(mean_square: float, smallest: float) -> float:
    return mean_square if mean_square > smallest else 0.0
