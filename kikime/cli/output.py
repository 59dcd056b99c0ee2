"""Printing: data to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kikime.harness.core.records import Record, stamped
from kikime.harness.store.rundir import json_bytes

if TYPE_CHECKING:
    from rich.console import Console


def print_json(value: object) -> None:
    """Print a result as readable JSON, with the version of its schema."""
    print_document(stamped(value))


def print_document(value: object) -> None:
    """Print a JSON document as it is."""
    click.echo(json_bytes(value).decode().rstrip("\n"))


def print_record(record: Record) -> None:
    """Print a typed result as JSON."""
    print_json(record.to_builtins())


def print_records(records: Sequence[Record]) -> None:
    """Print typed results as a JSON list."""
    print_json([record.to_builtins() for record in records])


def note(text: str) -> None:
    """Say something to the person at the terminal (stderr)."""
    click.echo(text, err=True)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, left: int = 1) -> None:
    """Print a table; the first ``left`` columns are text, the others are aligned right. Cells are shown verbatim.

    Where the terminal is too narrow, the text columns come again beside the columns that had no room.
    """
    from kikime.cli.tables import fitting

    out, cells = console(), [[str(cell) for cell in row] for row in rows]
    for table in fitting(title, columns, cells, left, out.width):
        out.print(table)


def console() -> Console:
    """A console on stdout; as wide as needed when stdout is not a terminal."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 240, highlight=False, soft_wrap=False)
