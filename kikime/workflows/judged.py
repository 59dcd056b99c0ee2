"""Verdicts that come with a run: judging beside the engine, tables from the log."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import Engine
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.execute import execute
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import StoredReplies, sample_row
from kikime.harness.store.wal import read_records
from kikime.workflows.listener import Listener
from kikime.workflows.plan import judge_cost

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings, Outcome


def choose_judge(judge: JudgeSettings | str | bool | None) -> JudgeSettings | None:
    """The judge of an argument: settings, ``NAME`` or ``NAME@URL``, True for the default one; else None.

    Raises:
        EnvironmentFault: the provider's own server, and no key for it.
    """
    if judge is None or judge is False:
        return None
    from kikime.judges.jobs.session import JudgeSettings, judge_settings

    settings = judge if isinstance(judge, JudgeSettings) else judge_settings(judge if isinstance(judge, str) else None)
    settings.require_key("the same again")
    return settings


def execute_judged(
    run: RunDirectory,
    prepared: Prepared,
    engine: Engine | None,
    judge: JudgeSettings | None,
    listener: Listener,
    stored: StoredReplies,
) -> Outcome | None:
    """Generate what is missing and, with a judge, judge replies while they come; returns what the judge did."""
    doing = partial(
        execute,
        run,
        prepared,
        engine=engine,
        on_stage=listener.stage,
        on_step=listener.step,
        stored=stored,
    )
    if judge is None:
        doing(sinks=[listener.reply], add_tables=logged_verdicts)
        return None
    from kikime.judges.jobs.sentinel import say_sentinel_cost
    from kikime.judges.runs.run_job import tabulate, watch_run
    from kikime.judges.runs.sink import JudgeSink

    cost = judge_cost(prepared, judge.judge)
    if cost.usd is None:
        listener.tell("judge_price_unknown", judge=cost.judge)
    else:
        listener.tell("judge_cost", judge=cost.judge, low=cost.usd[0], high=cost.usd[1], n=prepared.n_replies)
    say_sentinel_cost(judge, listener.say)
    beside = JudgeSink(run, judge)
    for record in stored.in_plan_order():
        beside.submit(record)

    def submit(request: Request, reply: Reply) -> None:
        beside.submit(sample_row(request, reply))

    def wait(run: RunDirectory) -> None:
        listener.stage("judge")
        watch_run(run, judge, beside.close(), say=listener.say)
        tabulate(run, judge, beside.outcome)

    doing(sinks=[listener.reply, submit], add_tables=wait)
    listener.say(beside.outcome.sentence())
    for text in beside.outcome.remarks():
        listener.say(text)
    return beside.outcome


def logged_verdicts(run: RunDirectory) -> None:
    """Write ``judge.parquet`` from the verdicts that the log holds; without any, the table stays as it is."""
    if next(read_records(run.wal, "judge"), None) is None:
        return
    from kikime.judges.runs.table import compact_verdicts

    compact_verdicts(run)


def judge_again(run: RunDirectory, judge: JudgeSettings) -> str:
    """The command that adds the verdicts that a run lacks."""
    return shlex.join(["kikime", "judge", str(run.path), *judge.flags()])
