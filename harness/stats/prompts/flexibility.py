"""プロンプトへの柔軟性: how much of a model's quality survives when the prompt format changes, in the mean and per item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from kikime.harness.stats.intervals import LEVEL, or_unseen, percentile_interval
from kikime.harness.stats.paired import NEW_PERSONAS_FROM
from kikime.harness.stats.resampling import Stream, exchangeable_units, mean_draws
from kikime.harness.stats.validation import FloatArray, TableError, checked_table, persona_sizes, sorted_rows

TAIL = -float(ndtri(0.1))
"""1.2816: the format that one in ten is worse than."""


@dataclass(frozen=True)
class Flexibility:
    """One model over semantically equal formats."""

    retained: float | None
    """Mean of the other formats' means over the native one's; None unless the native mean is surely above the floor."""
    ci_low: float | None
    """95 % interval of ``retained``; where no item differs, what this many items can miss, never of width zero."""
    ci_high: float | None
    level: float
    """Mean over all formats: what ranks, as it pays for inflexibility and for being bad alike."""
    sigma_format: float | None
    """Bias-corrected standard deviation of the formats' true means; None for a single item."""
    tail: float | None
    """level − 1.2816 · sigma_format: what one format in ten falls below."""
    raw_spread: float
    """Largest minus smallest format mean, as published; mostly noise when items are few."""
    raw_spread_null: float | None
    """What noise alone would make of ``raw_spread``."""
    format_share: float | None
    """Share of the formats in the variance of a cell, 0–1."""
    item_share: float | None
    interaction_share: float | None
    """Share of item × format together with noise: which prompts break depends on the format."""
    native_mean: float
    native_low: float | None
    """Lower end of the native mean's 95 % interval: what must exceed the floor."""
    format_means: dict[str, float]
    """Mean over personas of the mean over items."""
    n_items: int
    n_personas: int
    n_formats: int


def flexibility(
    cells: pd.DataFrame, *, native: str, floor: float = 0.2, seed: int = 0, n_resamples: int = 2000
) -> Flexibility:
    """Describe how a model's quality depends on the prompt format.

    Intervals come from items resampled within personas; from whole personas where there are ten or more, or where one
    of them has a single item. Variance parts are those of a two-way table items × formats.

    Args:
        cells: ``persona, item, format, value``, one row each, every item with every format; value 0–1, failures 0.
        native: the checkpoint's own format, fixed before looking at scores.
        floor: a model whose native mean is not surely above it is not called flexible.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, an item without some format, fewer than two formats, or no
            cell in the native format.
    """
    table, formats, sizes = format_table(cells)
    if native not in formats:
        raise TableError(
            "the native format {native!r} is not among {formats}", native=native, formats=", ".join(formats)
        )
    at = formats.index(native)
    units, strata = exchangeable_units(table, sizes, new_personas_from=NEW_PERSONAS_FROM)
    means = _format_means(table, sizes)
    interval = _retained(units, strata, at, floor=floor, seed=seed, n_resamples=n_resamples)
    parts = two_way(table) if len(table) > 1 else None
    level = float(means.mean())
    sigma = parts.format_variance**0.5 if parts else None
    return Flexibility(
        retained=interval.retained,
        ci_low=interval.low,
        ci_high=interval.high,
        level=level,
        sigma_format=sigma,
        tail=None if sigma is None else level - TAIL * sigma,
        raw_spread=float(np.ptp(table.mean(axis=0))),
        **_variance_parts(parts),
        native_mean=float(means[at]),
        native_low=interval.native_low,
        format_means={name: float(mean) for name, mean in zip(formats, means, strict=True)},
        n_items=len(table),
        n_personas=len(sizes),
        n_formats=len(formats),
    )


def format_table(cells: pd.DataFrame) -> tuple[FloatArray, list[str], list[int]]:
    """Lay ``cells`` out as items × formats; return it with the formats' names and the personas' sizes."""
    rows, values = sorted_rows(cells, keys=["persona", "item", "format"], values=["value"])
    items = list(dict.fromkeys(row[:2] for row in rows))
    formats = sorted({row[2] for row in rows})
    if len(formats) < 2:
        raise TableError("only the format {format!r} is there: flexibility needs two", format=formats[0])
    if len(rows) < len(items) * len(formats):
        there = set(rows)
        persona, item, name = next(cell for key in items for name in formats if (cell := (*key, name)) not in there)
        raise TableError(
            "row persona={persona!r}, item={item!r}: there is no value in the format {name!r}",
            hint="keep only items that were answered in every format",
            persona=persona,
            item=item,
            name=name,
        )
    return values.reshape(len(items), len(formats)), formats, persona_sizes(persona for persona, _ in items)


@dataclass(frozen=True)
class _Retained:
    retained: float | None
    low: float | None
    high: float | None
    native_low: float | None


def _retained(
    units: FloatArray, strata: Sequence[int], native: int, *, floor: float, seed: int, n_resamples: int
) -> _Retained:
    if len(units) < 2:
        return _Retained(None, None, None, None)
    pair = np.column_stack([units[:, native], np.delete(units, native, axis=1).mean(axis=1)])
    observed, draws = mean_draws(pair, strata, stream=Stream(seed), n_resamples=n_resamples)
    native_low = float(np.quantile(draws[:, 0], (1 - LEVEL) / 2))
    if not native_low > floor:
        return _Retained(None, None, None, native_low)
    above = draws[draws[:, 0] > 0]
    retained, ratios = float(observed[1] / observed[0]), above[:, 1] / above[:, 0]
    low, high = or_unseen(*percentile_interval(ratios), retained, n=len(units), reach=max(1.0, retained))
    return _Retained(retained, max(0.0, float(low)), float(high), native_low)


def _format_means(table: FloatArray, sizes: Sequence[int]) -> FloatArray:
    bounds = np.cumsum([0, *sizes])
    personas = [table[low:high].mean(axis=0) for low, high in pairwise(bounds)]
    means: FloatArray = np.mean(personas, axis=0)
    return means


def _variance_parts(parts: TwoWay | None) -> dict[str, float | None]:
    names = ("raw_spread_null", "format_share", "item_share", "interaction_share")
    if parts is None:
        return dict.fromkeys(names)
    null = null_range(parts.n_formats, parts.ms_residual, parts.n_items)
    return dict(zip(names, (null, *parts.shares), strict=True))


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


@dataclass(frozen=True)
class Sensitivity:
    """Mean absolute differences of one item's values, in the metric's unit, averaged over items and personas."""

    across: float
    """Between two formats (PSS of Zhuo et al. 2024, ProSA)."""
    within: float | None
    """Between two samples of one format: the noise of sampling and judging; None without repeats."""
    net: float | None
    """across − within: what the format itself does; about 0 for an indifferent model."""
    net_low: float | None
    """95 % interval of ``net``, from items resampled within personas; None for a single item."""
    net_high: float | None
    n_items: int
    n_formats: int
    n_repeats: int


def pss(cells: pd.DataFrame, *, seed: int = 0, n_resamples: int = 2000) -> Sensitivity:
    """Measure how much single answers, not only means, depend on the format.

    Args:
        cells: ``persona, item, format, repeat, value``, one row each, the same number of repeats in every cell.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, an item without some format or repeat, fewer than two formats.
    """
    long = checked_table(cells, keys=["persona", "item", "format", "repeat"], values=["value"])
    values, sizes = _cube(long)
    n_items, n_formats, n_repeats = values.shape
    across = _across(values)
    within = _within(values) if n_repeats > 1 else None
    units, strata = exchangeable_units(np.column_stack([across, across if within is None else across - within]), sizes)
    if len(units) > 1:
        (mean_across, mean_net), draws = mean_draws(units, strata, stream=Stream(seed), n_resamples=n_resamples)
        low, high = percentile_interval(draws[:, 1])
    else:
        (mean_across, mean_net), low, high = units[0], None, None
    if within is None:
        return Sensitivity(float(mean_across), None, None, None, None, n_items, n_formats, n_repeats)
    mean_within = float(mean_across - mean_net)
    return Sensitivity(float(mean_across), mean_within, float(mean_net), low, high, n_items, n_formats, n_repeats)


def _cube(long: pd.DataFrame) -> tuple[FloatArray, list[int]]:
    """Lay the cells out as items × formats × repeats; a cell's repeats may have names of their own."""
    counts = long.groupby(["persona", "item", "format"], sort=True).size().unstack("format", fill_value=0)
    if counts.shape[1] < 2:
        raise TableError("only the format {format!r} is there: sensitivity needs two", format=counts.columns[0])
    repeats = int(counts.to_numpy().max())
    if (counts.to_numpy() != repeats).any():
        row, column = np.argwhere(counts.to_numpy() != repeats)[0]
        persona, item = counts.index[row]
        raise TableError(
            "row persona={persona!r}, item={item!r}, format={level!r}: {n} repeats, elsewhere {repeats}",
            hint="keep only items with every format and repeat",
            persona=persona,
            item=item,
            level=counts.columns[column],
            n=counts.iat[row, column],
            repeats=repeats,
        )
    return long["value"].to_numpy().reshape(len(counts), counts.shape[1], repeats), persona_sizes(
        counts.index.get_level_values("persona")
    )


def _within(values: FloatArray) -> FloatArray:
    repeats = values.shape[2]
    gaps = _sum_of_gaps(values)
    per_item: FloatArray = gaps.mean(axis=1) / (repeats * (repeats - 1) / 2)
    return per_item


def _across(values: FloatArray) -> FloatArray:
    """Mean |difference| over all pairs of samples from two formats: all pairs less those within a format."""
    n_items, formats, repeats = values.shape
    all_gaps = _sum_of_gaps(values.reshape(n_items, formats * repeats))
    same_format = _sum_of_gaps(values).sum(axis=1)
    per_item: FloatArray = np.maximum(0.0, all_gaps - same_format) / (formats * (formats - 1) / 2 * repeats**2)
    return per_item


def _sum_of_gaps(values: FloatArray) -> FloatArray:
    """Sum of |xᵢ − xⱼ| over the pairs of the last axis, from the sorted values."""
    n = values.shape[-1]
    total: FloatArray = np.sort(values, axis=-1) @ (2.0 * np.arange(n) - (n - 1))
    return total
