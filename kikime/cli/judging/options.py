"""What the commands that ask a judge share: its options, its settings, and how a session ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from kikime.cli.again import this_command
from kikime.cli.language import words
from kikime.cli.options import Decorator, options, sentinel_option
from kikime.cli.output import note
from kikime.cli.progress import ended_by_signals
from kikime.harness.core.errors import UsageError

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings, Outcome
    from kikime.judges.verdicts.verdict import Protocol

OK, PARTIAL = 0, 4
PROTOCOLS = ("cot", "dist", "text")


@dataclass(frozen=True)
class AskFlags:
    """Which judge, and how it is asked."""

    judge_models: tuple[str, ...]
    judge_base_url: str | None
    protocol: Protocol
    samples: int
    concurrency: int
    timeout: float
    max_usd: float | None
    sentinel: bool

    def settings(self) -> JudgeSettings:
        """The one judge; a model that its provider is about to switch off is warned of.

        Raises:
            EnvironmentFault: there is no key for it.
            UsageError: several judges.
        """
        first, *more = self.panel()
        if more:
            raise UsageError("one judge at a time here", hint="several --judge-model: kikime judge RUN or FILE")
        return first

    def panel(self) -> list[JudgeSettings]:
        """Every judge that was asked for, in that order.

        Raises:
            EnvironmentFault: there is no key for one.
            UsageError: one twice.
        """
        from kikime.workflows.judged import panel_settings

        return list(panel_settings(self.judge_models, self._one))

    def _one(self, model: str | None) -> JudgeSettings:
        from kikime.judges.jobs.session import judge_settings
        from kikime.judges.verdicts.models import end_warning

        settings = judge_settings(
            model,
            self.judge_base_url,
            protocol=self.protocol,
            samples=self.samples,
            concurrency=self.concurrency,
            timeout=self.timeout,
            max_usd=self.max_usd,
            sentinel=self.sentinel,
        )
        settings.require_key(this_command())
        ending = end_warning(settings.judge.model, datetime.now(UTC).date())
        if ending and settings.judge.official:
            note(words()("cli.judge.warning", text=ending))
        return settings


judge_options: Decorator[int] = options(
    "asking",
    AskFlags,
    click.option(
        "--judge-model",
        "judge_models",
        multiple=True,
        envvar="KIKIME_JUDGE_MODEL",
        help="NAME or NAME@URL; gpt-4o-mini by default. Repeat it for a panel of judges.",
    ),
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


@contextmanager
def going_on_is_told() -> Iterator[None]:
    """Where the command is interrupted, say what is kept and how to go on."""
    with ended_by_signals():
        try:
            yield
        except KeyboardInterrupt:
            note(words()("cli.judge.interrupted", again=this_command()))
            raise


def finish(outcome: Outcome, *, flawless: bool = True) -> int:
    """Say what became of the session; 0 when everything is ``ok``, else 4, and an error when it ended early."""
    note(outcome.sentence())
    for text in outcome.remarks():
        note(text)
    outcome.raise_for_stop(this_command())
    if outcome.statuses["budget"]:
        note(words()("cli.judge.budget", again=this_command()))
    return OK if outcome.complete and flawless else PARTIAL
