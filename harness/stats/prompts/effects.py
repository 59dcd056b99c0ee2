"""Effects of prompting within one model: steerability, few-shot gain and size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kikime.harness.stats.intervals import mean_interval, t_interval
from kikime.harness.stats.paired import paired_difference
from kikime.harness.stats.validation import TableError, checked_table

OVERALL = "*"
"""Name of the row over all formats."""
MIN_SETS = 3
"""Example sets from which on a gain speaks of new ones: two sets hardly show how much sets differ."""


@dataclass(frozen=True, kw_only=True)
class InstructionEffect:
    """What the style instruction does to the share of replies that carry the voice's marker."""

    format: str
    """``*``: over all formats."""
    effect: float
    ci_low: float | None
    ci_high: float | None
    p_value: float
    mean_with: float
    mean_without: float
    n_items: int


@dataclass(frozen=True, kw_only=True)
class SetSpread:
    """How far a gain depends on which examples are shown."""

    n_sets: int
    set_sd: float | None
    """Between sets; None for one."""
    set_low: float | None
    """95 % t interval, new sets of examples; None below three sets."""
    set_high: float | None


@dataclass(frozen=True, kw_only=True)
class ExamplesEffect(SetSpread):
    """What so many examples do to the quality, averaged over sets of examples."""

    shots: int
    gain: float
    ci_low: float | None
    """95 %, these sets of examples."""
    ci_high: float | None
    p_value: float
    n_items: int


def steerability(cells: pd.DataFrame, *, seed: int = 0, n_resamples: int = 9999) -> list[InstructionEffect]:
    """意図に従わせる程度: effect of the instruction within each format, and over all formats.

    Args:
        cells: ``persona, item, format, with_instruction, without_instruction``, one row each, every item in every
            format.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        One per format and one named ``*`` over all of them; see :func:`kikime.harness.stats.paired.paired_difference`.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, or an item without some format.
    """
    sides = {"without_instruction": "a", "with_instruction": "b"}
    table = checked_table(cells, keys=["persona", "item", "format"], values=list(sides)).rename(columns=sides)
    _complete(table, "format")
    overall = table.groupby(["persona", "item"], as_index=False)[["a", "b"]].mean()
    groups = [(str(name), rows) for name, rows in table.groupby("format")] + [(OVERALL, overall)]
    rows = []
    for name, frame in groups:
        effect = paired_difference(frame, margin=0, seed=seed, n_resamples=n_resamples).estimate
        rows.append(
            InstructionEffect(
                format=name,
                effect=effect.delta,
                ci_low=effect.ci_low,
                ci_high=effect.ci_high,
                p_value=effect.p_value,
                mean_with=effect.mean_b,
                mean_without=effect.mean_a,
                n_items=effect.n_items,
            )
        )
    return rows


def few_shot_gain(cells: pd.DataFrame, *, seed: int = 0, n_resamples: int = 9999) -> list[ExamplesEffect]:
    """Gain of k examples over none, for each k, averaged over example sets.

    Args:
        cells: ``persona, item, shots, example_set, value``, one row each; shots 0 has one set; every item has every
            set of every k.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        One per k > 0.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, no zero-shot rows, or an item without some set.
    """
    numbered = checked_table(cells, keys=["persona", "item", "shots", "example_set"], values=["value"])
    numbered["shots"] = [_whole(shots) for shots in numbered["shots"]]
    zero = numbered[numbered["shots"] == 0].groupby(["persona", "item"])["value"].mean().rename("a")
    if zero.empty:
        raise TableError("there are no rows with shots=0 to compare with")
    if (numbered["shots"] <= 0).all():
        raise TableError("there are no rows with shots above 0")
    rows = []
    for shots, part in numbered[numbered["shots"] > 0].groupby("shots"):
        _complete(part, "example_set")
        items = part.groupby(["persona", "item"])["value"].mean().rename("b").to_frame().join(zero, how="outer")
        effect = paired_difference(items.reset_index(), margin=0, seed=seed, n_resamples=n_resamples).estimate
        rows.append(
            ExamplesEffect(
                shots=int(shots),
                gain=effect.delta,
                ci_low=effect.ci_low,
                ci_high=effect.ci_high,
                p_value=effect.p_value,
                n_items=effect.n_items,
                **vars(_between_sets(part, effect.mean_a)),
            )
        )
    return rows


@dataclass(frozen=True)
class SizeSlope:
    """How a score grows with the number of parameters."""

    slope: float
    """Per tenfold parameters, in the score's unit."""
    ci_low: float | None
    """95 % t interval; None for two models, which say nothing about their own scatter."""
    ci_high: float | None
    n_models: int


def size_slope(models: pd.DataFrame) -> SizeSlope:
    """Regress a score on log₁₀ of the number of parameters (least squares).

    Args:
        models: ``model, params, value``, one row per model.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, parameters of 0 or below, fewer than two different sizes.
    """
    table = checked_table(models, keys=["model"], values=["params", "value"])
    if (table["params"] <= 0).any():
        raise TableError(
            "model={model!r}: params must be above 0", model=table.loc[table["params"] <= 0, "model"].iloc[0]
        )
    size = np.log10(table["params"].to_numpy())
    if np.ptp(size) == 0:
        raise TableError("all models have the same number of parameters: there is no slope")
    centred, value = size - size.mean(), table["value"].to_numpy()
    slope = float(centred @ value / (centred @ centred))
    free = len(table) - 2
    if free < 1:
        return SizeSlope(slope, None, None, len(table))
    residual = value - value.mean() - slope * centred
    error = math.sqrt(float(residual @ residual) / free / float(centred @ centred))
    return SizeSlope(slope, *t_interval(slope, error, free), len(table))


def _whole(shots: str) -> int:
    try:
        number = float(shots)
    except ValueError:
        number = -1.0
    if number < 0 or not number.is_integer():
        raise TableError("shots={shots!r} is no number of examples", hint="0, 1, 2, …", shots=shots)
    return int(number)


def _complete(table: pd.DataFrame, factor: str) -> None:
    """Refuse means over different sets of cells."""
    counts = table.groupby(["persona", "item", factor]).size().unstack(factor, fill_value=0)
    if (counts == 0).to_numpy().any():
        row, column = np.argwhere((counts == 0).to_numpy())[0]
        persona, item = counts.index[row]
        raise TableError(
            "row persona={persona!r}, item={item!r}: there is no value with {factor}={level!r}",
            hint="keep only items with every cell",
            persona=persona,
            item=item,
            factor=factor,
            level=counts.columns[column],
        )


def _between_sets(part: pd.DataFrame, zero_mean: float) -> SetSpread:
    personas = part.groupby(["example_set", "persona"])["value"].mean()
    gains = personas.groupby("example_set").mean().to_numpy() - zero_mean
    interval = mean_interval(gains) if len(gains) >= MIN_SETS else None
    return SetSpread(
        n_sets=len(gains),
        set_sd=float(np.std(gains, ddof=1)) if len(gains) > 1 else None,
        set_low=interval[0] if interval else None,
        set_high=interval[1] if interval else None,
    )
