"""A run's tables as views of an in-memory DuckDB."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import duckdb

from kikime.harness.core.errors import UnfinishedRun, UsageError
from kikime.harness.core.stores.mirror import far, fetched
from kikime.harness.store.rundir import RunDirectory

Table = Literal["samples", "scores", "judge"]


@contextmanager
def open_tables(
    run: RunDirectory, *names: Table, connect: Callable[[], duckdb.DuckDBPyConnection] = duckdb.connect
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection with the named tables as views; ``connect`` makes it.

    Raises:
        UsageError: a table is broken; also when that shows only while it is read.
    """
    with connect() as connection:
        try:
            attach_tables(connection, run, *names)
            yield connection
        except duckdb.Error as error:
            raise broken_table(run, error) from None


def small_database() -> duckdb.DuckDBPyConnection:
    """An in-memory database of two threads and 256 MB at most; what needs more goes to the temporary folder."""
    return duckdb.connect(config={"threads": 2, "memory_limit": "256MB", "temp_directory": tempfile.gettempdir()})


def attach_tables(connection: duckdb.DuckDBPyConnection, run: RunDirectory, *names: Table) -> None:
    """Give ``connection`` the named tables as views.

    Raises:
        duckdb.Error: a table is broken; see :func:`broken_table`.
    """
    for name in names:
        table = connection.read_parquet(_place_of(connection, run, name), union_by_name=True)
        (_with_scale(table) if name == "judge" else table).create_view(name)


def _place_of(connection: duckdb.DuckDBPyConnection, run: RunDirectory, name: Table) -> str:
    """The file of a table; a large one that is published elsewhere stays there, and is read by range."""
    path = run.path / f"{name}.parquet"
    if far(path) is None:
        return str(fetched(path))
    from kikime.harness.core.stores.ranges import far_table

    table = far_table(path)
    if not connection.filesystem_is_registered(table.filesystem.protocol):
        connection.register_filesystem(table.filesystem)
    return table.url


def _with_scale(verdicts: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The same with the highest point of each verdict's rubric, which older versions did not store: it was 7."""
    if "scale" not in verdicts.columns:
        return verdicts.project("*, 7::TINYINT AS scale")
    return verdicts.project("* REPLACE (coalesce(scale, 7::TINYINT) AS scale)")


def require_intact(run: RunDirectory, *names: Table) -> None:
    """Read the named tables whole, so that a broken one is found before work or money is spent.

    Raises:
        UsageError: the run has no tables yet, or one is broken.
    """
    require_tables(run)
    with open_tables(run, *names) as connection:
        for name in names:
            connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM {name}").fetchall()  # noqa: S608  (a Literal)


def require_tables(run: RunDirectory) -> None:
    """Refuse a run that has no tables yet.

    Raises:
        UsageError: it has none.
    """
    if run.table_state("samples") is None or run.table_state("scores") is None:
        raise UnfinishedRun("{path}: no tables yet", hint="kikime resume {path}", path=run.path)


def broken_table(run: RunDirectory, error: Exception) -> UsageError:
    """What to raise where a table of ``run`` cannot be read."""
    return UsageError(
        "{path}: a table is broken: {reason}",
        hint="build it again from the log: kikime resume {path}",
        path=run.path,
        reason=str(error).splitlines()[0],
    )
