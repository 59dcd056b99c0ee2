"""What a run says of itself while it works: state, counts, engine, speed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kikime.harness.core.errors import KikimeError
from kikime.harness.core.request import Reply, Request
from kikime.harness.store.records import Summary
from kikime.harness.store.rundir import RunDirectory


class StatusBoard:
    """Keeps ``status.json`` true while a run works."""

    def __init__(self, run: RunDirectory, *, planned: int, done: int) -> None:
        self._run = run
        self._status: dict[str, Any] = {"state": "running", "planned": planned, "done": done, "errors": 0}
        self._tokens = self._replies = 0
        self._sessions: list[dict[str, Any]] = run.status().get("sessions", [])
        self._started = time.monotonic()
        self._generated: float | None = None
        self._write()

    def __call__(self, request: Request, reply: Reply) -> None:  # noqa: ARG002  (a sink)
        """Count one reply."""
        self._status["done"] += 1
        self._status["errors"] += reply.error is not None
        self._tokens += reply.n_output_tokens
        self._replies += 1
        self._write(force=False)

    def describe_engine(self, engine: Mapping[str, Any], load_seconds: float) -> None:
        """Begin a session of the engine, which took ``load_seconds`` to load."""
        self._sessions = [*self._sessions, {"engine": dict(engine), "load_seconds": round(load_seconds, 2)}]
        self._started = time.monotonic()

    def generated(self) -> None:
        """End the session's clock: what follows is no generation."""
        self._generated = time.monotonic()
        self._write()

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Write down why the work inside ended, if it does not end well."""
        try:
            yield
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            self._status["state"] = "interrupted" if interrupted else "failed"
            self._status["reason"] = (
                "interrupted" if interrupted else str(error).splitlines()[0] if str(error) else repr(error)
            )
            self._write_if_possible()
            raise

    def finish(self, summary: Summary) -> None:
        """Write the counts of the finished run."""
        counts = summary.counts
        self._status |= {"done": counts["done"], "errors": counts["errors"], "state": "complete"}
        self._status.pop("reason", None)
        self._write()

    def _write_if_possible(self) -> None:
        try:
            self._write()
        except KikimeError:
            return  # the error that is under way says what happened

    def _write(self, *, force: bool = True) -> None:
        if self._sessions and self._tokens:
            seconds = (self._generated or time.monotonic()) - self._started
            counts = {"n_replies": self._replies, "n_output_tokens": self._tokens}
            self._sessions[-1] |= {"generate_seconds": round(seconds, 2), **counts}
        self._run.write_status({**self._status, "sessions": self._sessions}, force=force)
