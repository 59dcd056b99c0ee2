"""Verdicts that come with a run: judging beside the engine, tables from the log."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from kikime.harness.core.errors import UsageError
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import Engine
from kikime.harness.plan.prepare import Prepared
from kikime.harness.run.execute import execute
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import StoredReplies, sample_row
from kikime.harness.store.wal import read_records
from kikime.workflows.listener import Listener
from kikime.workflows.loaded import Judging
from kikime.workflows.plan import judge_cost

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings

JudgeArgument: TypeAlias = "JudgeSettings | str | bool | Sequence[JudgeSettings | str] | None"
"""Who judges: settings, ``NAME`` or ``NAME@URL``, True for the default judge, or several of them; nobody."""


def choose_judges(judge: JudgeArgument) -> tuple[JudgeSettings, ...]:
    """The judges of an argument: one as :func:`choose_judge` takes it, or several; empty for none.

    Raises:
        EnvironmentFault: the provider's own server, and no key for it.
    """
    several = judge if isinstance(judge, Sequence) and not isinstance(judge, str) else (judge,)
    return tuple(found for one in several if (found := choose_judge(one)) is not None)


def panel_settings(models: Sequence[str], make: Callable[[str | None], JudgeSettings]) -> tuple[JudgeSettings, ...]:
    """The judges that are named, each made by ``make``; the default one where none is named.

    Raises:
        UsageError: one twice.
    """
    found = tuple(make(name) for name in models or (None,))
    ids = [settings.judge.id for settings in found]
    twice = next((judge for judge in ids if ids.count(judge) > 1), None)
    if twice is not None:
        raise UsageError("the judge {judge} is there twice", hint="name each judge of a panel once", judge=twice)
    return found


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
    judges: Sequence[JudgeSettings],
    listener: Listener,
    stored: StoredReplies,
) -> list[Judging]:
    """Generate what is missing and, with judges, judge replies while they come; returns what each judge did."""
    doing = partial(
        execute,
        run,
        prepared,
        engine=engine,
        on_stage=listener.stage,
        on_step=listener.step,
        stored=stored,
    )
    if not judges:
        doing(sinks=[listener.reply], add_tables=logged_verdicts)
        return []
    from kikime.judges.jobs.sentinel import say_sentinel_cost
    from kikime.judges.runs.run_job import tabulate, watch_run
    from kikime.judges.runs.sink import JudgeSink

    for judge in judges:
        _tell_cost(prepared, judge, listener)
        say_sentinel_cost(judge, listener.say)
    beside = [JudgeSink(run, judge) for judge in judges]
    for record in stored.in_plan_order():
        for sink in beside:
            sink.submit(record)

    def submit(request: Request, reply: Reply) -> None:
        row = sample_row(request, reply)
        for sink in beside:
            sink.submit(row)

    def wait(run: RunDirectory) -> None:
        listener.stage("judge")
        for judge, sink in zip(judges, beside, strict=True):
            watch_run(run, judge, sink.close(listener.say), say=listener.say)
            tabulate(run, judge, sink.outcome)

    doing(sinks=[listener.reply, submit], add_tables=wait)
    for sink in beside:
        for text in (sink.outcome.sentence(), *sink.outcome.remarks()):
            listener.say(text)
    return [Judging(judge, sink.outcome) for judge, sink in zip(judges, beside, strict=True)]


def _tell_cost(prepared: Prepared, judge: JudgeSettings, listener: Listener) -> None:
    cost = judge_cost(prepared, judge.judge)
    if cost.usd is None:
        listener.tell("judge_price_unknown", judge=cost.judge)
    else:
        listener.tell("judge_cost", judge=cost.judge, low=cost.usd[0], high=cost.usd[1], n=prepared.n_replies)


def logged_verdicts(run: RunDirectory) -> None:
    """Write ``judge.parquet`` from the verdicts that the log holds; without any, the table stays as it is."""
    if next(read_records(run.wal, "judge"), None) is None:
        return
    from kikime.judges.runs.table import compact_verdicts

    compact_verdicts(run)


def judge_again(run: RunDirectory, judges: Sequence[JudgeSettings]) -> str:
    """The command that adds the verdicts that a run lacks."""
    from kikime.judges.jobs.session import panel_flags

    return shlex.join(["kikime", "judge", str(run.path), *panel_flags(judges)])
