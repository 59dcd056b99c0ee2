"""The user's lines while a run works: told from the character's replies, logged, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import EngineOptions
from kikime.harness.plan.partner import line_of
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.runner import Sink
from kikime.harness.run.status import StatusBoard
from kikime.harness.store.lines import LINES, line_row
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import repaired
from kikime.harness.store.wal import Segment

USER_OPTIONS = EngineOptions(engine="openai")
"""How a served user model is asked."""


def by_speaker(sinks: Sequence[Sink], hear: Sink) -> Sink:
    """A sink that hands the character's replies to ``sinks``, and the user's lines to ``hear``."""

    def take(request: Request, reply: Reply) -> None:
        if request.speaker == "user":
            hear(request, reply)
            return
        for sink in sinks:
            sink(request, reply)

    return take


@contextmanager
def heard_lines(run: RunDirectory, prepared: Prepared, board: StatusBoard) -> Iterator[Sink]:
    """A sink that logs each line with what it is, and counts the replies that will not be asked for because of it."""
    planner = prepared.planner
    with Segment.create(run.wal, LINES) as segment:

        def hear(request: Request, reply: Reply) -> None:
            status = planner.line_status(request, reply)
            left_out = planner.unspoken(request, status)
            segment.append(line_row(request, reply, line_of(repaired(reply.text)), status, left_out))
            board.line(0 if prepared.user else reply.n_output_tokens, left_out)

        yield hear
