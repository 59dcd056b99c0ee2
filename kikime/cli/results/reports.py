"""``kikime show RUN --report NAME``: what one question comes to."""

from __future__ import annotations

import click

from kikime.cli.language import words
from kikime.cli.output import note, print_json, print_table
from kikime.harness.reports.report import Block, Line, Table
from kikime.workflows.loaded import Run
from kikime.workflows.results import report as make_report


def show_report(name: str, run: Run, base: Run | None, *, as_json: bool) -> None:
    """Compute one report of a run and print it.

    Raises:
        UsageError: no such report, the run lacks what it speaks of, or the base is missing.
    """
    found, kind = make_report(name, run, base=base)
    if as_json:
        print_json(found)
        return
    for block in kind.tables(found, words()):
        _print(block)


def _print(block: Block) -> None:
    if isinstance(block, Table):
        print_table(block.title, block.columns, block.rows, left=block.left)
    elif isinstance(block, Line):
        click.echo(block.text)
    else:
        note(block.text)
