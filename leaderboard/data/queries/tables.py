"""A run's tables as views of an in-memory DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from kikime.harness.core.errors import UsageError
from kikime.harness.store.database import attach_tables, broken_table, small_database
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import SAMPLES, SCORES
from kikime.harness.store.verdicts import age_verdicts
from kikime.harness.store.wal import REPLIES, Line, read_records
from kikime.leaderboard.data.index import signature_of

Record = TypeVar("Record")


@contextmanager
def opened(run: RunDirectory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a cursor with the tables ``samples``, ``scores`` and, where there are verdicts, ``judge``.

    ``current_judge`` holds those by the newest content of each rubric, which are the ones that count.

    A run that has no tables yet is read from its log. The database behind the cursor is kept until a file changes.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    try:
        with _database(run.path, _signatures(run)).cursor() as cursor:
            yield cursor
    except duckdb.Error as error:
        raise broken_table(run, error) from error


def has_verdicts(run: RunDirectory) -> bool:
    """Whether ``judge`` is among the tables of :func:`opened`."""
    return run.table_state("judge") is not None


def _signatures(run: RunDirectory) -> tuple[object, ...]:
    tables = tuple(map(run.table_state, ("samples", "scores", "judge")))
    if None not in tables[:2]:
        return tables
    return *tables, *((path.name, signature_of(path)) for path in sorted(run.wal.glob(f"{REPLIES}-*.jsonl")))


@lru_cache(maxsize=8)
def _database(path: Path, signatures: tuple[object, ...]) -> duckdb.DuckDBPyConnection:
    run = RunDirectory(path)
    connection = small_database()
    if None not in signatures[:2]:
        attach_tables(connection, run, "samples", "scores")
    else:
        for name, table in zip(("samples", "scores"), _logged(run), strict=True):
            connection.register("logged", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM logged").fetchall()  # noqa: S608  (fixed names)
            connection.unregister("logged")
    if signatures[2] is not None:
        attach_tables(connection, run, "judge")
        age_verdicts(connection, run)
        connection.execute("CREATE VIEW current_judge AS SELECT * FROM verdicts WHERE age = 0").fetchall()
    return connection


def _logged(run: RunDirectory) -> tuple[pa.Table, pa.Table]:
    latest: dict[str, Line] = {}
    for record in read_records(run.wal, REPLIES):
        known = latest.get(record.get("key", ""))
        if known is None or (known.get("error") and not record.get("error")):
            latest[record.get("key", "")] = record
    if not latest:
        raise UsageError("{run}: no reply yet", hint="kikime resume {path}", run=run.id, path=run.path)
    rows = [{name: record.get(name) for name in SAMPLES.names} for record in latest.values()]
    scores = [
        {"key": key, "metric": metric, "value": value, "scorer_version": ""}
        for key, record in latest.items()
        for metric, value in (record.get("metrics") or {}).items()
    ]
    try:
        return pa.Table.from_pylist(rows, schema=SAMPLES), pa.Table.from_pylist(scores, schema=SCORES)
    except pa.ArrowException as error:
        raise UsageError(
            "{run}: its log cannot be read: {reason}",
            hint="kikime resume {path}",
            run=run.id,
            reason=error,
            path=run.path,
        ) from error


def rows_of(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The result as dictionaries, for tables whose columns are not known before."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def records(cursor: duckdb.DuckDBPyConnection, kind: Callable[..., Record]) -> list[Record]:
    """The result as records, whose fields are the columns by name."""
    names = [column[0] for column in cursor.description or ()]
    return [kind(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
