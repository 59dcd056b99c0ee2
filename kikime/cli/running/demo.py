"""``kikime demo``: the two bundled checkpoints, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, runs_option
from kikime.cli.output import number, percent, print_json, print_table
from kikime.cli.progress import TerminalListener, ended_by_signals
from kikime.harness.store.records import PooledMean, Summary

_ROWS = (
    "length_chars",
    "sentences",
    "length_fit",
    "marker_rate",
    "style_band",
    "fact_correct",
    "critical_failure",
)
_PER_FORMAT = ("style_band", "critical_failure")
_COUNTED = {"length_chars", "sentences"}


@click.command()
@runs_option
@json_option
def demo(runs: Path, as_json: bool) -> None:
    """Benchmark the two bundled checkpoints on the real engine, compare them, write the report."""
    from kikime.workflows.run import demo as run_demo

    with ended_by_signals():
        made = run_demo(runs=runs, progress=TerminalListener(quiet=as_json))
    summaries = [run.summary for run in made.runs]
    if as_json:
        paths = [str(run.path) for run in made.runs]
        print_json({"runs": paths, "summaries": summaries, "report": str(made.report)})
        return
    _print_side_by_side(summaries)
    for run in made.runs:
        click.echo(words()("cli.demo.run", path=run.path))
    click.echo(words()("cli.demo.report", path=made.report))


def _print_side_by_side(summaries: Sequence[Summary]) -> None:
    from kikime.harness.store.summary import overall_by

    say, names = words(), [summary.name for summary in summaries]
    by_format = [overall_by(summary, ("format",)) for summary in summaries]
    pools = [groups["native",].metrics for groups in by_format] + [summary.metrics for summary in summaries]
    rows = [[say.metric(name), *(_cell(pool, name) for pool in pools)] for name in _ROWS]
    headings = [f"{name}: {where}" for where in columns("cli.demo.pools") for name in names]
    print_table(say("cli.demo.title"), ["", *headings], rows)
    rows = [
        [str(key[0]), *(_cell(groups[key].metrics, metric) for groups in by_format for metric in _PER_FORMAT)]
        for key in by_format[0]
    ]
    headings = [f"{name}: {say.metric(metric)}" for name in names for metric in _PER_FORMAT]
    print_table(say("cli.demo.per_format"), [say("facet.format"), *headings], rows)


def _cell(metrics: Mapping[str, PooledMean], name: str) -> str:
    value = metrics[name].mean if name in metrics else None
    return number(value, 1) if name in _COUNTED else percent(value)
