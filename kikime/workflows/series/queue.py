"""Checkpoints benchmarked one after another: each once, adapters of one base on one loaded engine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, cast

import msgspec
import orjson

from kikime.harness.core.errors import RunLocked
from kikime.harness.core.hashing import digest
from kikime.harness.core.manifest import Json
from kikime.harness.engines import Engine, EngineOptions, check_options
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint, with_adapter
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.player import user_model
from kikime.harness.plan.prepare import Prepared, comparability, prepare, sampled
from kikime.harness.run.dialogue import opened_engine
from kikime.harness.run.execute import start_run
from kikime.harness.store.records import Series
from kikime.harness.store.rundir import BENCHMARK, RunDirectory, json_bytes, list_runs, read_json
from kikime.harness.suites.grid import Materials
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Run
from kikime.workflows.run import Planned, execute_all
from kikime.workflows.tracking.tracker import Tracker, track

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings


class Member(NamedTuple):
    """One of the checkpoints."""

    model: str
    """As on the command line; of an adapter its base."""
    adapter: Path | None = None
    name: str | None = None
    """The run's name; the checkpoint's by default."""
    series: Series | None = None


@dataclass(frozen=True)
class Asked:
    """What all of them are asked, and where that goes."""

    materials: Materials
    options: EngineOptions
    judges: Sequence[JudgeSettings] = ()
    runs: Path = Path("runs")
    progress: Listener = SILENT
    trackers: Sequence[Tracker] = ()
    """What is told of each run that is completed here."""


class Queue:
    """Benchmarks checkpoints as they are given to it; a run of the same checkpoint and questions is gone on with, or kept.

    A context manager: at its end the engine that adapters share is closed.
    """

    def __init__(self, asked: Asked, *, max_lora_rank: int = 0) -> None:
        """``max_lora_rank``: the largest one that will come, where that is known; a larger one loads the engine anew."""
        self._asked = asked
        self._judges = tuple(asked.judges)
        self._known = _KnownRuns(asked.runs)
        self._rank = max_lora_rank
        self._opened = ExitStack()
        self._engine: Engine | None = None
        self._base: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def benchmark(self, member: Member) -> Run | None:
        """The member's complete run; None where another process works on it.

        Raises:
            UsageError: no whole checkpoint, or an option that it cannot be loaded with.
            EngineFault: it does not load, or the engine died; the next member gets another engine.
        """
        checkpoint, asked = self._resolved(member), self._asked
        known = self._known.find(checkpoint, asked)
        if known is not None and known.is_complete():
            asked.progress.tell("series_kept", name=member.name or checkpoint.name, run=str(known.path))
            return Run(known)
        if known is not None and known.is_worked_on():
            asked.progress.tell("series_locked", run=str(known.path))
            return None
        prepared = prepare(checkpoint, asked.materials, asked.options)
        asked.progress.planned(prepared, time_range(prepared, asked.runs))
        planned = self._planned(prepared, member, known)
        try:
            [done] = execute_all([planned], judges=self._judges, progress=asked.progress, engine=self._shared(prepared))
        except RunLocked:
            asked.progress.tell("series_locked", run=str(planned.directory.path))
            return None
        except BaseException:
            self.close()
            raise
        self._judges = tuple(judge.after(outcome.spent_usd) for judge, outcome in done.judging) or self._judges
        track(done, asked.trackers, asked.progress)
        return done

    def _resolved(self, member: Member) -> Checkpoint:
        checkpoint, options = resolve_checkpoint(member.model), self._asked.options
        if member.adapter is not None:
            checkpoint = with_adapter(checkpoint, member.adapter.name, member.adapter)
            self._rank = max(self._rank, checkpoint.max_lora_rank or 0)
            checkpoint = msgspec.structs.replace(checkpoint, max_lora_rank=self._rank)
        check_options(checkpoint, options)
        return checkpoint

    def _planned(self, prepared: Prepared, member: Member, known: RunDirectory | None) -> Planned:
        if known is not None and known.manifest()["plan"]["hash"] == prepared.plan_hash:
            return Planned(prepared, known)
        return Planned(prepared, start_run(prepared, self._asked.runs, member.name, series=member.series))

    def _shared(self, prepared: Prepared) -> Engine | None:
        """The engine that adapters of one base share; None where the checkpoint needs one of its own."""
        checkpoint = prepared.checkpoint
        base = f"{checkpoint.path or checkpoint.base_url}#{checkpoint.max_lora_rank}"
        if checkpoint.adapter is None or self._base != base:
            self.close()
        if checkpoint.adapter is None:
            return None
        if self._engine is None:
            self._asked.progress.stage("load")
            self._engine, self._base = self._opened.enter_context(opened_engine(prepared)), base
        return self._engine

    def close(self) -> None:
        """Close the engine that adapters share; the next adapter loads another."""
        self._opened.close()
        self._engine = self._base = None


class _KnownRuns:
    """Which runs asked which checkpoint what; each manifest is read once."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._keys: dict[str, str | None] = {}

    def find(self, checkpoint: Checkpoint, asked: Asked) -> RunDirectory | None:
        """The newest benchmark of exactly this checkpoint with exactly these questions, complete or not."""
        materials = sampled(asked.materials, checkpoint, asked.options)
        user = user_model(materials, asked.options)
        content = {**comparability(materials, asked.options, checkpoint.fingerprint, user), **materials.to_json()}
        wanted = _key(checkpoint.fingerprint, orjson.loads(json_bytes(content)))
        for run in reversed(list_runs(self._runs)):
            if run.id not in self._keys:
                self._keys[run.id] = _key_of(run)
            if self._keys[run.id] == wanted:
                return run
        return None


def _key_of(run: RunDirectory) -> str | None:
    manifest = read_json(run.manifest_file) or {}
    if manifest.get("kind", BENCHMARK) != BENCHMARK or not {"checkpoint", "hashes", "suite"} <= manifest.keys():
        return None
    return _key(str(manifest["checkpoint"]["fingerprint"]), manifest)


def _key(fingerprint: str, manifest: Json) -> str:
    """Digest of the checkpoint and of what it is asked; versions of metrics and rubrics play no part."""
    hashes = cast("dict[str, object]", manifest["hashes"])
    asked = [hashes.get(name) for name in ("tasks", "personas", "formats", "sampling")]
    return digest("questions", [fingerprint, asked, manifest["suite"], manifest.get("techniques")])
