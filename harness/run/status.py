"""What a run says of itself while it works: state, counts, engine, speed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kikime.harness.core.errors import KikimeError
from kikime.harness.core.reasons import Reason
from kikime.harness.core.request import Reply, Request
from kikime.harness.store.records import Session, Summary
from kikime.harness.store.rundir import RunDirectory


class StatusBoard:
    """Keeps ``status.json`` true while a run works."""

    def __init__(self, run: RunDirectory, *, planned: int, done: int) -> None:
        self._run = run
        self._status: dict[str, Any] = {"state": "running", "planned": planned, "done": done, "errors": 0}
        self._sessions = run.sessions()
        self._session: Session | None = None
        self._finished_tokens = 0
        self._write()

    def __call__(self, request: Request, reply: Reply) -> None:
        """Count one reply."""
        self._status["done"] += 1
        self._status["errors"] += reply.error is not None
        if self._session is not None and reply.error is None:
            self._session.n_replies += 1
            self._session.n_scored_tokens += request.n_scored_tokens
            if not request.candidates:
                self._session.n_prompt_tokens += reply.n_prompt_tokens - reply.n_cached_tokens
                self._session.max_output_tokens += request.sampling.most_tokens
        self._finished_tokens += reply.n_output_tokens
        self.beat(0)

    def line(self, n_tokens: int, unspoken: int) -> None:
        """Count a user's line of so many tokens by this engine; ``unspoken``: replies that are not asked for because of it."""
        self._status["done"] += unspoken
        self._finished_tokens += n_tokens
        self.beat(0)

    def beat(self, tokens_in_flight: int) -> None:
        """Say that the engine works; it has generated so many tokens of replies that have not finished."""
        if self._session is not None:
            generated = self._finished_tokens + tokens_in_flight
            self._session.n_output_tokens = max(self._session.n_output_tokens, generated)
        self._write(force=False)

    def note(self, notes: Sequence[Reason]) -> None:
        """Keep what the engine changed of the requests in this session."""
        if self._session is not None:
            self._session.notes = list(notes)

    @contextmanager
    def session(self, engine: Mapping[str, Any], load_seconds: float) -> Iterator[None]:
        """Count and time what is done inside as one session of the engine, which took ``load_seconds`` to load."""
        self._session = Session(dict(engine), round(load_seconds, 2))
        self._sessions.append(self._session)
        self._started = time.monotonic()
        self._write()
        try:
            yield
        finally:
            self._time_session()
            self._session = None
            self._write_if_possible()

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
        self._status |= {
            "planned": counts["planned"],
            "done": counts["done"],
            "errors": counts["errors"],
            "state": "complete",
        }
        self._status.pop("reason", None)
        self._write()

    def _time_session(self) -> None:
        if self._session is not None:
            self._session.generate_seconds = round(time.monotonic() - self._started, 2)

    def _write_if_possible(self) -> None:
        try:
            self._write()
        except KikimeError:
            return  # the error that is under way says what happened

    def _write(self, *, force: bool = True) -> None:
        self._time_session()
        self._run.write_status({**self._status, "sessions": self._sessions}, force=force)
