"""Going on with a run: generate what is missing, or only build the tables again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kikime.harness.core.errors import UsageError
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.execute import rebuild, restore
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import StoredReplies
from kikime.workflows.judged import choose_judge, logged_verdicts
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Judging, Run, load_run
from kikime.workflows.run import Planned, execute_all, resumable

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings, Outcome


def resume(
    run: Run | str | Path,
    *,
    judge: JudgeSettings | str | bool | None = None,
    runs: str | Path = "runs",
    progress: Listener = SILENT,
) -> Run:
    """Go on with a run after any interruption; where every reply is logged, the checkpoint is not needed any more.

    Raises:
        RunLocked: another process works on the run.
        UsageError: no such run; or replies are missing, and the checkpoint has changed or is gone.
    """
    settings, directory = choose_judge(judge), load_run(run, runs=runs).directory
    with directory.locked():
        stored = StoredReplies(directory)
        prepared = _missing(directory, stored, progress)
    if prepared is not None:
        progress.planned(prepared, time_range(prepared, directory.path.parent))
        [finished] = execute_all([Planned(prepared, directory, stored)], judge=settings, progress=progress)
        return finished
    progress.tell("complete")
    with resumable([directory], settings, progress):
        return Run(directory, _rebuild(directory, stored, settings, progress))


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
    run: RunDirectory, stored: StoredReplies, judge: JudgeSettings | None, progress: Listener
) -> Judging | None:
    if judge is None:
        rebuild(run, add_tables=logged_verdicts, stored=stored)
        return None
    from kikime.judges.runs.run_job import add_verdicts

    judged: list[Outcome] = []
    rebuild(run, add_tables=lambda run: judged.append(add_verdicts(run, judge, say=progress.say)), stored=stored)
    progress.say(judged[0].sentence())
    return Judging(judge, judged[0])
