"""What ``kikime calibrate`` does: print how far a judge agrees with people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from kikime.cli.output import number, print_json, print_table
from kikime.judges.trust.calibration_report import MIN_ITEMS, OVERALL, calibrate
from kikime.judges.trust.ratings import read_ratings


def calibrate_command(ratings: Path, **options: Any) -> int:
    """``kikime calibrate``."""
    low, high = options["scale"]
    report = calibrate(read_ratings(ratings, options["verdicts"]), low=low, high=high, seed=options["seed"])
    if options["as_json"]:
        print_json(report)
        return 0
    columns = ["criterion", "n", "Spearman", "QWK", "alpha", "ICC(2,1)", "bias", "MAE"]
    for judge in report["judges"]:
        names = ("spearman", "qwk", "alpha", "icc", "bias", "mae")
        rows = [
            [row["criterion"], row["n"], *(_with_interval(row, name) for name in names)] for row in judge["criteria"]
        ]
        print_table(judge["judge"], columns, rows)
        _print_confusion(judge["criteria"], low)
        _print_models(judge["criteria"][-1])
        click.echo(f"{judge['sentence']}\n")
    for row in report["raters"]:
        click.echo(
            f"{row['criterion']}: alpha among {row['n_judges']} judges {number(row['alpha'])} ({row['n']} items)"
        )
    return 0


def _print_confusion(rows: Sequence[dict[str, Any]], low: int) -> None:
    """One matrix over all criteria: how often people gave a row's score where the judge gave a column's."""
    single = [row["confusion"] for row in rows if row["criterion"] != OVERALL]
    counts = [[sum(cells) for cells in zip(*lines, strict=True)] for lines in zip(*single, strict=True)]
    points = [str(low + number) for number in range(len(counts))]
    cells = [[point, *line] for point, line in zip(points, counts, strict=True)]
    print_table("people's score (down) and the judge's (across), all criteria", ["", *points], cells)


def _print_models(row: dict[str, Any]) -> None:
    if not row["models"]:
        return
    cells = [
        [m["model"], m["n"], number(m["human"]), number(m["judge"]), f"{m['bias']:+.2f}", _with_interval(m, "spearman")]
        for m in row["models"]
    ]
    columns = ["model", "n", "people", "judge", "bias", "Spearman"]
    print_table(f"by model ({row['criterion']}; Spearman from {MIN_ITEMS} items on)", columns, cells)
    means = row["model_means"]
    if means is not None:
        click.echo(f"over the means of {means['n']} models: Spearman {_with_interval(means, 'spearman')}")


def _with_interval(row: dict[str, Any], name: str) -> str:
    if row.get(name) is None:
        return "—"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None else "")
