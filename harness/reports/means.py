"""The mean of one metric of one run, by the definition of comparisons: mean over personas of the mean over items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.reports.frames import ITEM, Bands, item_frame
from harness.stats.contrast import Transform, identity, pooled_rate
from harness.stats.intervals import t_interval

if TYPE_CHECKING:
    import pandas as pd


class RunMean(NamedTuple):
    """One metric of one run."""

    mean: float
    half_width: float | None
    """Half of the 95 % interval; None where no persona has two items."""
    n: int
    """Replies to which the metric applies (pooled marker rates: all of the personas that have a target)."""


def run_mean(cells: pd.DataFrame, metric: str, bands: Bands) -> RunMean | None:
    """Average a metric as :func:`harness.reports.compare.compare` does; None where it applies nowhere."""
    items = item_frame(cells, cells, metric, bands)
    if items is None:
        return None
    frame = items.frame
    own = {"num": frame["a"], "den": 1.0} if "a" in frame else {"num": frame["a_num"], "den": frame["a_den"]}
    mean, half = pooled_mean(frame[ITEM].assign(**own), items.transform or {})
    return None if mean is None else RunMean(mean, half, items.n_cells)


def pooled_mean(sums: pd.DataFrame, transforms: Mapping[str, Transform]) -> tuple[float | None, float | None]:
    """Mean over personas of transformed ratios of sums, and half of its 95 % interval.

    The interval is that of the jackknife over items within personas (Tukey 1958) with t; None where no persona has two
    items with a denominator.
    """
    values, variance, df = [], 0.0, 0
    for persona, rows in sums.groupby("persona"):
        items = rows.groupby("item")[["num", "den"]].sum().to_numpy(float)
        items = items[items[:, 1] > 0]
        if not len(items):
            continue
        points = transforms.get(str(persona), identity)
        values.append(float(pooled_rate(items[:, 0].sum(keepdims=True), items[:, 1].sum(keepdims=True), points)[0]))
        if len(items) > 1:
            rest = items.sum(axis=0) - items
            without = pooled_rate(rest[:, 0], rest[:, 1], points)
            variance += (len(items) - 1) ** 2 / len(items) * float(np.var(without, ddof=1))
            df += len(items) - 1
    if not values:
        return None, None
    half = t_interval(0.0, variance**0.5 / len(values), df)[1] if df else None
    return float(np.mean(values)), half
