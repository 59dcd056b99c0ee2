"""``kikime show RUN --report NAME``: what one question comes to."""

from __future__ import annotations

import click

from kikime.cli.language import words
from kikime.cli.output import note, print_json, print_table
from kikime.harness.core.errors import EmptyReport
from kikime.harness.reports.report import Block, Line, Table
from kikime.workflows.loaded import Run
from kikime.workflows.results import report


def show_report(name: str, run: Run, base: Run | None, *, as_json: bool) -> None:
    """Compute one report of a run and print it.

    Raises:
        UsageError: no such report, the run lacks what it speaks of, or the base is missing.
        EmptyReport: there is nothing to tell.
    """
    from kikime.harness.reports.registry import REPORTS

    found = report(name, run, base=base)
    blocks = list(REPORTS.find(name).tables(found, words()))
    if as_json:
        print_json(found)
    else:
        for block in blocks:
            _print(block)
    if not any(isinstance(block, Line) or (isinstance(block, Table) and block.rows) for block in blocks):
        raise EmptyReport(
            "{path}: the report '{name}' finds nothing to tell in this run",
            hint="kikime resume {path}, if replies are missing, or run the whole suite without --limit",
            path=run.path,
            name=name,
        )


def _print(block: Block) -> None:
    if isinstance(block, Table):
        print_table(block.title, block.columns, block.rows, left=block.left, spare=block.spare)
    elif isinstance(block, Line):
        click.echo(block.text)
    else:
        note(block.text)
