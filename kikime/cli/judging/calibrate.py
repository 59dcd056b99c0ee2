"""``kikime calibrate``: how far a judge agrees with people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.judging.options import OK, PARTIAL
from kikime.cli.language import columns, words
from kikime.cli.options import json_option
from kikime.cli.output import print_json, print_table
from kikime.cli.unreadable import tell_unreadable
from kikime.harness.words.numbers import number, signed

if TYPE_CHECKING:
    from kikime.harness.stats.agreement import Agreement
    from kikime.judges.trust.calibration import CalibrationReport, CriterionAgreement

_STATISTICS = ("spearman", "qwk", "alpha", "icc", "bias", "mae")


@click.command()
@click.argument("ratings", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--verdicts",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Lines of `kikime judge --json`, joined by id and criterion.",
)
@click.option("--scale", type=(int, int), default=(1, 7), show_default=True, metavar="LOW HIGH")
@click.option("--seed", default=0, show_default=True)
@json_option
def calibrate(ratings: Path, verdicts: Path | None, scale: tuple[int, int], seed: int, as_json: bool) -> int:
    """Compare a judge with people: does it agree well enough to rank models?"""
    from kikime.workflows.judge import calibrate as compare

    report = compare(ratings, verdicts, scale=scale, seed=seed)
    if as_json:
        print_json(report)
    else:
        _print(report, scale[0])
    tell_unreadable(report.unreadable)
    return PARTIAL if report.unreadable else OK


def _print(report: CalibrationReport, low: int) -> None:
    headings = columns("cli.calibrate.columns")
    for judge in report.judges:
        rows = [[words().criterion(row.criterion), row.n, *_cells(row)] for row in judge.criteria]
        print_table(judge.judge, headings, rows)
        _print_confusion(judge.criteria, low)
        _print_models(judge.criteria[-1])
        click.echo(f"{judge.sentence}\n")
        for text in judge.warnings:
            click.echo(words()("judging.warning", text=text))
    for found in report.raters:
        values = {"judges": found.n_judges, "alpha": number(found.alpha), "n": found.n}
        click.echo(words()("cli.calibrate.raters", criterion=words().criterion(found.criterion), **values))


def _print_confusion(rows: Sequence[CriterionAgreement], low: int) -> None:
    """One matrix over all criteria: how often people gave a row's score where the judge gave a column's."""
    from kikime.judges.trust.calibration import OVERALL

    single = [row.confusion for row in rows if row.criterion != OVERALL]
    counts = [[sum(cells) for cells in zip(*lines, strict=True)] for lines in zip(*single, strict=True)]
    points = [str(low + number) for number in range(len(counts))]
    cells = [[point, *line] for point, line in zip(points, counts, strict=True)]
    print_table(words()("cli.calibrate.confusion"), ["", *points], cells)


def _print_models(row: CriterionAgreement) -> None:
    from kikime.judges.trust.calibration import MIN_ITEMS

    if not row.models:
        return
    cells = [
        [m.model, m.n, number(m.human), number(m.judge), signed(m.bias), _with_interval(m, "spearman")]
        for m in row.models
    ]
    title = words()("cli.calibrate.models", criterion=words().criterion(row.criterion), least=MIN_ITEMS)
    print_table(title, columns("cli.calibrate.model_columns"), cells)
    if row.model_means is not None:
        means = row.model_means
        click.echo(words()("cli.calibrate.means", n=means.n, rho=_with_interval(means, "spearman")))


def _cells(row: CriterionAgreement) -> list[str]:
    return [_with_interval(row, name) for name in _STATISTICS]


def _with_interval(row: Agreement, name: str) -> str:
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return "—"
    return f"{value:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None else "")
