"""``kikime export``: a run or a pair in other tools' formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.language import words
from kikime.cli.options import judged_option, runs_option
from kikime.cli.output import note

if TYPE_CHECKING:
    from kikime.harness.reports.comparison.records import Comparison
    from kikime.workflows.loaded import Run

_TO = ["csv", "md", "json", "html", "lm-eval", "hf"]


@click.command()
@click.argument("run_names", metavar="RUN [RUN_B]", nargs=-1, required=True)
@click.option("--to", "target", type=click.Choice(_TO), required=True, help="hf is a Hugging Face dataset on disk.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="File or folder; stdout for csv, md and json.",
)
@click.option("--common", is_flag=True, help="Of a pair: compare the shared cells.")
@judged_option
@runs_option
def export(
    run_names: tuple[str, ...], target: str, output: Path | None, common: bool, judge: str | None, runs: Path
) -> None:
    """Export one RUN, or the comparison of two.

    csv: one row per reply (a pair: per metric and slice), for spreadsheets. md: a table with ± and n. json: the same as data.
    html: the report in one file. lm-eval: results and samples files. hf: a data set for datasets.load_from_disk.
    """
    from kikime.harness.core.errors import UsageError
    from kikime.workflows.loaded import load_run

    found = [load_run(name, runs=runs) for name in run_names]
    if len(found) > 2 and target != "html":
        raise UsageError("--to {target} takes one run or two, not {n}", target=target, n=len(found))
    if target in {"html", "lm-eval", "hf"}:
        click.echo(_write(found, target, output, common=common, judge=judge))
        return
    data = _render(found, target, common=common, judge=judge)
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        _save(output, data)
        note(words()("cli.export.wrote", path=output))


def _save(output: Path, data: bytes) -> None:
    """Write a file into a folder that is made if it is missing, as for the formats that are folders."""
    from kikime.harness.core.files import unwritable, write_atomically

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(output.parent, error) from error
    write_atomically(output, data)


def _write(found: list[Run], target: str, output: Path | None, *, common: bool, judge: str | None) -> Path:
    """Formats that are files or folders of their own."""
    from kikime.harness.core.errors import UsageError

    if target == "html":
        from kikime.workflows.results import write_report

        return write_report(*found, output=output, common=common, judge=judge)
    if len(found) != 1:
        raise UsageError("--to {target} takes one run", target=target)
    run = found[0].directory
    if target == "lm-eval":
        from kikime.harness.reports.export.lm_eval import export_lm_eval

        return export_lm_eval(run, output or Path(f"{run.id}-lm-eval"))
    from kikime.harness.reports.export.dataset import export_dataset

    return export_dataset(run, output or Path(f"{run.id}-dataset"))


def _render(found: list[Run], target: str, *, common: bool, judge: str | None) -> bytes:
    """Formats that are one text."""
    from kikime.harness.core.records import stamped
    from kikime.harness.reports.export.csv import comparison_csv, run_csv
    from kikime.harness.reports.export.markdown import comparison_markdown, run_markdown
    from kikime.harness.reports.overview.run import run_overview
    from kikime.harness.store.rundir import json_bytes

    t = words()
    if len(found) == 2:
        report = _comparison(found, common=common, judge=judge)
        if target == "csv":
            return comparison_csv(report, t)
        return (
            comparison_markdown(report, t).encode("utf-8", "replace") if target == "md" else json_bytes(stamped(report))
        )
    if target == "csv":
        return run_csv(found[0].directory)
    overview = run_overview(found[0].directory, judge=judge)
    return run_markdown(overview, t).encode("utf-8", "replace") if target == "md" else json_bytes(stamped(overview))


def _comparison(found: list[Run], *, common: bool, judge: str | None) -> Comparison:
    from kikime.harness.reports.comparison.pairs import not_comparable
    from kikime.workflows.results import compare

    report = compare(*found, common=common, judge=judge)
    if not report.comparable:
        raise not_comparable(report.why_not_codes, report.hint_code)
    return report
