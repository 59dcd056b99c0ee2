"""``kikime show``: a run's summary, or its replies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.options import json_option, runs_option
from kikime.cli.output import note, number, percent, print_json, print_table
from kikime.cli.results.reports import REPORTS, show_report

if TYPE_CHECKING:
    from kikime.harness.core.errors import UsageError
    from kikime.harness.store.records import Group, Summary
    from kikime.harness.store.rundir import RunDirectory

_COLUMNS = {
    "style_band": "口調 band",
    "marker_rate": "marker rate",
    "length_fit": "length fit",
    "length_chars": "chars",
    "sentences": "sentences",
    "fact_correct": "facts",
    "critical_failure": "critical",
    "turn_leak": "turn leak",
    "stop_by_string": "by string",
    "no_eos": "no EOS",
}
_COUNTED = {"length_chars", "sentences"}


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--samples", is_flag=True, help="Print replies instead of the summary.")
@click.option("--where", help="SQL condition on the replies, e.g. \"persona = 'ojousama' AND turn_leak = 1\".")
@click.option(
    "--n", "count", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many replies."
)
@click.option(
    "--report",
    type=click.Choice(list(REPORTS)),
    help="; ".join(f"{name}: {about}" for name, about in REPORTS.items()) + ".",
)
@click.option("--base", "base_name", metavar="RUN", help="The run before tuning, for --report form_facts.")
@runs_option
@json_option
def show(
    run_name: str,
    samples: bool,
    where: str | None,
    count: int,
    report: str | None,
    base_name: str | None,
    runs: Path,
    as_json: bool,
) -> None:
    """Print the summary of RUN, with --samples its replies (metrics are columns of --where), or a --report."""
    from kikime.harness.core.errors import UsageError
    from kikime.harness.store.rundir import find_run
    from kikime.harness.store.samples import read_samples

    run = find_run(run_name, runs)
    if (report or base_name) and (samples or where is not None):
        raise UsageError(
            "a --report has no single replies", hint="leave out --report and --base, or --samples and --where"
        )
    if report is not None or base_name is not None:
        base = find_run(base_name, runs) if base_name else None
        show_report(report or "form_facts", run, base, as_json=as_json)
        return
    if samples or where is not None:
        rows = read_samples(run, where=where, limit=count)
        print_json(rows) if as_json else _print_samples(rows)
        return
    summary = run.summary()
    if summary is None:
        raise _unfinished(run)
    if as_json:
        print_json(summary)
    else:
        print_summary(summary)
        if any(row.unscored for row in summary.judge):
            _print_why_unscored(run)
        click.echo(run.path)


def _unfinished(run: RunDirectory) -> UsageError:
    """What a run without a summary is: still worked on, ended in order, or killed."""
    from kikime.harness.core.errors import UsageError

    status = run.status()
    replies = f"{status.get('done', 0):,} of {status.get('planned', 0):,} replies"
    if run.is_worked_on():
        hint = f"wait for it to end; if it is stopped for good: kikime resume {run.path}"
        return UsageError(f"{run.path}: no summary yet: running, {replies}", hint=hint)
    state = {"running": "ended unexpectedly", "complete": "the summary is missing"}
    known = status.get("state", "unknown")
    return UsageError(
        f"{run.path}: no summary yet: {state.get(known, known)}, {replies}", hint=f"go on: kikime resume {run.path}"
    )


def _print_why_unscored(run: RunDirectory) -> None:
    """The most frequent reasons why a verdict has no score."""
    from kikime.harness.store.database import open_tables

    with open_tables(run, "judge") as connection:
        rows = connection.execute(
            """SELECT judge_id, status, split_part(coalesce(error, ''), chr(10), 1) AS reason, count(*) AS n
               FROM judge WHERE status != 'ok' GROUP BY ALL ORDER BY n DESC, judge_id, status, reason LIMIT 3"""
        ).fetchall()
    for judge, status, reason, n in rows:
        click.echo(f"unscored by {judge}: {n:,} × {status}{f' ({reason})' if reason else ''}")


def print_summary(summary: Summary) -> None:
    """The summary as a table: one row per format × shots, the whole run last."""
    from kikime.harness.store.records import Group
    from kikime.harness.store.summary import overall_by

    rows = [[*key, *_cells(entry)] for key, entry in overall_by(summary, ("format", "shots")).items()]
    whole = Group(summary.counts["done"], summary.metrics)
    title = f"{summary.name} × {summary.suite} ({summary.state})"
    print_table(title, ["format", "shots", "n", *_COLUMNS.values()], [*rows, ["all", "", *_cells(whole)]])
    click.echo("means over replies; compare and rank give each question the same weight")
    if not summary.judge:
        click.echo(f"judge: — (add verdicts with: kikime judge {summary.run})")
        return
    columns = ["judge", "protocol", "rubric", "criterion", "n", "mean 1–7", "unscored"]
    verdicts = [
        [row.judge_id, row.protocol, row.rubric, row.criterion, row.n, number(row.mean), row.unscored]
        for row in summary.judge
    ]
    print_table("verdicts", columns, verdicts, left=4)


def _cells(entry: Group) -> list[str]:
    cells = [f"{entry.n:,}"]
    for metric in _COLUMNS:
        value = entry.metrics[metric].mean if metric in entry.metrics else None
        cells.append(number(value, 1) if metric in _COUNTED else percent(value))
    return cells


def _print_samples(rows: list[dict[str, Any]]) -> None:
    if not rows:
        note("no reply matches")
    for row in rows:
        where = " · ".join(str(row[name]) for name in ("task", "item_id", "persona", "format", "shots", "technique"))
        click.secho(f"{where} · {row['key']}", bold=True)
        click.echo(f"  > {row['user']}")
        click.echo(f"  {row['response']!r} [{row['error'] or row['finish_reason']}]")
        failing = [
            name for name, value in row["metrics"].items() if name.endswith(("_leak", "failure", "eos")) and value
        ]
        if failing:
            click.echo(f"  ! {', '.join(failing)}")
