"""Verdicts on a list of subjects, as lines in the subjects' order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kikime.harness.core.heap import heap_rarely_walked
from kikime.judges.jobs.flags import OutputFlags, graphemes, length_adjusted
from kikime.judges.jobs.job import Estimate, Unit, estimate, judge_all
from kikime.judges.jobs.session import JudgeSettings, Outcome, open_desk
from kikime.judges.verdicts.lines import Line
from kikime.judges.verdicts.rubric import Rubric
from kikime.judges.verdicts.subject import Subject

if TYPE_CHECKING:
    from kikime.judges.jobs.batch import BatchOptions


@dataclass
class Judged:
    """The lines of a session, subject by subject, and what became of it."""

    groups: list[list[Line]]
    """One group per subject (over all its rubrics), in the subjects' order."""
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def lines(self) -> list[Line]:
        """All lines, in order."""
        return [line for group in self.groups for line in group]


def gather_verdicts(
    subjects: Sequence[Subject],
    units: Sequence[Unit],
    settings: JudgeSettings,
    *,
    announce: Callable[[Estimate], None] = lambda _: None,
    advance: Callable[[], None] = lambda: None,
    cache: Path | None = None,
    batch: BatchOptions | None = None,
) -> Judged:
    """Judge ``units`` of ``subjects``; ``announce`` gets the estimate before the first call is made.

    Raises:
        EnvironmentFault: the cache cannot be written, or the Batch API failed.
    """
    with heap_rarely_walked():
        return asyncio.run(_gather(subjects, units, settings, announce, advance, cache, batch))


def plan_units(subjects: Sequence[Subject], rubrics: Sequence[Rubric]) -> list[Unit]:
    """What is to be judged: a dialogue rubric applies to dialogues only, a pair rubric to pairs only."""
    return [
        Unit(index, subject, rubric)
        for index, subject in enumerate(subjects)
        for rubric in rubrics
        if applies(rubric, subject)
    ]


def applies(rubric: Rubric, subject: Subject) -> bool:
    """Whether ``rubric`` can be asked about ``subject``."""
    if rubric.kind == "pair":
        return subject.rival is not None
    return subject.rival is None and (rubric.kind == "reply" or len(subject.lines) > 1)


async def _gather(
    subjects: Sequence[Subject],
    units: Sequence[Unit],
    settings: JudgeSettings,
    announce: Callable[[Estimate], None],
    advance: Callable[[], None],
    cache: Path | None,
    batch: BatchOptions | None,
) -> Judged:
    by_unit: dict[int, list[Line]] = {}
    position = {id(unit): number for number, unit in enumerate(units)}

    def deliver(unit: Unit, lines: list[Line]) -> None:
        by_unit[position[id(unit)]] = lines
        advance()

    outcome = Outcome()
    async with open_desk(settings, cache) as desk:
        announce(estimate(units, settings.judge, desk.cache.find))
        used = await batch.collect(desk, units) if batch else desk
        await judge_all(units, settings.judge, used, deliver, workers=settings.concurrency)
        outcome.take(desk.client)
    groups: list[list[Line]] = [[] for _ in subjects]
    for number, unit in enumerate(units):
        groups[unit.index] += by_unit[number]
    annotate(subjects, groups)
    outcome.count(line for group in groups for line in group)
    return Judged(_recounted(groups), outcome)


def _recounted(groups: list[list[Line]]) -> list[list[Line]]:
    """Move tokens and cost of a shared call to its first line in output order, whichever finished first."""
    first: dict[str, Line] = {}
    for group in groups:
        for line in group:
            holder = first.setdefault(line["judge_key"], line)
            if holder is not line and line["n_in"] + line["n_out"]:
                for name in ("n_in", "n_out", "cost_usd"):
                    holder[name], line[name] = line[name], holder[name]
    return groups


def annotate(subjects: Sequence[Subject], groups: Sequence[Sequence[Line]]) -> None:
    """Add ``flags`` and ``score_adjusted`` (the score at the target length, None where it is unknown) to lines."""
    flags = OutputFlags((s.persona.id, s.user, s.response) for s in subjects if s.rival is None)
    slices: dict[tuple[str, str, str], list[tuple[Line, Subject]]] = {}
    for subject, group in zip(subjects, groups, strict=True):
        found = flags.of(subject.persona, subject.response)
        for line in group:
            line["flags"] = found
            line["score_adjusted"] = None
            if line["status"] == "ok" and line["score"] is not None:
                slices.setdefault((subject.persona.id, line["rubric"], line["criterion"]), []).append((line, subject))
    for members in slices.values():
        scores = [float(line["score"]) for line, _ in members]
        lengths = [graphemes(subject.response) for _, subject in members]
        targets = [subject.persona.length.target for _, subject in members]
        for (line, _), adjusted in zip(members, length_adjusted(scores, lengths, targets), strict=True):
            line["score_adjusted"] = adjusted
