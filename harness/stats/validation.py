"""Check and sort tables, so that a hole is an error with a name and the order of rows and columns never matters."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.errors import UsageError

FloatArray = npt.NDArray[np.float64]


class TableError(UsageError, ValueError):
    """A table that statistics cannot be computed from; the message names the column or the row."""


def checked_table(frame: pd.DataFrame, *, keys: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Return the ``keys`` (as text) and ``values`` (as floats) of ``frame``, sorted by the keys.

    Raises:
        TableError: an empty frame, a missing or doubled column, a key that is missing or occurs twice, a value that
            is missing, infinite or no number.
    """
    for column in (*keys, *values):
        found = list(frame.columns).count(column)
        if found != 1:
            raise TableError(
                f"column {column!r} is {'missing' if found == 0 else f'there {found} times'}",
                hint=f"the table needs the columns {', '.join((*keys, *values))}",
            )
    if frame.empty:
        raise TableError("the table is empty", hint="nothing was scored: look at the run's errors")
    table = pd.DataFrame({key: _key_texts(frame[key], key) for key in keys})
    _refuse_duplicates(table)
    for column in values:
        table[column] = _numbers(frame[column], column, table)
    return table.sort_values(list(keys), ignore_index=True)


def checked_matrix(scores: pd.DataFrame, *, what: str = "scores") -> pd.DataFrame:
    """Return ``scores`` (index persona × item, one column per model) as floats, rows and columns sorted.

    Raises:
        TableError: as :func:`checked_table`; also an index that has not two levels, or no column at all.
    """
    if scores.index.nlevels != 2:
        raise TableError(f"{what}: the index has {scores.index.nlevels} level(s), not (persona, item)")
    if scores.shape[1] == 0:
        raise TableError(f"{what}: there is no model column")
    levels = ("persona", "item")
    if set(scores.index.names) != set(levels):
        scores = scores.rename_axis(index=list(levels))
    frame = scores.rename(columns=str)
    models = sorted(set(frame.columns))
    if clash := set(models) & set(levels):
        raise TableError(f"{what}: a model cannot be named {min(clash)!r}")
    return checked_table(frame.reset_index(), keys=levels, values=models).set_index(list(levels))


def persona_sizes(table: pd.DataFrame) -> list[int]:
    """Rows of each persona, in the order of a table that :func:`checked_table` sorted."""
    return [int(size) for size in table.groupby("persona", sort=True).size()]


def checked_margin(margin: float) -> float:
    """Return the smallest effect of interest; raise ValueError when it is negative, infinite or NaN."""
    if not (np.isfinite(margin) and margin >= 0):
        raise TableError(f"margin is {margin}", hint="give the smallest difference that matters, 0 or above")
    return float(margin)


def _key_texts(column: pd.Series, name: str) -> list[str]:
    for label, missing in column.isna().items():
        if missing:
            raise TableError(f"row {label!r}: {name} is missing")
    return [str(value) for value in column]


def _refuse_duplicates(table: pd.DataFrame) -> None:
    twice = table.duplicated()
    if twice.any():
        raise TableError(f"row {_describe(table, int(np.argmax(twice)))} is there more than once")


def _numbers(column: pd.Series, name: str, keys: pd.DataFrame) -> FloatArray:
    values = np.array([_number(value) for value in column], dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        position = int(np.argmax(bad))
        raise TableError(
            f"row {_describe(keys, position)}: {name} is {column.iloc[position]!r}, not a finite number",
            hint="leave rows without a score out on both sides, or score them first",
        )
    return values


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (numbers.Real, np.bool_)) else float("nan")


def _describe(keys: pd.DataFrame, position: int) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in keys.iloc[position].items())
