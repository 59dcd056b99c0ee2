"""kikime inside other libraries: a callback for the Trainer of transformers.

::

    from kikime.integrations import KikimeCallback

    trainer = Trainer(..., callbacks=[KikimeCallback(suite="quick", log_to="mlflow")])
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from transformers import TrainerCallback

from kikime.harness.core.errors import KikimeError
from kikime.workflows.judged import JudgeArgument, choose_judges
from kikime.workflows.keywords import EngineKeywords, engine_options
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.plan import choose_materials
from kikime.workflows.series.folder import found_in
from kikime.workflows.series.queue import Asked, Queue
from kikime.workflows.series.watch import member
from kikime.workflows.tracking.tracker import read_trackers

if TYPE_CHECKING:
    from transformers import TrainerControl, TrainerState, TrainingArguments

    from kikime.harness.suites.suite import Suite
    from kikime.workflows.loaded import Run

_LOG = logging.getLogger(__name__)


class KikimeCallback(TrainerCallback):
    """Benchmarks each checkpoint when the Trainer has saved it, as ``kikime watch`` would; training waits meanwhile.

    The engine is loaded beside the model that trains: on one GPU leave room (``gpu_memory_utilization=0.3``), or let
    ``kikime watch`` run on another. A checkpoint that cannot be benchmarked is logged as a warning and stops nothing.
    """

    def __init__(
        self,
        *,
        base: str | None = None,
        name: str | None = None,
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
    ) -> None:
        """Arguments and errors as those of :func:`kikime.watch`; a wrong one is told here, before training begins."""
        materials = choose_materials(suite, personas=personas, formats=formats, shots=shots, tasks=tasks, limit=limit)
        options = engine_options(engine)
        self._asked = Asked(materials, options, choose_judges(judge), Path(runs), progress, read_trackers(log_to))
        self._base = base
        self._name = name
        self._queue: Queue | None = None
        self.runs: list[Run] = []
        """Those of the checkpoints so far."""

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:  # noqa: ARG002  (transformers' signature)
        """Benchmark what was saved just now, in the process that writes."""
        if not state.is_world_process_zero:
            return
        output = Path(args.output_dir or ".")
        folder = output / f"checkpoint-{state.global_step}"
        self._queue = self._queue or Queue(self._asked)
        try:
            run = self._queue.benchmark(member(found_in(folder), self._base, self._name or output.resolve().name))
        except KikimeError as error:
            _LOG.warning("kikime: %s is not benchmarked: %s", folder, error)
            return
        if run is not None:
            self.runs.append(run)
            self._asked.progress.finished(run)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:  # noqa: ARG002  (transformers' signature)
        """Close the engine that adapters share."""
        if self._queue is not None:
            self._queue.close()
