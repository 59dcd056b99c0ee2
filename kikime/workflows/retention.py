"""What a tuned checkpoint still can of what its base can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kikime.harness.core.errors import UsageError
from kikime.harness.core.records import Record
from kikime.harness.engines import Engine, EngineOptions, load_engine
from kikime.harness.lmeval.evaluate import Document
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import Prepared
from kikime.harness.reports.tables.margins import load_margins
from kikime.harness.retention import lm_eval_outcomes, retention_report, run_outcomes, with_and_without_persona
from kikime.harness.retention.report import Row
from kikime.harness.store.rundir import RETENTION, RunDirectory, list_runs, read_json, write_json
from kikime.harness.suites.grid import Materials
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.run import Planned, execute_all, new_run

if TYPE_CHECKING:
    import pandas as pd

    from kikime.harness.lmeval.evaluate import LmEvalTasks

_LM_EVAL_FILE = "lm_eval.json"
REPORT_FILE = "retention.json"


class Side(Record, frozen=True):
    """One of the two checkpoints."""

    name: str
    run: str
    """Path of its run."""


class Retention(Record, frozen=True):
    """What one tuned checkpoint retains."""

    base: Side
    tuned: Side
    margin: float
    """Share of items whose loss is tolerated."""
    rows: list[Row]

    def frame_rows(self) -> list[Row]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


class _Wanted(msgspec.Struct, frozen=True):
    """What was asked of lm-eval."""

    tasks: list[str]
    limit: int | None
    chat: bool


class _AsPersona(msgspec.Struct, frozen=True):
    """lm-eval's documents with one persona, or without (None)."""

    persona: str | None
    rows: list[Document]


class _LmEval(msgspec.Struct, frozen=True):
    """What ``lm_eval.json`` of a run holds."""

    wanted: _Wanted
    conditions: list[_AsPersona]


def _stored(run: RunDirectory) -> _LmEval | None:
    found = read_json(run.path / _LM_EVAL_FILE)
    return None if found is None else msgspec.convert(found, _LmEval)


@dataclass(frozen=True)
class _Job:
    """What all checkpoints do alike."""

    lm_eval: LmEvalTasks | None
    chat: bool
    """Whether all have a chat template for lm-eval's tasks."""
    limit: int | None
    runs: Path
    progress: Listener


def retain(
    model: str,
    base: str,
    adapters: Mapping[str, Path],
    lm_eval_tasks: Sequence[str],
    materials: Materials,
    options: EngineOptions,
    runs: Path,
    *,
    name: str | None = None,
    progress: Listener = SILENT,
) -> Iterator[Retention]:
    """Run neutral tasks on base and tuned checkpoint(s), with and without the persona, and report what is retained.

    Runs of the same plan that are there already are used, or gone on with; each report is also kept in its run.

    Raises:
        UsageError: a task is not neutral, or lm-eval's tasks are asked of a server without token ids.
    """
    from kikime.workflows.plan import prepare_all

    materials = with_and_without_persona(materials)
    [base_plan] = prepare_all(base, {}, materials, options)
    tuned_plans = list(prepare_all(model, adapters, materials, options))
    job = _job([base_plan, *tuned_plans], lm_eval_tasks, materials.suite.limit, runs, progress)
    base_run, base_outcomes = _measured(base_plan, job, None)
    for plan in tuned_plans:
        run, outcomes = _measured(plan, job, name)
        report = Retention(
            Side(base_plan.checkpoint.name, str(base_run.path)),
            Side(plan.checkpoint.name, str(run.path)),
            load_margins().margins["binary"],
            retention_report(base_outcomes, outcomes),
        )
        write_json(run.path / REPORT_FILE, report.to_builtins())
        yield report


def _job(plans: Sequence[Prepared], tasks: Sequence[str], limit: int | None, runs: Path, progress: Listener) -> _Job:
    if not tasks:
        return _Job(None, False, limit, runs, progress)
    from kikime.harness.lmeval.evaluate import LmEvalTasks

    for plan in plans:
        if plan.planner.tokenizer is None:
            raise UsageError(
                "--lm-eval-tasks needs token ids, which {url} does not take",
                hint="serve the checkpoint with vLLM and give --tokenizer PATH, or leave the option out",
                url=plan.checkpoint.base_url,
            )
    chat = all(plan.planner.tokenizer.chat_template for plan in plans)
    return _Job(LmEvalTasks(tasks), chat, limit, runs, progress)


def _measured(plan: Prepared, job: _Job, name: str | None) -> tuple[RunDirectory, pd.DataFrame]:
    """Complete one checkpoint's run on one engine; returns its outcomes."""
    import pandas as pd

    job.progress.planned(plan, time_range(plan, job.runs))
    run = _same_plan(plan, job.runs) or new_run(plan, job.runs, name, kind=RETENTION).directory
    wanted = None if job.lm_eval is None else _Wanted(job.lm_eval.names, job.limit, job.chat)
    stored = _stored(run)
    missing = wanted is not None and (stored is None or stored.wanted != wanted)
    with ExitStack() as stack:
        engine = None
        if missing:
            engine = load_engine(plan.checkpoint, plan.options)
            stack.callback(engine.close)
        execute_all([Planned(plan, run)], progress=job.progress, engine=engine)
        if engine is not None and job.lm_eval is not None and wanted is not None:
            stored = _LmEval(wanted, _lm_eval(plan, job, job.lm_eval, engine))
            write_json(run.path / _LM_EVAL_FILE, msgspec.to_builtins(stored))
    found = [run_outcomes(run)]
    if wanted is not None and stored is not None:
        found += [lm_eval_outcomes(entry.rows, persona=entry.persona) for entry in stored.conditions]
    return run, pd.concat(found, ignore_index=True)


def _lm_eval(plan: Prepared, job: _Job, tasks: LmEvalTasks, engine: Engine) -> list[_AsPersona]:
    from kikime.harness.prompts import persona_system

    systems: dict[str | None, str | None] = {None: None}
    systems |= {name: persona_system(card) for name, card in plan.materials.personas.items()}
    conditions = []
    for persona, system in systems.items():
        code = "lm_eval_bare" if persona is None else "lm_eval"
        job.progress.tell(code, tasks=", ".join(tasks.names), persona=persona or "")
        rows = tasks.evaluate(
            engine,
            plan.planner.tokenizer,
            max_model_len=plan.max_model_len,
            system=system,
            chat=job.chat,
            limit=job.limit,
        )
        conditions.append(_AsPersona(persona, rows))
    return conditions


def _same_plan(plan: Prepared, runs: Path) -> RunDirectory | None:
    """The newest run of exactly this plan: same checkpoint, prompts and sampling."""
    for run in reversed(list_runs(runs)):
        manifest = read_json(run.manifest_file) or {}
        if manifest.get("plan", {}).get("hash") == plan.plan_hash:
            return run
    return None
