"""A run's tables as views of an in-memory DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import duckdb

from harness.errors import UsageError
from harness.store.rundir import RunDirectory

Table = Literal["samples", "scores", "judge"]


@contextmanager
def open_tables(run: RunDirectory, *names: Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection with the named tables as views.

    Raises:
        UsageError: a table is broken; also when that shows only while it is read.
    """
    files = {"samples": run.samples_file, "scores": run.scores_file, "judge": run.judge_file}
    with duckdb.connect() as connection:
        try:
            for name in names:
                connection.read_parquet(str(files[name])).create_view(name)
            yield connection
        except duckdb.Error as error:
            raise broken_table(run, error) from None


def broken_table(run: RunDirectory, error: Exception) -> UsageError:
    """What to raise where a table of ``run`` cannot be read."""
    return UsageError(
        f"{run.path}: a table is broken: {str(error).splitlines()[0]}",
        hint=f"build it again from the log: kikime resume {run.path}",
    )
