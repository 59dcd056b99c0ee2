"""Per-item sensitivity to the prompt format, net of what two samples of one format differ anyway (PSS)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kikime.harness.stats.intervals import percentile_interval
from kikime.harness.stats.resampling import exchangeable_units, generators, mean_draws
from kikime.harness.stats.validation import FloatArray, TableError, checked_table, persona_sizes


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
        (rng,) = generators(seed, 1)
        (mean_across, mean_net), draws = mean_draws(units, strata, rng=rng, n_resamples=n_resamples)
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
