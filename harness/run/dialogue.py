"""The user's lines while a run works: told from the character's replies, logged, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import Engine, EngineOptions, load_engine
from kikime.harness.engines.dtype import on_cpu
from kikime.harness.engines.memory import shares, weights_gib
from kikime.harness.engines.speakers import Speakers
from kikime.harness.plan.partner import line_of
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.runner import Sink
from kikime.harness.run.status import StatusBoard
from kikime.harness.store.lines import LINES, line_row
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import repaired
from kikime.harness.store.wal import Segment


@contextmanager
def opened_engine(prepared: Prepared, engine: Engine | None = None) -> Iterator[Engine]:
    """What answers a plan's requests: the character's engine (``engine``, left open, or an own one), and a user's beside it.

    An engine that speaks for both already is used as it is.
    """
    if isinstance(engine, Speakers):
        yield engine
        return
    ours, theirs = loading(prepared)
    with ExitStack() as opened:
        partner = load_engine(prepared.user, theirs) if prepared.user else None
        if partner is not None:
            opened.callback(partner.close)
        used = engine or load_engine(prepared.checkpoint, ours)
        if engine is None:
            opened.callback(used.close)
        yield Speakers(used, partner) if partner else used


def loading(prepared: Prepared) -> tuple[EngineOptions, EngineOptions]:
    """How the character's engine and the user's are loaded; two in this process share what one takes of a GPU's memory.

    Raises:
        EngineFault: the two do not fit.
    """
    ours, user = prepared.options, prepared.user
    if user is None or user.base_url:
        return ours, EngineOptions(engine="openai")
    theirs = EngineOptions(
        dtype=ours.dtype,
        tensor_parallel_size=ours.tensor_parallel_size,
        trust_remote_code=ours.trust_remote_code,
        deterministic=ours.deterministic,
    )
    if on_cpu() or prepared.checkpoint.base_url:
        return ours, theirs
    first, second = shares((weights_gib(prepared.checkpoint, ours), weights_gib(user, theirs)), ours)
    replace = msgspec.structs.replace
    return replace(ours, gpu_memory_utilization=first), replace(theirs, gpu_memory_utilization=second)


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
