"""Lengths and voice of the replies that ended by themselves and of those cut off: loops must not drown the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import EndingMean, EndingMeans
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.means import run_mean
from kikime.harness.store.means import ENDING

if TYPE_CHECKING:
    import pandas as pd

SPLIT = ("length_chars", "sentences", "length_fit", "style_level", "marker_rate", "missing_kuten")
"""Metrics that a reply which was cut off distorts."""


class Split(NamedTuple):
    """The mean of one metric over the replies that ended, and over those that were cut off."""

    ended: EndingMean | None
    cut_off: EndingMean | None


def ending_means(pair: Pair) -> list[EndingMeans]:
    """One row per metric; empty where every reply of both runs ended in the same way."""
    if len({*pair.a[ENDING], *pair.b[ENDING]}) < 2:
        return []
    rows = []
    for metric in SPLIT:
        a, b = (split_mean(cells, metric, pair.bands) for cells in (pair.a, pair.b))
        if any((*a, *b)):
            rows.append(EndingMeans(metric, ended_a=a.ended, cut_off_a=a.cut_off, ended_b=b.ended, cut_off_b=b.cut_off))
    return rows


def split_mean(cells: pd.DataFrame, metric: str, bands: Bands) -> Split:
    """The mean of one run's replies by how they ended."""
    found = [run_mean(cells[cells[ENDING] == ending], metric, bands) for ending in Split._fields]
    return Split(*(None if mean is None else EndingMean(mean.mean, mean.n) for mean in found))
