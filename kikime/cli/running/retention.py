"""``kikime run MODEL --retention BASE`` in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kikime.cli.language import columns, words
from kikime.cli.output import note, print_json, print_table
from kikime.harness.retention.report import Kept, Row
from kikime.harness.words.numbers import number, percent
from kikime.workflows.retention import REPORT_FILE, Retention


def print_retention(reports: Iterable[Retention], *, as_json: bool) -> None:
    """Print each report when it is there; as JSON all of them at the end."""
    if not as_json:
        for report in reports:
            _print(report)
        return
    found = [report.to_builtins() for report in reports]
    print_json(found[0] if len(found) == 1 else found)


def _print(report: Retention) -> None:
    say = words()
    table = [
        [
            say.get(f"cli.retention.condition.{row.condition}", row.condition),
            row.task,
            row.n_items,
            *_side(row.strict),
            *_knowledge(row.knowledge),
            _tax(row),
            say(f"cli.retention.lost.{row.lost}") if row.lost else "—",
        ]
        for row in report.rows
    ]
    title = say("cli.retention.title", tuned=report.tuned.name, base=report.base.name)
    print_table(title, columns("cli.retention.columns"), table, left=2)
    note(say("cli.retention.footnote", margin=percent(report.margin)))
    paths = {"base": report.base.run, "tuned": report.tuned.run, "report": f"{report.tuned.run}/{REPORT_FILE}"}
    for name, path in paths.items():
        click.echo(f"{say(f'cli.retention.{name}')}  {path}")


def _side(kept: Kept | None) -> list[str]:
    if kept is None:
        return ["—"] * 4
    return [percent(kept.base), percent(kept.tuned), _share(kept), _verdict(kept)]


def _knowledge(kept: Kept | None) -> list[str]:
    if kept is None:
        return ["—"] * 3
    return [f"{percent(kept.base)} → {percent(kept.tuned)}", _share(kept), _verdict(kept)]


def _verdict(kept: Kept) -> str:
    return words()(f"cli.retention.verdict.{kept.verdict}")


def _share(kept: Kept) -> str:
    if kept.retained is None:
        return "—"
    return f"{percent(kept.retained)} [{number(kept.retained_low)}, {number(kept.retained_high)}]"


def _tax(row: Row) -> str:
    tax = row.form_tax
    return "—" if tax is None else f"{percent(tax.base)} → {percent(tax.tuned)}"
