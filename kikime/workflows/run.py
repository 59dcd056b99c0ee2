"""Runs: a checkpoint on a suite, from plan to summary, in one go or after an interruption."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

from kikime.harness.core.errors import KikimeError, UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines import Engine, EngineOptions, switch_adapter
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.dialogue import opened_engine
from kikime.harness.run.execute import moved, rebuild, restore, start_run
from kikime.harness.store.about import About, AboutRun, checked, read_about, write_about
from kikime.harness.store.rundir import BENCHMARK, RunDirectory
from kikime.harness.store.tables import StoredReplies
from kikime.harness.suites.grid import Materials
from kikime.workflows.judged import JudgeArgument, choose_judges, execute_judged, logged_verdicts
from kikime.workflows.keywords import ElsewhereKeywords, EngineKeywords, engine_options
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Judging, Run, load_run
from kikime.workflows.plan import choose_materials, prepare_all
from kikime.workflows.tracking.tracker import read_trackers, track

if TYPE_CHECKING:
    from kikime.harness.suites.suite import Suite
    from kikime.judges.jobs.session import JudgeSettings

DEMO_MODELS = ("demo:august", "demo:september")


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
    judge: JudgeArgument = None,
    runs: str | Path = "runs",
    name: str | None = None,
    log_to: str | Sequence[str] = (),
    about: Mapping[str, object] | None = None,
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
        judge: who judges while replies are generated: settings, ``NAME@URL``, True for the default judge, or several.
        runs: folder that the run's directory is made in.
        name: the run's name; the checkpoint's by default.
        log_to: trackers that are told of the result: ``mlflow``, ``wandb``, ``tensorboard`` or ``trackio``, each with
            ``:WHERE`` behind it (a tracking URI, a project, a folder) where it is not the tracker's default.
        about: what is said of the model, see :func:`describe`, which changes it later.
        progress: hears how it goes on.
        engine: how to load the model; see :class:`kikime.harness.engines.EngineOptions`.

    Raises:
        UsageError: an unknown model, suite, task, persona, format or engine option.
        EnvironmentFault: the engine cannot load or died; the hint says how to resume.
    """
    judges = choose_judges(judge)
    materials = choose_materials(suite, personas=personas, formats=formats, shots=shots, tasks=tasks, limit=limit)
    options = engine_options(engine)
    [done] = run_adapters(
        model,
        {},
        materials,
        options,
        judge=judges,
        runs=runs,
        name=name,
        log_to=log_to,
        about=about,
        progress=progress,
    )
    return done


def run_adapters(
    model: str,
    adapters: Mapping[str, Path],
    materials: Materials,
    options: EngineOptions,
    *,
    judge: JudgeArgument = None,
    runs: str | Path = "runs",
    name: str | None = None,
    log_to: str | Sequence[str] = (),
    about: Mapping[str, object] | None = None,
    progress: Listener = SILENT,
) -> list[Run]:
    """Benchmark LoRA adapters (name and folder) on ``model``, one run each on one loaded engine; without any, the model.

    Arguments and errors else as those of :func:`run`.
    """
    judges, folder, trackers = choose_judges(judge), Path(runs), read_trackers(log_to)
    said = checked(about or {})
    planned = []
    for prepared in prepare_all(model, adapters, materials, options):
        progress.planned(prepared, time_range(prepared, folder))
        planned.append(new_run(prepared, folder, name, about=said))
    done = execute_all(planned, judges=judges, progress=progress)
    for one in done:
        track(one, trackers, progress)
    return done


def new_run(
    prepared: Prepared, runs: Path, name: str | None = None, *, kind: str = BENCHMARK, about: About | None = None
) -> Planned:
    """Create the run's directory, with what is said of its model."""
    if name and prepared.checkpoint.adapter:
        name = f"{name}+{prepared.checkpoint.name.split('+')[-1]}"
    planned = Planned(prepared, start_run(prepared, runs, name, kind=kind))
    write_about(planned.directory, about or About())
    return planned


def execute_all(
    planned: Sequence[Planned],
    *,
    judges: Sequence[JudgeSettings] = (),
    progress: Listener = SILENT,
    engine: Engine | None = None,
) -> list[Run]:
    """Execute the runs on one loaded engine (``engine``, left open, or an own one); every abort says how to resume.

    A judge's budget holds for all of them together.
    """
    finished: list[Run] = []
    directories = [each.directory for each in planned]
    with ExitStack() as stack:
        if engine is None and len(planned) > 1:
            prepared = planned[0].prepared
            progress.stage("load")
            with resumable(directories, judges, progress), _refusable(directories, planned[0].stored):
                engine = stack.enter_context(opened_engine(prepared))
        for number, (prepared, directory, known) in enumerate(planned):
            if engine is not None and prepared.checkpoint.adapter:
                switch_adapter(engine, prepared.checkpoint)
            stored = StoredReplies(directory) if known is None else known
            left = directories[number:]
            with resumable(left, judges, progress), _refusable(left, known), _counted(prepared, stored, progress):
                judging = execute_judged(directory, prepared, engine, judges, progress, stored)
            finished.append(Run(directory, judging))
            judges = [judge.after(outcome.spent_usd) for judge, outcome in judging]
    return finished


@contextmanager
def _counted(prepared: Prepared, stored: StoredReplies, progress: Listener) -> Iterator[None]:
    progress.begin(prepared.n_replies, stored.n_done)
    try:
        yield
    finally:
        progress.end()


@contextmanager
def _refusable(runs: Sequence[RunDirectory], known: StoredReplies | None) -> Iterator[None]:
    """Where new runs are refused before a first reply, leave nothing behind: they would be refused again."""
    try:
        yield
    except UsageError:
        if known is None and not any(path for run in runs for path in run.wal.iterdir()):
            for run in runs:
                shutil.rmtree(run.path)
        raise


@contextmanager
def resumable(runs: Sequence[RunDirectory], judges: Sequence[JudgeSettings], progress: Listener) -> Iterator[None]:
    """End every abort of runs that are still there with the command that goes on: as a hint of an error of ours, or a remark."""
    from kikime.judges.jobs.session import panel_flags

    flags = panel_flags(judges) if judges else []
    again = " && ".join(shlex.join(["kikime", "resume", str(run.path), *flags]) for run in runs)
    try:
        yield
    except KikimeError as error:
        if not all(run.path.is_dir() for run in runs):
            raise
        error.hint = Phrase("{hint}; then: {again}" if error.hint else "{again}", hint=error.hint, again=again)
        raise
    except BaseException:
        progress.tell("kept", again=again)
        raise


def resume(
    run: Run | str | Path,
    *,
    judge: JudgeArgument = None,
    runs: str | Path = "runs",
    progress: Listener = SILENT,
    **elsewhere: Unpack[ElsewhereKeywords],
) -> Run:
    """Go on with a run after any interruption; where every reply is logged, the checkpoint is not needed any more.

    ``elsewhere``: ``engine`` (``vllm`` or ``ray``) and what is said of a cluster, where it shall go on in another place than
    before; the replies are the same.

    Raises:
        RunLocked: another process works on the run.
        UsageError: no such run; or replies are missing, and the checkpoint has changed or is gone.
    """
    judges, directory = choose_judges(judge), load_run(run, runs=runs, unfinished=True).directory
    with directory.locked():
        stored = StoredReplies(directory)
        prepared = _missing(directory, stored, progress)
    if prepared is not None:
        prepared = moved(prepared, **elsewhere) if elsewhere else prepared
        progress.planned(prepared, time_range(prepared, directory.path.parent))
        [finished] = execute_all([Planned(prepared, directory, stored)], judges=judges, progress=progress)
        return finished
    progress.tell("complete")
    with resumable([directory], judges, progress):
        return Run(directory, _rebuild(directory, stored, judges, progress))


def _missing(run: RunDirectory, stored: StoredReplies, progress: Listener) -> Prepared | None:
    """The plan, if there is something to generate."""
    planned = run.manifest()["plan"]["n_replies"]
    if stored.n_done >= planned:
        return None
    try:
        return restore(run)
    except UsageError as error:
        if len(stored) < planned:
            raise
        progress.tell("failed_for_good", n=stored.n_failed, why=error.message)
        return None


def _rebuild(
    run: RunDirectory, stored: StoredReplies, judges: Sequence[JudgeSettings], progress: Listener
) -> list[Judging]:
    if not judges:
        rebuild(run, add_tables=logged_verdicts, stored=stored)
        return []
    from kikime.judges.runs.run_job import add_verdicts

    judged: list[Judging] = []

    def add(run: RunDirectory) -> None:
        for judge in judges:
            judged.append(Judging(judge, add_verdicts(run, judge, say=progress.say)))
            progress.say(judged[-1].outcome.sentence())

    rebuild(run, add_tables=add, stored=stored)
    return judged


def describe(
    run: Run | str | Path, changes: Mapping[str, object] | None = None, *, runs: str | Path = "runs"
) -> AboutRun:
    """What is said of a run's model, after ``changes`` to it; ``about.yaml`` beside the run holds it, the manifest never does.

    Args:
        run: a run, or its path, id or name.
        changes: ``link``, ``license``, ``type`` (base, tuned, merged, adapter), ``params``; an empty text or None takes one out.
        runs: folder of runs that are given by name.

    Raises:
        UsageError: no such run, an unknown name or a wrong value.
        FileFormatError: the file that is there is not as it should be; with the line.
    """
    directory = load_run(run, runs=runs, unfinished=True).directory
    about = read_about(directory)
    if changes:
        about = checked({**about.model_dump(), **changes})
        write_about(directory, about)
    manifest = directory.manifest()
    told = about.model_dump() | {"params": about.params or manifest["checkpoint"].get("n_params")}
    return AboutRun(run=directory.id, name=str(manifest["name"]), **told)


class Demo(NamedTuple):
    """What the demo made."""

    runs: list[Run]
    report: Path


def demo(*, runs: str | Path = "runs", progress: Listener = SILENT) -> Demo:
    """Benchmark the bundled checkpoints on the suite ``quick`` and write the report that compares them."""
    from kikime.leaderboard.report.write import write_report

    done = [run(model, runs=runs, progress=progress) for model in DEMO_MODELS]
    report = write_report([each.directory for each in done], Path(runs) / "demo-report.html", slices=False)
    return Demo(done, report)
