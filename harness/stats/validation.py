"""Check and sort tables, so that a hole is an error with a name and the order of rows and columns never matters."""

from __future__ import annotations

import numbers
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase

FloatArray = npt.NDArray[np.float64]


class TableError(UsageError, ValueError):
    """A table that statistics cannot be computed from; the message names the column or the row."""


def sorted_rows(
    frame: pd.DataFrame, *, keys: Sequence[str], values: Sequence[str]
) -> tuple[list[tuple[str, ...]], FloatArray]:
    """Return the ``keys`` of each row as texts, sorted, and its ``values`` (rows, len(values)) in the same order.

    Raises:
        TableError: an empty frame, a missing or doubled column, a key that is missing or occurs twice, a value that
            is missing, infinite or no number.
    """
    columns = list(frame.columns)
    for column in (*keys, *values):
        if (found := columns.count(column)) != 1:
            raise TableError(
                "column {column!r} is {problem}",
                hint="the table needs the columns {columns}",
                column=column,
                problem=Phrase("missing" if found == 0 else "there {found} {found:time|times}", found=found),
                columns=", ".join((*keys, *values)),
            )
    if frame.empty:
        raise TableError("the table is empty", hint="nothing was scored: look at the run's errors")
    rows = list(zip(*(_key_texts(frame[key], key) for key in keys), strict=True))
    _refuse_duplicates(rows, keys)
    numbers_by_row = np.column_stack([_numbers(frame[column], column, rows, keys) for column in values])
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return [rows[place] for place in order], numbers_by_row[order]


def checked_table(frame: pd.DataFrame, *, keys: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Return the ``keys`` (as text) and ``values`` (as floats) of ``frame``, sorted by the keys.

    Raises:
        TableError: as :func:`sorted_rows`.
    """
    rows, data = sorted_rows(frame, keys=keys, values=values)
    return pd.concat([pd.DataFrame(rows, columns=list(keys)), pd.DataFrame(data, columns=list(values))], axis=1)


def checked_matrix(scores: pd.DataFrame, *, what: str = "scores") -> pd.DataFrame:
    """Return ``scores`` (index persona × item, one column per model) as floats, rows and columns sorted.

    Raises:
        TableError: as :func:`sorted_rows`; also an index that has not two levels, or no column at all.
    """
    if scores.index.nlevels != 2:
        raise TableError(
            "{what}: the index has {levels} level(s), not (persona, item)", what=what, levels=scores.index.nlevels
        )
    if scores.shape[1] == 0:
        raise TableError("{what}: there is no model column", what=what)
    levels = ("persona", "item")
    if set(scores.index.names) != set(levels):
        scores = scores.rename_axis(index=list(levels))
    frame = scores.rename(columns=str)
    models = sorted(set(frame.columns))
    if clash := set(models) & set(levels):
        raise TableError("{what}: a model cannot be named {model!r}", what=what, model=min(clash))
    return checked_table(frame.reset_index(), keys=levels, values=models).set_index(list(levels))


def persona_sizes(personas: Iterable[str]) -> list[int]:
    """Rows of each persona, given the sorted persona of each row."""
    return list(Counter(personas).values())


def checked_margin(margin: float) -> float:
    """Return the smallest effect of interest; raise ValueError when it is negative, infinite or NaN."""
    if not (np.isfinite(margin) and margin >= 0):
        raise TableError(
            "margin is {margin}", hint="give the smallest difference that matters, 0 or above", margin=margin
        )
    return float(margin)


def _key_texts(column: pd.Series, name: str) -> list[str]:
    missing = column.isna().to_numpy()
    if missing.any():
        raise TableError("row {row!r}: {name} is missing", row=column.index[int(np.argmax(missing))], name=name)
    return [str(value) for value in column]


def _refuse_duplicates(rows: Sequence[tuple[str, ...]], keys: Sequence[str]) -> None:
    if len(set(rows)) < len(rows):
        twice = next(row for row, count in Counter(rows).items() if count > 1)
        raise TableError("row {row} is there more than once", row=_describe(twice, keys))


def _numbers(column: pd.Series, name: str, rows: Sequence[tuple[str, ...]], keys: Sequence[str]) -> FloatArray:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub":
        values: FloatArray = column.to_numpy(dtype=np.float64)
    else:
        values = np.array([_number(value) for value in column], dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        position = int(np.argmax(bad))
        raise TableError(
            "row {row}: {name} is {value}, not a finite number",
            hint="leave rows without a score out on both sides, or score them first",
            row=_describe(rows[position], keys),
            name=name,
            value=column.iloc[position],
        )
    return values


def _number(value: object) -> float:
    return float(value) if isinstance(value, (numbers.Real, np.bool_)) else float("nan")


def _describe(row: tuple[str, ...], keys: Sequence[str]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in zip(keys, row, strict=True))
