"""From replies to items: the frames that the statistics take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from kikime.harness.core.manifest import Manifest
from kikime.harness.metrics import METRICS, style_bands_of, style_levels_of
from kikime.harness.stats.contrast import Transform
from kikime.harness.stats.validation import FloatArray

if TYPE_CHECKING:
    import pandas as pd

VOICE_RATES = ("marker_rate", "style_level")
"""Metrics of the rates of marked sentences of single replies."""
MARKERS = (*VOICE_RATES, "style_band")
"""Metrics that are computed from marked and eligible sentences, not from values of their own."""
ITEM = ["persona", "item"]
_SIDES = (("a_num", "a_den"), ("b_num", "b_den"))
_BoolArray = npt.NDArray[np.bool_]
_Rate = tuple[FloatArray, FloatArray]
"""Numerators and denominators, one per reply."""


class ItemFrame(NamedTuple):
    """One metric of two runs, one row per item, as :func:`kikime.harness.stats.paired.paired_difference` takes it."""

    frame: pd.DataFrame
    """``persona, item, a, b``, or ``persona, item, a_num, a_den, b_num, b_den``."""
    transform: dict[str, Transform] | None
    """For pooled rates: from rates to points, per persona."""
    n_cells: int
    """Pairs of replies that the frame rests on."""


class Bands:
    """``style_level`` and ``style_band`` as functions of a persona's marker rate."""

    def __init__(self, manifest: Manifest) -> None:
        markers = {name: card["voice"]["markers"] for name, card in manifest["personas"].items()}
        self.targets = {
            name: (m["target_rate"], m["tolerance"]) for name, m in markers.items() if m["target_rate"] is not None
        }

    def points(self, persona: str, rates: FloatArray) -> FloatArray:
        """Closeness of rates (an array, 0–1) to the persona's own rate."""
        target, tolerance = self.targets[persona]
        return style_bands_of(rates, np.ones_like(rates), target, tolerance)

    def levels(self, persona: str, rates: FloatArray) -> FloatArray:
        """Style levels of rates (an array, 0–1)."""
        return style_levels_of(rates, *self.targets[persona])

    def transforms(self, metric: str) -> dict[str, Transform] | None:
        """From rates to points of ``metric``: one function per persona that has a target; None where rates stay rates."""
        points = {"style_level": self.levels, "style_band": self.points}.get(metric)
        return None if points is None else {name: partial(points, name) for name in self.targets}


def marker_sums(cells: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Marked (``num``) and eligible (``den``) sentences of each reply, with its persona and item.

    A failed reply counts as one sentence on the far side of the target, as seen from the run's own rate of that
    persona, so that failing never brings the rate nearer to the target.
    """
    num, den = (np.nan_to_num(_numbers(cells[name])) for name in ("marker_sentences", "eligible_sentences"))
    _fail(cells, bands, num, den)
    return cells[ITEM].assign(num=num, den=den)


def voice_rates(cells: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Rate of marked sentences (``num``) of each reply that has an eligible one (``den`` 1), with its persona and item.

    Every reply counts once, however long it is. Copied examples and echoes say nothing of the voice, here or in the
    tables. A failed reply is all on the far side of the target, as in :func:`marker_sums`.
    """
    marked, eligible = (np.nan_to_num(_numbers(cells[name])) for name in ("marker_sentences", "eligible_sentences"))
    den = (eligible > 0).astype(float)
    num = np.divide(marked, eligible, out=np.zeros_like(marked), where=eligible > 0)
    _fail(cells, bands, num, den)
    return cells[ITEM].assign(num=num, den=den)


def _fail(cells: pd.DataFrame, bands: Bands, num: FloatArray, den: FloatArray) -> None:
    """Set the failed replies of each persona to the far side of its target."""
    failed, personas = cells["failed"].to_numpy(dtype=bool), cells["persona"].to_numpy(object)
    failed = failed & np.asarray(cells.get("voiced", True), dtype=bool)
    for persona, (target, _) in bands.targets.items():
        at = personas == persona
        measured = den[at].sum()
        above = measured > 0 and num[at].sum() / measured > target
        num[at & failed], den[at & failed] = float(above), 1.0


def question_rates(sums: pd.DataFrame, keys: Sequence[str], sides: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Mean rate of each question instead of its sums, so that every question counts once: ``den`` is 1, or 0 for none."""
    rates = sums[list(keys)].copy()
    for num, den in sides:
        rates[num] = sums[num].where(sums[den] == 0, sums[num] / sums[den].replace(0, 1))
        rates[den] = (sums[den] > 0).astype(float)
    return rates


def item_frame(a: pd.DataFrame, b: pd.DataFrame, metric: str, bands: Bands) -> ItemFrame | None:
    """The items of two runs' shared cells (aligned rows); None where the metric applies nowhere on both sides."""
    if metric in MARKERS:
        return _marker_frame(a, b, metric, bands)
    if metric in METRICS and METRICS[metric].pooled:
        return _rate_frame(a, b, metric)
    values = {"a": _numbers(a[metric]), "b": _numbers(b[metric])}
    both = ~(np.isnan(values["a"]) | np.isnan(values["b"]))
    if not both.any():
        return None
    sums = _summed(a, both, {side: column[both] for side, column in values.items()})
    sums["a"], sums["b"] = sums["a"] / sums["n"], sums["b"] / sums["n"]
    return ItemFrame(sums, None, int(both.sum()))


def _marker_frame(a: pd.DataFrame, b: pd.DataFrame, metric: str, bands: Bands) -> ItemFrame | None:
    known = a["persona"].isin(bands.targets).to_numpy()
    if not known.any():
        return None
    of_replies = voice_rates if metric in VOICE_RATES else marker_sums
    sums = [of_replies(cells[known], bands) for cells in (a, b)]
    rates = [(side["num"].to_numpy(), side["den"].to_numpy()) for side in sums]
    frame = _pooled(a, known, rates[0], rates[1])
    if metric in VOICE_RATES:
        frame = question_rates(frame, ITEM, _SIDES)
    n_cells = int((rates[0][1] > 0).sum() + (rates[1][1] > 0).sum()) // 2
    return None if frame.empty else ItemFrame(frame, bands.transforms(metric), n_cells)


def _rate_frame(a: pd.DataFrame, b: pd.DataFrame, metric: str) -> ItemFrame | None:
    sides = [_numbers(cells[metric]) for cells in (a, b)]
    known = [~np.isnan(side) for side in sides]
    rates = [(np.where(at, side, 0.0), at.astype(float)) for side, at in zip(sides, known, strict=True)]
    frame = _pooled(a, np.full(len(a), True), rates[0], rates[1])
    return None if frame.empty else ItemFrame(frame, None, int(known[0].sum() + known[1].sum()) // 2)


def _pooled(cells: pd.DataFrame, at: _BoolArray, a: _Rate, b: _Rate) -> pd.DataFrame:
    """Sums of both sides per item of ``cells[at]``, without personas that have no denominator on one of the sides."""
    frame = _summed(cells, at, {"a_num": a[0], "a_den": a[1], "b_num": b[0], "b_den": b[1]})
    alive = frame.groupby("persona")[["a_den", "b_den"]].transform("sum").gt(0).all(axis=1)
    return frame[alive].reset_index(drop=True)


def _summed(cells: pd.DataFrame, at: _BoolArray, values: Mapping[str, FloatArray]) -> pd.DataFrame:
    """Sums of ``values`` and the number of rows (``n``) per item of ``cells[at]``, sorted; faster than a grouped frame."""
    import pandas as pd

    of_persona, persona_names = pd.factorize(cells["persona"].to_numpy(object)[at], sort=True)
    of_item, item_names = pd.factorize(cells["item"].to_numpy(object)[at], sort=True)
    codes, group = np.unique(of_persona * len(item_names) + of_item, return_inverse=True)
    texts = {"persona": persona_names[codes // len(item_names)], "item": item_names[codes % len(item_names)]}
    sums = {name: np.bincount(group, weights=column) for name, column in values.items()}
    return pd.DataFrame({**texts, **sums, "n": np.bincount(group)})


def _numbers(column: pd.Series) -> FloatArray:
    """The values as an array of its own; NaN where there is none."""
    numbers: FloatArray = column.to_numpy(dtype=float, na_value=np.nan, copy=True)
    return numbers
