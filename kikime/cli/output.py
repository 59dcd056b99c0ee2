"""Printing: data to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click

from kikime.cli.language import words
from kikime.harness.core.records import Record, stamped
from kikime.harness.store.rundir import json_bytes

if TYPE_CHECKING:
    from rich.console import Console

WIDE = "kikime.wide"
"""Whether --wide was given, in the context of the command."""


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
    tell(text, err=True)


def tell(text: str, *, bold: bool = False, err: bool = False) -> None:
    """Print sentences; in a terminal that is narrower than they are, they wrap between words and never within a number."""
    from kikime.cli.tables import wrapped

    room = _room(sys.stderr if err else sys.stdout)
    click.secho(text if room is None else wrapped(text, room), bold=bold or None, err=err)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    left: int = 1,
    spare: Sequence[int] = (),
    err: bool = False,
) -> None:
    """Print a table, with ``err`` on stderr; the first ``left`` columns are text, the others are aligned right. Cells are shown verbatim.

    Where the terminal is too narrow, the ``spare`` columns go, the first one first, and are named below; with --wide all stay. Where
    the rest is still too wide, the text columns come again beside the columns that had no room. What is no terminal has room for
    every heading and value.
    """
    from kikime.cli.tables import fitting, roomy, whole

    cells = [[str(cell) for cell in row] for row in rows]
    room = _room(sys.stderr if err else sys.stdout) or whole(columns, cells, left)
    wide = (context := click.get_current_context(silent=True)) is not None and context.meta.get(WIDE, False)
    kept = roomy(columns, cells, left, room, () if wide else spare)
    gone = [name for number, name in enumerate(columns) if number not in kept]
    names, shown = [columns[number] for number in kept], [[row[number] for number in kept] for row in cells]
    out = _console(room, err=err)
    for part in fitting(title, names, shown, sum(number < left for number in kept), room):
        out.print(part)
    if gone:
        tell(words()("cli.narrow", columns=words()("cli.listed").join(gone)), err=err)


def _console(width: int, *, err: bool) -> Console:
    from rich.console import Console

    return Console(width=width, highlight=False, soft_wrap=False, stderr=err)


def _room(stream: TextIO) -> int | None:
    """Columns of the terminal; None where ``stream`` is none and COLUMNS says nothing."""
    given = os.environ.get("COLUMNS", "")
    return shutil.get_terminal_size().columns if stream.isatty() or given.isdigit() else None
