"""Judge a list of subjects and return their lines in order; the base of judging files, audits, bridges and canaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kikime.harness.core.errors import UsageError
from kikime.judges.jobs.gathering import Judged, gather_verdicts, plan_units
from kikime.judges.jobs.sentinel import announce, watch_drift
from kikime.judges.jobs.session import JudgeSettings
from kikime.judges.verdicts.rubric import Rubric, fitting_rubrics
from kikime.judges.verdicts.subject import Subject

if TYPE_CHECKING:
    from kikime.judges.jobs.batch import BatchOptions

Say = Callable[[str], None]


def judge_subjects(
    subjects: Sequence[Subject],
    rubrics: Sequence[Rubric],
    settings: JudgeSettings,
    *,
    say: Say = lambda _: None,
    advance: Callable[[], None] = lambda: None,
    cache: Path | None = None,
    batch: BatchOptions | None = None,
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
        raise UsageError(f"nothing here can be judged by {names}", hint=fitting_rubrics())
    judged = gather_verdicts(
        subjects, units, settings, announce=announce(settings, say), advance=advance, cache=cache, batch=batch
    )
    watch_drift(settings, judged.outcome, say=say)
    return judged
