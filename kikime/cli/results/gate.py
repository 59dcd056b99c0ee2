"""``kikime gate``: pass, fail or insufficient evidence, for the CI of a training pipeline."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kikime.cli.language import words
from kikime.cli.options import json_option, judged_option, runs_option
from kikime.cli.output import print_json
from kikime.harness.core.reasons import system_reason


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--metric", required=True, help="What must not get worse, e.g. style_level or critical_failure.")
@click.option("--margin", type=click.FloatRange(min=0), help="Loss that is tolerated, in the metric's own unit.")
@judged_option
@click.option("--common", is_flag=True, help="Use the shared cells where the runs do not have the same ones.")
@runs_option
@json_option
@click.pass_context
def gate(
    ctx: click.Context,
    a: str,
    b: str,
    metric: str,
    margin: float | None,
    judge: str | None,
    common: bool,
    runs: Path,
    as_json: bool,
) -> None:
    """Test that run B is not worse than run A.

    Exit code 0: not worse by the margin or more. 1: worse. 4: insufficient evidence, with the n that would be enough.
    2: the runs cannot be compared. Where $GITHUB_STEP_SUMMARY is set, the summary is added to that file.
    """
    from kikime.harness.reports.export.markdown import gate_summary
    from kikime.workflows.results import gate as decide

    answer = decide(a, b, metric, margin=margin, common=common, judge=judge, runs=runs)
    summary = gate_summary(answer, words())
    _add_step_summary(summary)
    print_json(answer) if as_json else click.echo(summary, nl=False)
    ctx.exit(answer.exit_code)


def _add_step_summary(summary: str) -> None:
    from kikime.harness.core.errors import EnvironmentFault

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(summary)
    except OSError as error:
        raise EnvironmentFault(
            "GITHUB_STEP_SUMMARY={path}: cannot be written: {reason}", path=path, reason=system_reason(error)
        ) from error
