"""Adding verdicts to a run: post hoc, resumable, without touching a generation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import msgspec

from kikime.harness.environment.heap import heap_rarely_walked
from kikime.harness.store.database import require_intact
from kikime.harness.store.rundir import RunDirectory, read_json, write_json
from kikime.harness.store.summary import summarise
from kikime.harness.store.wal import VERDICTS, Segment
from kikime.judges.asking.alive import signs_of_life
from kikime.judges.jobs.flags import one_score_of
from kikime.judges.jobs.job import Collector, Estimate, Unit, estimate, judge_all
from kikime.judges.jobs.sentinel import estimate_teller, watch_drift
from kikime.judges.jobs.session import JudgeSettings, Outcome, open_broker
from kikime.judges.runs.materials import RunMaterials, read_samples
from kikime.judges.runs.table import Done, compact_verdicts, stored_lines
from kikime.judges.verdicts.lines import Line

Say = Callable[[str], None]
SESSIONS_FILE = "judge.json"


def judge_run(
    run: RunDirectory,
    settings: JudgeSettings,
    *,
    rubrics: Sequence[str] = (),
    batch: Collector | None = None,
    say: Say = lambda _: None,
    advance: Callable[[], None] = lambda: None,
) -> Outcome:
    """Judge what is missing of ``run``, rewrite ``judge.parquet``, and re-score the sentinel set.

    Raises:
        RunLocked: another process works on the run.
        UsageError: the run has no tables yet, or one is broken; nothing was bought.
    """
    with run.locked():
        require_intact(run, "samples", "scores")
        outcome = add_verdicts(run, settings, rubrics=rubrics, batch=batch, say=say, advance=advance)
        summarise(run)
    return outcome


def add_verdicts(
    run: RunDirectory,
    settings: JudgeSettings,
    *,
    rubrics: Sequence[str] = (),
    batch: Collector | None = None,
    say: Say = lambda _: None,
    advance: Callable[[], None] = lambda: None,
) -> Outcome:
    """:func:`judge_run` of a run that is locked and whose tables are there, without the summary."""
    materials, done = RunMaterials(run.manifest(), rubrics), Done(run)
    planned = asyncio.run(_estimate(run, materials, done, settings))
    estimate_teller(settings, say)(planned)
    with heap_rarely_walked():
        outcome = asyncio.run(_judge(run, materials, done, settings, planned, say, advance, batch))
    watch_run(run, settings, outcome, say=say)
    tabulate(run, settings, outcome)
    return outcome


def tabulate(run: RunDirectory, settings: JudgeSettings, outcome: Outcome) -> None:
    """Rewrite the run's table of verdicts; what is odd about all of the judge's goes to ``outcome``."""
    compact_verdicts(run)
    if run.judge_file.is_file():
        outcome.warnings += one_score_of(stored_lines(run, settings.judge.id, settings.judge.protocol))


def watch_run(run: RunDirectory, settings: JudgeSettings, outcome: Outcome, *, say: Say = lambda _: None) -> None:
    """Re-score the sentinel set after a session over ``run`` and keep the report in the run's ``judge.json``."""
    report = watch_drift(settings, outcome, say=say)
    if report is not None:
        path = run.path / SESSIONS_FILE
        sessions = (read_json(path) or {}).get("sentinel", [])
        write_json(path, {"sentinel": [*sessions, report.as_dict()]})


def _units(run: RunDirectory, materials: RunMaterials, done: Done, settings: JudgeSettings) -> Iterator[Unit]:
    judge = settings.judge
    for index, sample in enumerate(read_samples(run)):
        for unit in materials.units(sample, index):
            if not done.covers(unit, judge.id, judge.protocol_for(unit.rubric)):
                yield unit


async def _estimate(run: RunDirectory, materials: RunMaterials, done: Done, settings: JudgeSettings) -> Estimate:
    async with open_broker(settings) as broker:
        return estimate(_units(run, materials, done, settings), settings.judge, broker.cache.find)


async def _judge(
    run: RunDirectory,
    materials: RunMaterials,
    done: Done,
    settings: JudgeSettings,
    planned: Estimate,
    say: Say,
    advance: Callable[[], None],
    batch: Collector | None,
) -> Outcome:
    outcome = Outcome()
    with Segment.create(run.wal, VERDICTS) as log:

        def deliver(_: Unit, lines: list[Line]) -> None:
            for line in lines:
                log.append(msgspec.to_builtins(line))
            outcome.count(lines)
            advance()

        async with open_broker(settings) as broker:
            used = await batch.collect(broker, _units(run, materials, done, settings)) if batch else broker
            units = _units(run, materials, done, settings)
            async with signs_of_life(broker.client, planned.to_ask, say):
                await judge_all(
                    units, settings.judge, used, deliver, workers=settings.concurrency, counted=done.counted
                )
            outcome.take(broker.client)
    return outcome
