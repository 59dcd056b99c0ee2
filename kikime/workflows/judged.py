"""Verdicts that come with a run: what they will cost, judging beside the engine, tables from the log."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from kikime.cli.output import note
from kikime.cli.progress import ReplyProgress
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import Engine
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.execute import execute
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import StoredReplies, sample_row
from kikime.harness.store.wal import read_records

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings, Outcome
    from kikime.judges.verdicts.judge import Judge


def execute_judged(
    run: RunDirectory,
    prepared: Prepared,
    engine: Engine | None,
    judge: JudgeSettings | None,
    progress: ReplyProgress,
) -> dict[str, Any]:
    """Generate what is missing and, with a judge, judge replies while they come; returns the summary."""
    if judge is None:
        return execute(
            run, prepared, engine=engine, sinks=[progress], on_stage=progress.stage, add_tables=logged_verdicts
        )
    from kikime.judges.jobs.sentinel import announce_set
    from kikime.judges.runs.run_job import watch_run
    from kikime.judges.runs.runs import compact_verdicts
    from kikime.judges.runs.sink import JudgeSink

    note(f"judge: {dollars(judge_cost(prepared, judge.judge))} for {prepared.n_replies:,} replies, while they come")
    announce_set(judge, note)
    beside = JudgeSink(run, judge)
    for record in StoredReplies(run).in_plan_order():
        beside.submit(record)

    def submit(request: Request, reply: Reply) -> None:
        beside.submit(sample_row(request, reply))

    execute(run, prepared, engine=engine, sinks=[progress, submit], on_stage=progress.stage, add_tables=logged_verdicts)
    progress.stage("judge")
    outcome = beside.close()
    watch_run(run, judge, outcome, say=note)
    compact_verdicts(run)
    return with_outcome(run, summarise(run), judge, outcome)


def logged_verdicts(run: RunDirectory) -> None:
    """Write ``judge.parquet`` from the verdicts that the log holds; without any, the table stays as it is."""
    if next(read_records(run.wal, "judge"), None) is None:
        return
    from kikime.judges.runs.runs import compact_verdicts

    compact_verdicts(run)


def with_outcome(run: RunDirectory, summary: dict[str, Any], judge: JudgeSettings, outcome: Outcome) -> dict[str, Any]:
    """Say what became of the judging; the summary with what was spent and, if it ended early, how to go on."""
    note(outcome.sentence())
    summary = summary | {"judge_spent": outcome.spent_usd}
    if outcome.stop is not None:
        summary["judge_stopped"] = outcome.stop.message
        summary["judge_again"] = shlex.join(["kikime", "judge", str(run.path), *judge.flags()])
    return summary


def judge_cost(prepared: Prepared, judge: Judge | None = None) -> dict[str, Any]:
    """What judging all replies with ``judge`` (the default one) will cost: its name, a low and a high guess in USD."""
    from kikime.judges.jobs.job import forecast
    from kikime.judges.jobs.session import judge_settings
    from kikime.judges.verdicts.rubric import load_rubric

    judge, materials = judge or judge_settings().judge, prepared.materials
    per_reply: dict[tuple[str, str], tuple[float, float] | None] = {}
    total = [0.0, 0.0]
    for request in prepared.spool:
        for rubric in materials.tasks[request.task].rubrics if request.persona in materials.personas else ():
            name = request.persona, rubric
            if name not in per_reply:
                per_reply[name] = forecast(1, materials.personas[request.persona], load_rubric(rubric), judge)
            cost = per_reply[name]
            if cost is None:
                return {"judge": judge.id, "usd": None}
            total = [total[0] + cost[0], total[1] + cost[1]]
    return {"judge": judge.id, "usd": total}


def dollars(cost: dict[str, Any]) -> str:
    """A guess of :func:`judge_cost` for people."""
    if cost["usd"] is None:
        return f"{cost['judge']}: price unknown"
    return f"${cost['usd'][0]:.2f} to ${cost['usd'][1]:.2f} ({cost['judge']})"
