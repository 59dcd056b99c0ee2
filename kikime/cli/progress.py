"""What a workflow tells, on stderr: a bar with rate and time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never

from tqdm import tqdm

from kikime.cli.language import words
from kikime.cli.output import note
from kikime.harness.core.request import Reply, Request
from kikime.workflows.listener import Listener

if TYPE_CHECKING:
    from types import FrameType

    from kikime.harness.plan.prepare import Prepared
    from kikime.workflows.loaded import Run

    Bar = tqdm[Never]

_LINE_SECONDS = 15.0


class TerminalListener(Listener):
    """Words remarks in the command's language; ``quiet`` leaves the counting of replies out.

    ``before`` is called before each remark, such as the end of life signs.
    """

    def __init__(self, *, quiet: bool = False, before: Callable[[], None] = lambda: None) -> None:
        self._words = words()
        self._quiet = quiet
        self._before = before
        self._bar: Bar | None = None
        self.runs: list[Run] = []
        """Those of several that are complete."""
        self.begin(0, 0)

    def tell(self, code: str, **values: str | float) -> None:
        """Print the sentence of ``code``."""
        self.say(self._words(f"cli.notes.{code}", **values))

    def say(self, text: str) -> None:
        """Print the text."""
        self._before()
        note(text)

    def planned(self, prepared: Prepared, seconds: tuple[float, float]) -> None:
        """One line: what is asked, tokens, estimate."""
        from kikime.harness.plan.notes import plan_notes

        materials = prepared.materials
        tokens = "prompt_tokens" if prepared.n_prompt_tokens else "prompt_tokens_unknown"
        self.tell(
            "plan",
            model=prepared.checkpoint.name,
            suite=materials.suite.id,
            n=prepared.n_replies,
            tasks=len(materials.tasks),
            personas=len(materials.personas),
            prompt=self._words(f"cli.notes.{tokens}", n=prepared.n_prompt_tokens),
            new=prepared.max_output_tokens,
            time=duration_range(seconds),
        )
        if prepared.n_too_long:
            self.tell("too_long", n=prepared.n_too_long, context=prepared.max_model_len or 0)
        for text in self._words.reasons(plan_notes(prepared)):
            note(text)

    def begin(self, total: int, stored: int) -> None:
        """Start counting."""
        self._total, self._stored = total, stored
        self._done = self._tokens = self._unfinished = self._errors = 0
        self._started = self._last_line = time.monotonic()

    def stage(self, name: str) -> None:
        """Show what begins now."""
        if self._quiet:
            return
        if name == "generate":
            self.tell("stage_generate")
            self._started = self._last_line = time.monotonic()
            if sys.stderr.isatty():
                unit = self._words("cli.progress.unit")
                self._bar = tqdm(
                    total=self._total, initial=self._stored, unit=unit, file=sys.stderr, dynamic_ncols=True
                )
        elif name != "tables":
            self.tell(f"stage_{name}")

    def reply(self, request: Request, reply: Reply) -> None:  # noqa: ARG002  (a sink)
        """Count one reply."""
        self._done += 1
        self._tokens += reply.n_output_tokens
        self._errors += reply.error is not None
        if self._bar is not None:
            self._bar.update()

    def step(self, tokens_in_flight: int) -> None:
        """Show how fast it goes, from the first token on."""
        self._unfinished = tokens_in_flight
        if self._bar is not None:
            self._bar.set_postfix_str(self._rates())
        elif not self._quiet and time.monotonic() - self._last_line > _LINE_SECONDS:
            self._last_line = time.monotonic()
            note(self._line())

    def end(self) -> None:
        """Close the bar, or print the last line."""
        self._unfinished = 0
        if self._bar is not None:
            self._bar.set_postfix_str(self._rates())
            self._bar.close()
            self._bar = None
        elif not self._quiet and self._done:
            note(self._line())

    def finished(self, run: Run) -> None:
        """Say which run of several is complete."""
        self.runs.append(run)
        self.tell("series_finished", name=run.name, run=str(run.path))

    def _rates(self) -> str:
        rate = (self._tokens + self._unfinished) / max(time.monotonic() - self._started, 1e-9)
        text = self._words("cli.progress.tokens", rate=rate)
        return text + (self._words("cli.progress.errors", n=self._errors) if self._errors else "")

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        done = self._stored + self._done
        if not self._done:
            return self._words(
                "cli.progress.first", tokens=self._unfinished, seconds=duration(seconds), total=self._total
            )
        return self._words(
            "cli.progress.line",
            done=done,
            total=self._total,
            rate=self._done / seconds,
            rates=self._rates(),
            left=(self._total - done) * seconds / max(self._done, 1),
        )


def duration(seconds: float) -> str:
    """Seconds for people: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return words()("cli.time.seconds", n=seconds)
    return (
        words()("cli.time.minutes", n=seconds / 60) if seconds < 5400 else words()("cli.time.hours", n=seconds / 3600)
    )


def duration_range(seconds: tuple[float, float]) -> str:
    """A low and a high guess."""
    return words()("cli.time.range", low=duration(seconds[0]), high=duration(seconds[1]))


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end a run as cleanly as Ctrl-C does: by what hears that now, such as an event loop, which then cancels its work."""

    def stop(_: int, frame: FrameType | None) -> None:
        interrupted = signal.getsignal(signal.SIGINT)
        if not callable(interrupted):
            raise KeyboardInterrupt
        interrupted(signal.SIGINT, frame)

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
