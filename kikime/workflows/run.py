"""Runs: a checkpoint on a suite, from plan to summary."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

from kikime.harness.core.errors import KikimeError
from kikime.harness.core.phrases import Phrase
from kikime.harness.engines import Engine, EngineOptions, load_engine, switch_adapter
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.execute import start_run
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import StoredReplies
from kikime.harness.suites.grid import Materials
from kikime.workflows.grid import choose_materials
from kikime.workflows.judged import choose_judge, execute_judged
from kikime.workflows.keywords import EngineKeywords, engine_options
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Judging, Run
from kikime.workflows.plan import prepare_all

if TYPE_CHECKING:
    from kikime.harness.suites.suite import Suite
    from kikime.judges.jobs.session import JudgeSettings


class Planned(NamedTuple):
    """A plan, the directory that its run goes to, and what the log there holds, where that is known already."""

    prepared: Prepared
    directory: RunDirectory
    stored: StoredReplies | None = None


def run(
    model: str,
    *,
    suite: str | Suite = "quick",
    personas: Sequence[str] = (),
    formats: Sequence[str] = (),
    shots: Sequence[int] = (),
    tasks: Sequence[str] = (),
    limit: int | None = None,
    judge: JudgeSettings | str | bool | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    progress: Listener = SILENT,
    **engine: Unpack[EngineKeywords],
) -> Run:
    """Benchmark ``model``: a directory, a hub id, ``openai:NAME@BASE_URL`` or ``demo:NAME``.

    Args:
        model: the checkpoint, as on the command line.
        suite: a bundled suite's id, a suite's YAML file, or a suite.
        personas: these instead of the suite's; ids or card files. ``formats``, ``shots`` and ``tasks`` likewise.
        formats: see ``personas``.
        shots: see ``personas``.
        tasks: see ``personas``.
        limit: at most so many items per task and persona.
        judge: who judges while replies are generated: settings, ``NAME@URL``, or True for the default judge.
        runs: folder that the run's directory is made in.
        name: the run's name; the checkpoint's by default.
        progress: hears how it goes on.
        engine: how to load the model; see :class:`kikime.harness.engines.EngineOptions`.

    Raises:
        UsageError: an unknown model, suite, task, persona, format or engine option.
        EnvironmentFault: the engine cannot load or died; the hint says how to resume.
    """
    settings = choose_judge(judge)
    materials = choose_materials(suite, personas=personas, formats=formats, shots=shots, tasks=tasks, limit=limit)
    options = engine_options(engine)
    [done] = run_adapters(model, {}, materials, options, judge=settings, runs=runs, name=name, progress=progress)
    return done


def run_adapters(
    model: str,
    adapters: Mapping[str, Path],
    materials: Materials,
    options: EngineOptions,
    *,
    judge: JudgeSettings | str | bool | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    progress: Listener = SILENT,
) -> list[Run]:
    """Benchmark LoRA adapters (name and folder) on ``model``, one run each on one loaded engine; without any, the model.

    Arguments and errors else as those of :func:`run`.
    """
    settings, folder = choose_judge(judge), Path(runs)
    planned = []
    for prepared in prepare_all(model, adapters, materials, options):
        progress.planned(prepared, time_range(prepared, folder))
        planned.append(new_run(prepared, folder, name))
    return execute_all(planned, judge=settings, progress=progress)


def new_run(prepared: Prepared, runs: Path, name: str | None = None) -> Planned:
    """Create the run's directory."""
    if name and prepared.checkpoint.adapter:
        name = f"{name}+{prepared.checkpoint.name.split('+')[-1]}"
    return Planned(prepared, start_run(prepared, runs, name))


def execute_all(
    planned: Sequence[Planned],
    *,
    judge: JudgeSettings | None = None,
    progress: Listener = SILENT,
    engine: Engine | None = None,
) -> list[Run]:
    """Execute the runs on one loaded engine (``engine``, left open, or an own one); every abort says how to resume.

    The judge's budget holds for all of them together.
    """
    finished: list[Run] = []
    directories = [each.directory for each in planned]
    with ExitStack() as stack:
        if engine is None and len(planned) > 1:
            prepared = planned[0].prepared
            progress.stage("load")
            with resumable(directories, judge, progress):
                engine = load_engine(prepared.checkpoint, prepared.options)
            stack.callback(engine.close)
        for number, (prepared, directory, known) in enumerate(planned):
            if engine is not None and prepared.checkpoint.adapter:
                switch_adapter(engine, prepared.checkpoint)
            stored = StoredReplies(directory) if known is None else known
            with resumable(directories[number:], judge, progress), _counted(prepared, stored, progress):
                outcome = execute_judged(directory, prepared, engine, judge, progress, stored)
            finished.append(Run(directory, Judging(judge, outcome) if judge and outcome else None))
            judge = judge and judge.after(outcome.spent_usd if outcome else 0.0)
    return finished


@contextmanager
def _counted(prepared: Prepared, stored: StoredReplies, progress: Listener) -> Iterator[None]:
    progress.begin(prepared.n_replies, stored.n_done)
    try:
        yield
    finally:
        progress.end()


@contextmanager
def resumable(runs: Sequence[RunDirectory], judge: JudgeSettings | None, progress: Listener) -> Iterator[None]:
    """End every abort with the command that goes on: in the hint of an error of ours, else as a remark."""
    flags = judge.flags() if judge else []
    again = " && ".join(shlex.join(["kikime", "resume", str(run.path), *flags]) for run in runs)
    try:
        yield
    except KikimeError as error:
        error.hint = Phrase("{hint}; then: {again}" if error.hint else "{again}", hint=error.hint, again=again)
        raise
    except BaseException:
        progress.tell("kept", again=again)
        raise
