"""``kikime resume``: go on after any interruption."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.again import this_command
from kikime.cli.flags import ElsewhereFlags, JudgeFlags, elsewhere_options, judge_choice
from kikime.cli.options import json_option, made_runs_option
from kikime.cli.progress import TerminalListener, ended_by_signals


@click.command()
@click.argument("run_name", metavar="RUN")
@elsewhere_options
@judge_choice
@made_runs_option
@json_option
def resume(run_name: str, elsewhere: ElsewhereFlags, judging: JudgeFlags, runs: Path, as_json: bool) -> None:
    """Go on after any interruption; never generates the same reply twice."""
    from kikime.cli.running.finish import finish
    from kikime.workflows.run import resume as go_on

    judge = judging.panel(this_command())
    with ended_by_signals():
        done = go_on(run_name, judge=judge, runs=runs, progress=TerminalListener(quiet=as_json), **elsewhere.keywords())
    finish([done], as_json=as_json)
