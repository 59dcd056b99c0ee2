"""Contrasts between the cells of a factorial design over the same items: effects, interactions, slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from kikime.harness.stats.contrast import Transform, TransformBy, pooled_rate, transform_for
from kikime.harness.stats.intervals import (
    ROUNDING,
    or_unseen,
    percentile_interval,
    percentile_p_value,
    t_over_z,
    unseen_p_value,
)
from kikime.harness.stats.paired import ALPHA
from kikime.harness.stats.resampling import Stream, count_blocks, small_sample_factor
from kikime.harness.stats.validation import FloatArray, TableError, checked_table, persona_sizes

Weights = Mapping[str, float]
"""Cell → its weight; a difference in differences is +1, −1, −1, +1."""


@dataclass(frozen=True)
class Estimate:
    """A weighted sum of cell values: each the mean over personas of a mean, or of a pooled rate, over items."""

    value: float
    ci_low: float | None
    """95 %, items drawn within personas; None where some persona has a single item."""
    ci_high: float | None
    p_value: float = 1.0
    """Level at which the interval reaches 0; 1 where there is no interval."""


def cell_contrasts(
    frame: pd.DataFrame,
    contrasts: Mapping[str, Weights],
    *,
    transform: TransformBy | None = None,
    seed: int = 0,
    n_resamples: int = 4999,
) -> dict[str, Estimate]:
    """Estimate weighted sums of cell values, each draw of items serving all cells of a persona.

    Percentile intervals, their draws scaled by √(n/(n−1)) and t/z as in :func:`kikime.harness.stats.resampling.mean_draws`.
    Where nothing varies, the interval is what this many items can miss (Clopper–Pearson), never of width zero.

    Args:
        frame: ``persona, item, cell, num, den``, every item in every cell; a plain mean is a rate with ``den`` 1.
        contrasts: name → weights of cells; cells that it does not name weigh 0.
        transform: from pooled rates to points, one for all or one per persona.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, an item without some cell, an unknown cell, or a persona without
            any denominator in a cell.
    """
    sums, sizes, personas, cells = _cube(frame)
    weights = _weight_matrix(contrasts, cells)
    chosen = [transform_for(transform, persona) for persona in personas]
    bounds = np.cumsum([0, *sizes])
    parts = [sums[low:high] for low, high in pairwise(bounds)]
    observed = [_rates(part.sum(axis=0)[None], own)[0] for part, own in zip(parts, chosen, strict=True)]
    if not np.isfinite(observed).all():
        raise TableError("a persona has no denominator in some cell", hint="leave the persona out")
    values = np.mean(observed, axis=0) @ weights
    if min(sizes) < 2:
        return {name: Estimate(float(value), None, None) for name, value in zip(contrasts, values, strict=True)}
    draws = _draws(parts, observed, chosen, weights, seed=seed, n_resamples=n_resamples)
    wider = t_over_z(sum(sizes) - len(sizes))
    return {
        name: _estimate(float(value), wider * (column - value), sum(sizes), own)
        for (name, own), value, column in zip(contrasts.items(), values, draws.T, strict=True)
    }


def _cube(frame: pd.DataFrame) -> tuple[FloatArray, list[int], list[str], list[str]]:
    """(items, cells, num and den), items per persona, personas, cells."""
    long = checked_table(frame, keys=["persona", "item", "cell"], values=["num", "den"])
    wide = long.set_index(["persona", "item", "cell"])[["num", "den"]].unstack("cell")
    if wide.isna().to_numpy().any():
        persona, item = wide.index[wide.isna().to_numpy().any(axis=1)][0]
        raise TableError(
            "row persona={persona!r}, item={item!r}: a cell is missing",
            hint="keep only items with every cell",
            persona=persona,
            item=item,
        )
    cells = list(wide["num"].columns)
    sums = np.stack([wide["num"].to_numpy(float), wide["den"].to_numpy(float)], axis=2)
    names = wide.index.get_level_values("persona")
    return sums, persona_sizes(names), list(dict.fromkeys(names)), cells


def _weight_matrix(contrasts: Mapping[str, Weights], cells: Sequence[str]) -> FloatArray:
    unknown = [cell for weights in contrasts.values() for cell in weights if cell not in cells]
    if unknown:
        raise TableError("a contrast names the cell {unknown!r}, which no row has", unknown=unknown[0])
    return np.array([[weights.get(cell, 0.0) for weights in contrasts.values()] for cell in cells])


def _rates(sums: FloatArray, transform: Transform) -> FloatArray:
    """(draws, cells, 2) → (draws, cells)."""
    shape = sums.shape[:2]
    return pooled_rate(sums[..., 0].ravel(), sums[..., 1].ravel(), transform).reshape(shape)


def _draws(
    parts: Sequence[FloatArray],
    observed: Sequence[FloatArray],
    transforms: Sequence[Transform],
    weights: FloatArray,
    *,
    seed: int,
    n_resamples: int,
) -> FloatArray:
    """(draws, contrasts); a persona whose rate does not exist in a draw leaves that draw's mean."""
    bounds = np.cumsum([0, *(len(part) for part in parts)])
    draws = np.empty((n_resamples, weights.shape[1]))
    for rows, counts in count_blocks([len(part) for part in parts], Stream(seed), n_resamples):
        total, present = (np.zeros((len(counts), weights.shape[0])) for _ in range(2))
        for number, (part, rates, transform) in enumerate(zip(parts, observed, transforms, strict=True)):
            own = counts[:, bounds[number] : bounds[number + 1]]
            drawn = _rates(np.einsum("di,icx->dcx", own, part), transform)
            there = np.isfinite(drawn)
            total += np.where(there, rates + small_sample_factor(len(part)) * (drawn - rates), 0.0)
            present += there
        means = np.divide(total, present, out=np.full_like(total, np.nan), where=present > 0)
        draws[rows] = means @ weights
    existing: FloatArray = draws[np.isfinite(draws).all(axis=1)]
    return existing


def _estimate(value: float, deviations: FloatArray, n_items: int, weights: Weights) -> Estimate:
    low, high = percentile_interval(deviations) if len(deviations) else (0.0, 0.0)
    reach = _reach(value, weights)
    ends = or_unseen(value + low, value + high, value, n=n_items, reach=reach)
    value, low_end, high_end = (_without_rounding(float(number)) for number in (value, *ends))
    varies = high - low > ROUNDING * max(1.0, abs(value))
    p = percentile_p_value(value + deviations) if varies else unseen_p_value(n_items, abs(value) / reach)
    return Estimate(value, low_end, high_end, max(p, ALPHA) if low_end <= 0 <= high_end else p)


def _reach(value: float, weights: Weights) -> float:
    """How far an unseen item may lie from ``value``: at its opposite, of a cell's value at 0; as shares do where it is 0."""
    if abs(value) <= ROUNDING:
        return sum(weight for weight in weights.values() if weight > 0)
    return abs(value) * (2 if any(weight < 0 for weight in weights.values()) else 1)


def _without_rounding(number: float) -> float:
    return 0.0 if abs(number) <= ROUNDING else number
