"""From replies to items: the frames that the statistics take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from harness.metrics import style_band
from harness.reports.margins import load_margins
from harness.stats.contrast import Transform

if TYPE_CHECKING:
    import pandas as pd

POOLED_MARKERS = ("marker_rate", "style_band")
ITEM = ["persona", "item"]


class ItemFrame(NamedTuple):
    """One metric of two runs, one row per item, as :func:`harness.stats.paired.paired_difference` takes it."""

    frame: pd.DataFrame
    """``persona, item, a, b``, or ``persona, item, a_num, a_den, b_num, b_den``."""
    transform: dict[str, Transform] | None
    """For pooled rates: from rates to points, per persona."""
    n_cells: int
    """Pairs of replies that the frame rests on."""


class Bands:
    """``style_band`` as a function of a persona's pooled marker rate."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        markers = {name: card["voice"]["markers"] for name, card in manifest["personas"].items()}
        self.targets = {
            name: (m["target_rate"], m["tolerance"]) for name, m in markers.items() if m["target_rate"] is not None
        }

    def points(self, persona: str, rates: Any) -> Any:
        """Closeness of rates (an array, 0–1) to the persona's own rate."""
        target, tolerance = self.targets[persona]
        return style_band(rates, np.ones_like(rates), target=target, tolerance=tolerance)

    def transforms(self) -> dict[str, Transform]:
        """One function per persona that has a target."""
        return {name: partial(self.points, name) for name in self.targets}


def marker_sums(cells: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Marked (``num``) and eligible (``den``) sentences of each reply, with its persona and item.

    A failed reply counts as one sentence on the far side of the target, as seen from the run's own rate of that
    persona, so that failing never brings the rate nearer to the target.
    """
    sums = cells[ITEM].assign(
        num=cells["marker_sentences"].fillna(0.0).astype(float),
        den=cells["eligible_sentences"].fillna(0.0).astype(float),
    )
    failed = cells["failed"].to_numpy(dtype=bool)
    for persona, (target, _) in bands.targets.items():
        at = (cells["persona"] == persona).to_numpy()
        eligible = sums.loc[at, "den"].sum()
        above = eligible > 0 and sums.loc[at, "num"].sum() / eligible > target
        sums.loc[at & failed, ["num", "den"]] = [float(above), 1.0]
    return sums


def item_frame(a: pd.DataFrame, b: pd.DataFrame, metric: str, bands: Bands) -> ItemFrame | None:
    """The items of two runs' shared cells (aligned rows); None where the metric applies nowhere on both sides."""
    if metric in POOLED_MARKERS:
        return _marker_frame(a, b, metric, bands)
    if metric in load_margins().pooled:
        return _rate_frame(a, b, metric)
    both = (a[metric].notna().to_numpy()) & (b[metric].notna().to_numpy())
    if not both.any():
        return None
    values = a.loc[both, ITEM].assign(a=a.loc[both, metric].to_numpy(float), b=b.loc[both, metric].to_numpy(float))
    return ItemFrame(values.groupby(ITEM, as_index=False)[["a", "b"]].mean(), None, int(both.sum()))


def _marker_frame(a: pd.DataFrame, b: pd.DataFrame, metric: str, bands: Bands) -> ItemFrame | None:
    known = a["persona"].isin(bands.targets).to_numpy()
    if not known.any():
        return None
    frame = _pooled(marker_sums(a[known], bands), marker_sums(b[known], bands))
    transform = bands.transforms() if metric == "style_band" else None
    return None if frame.empty else ItemFrame(frame, transform, int(known.sum()))


def _rate_frame(a: pd.DataFrame, b: pd.DataFrame, metric: str) -> ItemFrame | None:
    sides = [
        cells[ITEM].assign(num=cells[metric].fillna(0.0).astype(float), den=cells[metric].notna().astype(float))
        for cells in (a, b)
    ]
    frame = _pooled(*sides)
    return None if frame.empty else ItemFrame(frame, None, int(sides[0]["den"].sum() + sides[1]["den"].sum()) // 2)


def _pooled(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Sums of both sides per item, without personas that have no denominator on one of the sides."""
    left, right = (side.groupby(ITEM)[["num", "den"]].sum() for side in (a, b))
    frame = left.add_prefix("a_").join(right.add_prefix("b_"), how="inner").reset_index()
    alive = frame.groupby("persona")[["a_den", "b_den"]].transform("sum").gt(0).all(axis=1)
    return frame[alive].reset_index(drop=True)
