"""Judge a list of subjects and return their lines in order; the base of judging files, audits, linking and canaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kikime.harness.core.errors import UsageError
from kikime.judges.jobs.flags import annotate, one_score_of
from kikime.judges.jobs.job import Collector, Judged, Unit, gather_verdicts
from kikime.judges.jobs.sentinel import estimate_teller, watch_drift
from kikime.judges.jobs.session import JudgeSettings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import Rubric, fitting_rubrics

Say = Callable[[str], None]


def judge_subjects(
    subjects: Sequence[Subject],
    rubrics: Sequence[Rubric],
    settings: JudgeSettings,
    *,
    say: Say = lambda _: None,
    advance: Callable[[], None] = lambda: None,
    cache: Path | None = None,
    batch: Collector | None = None,
) -> Judged:
    """Judge every subject by every rubric; what the cache holds is not asked again. ``say`` gets the estimate.

    ``cache`` is a folder to use instead of the user's own; ``batch`` sends what is missing through the Batch API.

    Raises:
        UsageError: no rubric can be asked about any of the subjects.
        EnvironmentFault: the cache cannot be written, or the Batch API failed.
    """
    units = plan_units(subjects, rubrics)
    if subjects and not units:
        names = ", ".join(rubric.id for rubric in rubrics)
        raise UsageError("nothing here can be judged by {names}", hint=fitting_rubrics(), names=names)
    announce = estimate_teller(settings, say)
    judged = gather_verdicts(
        len(subjects), units, settings, announce=announce, say=say, advance=advance, cache=cache, batch=batch
    )
    annotate(zip(subjects, judged.groups, strict=True), subjects)
    judged.outcome.warnings += one_score_of(judged.lines)
    watch_drift(settings, judged.outcome, say=say)
    return judged


def plan_units(subjects: Sequence[Subject], rubrics: Sequence[Rubric]) -> list[Unit]:
    """What is to be judged: a dialogue rubric applies to whole dialogues only, a pair rubric to pairs only."""
    return [
        Unit(index, subject, rubric)
        for index, subject in enumerate(subjects)
        for rubric in rubrics
        if _applies(rubric, subject)
    ]


def _applies(rubric: Rubric, subject: Subject) -> bool:
    if rubric.kind == "pair":
        return subject.rival is not None
    whole = len(subject.lines) > 1 and not subject.goes_on
    return subject.rival is None and (rubric.kind == "reply" or whole)
