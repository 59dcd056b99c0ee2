"""Lengths and voice of the replies that ended by themselves and of those cut off: loops must not drown the others."""

from __future__ import annotations

from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import EndingMean, EndingMeans
from kikime.harness.reports.tables.means import run_mean
from kikime.harness.store.means import ENDING

SPLIT = ("length_chars", "sentences", "length_fit", "style_level", "marker_rate", "missing_kuten")
"""Metrics that a reply which was cut off distorts."""


def ending_means(pair: Pair) -> list[EndingMeans]:
    """One row per metric; empty where every reply of both runs ended in the same way."""
    if len({*pair.a[ENDING], *pair.b[ENDING]}) < 2:
        return []
    rows = []
    for metric in SPLIT:
        found = {
            f"{ending}_{side}": _mean(pair, side, ending, metric)
            for side in ("a", "b")
            for ending in ("ended", "cut_off")
        }
        if any(found.values()):
            rows.append(EndingMeans(metric=metric, **found))
    return rows


def _mean(pair: Pair, side: str, ending: str, metric: str) -> EndingMean | None:
    cells = pair.a if side == "a" else pair.b
    found = run_mean(cells[cells[ENDING] == ending], metric, pair.bands)
    return None if found is None else EndingMean(found.mean, found.n)
