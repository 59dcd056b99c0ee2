"""``kikime resume``: go on after any interruption."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.again import this_command
from kikime.cli.flags import ElsewhereFlags, JudgeFlags, elsewhere_options, judge_choice
from kikime.cli.options import json_option, made_runs_option
from kikime.cli.progress import TerminalListener, ended_by_signals
from kikime.cli.waiting import life_signs


@click.command()
@click.argument("run_name", metavar="RUN")
@elsewhere_options
@judge_choice
@made_runs_option
@json_option
def resume(run_name: str, elsewhere: ElsewhereFlags, judging: JudgeFlags, runs: Path, as_json: bool) -> None:
    """Go on after any interruption; never generates the same reply twice."""
    with ended_by_signals(), life_signs("plan", model=run_name) as told:
        from kikime.cli.running.finish import finish
        from kikime.workflows.run import resume as go_on

        judge, progress = judging.panel(this_command()), TerminalListener(quiet=as_json, before=told)
        done = go_on(run_name, judge=judge, runs=runs, progress=progress, **elsewhere.keywords())
    finish([done], as_json=as_json)
