"""Commands around the judge: judge, audit, calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.options import json_option, runs_option, sentinel_option

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOLS = ("cot", "dist", "text")


def judge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which judge, and how it is asked."""
    for option in reversed(
        [
            click.option(
                "--judge-model", envvar="KIKIME_JUDGE_MODEL", help="NAME or NAME@URL; gpt-4o-mini by default."
            ),
            click.option(
                "--judge-base-url",
                envvar="KIKIME_JUDGE_BASE_URL",
                help="Any OpenAI-compatible server (or OPENAI_BASE_URL).",
            ),
            click.option("--protocol", type=click.Choice(PROTOCOLS), default="cot", show_default=True),
            click.option(
                "--samples", type=click.IntRange(min=1), default=1, show_default=True, help="Verdicts to average."
            ),
            click.option(
                "--concurrency", type=click.IntRange(min=1), default=16, show_default=True, help="Calls in flight."
            ),
            click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True),
            click.option("--max-usd", type=click.FloatRange(min=0), help="Stop before more than this is spent."),
            sentinel_option,
        ]
    ):
        command = option(command)
    return command


@click.command()
@click.argument("target", metavar="RUN|FILE", required=False)
@click.option("--persona", help="Persona of FILE's replies (id or card file); a line may name its own.")
@click.option("--rubric", "rubrics", multiple=True, help="Rubric id or file (repeatable); the tasks' own by default.")
@click.option("--against", metavar="RUN", help="Judge pairs: which of two runs' replies is more in character.")
@click.option("--bridge", nargs=2, metavar="OLD NEW", help="Score FILE with two judges and print how their scales map.")
@click.option("--canaries", is_flag=True, help="Score the shipped injections instead; no target needed.")
@click.option("--batch", is_flag=True, help="Use the provider's Batch API: half the price, up to a day.")
@click.option("--poll", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default=True, help="Seconds.")
@judge_options
@runs_option
@json_option
def judge(target: str | None, **options: Any) -> int:
    """Add 1–7 verdicts to a run or to a JSON-lines file of replies; never pays for the same verdict twice."""
    from kikime.cli.judging import judging

    return judging.judge_command(target, **options)


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--persona", required=True, help="Who should be speaking (id or card file).")
@click.option("--user-column", help="Column of the user's line.")
@click.option("--reply-column", help="Column of the character's reply.")
@click.option("--split", help="Split of a dataset directory.")
@click.option("--rubric", default="character_v1", show_default=True, help="Rubric id or file.")
@click.option("--keep-min", type=click.FloatRange(1, 7), default=5.0, show_default=True, help="Least score that stays.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the table and the filtered data."
)
@judge_options
@json_option
def audit(data: Path, **options: Any) -> int:
    """Judge training data: what scores low and why, and the data without it, in the format of the input."""
    from kikime.cli.judging import auditing

    return auditing.audit_command(data, **options)


@click.command()
@click.argument("ratings", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--verdicts", type=click.Path(path_type=Path), help="Lines of `kikime judge --json`, joined by id and criterion."
)
@click.option("--scale", type=(int, int), default=(1, 7), show_default=True, metavar="LOW HIGH")
@click.option("--seed", default=0, show_default=True)
@json_option
def calibrate(ratings: Path, **options: Any) -> int:
    """Compare a judge with people: does it agree well enough to rank models?"""
    from kikime.cli.judging import calibrating

    return calibrating.calibrate_command(ratings, **options)
