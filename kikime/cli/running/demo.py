"""``kikime demo``: the two bundled checkpoints, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, made_runs_option
from kikime.cli.output import print_json, print_table
from kikime.cli.progress import TerminalListener, ended_by_signals
from kikime.cli.waiting import life_signs
from kikime.harness.store.records import PooledMean
from kikime.harness.words.numbers import number, percent
from kikime.workflows.loaded import Run

_ROWS = (
    "length_chars",
    "sentences",
    "length_fit",
    "marker_rate",
    "style_level",
    "fact_correct",
    "critical_failure",
)
_PER_FORMAT = ("style_level", "critical_failure")
_COUNTED = {"length_chars", "sentences"}


@click.command()
@made_runs_option
@json_option
def demo(runs: Path, as_json: bool) -> None:
    """Benchmark the two bundled checkpoints on the real engine, compare them, write the report."""
    with ended_by_signals(), life_signs("plan", model="demo:august") as told:
        from kikime.workflows.run import demo as run_demo

        made = run_demo(runs=runs, progress=TerminalListener(quiet=as_json, before=told))
    summaries = [run.summary for run in made.runs]
    if as_json:
        paths = [str(run.path) for run in made.runs]
        print_json({"runs": paths, "summaries": summaries, "report": str(made.report)})
        return
    _print_side_by_side(made.runs)
    for run in made.runs:
        click.echo(words()("cli.demo.run", path=run.path))
    click.echo(words()("cli.demo.report", path=made.report))


def _print_side_by_side(runs: Sequence[Run]) -> None:
    from kikime.harness.store.means import means_by

    say, names = words(), [run.name for run in runs]
    by_format = [means_by(run.directory, ("format",)) for run in runs]
    pools = [groups["native",].metrics for groups in by_format]
    pools += [means_by(run.directory)[()].metrics for run in runs]
    rows = [[say.metric(name), *(_cell(pool, name) for pool in pools)] for name in _ROWS]
    headings = [f"{name}: {where}" for where in columns("cli.demo.pools") for name in names]
    print_table(say("cli.demo.title"), ["", *headings], rows)
    click.echo(say("results.means"))
    rows = [
        [str(key[0]), *(_cell(groups[key].metrics, metric) for groups in by_format for metric in _PER_FORMAT)]
        for key in by_format[0]
    ]
    headings = [f"{name}: {say.metric(metric)}" for name in names for metric in _PER_FORMAT]
    print_table(say("cli.demo.per_format"), [say("facet.format"), *headings], rows)


def _cell(metrics: Mapping[str, PooledMean], name: str) -> str:
    value = metrics[name].mean if name in metrics else None
    return number(value, 1) if name in _COUNTED else percent(value)
