"""What ``kikime resume`` does: generate what is missing, or only build the tables again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kikime.cli.output import note
from kikime.harness.core.errors import UsageError
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.execute import rebuild, restore
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import StoredReplies
from kikime.workflows import run as workflow
from kikime.workflows.judged import logged_verdicts, with_outcome

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings


def resume_run(run: RunDirectory, runs: Path, judge: JudgeSettings | None, *, quiet: bool) -> workflow.Finished:
    """Go on with ``run``; where every reply is logged, the checkpoint is not needed any more.

    Raises:
        RunLocked: another process works on the run.
        UsageError: replies are missing, and the checkpoint has changed or is gone.
    """
    with run.locked():
        prepared = _missing(run)
    if prepared is not None:
        note(workflow.plan_line(prepared, runs))
        [finished] = workflow.execute_all([(prepared, run)], judge=judge, quiet=quiet)
        return finished
    note("every reply is there: the tables and the summary are built again from the log")
    with workflow.resumable([run], judge):
        return run, _rebuilt(run, judge)


def _missing(run: RunDirectory) -> Prepared | None:
    """The plan, if there is something to generate."""
    stored, planned = StoredReplies(run), run.manifest()["plan"]["n_replies"]
    if len(stored) - stored.n_failed >= planned:
        return None
    try:
        return restore(run)
    except UsageError as error:
        if len(stored) < planned:
            raise
        note(f"the {stored.n_failed} failed replies cannot be asked for again: {error.message}")
        return None


def _rebuilt(run: RunDirectory, judge: JudgeSettings | None) -> dict[str, Any]:
    summary = rebuild(run, add_tables=logged_verdicts)
    if judge is None:
        return summary
    from kikime.judges.runs.run_job import judge_run

    outcome = judge_run(run, judge, say=note)
    return with_outcome(run, summarise(run), judge, outcome)
