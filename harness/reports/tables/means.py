"""The mean of one metric of one run, by the definition of comparisons: mean over personas of the mean over items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kikime.harness.reports.tables.frames import ITEM, Bands, item_frame
from kikime.harness.stats.contrast import Transform, identity, pooled_rate
from kikime.harness.stats.intervals import or_unseen, t_interval

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
    """Average a metric as :func:`kikime.harness.reports.comparison.compare.compare` does; None where it applies nowhere."""
    items = item_frame(cells, cells, metric, bands)
    if items is None:
        return None
    frame = items.frame
    own = {"num": frame["a"], "den": 1.0} if "a" in frame else {"num": frame["a_num"], "den": frame["a_den"]}
    mean, half = pooled_mean(frame[ITEM].assign(**own), items.transform or {})
    return None if mean is None else RunMean(mean, half, items.n_cells)


def pooled_mean(sums: pd.DataFrame, transforms: Mapping[str, Transform]) -> tuple[float | None, float | None]:
    """Mean over personas of transformed ratios of sums, and half of its 95 % interval.

    The interval is that of the jackknife over items within personas (Tukey 1958) with t; where no item differs from the
    others of its persona it is what this many items can miss (Clopper–Pearson), never of width zero; None where no persona
    has two items with a denominator.
    """
    personas = [_persona(rows, transforms.get(str(name), identity)) for name, rows in sums.groupby("persona")]
    known = [persona for persona in personas if persona is not None]
    if not known:
        return None, None
    mean = float(np.mean([persona.mean for persona in known]))
    df = sum(persona.n - 1 for persona in known)
    if not df:
        return mean, None
    error = sum(persona.variance for persona in known) ** 0.5 / len(known)
    low, high = t_interval(0.0, error, df)
    reach = max(1.0, *(persona.largest for persona in known))
    return mean, float(or_unseen(low, high, 0.0, n=sum(persona.n for persona in known), reach=reach)[1])


class _Persona(NamedTuple):
    mean: float
    variance: float
    """Of the mean."""
    n: int
    """Items with a denominator."""
    largest: float
    """Largest item."""


def _persona(rows: pd.DataFrame, transform: Transform) -> _Persona | None:
    items = rows.groupby("item")[["num", "den"]].sum().to_numpy(float)
    items = items[items[:, 1] > 0]
    n = len(items)
    if not n:
        return None
    total = items.sum(axis=0)
    mean = float(pooled_rate(total[:1], total[1:], transform)[0])
    largest = float((items[:, 0] / items[:, 1]).max())
    if n == 1:
        return _Persona(mean, 0.0, n, largest)
    rest = total - items
    without = pooled_rate(rest[:, 0], rest[:, 1], transform)
    return _Persona(mean, (n - 1) ** 2 / n * float(np.var(without, ddof=1)), n, largest)
