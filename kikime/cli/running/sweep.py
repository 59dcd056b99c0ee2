"""``kikime sweep``: many checkpoints by one file."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.again import this_command
from kikime.cli.flags import JudgeFlags, judge_choice
from kikime.cli.options import json_option, log_to_option, made_runs_option, wide_option
from kikime.cli.output import print_records
from kikime.cli.progress import TerminalListener, ended_by_signals


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@judge_choice
@log_to_option
@made_runs_option
@wide_option
@json_option
def sweep(file: Path, judging: JudgeFlags, log_to: tuple[str, ...], runs: Path, as_json: bool) -> None:
    """Benchmark every checkpoint that FILE names: steps of a training run, sizes, adapters of one base."""
    from kikime.cli.running.finish import refuse_partial
    from kikime.cli.running.steps import print_steps
    from kikime.workflows.series.records import benchmarked
    from kikime.workflows.series.sweep import sweep as sweep_all

    judge, progress = judging.panel(this_command()), TerminalListener(quiet=as_json)
    try:
        with ended_by_signals():
            sweep_all(file, judge=judge, runs=runs, log_to=log_to, progress=progress)
    finally:
        if as_json:
            print_records([benchmarked(run) for run in progress.runs])
        else:
            print_steps(progress.runs)
    refuse_partial(progress.runs)
