"""A training run that is watched: each checkpoint is benchmarked as it appears."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from kikime.harness.core.errors import EngineFault, PartialResult, UsageError
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.folders import read_adapter
from kikime.harness.store.records import Series
from kikime.workflows.judged import JudgeArgument, choose_judges
from kikime.workflows.keywords import EngineKeywords, engine_options
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Run
from kikime.workflows.plan import choose_materials
from kikime.workflows.series.folder import Arrivals, Found
from kikime.workflows.series.queue import Asked, Member, Queue
from kikime.workflows.tracking.tracker import read_trackers

if TYPE_CHECKING:
    from kikime.harness.suites.suite import Suite

_LOOKS = 2
"""So many looks in a row without a new checkpoint, and ``once`` waits no longer for one that is still written."""
EVERY = 10.0
"""Seconds between two looks; a checkpoint has to stay as it is for as long."""


def watch(
    folder: str | Path,
    *,
    base: str | None = None,
    name: str | None = None,
    once: bool = False,
    until_idle: float | None = None,
    every: float = EVERY,
    suite: str | Suite = "quick",
    personas: Sequence[str] = (),
    formats: Sequence[str] = (),
    shots: Sequence[int] = (),
    tasks: Sequence[str] = (),
    limit: int | None = None,
    judge: JudgeArgument = None,
    runs: str | Path = "runs",
    log_to: str | Sequence[str] = (),
    progress: Listener = SILENT,
    **engine: Unpack[EngineKeywords],
) -> Iterator[Run]:
    """Benchmark each checkpoint below ``folder`` as it appears whole, once; yields its run.

    What is there already is benchmarked first, in the order of steps. Runs of these checkpoints with the same questions
    are kept, or gone on with, so that the same call goes on after any interruption. A checkpoint that cannot be loaded is
    told to ``progress`` and tried again when its folder changes.

    Args:
        folder: where training writes its checkpoints, one folder each, such as ``checkpoint-100``.
        base: the model that adapters are loaded on; by default the one that they name.
        name: what the training run is called; the folder's name by default.
        once: end after what is there now.
        until_idle: end when nothing new has appeared for so many seconds.
        every: seconds between two looks; a checkpoint that has not changed for as long is taken as written.
        suite: as of :func:`kikime.run`, with what follows.
        personas: see :func:`kikime.run`.
        formats: see :func:`kikime.run`.
        shots: see :func:`kikime.run`.
        tasks: see :func:`kikime.run`.
        limit: see :func:`kikime.run`.
        judge: see :func:`kikime.run`.
        runs: see :func:`kikime.run`.
        log_to: see :func:`kikime.run`; the steps of a training run become one curve there.
        progress: hears how it goes on.
        engine: see :func:`kikime.run`.

    Raises:
        UsageError: no such folder, or an unknown suite, task, persona, format, base or engine option.
        PartialResult: at the end, where a checkpoint could not be benchmarked.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(
            "{path}: no such folder", hint="give the folder that training writes its checkpoints to", path=folder
        )
    materials = choose_materials(suite, personas=personas, formats=formats, shots=shots, tasks=tasks, limit=limit)
    asked = Asked(materials, engine_options(engine), choose_judges(judge), Path(runs), progress, read_trackers(log_to))
    if base:
        resolve_checkpoint(base)
    return _watched(folder, asked, base, name or folder.resolve().name, once=once, until_idle=until_idle, every=every)


def _watched(
    folder: Path,
    asked: Asked,
    base: str | None,
    training: str,
    *,
    once: bool,
    until_idle: float | None,
    every: float,
) -> Iterator[Run]:
    progress, failed = asked.progress, 0

    def incomplete(name: str, error: UsageError) -> None:
        progress.tell("watch_incomplete", name=name, why=error.message)

    arrivals = Arrivals(folder, settle=every, problem=incomplete)
    progress.tell("watch_begins", folder=str(folder), every=every)
    with Queue(asked) as queue:
        last, idle_looks = time.monotonic(), 0
        while True:
            arrived = arrivals.look()
            for found in arrived:
                try:
                    run = queue.benchmark(member(found, base, training))
                except (UsageError, EngineFault) as error:
                    failed += 1
                    progress.tell("series_failed", name=found.path.name, why=error.message)
                    continue
                if run is not None:
                    progress.finished(run)
                    yield run
            last, idle_looks = (time.monotonic(), 0) if arrived else (last, idle_looks + 1)
            settled = not arrivals.unsettled or idle_looks >= _LOOKS
            if (once and settled) or (until_idle is not None and time.monotonic() - last > until_idle):
                break
            time.sleep(every)
    if failed:
        raise not_all(failed)


def not_all(failed: int) -> PartialResult:
    """What to raise where so many checkpoints could not be benchmarked."""
    return PartialResult(
        "{n} checkpoints could not be benchmarked",
        hint="the same command tries them again, and keeps what is there",
        n=failed,
    )


def member(found: Found, base: str | None, training: str) -> Member:
    """A checkpoint of a training run as one that is benchmarked; ``base`` is what an adapter is loaded on.

    Raises:
        UsageError: an adapter that does not name its base.
    """
    series = Series(training, found.step)
    name = f"{training}-{found.path.name if found.step is None else found.step}"
    if not found.adapter:
        return Member(str(found.path), name=name, series=series)
    base = base or read_adapter(found.path).base
    if not base:
        raise UsageError("{path}: the adapter does not say what it is for", hint="give --base MODEL", path=found.path)
    return Member(base, found.path, name, series)
