"""Reading replies back from a run's tables."""

from __future__ import annotations

from typing import Any

import duckdb

from kikime.harness.core.errors import UsageError
from kikime.harness.metrics import METRICS
from kikime.harness.store.database import open_tables, require_tables
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import SAMPLES

Sample = dict[str, Any]
"""A row of ``samples.parquet`` with its ``metrics``."""


def read_samples(run: RunDirectory, *, where: str | None = None, limit: int | None = None) -> list[Sample]:
    """Replies in plan order, each with its ``metrics``; ``where`` is an SQL condition on columns and metric names.

    Raises:
        UsageError: the run has no tables yet, one is broken, or the condition is wrong.
    """
    require_tables(run)
    if where is not None:
        _require_single_expression(where)
    with open_tables(run, "samples", "scores") as connection:
        connection.execute("CREATE TABLE replies AS SELECT * FROM samples")
        connection.execute("CREATE TABLE wide AS PIVOT scores ON metric USING first(value) GROUP BY key")
        connection.execute("SET enable_external_access = false")
        query = "SELECT samples.*, wide.* EXCLUDE (key) FROM replies AS samples LEFT JOIN wide USING (key)"
        query += "" if where is None else f" WHERE ({where}\n)"  # a comment at its end must not hide the bracket
        query += " ORDER BY position, turn"
        query += f" LIMIT {int(limit)}" if limit else ""
        try:
            cursor = connection.execute(query)
        except duckdb.Error as error:
            raise _wrong_condition(where, error) from None
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_nested(row) for row in rows]


def _require_single_expression(condition: str) -> None:
    """Refuse what is not one expression for DuckDB's own parser: nothing, clauses, further statements."""
    if not condition.strip():
        raise UsageError("--where: the condition is empty", hint="for example --where 'turn_leak = 1'")
    try:
        duckdb.SQLExpression(condition)
    except duckdb.Error as error:
        raise _wrong_condition(condition, error) from None


def _wrong_condition(condition: str | None, error: duckdb.Error) -> UsageError:
    columns = ", ".join([*SAMPLES.names, *METRICS])
    return UsageError(
        "--where {condition}: {reason}",
        hint="columns: {columns}",
        condition=condition,
        reason=str(error).splitlines()[0],
        columns=columns,
    )


def _nested(row: dict[str, object]) -> Sample:
    sample = {name: row.get(name) for name in SAMPLES.names}
    return sample | {"metrics": {name: value for name, value in row.items() if name not in sample}}
