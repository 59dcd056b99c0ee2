"""Progress on stderr: a bar with rate and time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from kikime.cli.output import note
from kikime.harness.core.request import Reply, Request

_LINE_SECONDS = 15.0


class ReplyProgress:
    """Counts replies as a sink of the runner."""

    def __init__(self, total: int, *, stored: int, quiet: bool) -> None:
        """``stored`` of ``total`` replies are there already."""
        self._total = total
        self._stored = stored
        self._quiet = quiet
        self._bar: Any = None
        self._done = self._tokens = self._errors = 0
        self._started = self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def stage(self, name: str) -> None:
        """Show what begins now."""
        if self._quiet:
            return
        if name == "load":
            note("loading the engine …")
        elif name == "judge":
            note("waiting for the judge …")
        elif name == "generate":
            self._started = self._last_line = time.monotonic()
            if sys.stderr.isatty():
                self._bar = tqdm(
                    total=self._total, initial=self._stored, unit="reply", file=sys.stderr, dynamic_ncols=True
                )

    def __call__(self, request: Request, reply: Reply) -> None:  # noqa: ARG002  (a sink)
        """Count one reply."""
        self._done += 1
        self._tokens += reply.n_output_tokens
        self._errors += reply.error is not None
        if self._bar is not None:
            self._bar.update()
            if self._done % 32 == 0:
                self._bar.set_postfix_str(self._rates(), refresh=False)
        elif not self._quiet and time.monotonic() - self._last_line > _LINE_SECONDS:
            self._last_line = time.monotonic()
            note(self._line())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(self._rates())
            self._bar.close()
        elif not self._quiet and self._done:
            note(self._line())

    def _rates(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        return f"{self._tokens / seconds:,.0f} tok/s" + (f", {self._errors} errors" if self._errors else "")

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        done = self._stored + self._done
        left = (self._total - done) * seconds / max(self._done, 1)
        line = f"{done:,}/{self._total:,} replies, {self._done / seconds:,.1f} replies/s"
        return f"{line}, {self._rates()}, {left:,.0f} s left"
