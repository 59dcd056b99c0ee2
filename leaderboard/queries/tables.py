"""A run's tables as views of an in-memory DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from harness.errors import UsageError
from harness.store.rundir import RunDirectory
from harness.store.tables import SAMPLES, SCORES
from harness.store.wal import read_records


@contextmanager
def opened(run: RunDirectory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection with the views ``samples``, ``scores`` and, where there are verdicts, ``judge``.

    A run that has no tables yet is read from its log.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with duckdb.connect(config={"threads": 2}) as connection:
        try:
            if run.samples_file.is_file() and run.scores_file.is_file():
                connection.read_parquet(str(run.samples_file), union_by_name=True).create_view("samples")
                connection.read_parquet(str(run.scores_file), union_by_name=True).create_view("scores")
            else:
                samples, scores = _logged(run)
                connection.register("samples", samples)
                connection.register("scores", scores)
            if run.judge_file.is_file():
                connection.read_parquet(str(run.judge_file), union_by_name=True).create_view("judge")
            yield connection
        except duckdb.Error as error:
            raise UsageError(
                f"{run.id}: its tables cannot be read: {str(error).splitlines()[0]}", hint=f"kikime resume {run.path}"
            ) from error


def _logged(run: RunDirectory) -> tuple[pa.Table, pa.Table]:
    latest: dict[str, dict[str, Any]] = {}
    for record in read_records(run.wal, "gen"):
        known = latest.get(record.get("key", ""))
        if known is None or (known.get("error") and not record.get("error")):
            latest[record.get("key", "")] = record
    if not latest:
        raise UsageError(f"{run.id}: no reply yet", hint=f"kikime resume {run.path}")
    rows = [{name: record.get(name) for name in SAMPLES.names} for record in latest.values()]
    scores = [
        {"key": key, "metric": metric, "value": value, "scorer_version": ""}
        for key, record in latest.items()
        for metric, value in (record.get("metrics") or {}).items()
    ]
    try:
        return pa.Table.from_pylist(rows, schema=SAMPLES), pa.Table.from_pylist(scores, schema=SCORES)
    except pa.ArrowException as error:
        raise UsageError(f"{run.id}: its log cannot be read: {error}", hint=f"kikime resume {run.path}") from error


def rows_of(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The result as dictionaries."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
