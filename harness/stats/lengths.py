"""Lengths of replies: how long they are, how many fit the target, and by what factor two models differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kikime.harness.stats.intervals import percentile_interval, wilson_interval
from kikime.harness.stats.paired import NEW_PERSONAS_FROM
from kikime.harness.stats.resampling import Stream, exchangeable_units, mean_draws
from kikime.harness.stats.validation import FloatArray, TableError, checked_table, persona_sizes


@dataclass(frozen=True)
class LengthSummary:
    """Lengths of one model's replies, in characters or sentences."""

    n: int
    mean: float
    """Over replies, as source displays do; comparisons average within personas first."""
    median: float
    q1: float
    q3: float
    share_in_range: float
    """Share of replies whose length lies within the persona's range, both ends included."""
    share_low: float
    """95 % Wilson interval of that share."""
    share_high: float


def length_summary(lengths: Sequence[float], *, low: Sequence[float], high: Sequence[float]) -> LengthSummary:
    """Describe ``lengths`` of replies, each with the range ``low``–``high`` that its persona asks for.

    Raises:
        ValueError: no reply, sequences of different length, a negative, missing or infinite number.
    """
    columns = {"length": lengths, "low": low, "high": high}
    rows: dict[str, FloatArray] = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    if len({len(values) for values in rows.values()}) != 1 or not len(rows["length"]):
        raise TableError(
            "lengths, low and high need one number per reply: {sizes}", sizes=[len(v) for v in rows.values()]
        )
    for name, values in rows.items():
        bad = ~(np.isfinite(values) & (values >= 0))
        if bad.any():
            raise TableError(
                "row {row}: {name} is {value}", row=int(np.argmax(bad)), name=name, value=values[np.argmax(bad)]
            )
    values = rows["length"]
    inside = int(((rows["low"] <= values) & (values <= rows["high"])).sum())
    q1, median, q3 = (float(point) for point in np.quantile(values, [0.25, 0.5, 0.75]))
    share_low, share_high = wilson_interval(inside, len(values))
    return LengthSummary(len(values), float(values.mean()), median, q1, q3, inside / len(values), share_low, share_high)


@dataclass(frozen=True)
class MeanRatio:
    """By what factor b's mean is larger than a's."""

    mean_a: float
    mean_b: float
    ratio: float | None
    """mean_b / mean_a; None where a's mean is 0."""
    ci_low: float | None
    """95 % interval; None without a ratio or for a single item."""
    ci_high: float | None
    n_items: int
    n_personas: int


def ratio_of_means(frame: pd.DataFrame, *, seed: int = 0, n_resamples: int = 9999) -> MeanRatio:
    """Compare lengths or counts of two models by the ratio of their means over personas.

    Args:
        frame: ``persona, item, a, b``, one row per item, values not negative.
        seed: of resampling items within personas (whole personas from ten on).
        n_resamples: bootstrap draws.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, a negative value, an empty table.
    """
    table = checked_table(frame, keys=["persona", "item"], values=["a", "b"])
    if (table[["a", "b"]] < 0).to_numpy().any():
        row = table[(table[["a", "b"]] < 0).any(axis=1)].iloc[0]
        raise TableError(
            "row persona={persona!r}, item={item!r}: a length is below 0", persona=row["persona"], item=row["item"]
        )
    sizes = persona_sizes(table["persona"])
    mean_a, mean_b = (float(table.groupby("persona")[side].mean().mean()) for side in ("a", "b"))
    if mean_a == 0 or len(table) < 2:
        return MeanRatio(mean_a, mean_b, mean_b / mean_a if mean_a else None, None, None, len(table), len(sizes))
    units, strata = exchangeable_units(table[["a", "b"]].to_numpy(), sizes, new_personas_from=NEW_PERSONAS_FROM)
    low, high = _ratio_interval(units, strata, mean_b / mean_a, seed, n_resamples)
    return MeanRatio(mean_a, mean_b, mean_b / mean_a, low, high, len(table), len(sizes))


def _ratio_interval(
    units: FloatArray, strata: Sequence[int], ratio: float, seed: int, n_resamples: int
) -> tuple[float, float]:
    """Percentiles of log ratios, which are more symmetric than ratios; of ratios where b is always 0."""
    _, draws = mean_draws(units, strata, stream=Stream(seed), n_resamples=n_resamples)
    positive = draws[(draws > 0).all(axis=1)]
    if ratio == 0 or not len(positive):
        return ratio, ratio
    low, high = percentile_interval(np.log(positive[:, 1] / positive[:, 0]))
    return math.exp(low), math.exp(high)
