"""What the commands that ask a judge share: its options, its settings, and how a session ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.again import this_command
from kikime.cli.language import words
from kikime.cli.options import sentinel_option
from kikime.cli.output import note

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings, Outcome

OK, PARTIAL = 0, 4
PROTOCOLS = ("cot", "dist", "text")
_OPTIONS = (
    click.option("--judge-model", envvar="KIKIME_JUDGE_MODEL", help="NAME or NAME@URL; gpt-4o-mini by default."),
    click.option(
        "--judge-base-url", envvar="KIKIME_JUDGE_BASE_URL", help="Any OpenAI-compatible server (or OPENAI_BASE_URL)."
    ),
    click.option("--protocol", type=click.Choice(PROTOCOLS), default="cot", show_default=True),
    click.option("--samples", type=click.IntRange(min=1), default=1, show_default=True, help="Verdicts to average."),
    click.option("--concurrency", type=click.IntRange(min=1), default=16, show_default=True, help="Calls in flight."),
    click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True),
    click.option("--max-usd", type=click.FloatRange(min=0), help="Stop before more than this is spent."),
    sentinel_option,
)
_SETTINGS = ("protocol", "samples", "concurrency", "timeout", "max_usd", "sentinel")


def judge_options(command: Callable[..., int]) -> Callable[..., int]:
    """Which judge, and how it is asked."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_settings(options: dict[str, Any]) -> JudgeSettings:
    """Take the judge's options out of a command's arguments."""
    from kikime.judges.jobs.session import judge_settings
    from kikime.judges.verdicts.models import end_warning

    model, base_url = options.pop("judge_model"), options.pop("judge_base_url")
    settings = judge_settings(model, base_url, **{name: options.pop(name) for name in _SETTINGS})
    settings.require_key(this_command())
    ending = end_warning(settings.judge.model, datetime.now(UTC).date())
    if ending and settings.judge.official:
        note(words()("cli.judge.warning", text=ending))
    return settings


def finish(outcome: Outcome, *, flawless: bool = True) -> int:
    """Say what became of the session; 0 when everything is ``ok``, else 4, and an error when it ended early."""
    note(outcome.sentence())
    outcome.raise_for_stop(this_command())
    if outcome.statuses["budget"]:
        note(words()("cli.judge.budget", again=this_command()))
    return OK if outcome.complete and flawless else PARTIAL
