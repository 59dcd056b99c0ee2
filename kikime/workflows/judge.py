"""Verdicts on a run, on replies or on data that exist already, and how far a judge can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.records import stamped
from kikime.harness.core.tables import is_data, read_table
from kikime.harness.core.tables.replies import replies_of
from kikime.judges.files.audit import Audit, AuditReport, audit_replies, own_names, write_report
from kikime.judges.files.replies import BadLine, read_replies
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import JudgeSettings, Outcome, judge_settings
from kikime.judges.runs.materials import paired_subjects
from kikime.judges.runs.run_job import judge_run
from kikime.judges.runs.table import stored_lines
from kikime.judges.verdicts.judge import Judge
from kikime.judges.verdicts.lines import Line
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from kikime.workflows.judged import choose_judge
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Run, load_run

if TYPE_CHECKING:
    import pandas as pd

    from kikime.harness.reports.overview.records import JudgedRun
    from kikime.judges.jobs.batch import BatchOptions
    from kikime.judges.trust.calibration import CalibrationReport
    from kikime.judges.trust.canaries import CanaryReport
    from kikime.judges.trust.linking import LinkReport

DEFAULT_RUBRICS = ("character_v1", "pairwise_v1")
"""Of a file: replies by the first one, pairs by the second one."""


class Verdicts(NamedTuple):
    """What a judge said."""

    lines: Sequence[Line | BadLine]
    """One per reply and criterion, as ``kikime judge --json`` prints them; a wrong line of a file has an ``error``."""
    outcome: Outcome
    flawless: bool = True
    """Whether every reply could be read and judged by some rubric."""

    @property
    def judged(self) -> list[Line]:
        """The lines of replies that could be read."""
        return [line for line in self.lines if isinstance(line, Line)]

    @property
    def unreadable(self) -> list[BadLine]:
        """The wrong lines of a file."""
        return [line for line in self.lines if isinstance(line, BadLine)]

    def to_frame(self) -> pd.DataFrame:
        """The lines as a frame."""
        import pandas as pd

        return pd.DataFrame(msgspec.to_builtins(list(self.lines)))

    def to_json(self) -> str:
        """The lines as JSON lines."""
        return "".join(msgspec.json.encode(stamped(msgspec.to_builtins(line))).decode() + "\n" for line in self.lines)


def judge(
    target: Run | str | Path,
    *,
    persona: Persona | str | None = None,
    rubrics: Sequence[str] = (),
    judge: JudgeSettings | str | bool = True,
    batch: BatchOptions | None = None,
    runs: str | Path = "runs",
    progress: Listener = SILENT,
) -> Verdicts:
    """Add 1–7 verdicts to a run, or to a file of replies; never pays for the same verdict twice.

    Args:
        target: a run (or its path, id or name), or a file of replies.
        persona: who speaks in the file's replies: a card, a bundled id or a card file; a line may name its own.
        rubrics: ids or files; the tasks' own by default.
        judge: settings, ``NAME`` or ``NAME@URL``; True for the default judge.
        batch: send what is missing through the provider's Batch API.
        runs: folder of runs that are given by name.
        progress: hears the estimate and the tally.

    Raises:
        UsageError: no such run or file, or nothing that the rubrics can judge.
        EnvironmentFault: there is no key, or the verdicts cannot be kept.
    """
    settings = required_judge(judge)
    if not isinstance(target, Run) and is_data(Path(target)):
        return judge_replies(Path(target), settings, persona=persona, rubrics=rubrics, batch=batch, progress=progress)
    if not isinstance(target, Run) and Path(target).suffix in {".jsonl", ".json"}:
        raise FileFormatError(target, None, "no such file")
    run = load_run(target, runs=runs).directory
    outcome = judge_run(run, settings, rubrics=rubrics, batch=batch, say=progress.say)
    return Verdicts(list(stored_lines(run, settings.judge.id, settings.judge.protocol)), outcome)


def judge_replies(
    source: bytes | Path,
    judge: JudgeSettings,
    *,
    persona: Persona | str | None = None,
    rubrics: Sequence[str] = (),
    batch: BatchOptions | None = None,
    progress: Listener = SILENT,
) -> Verdicts:
    """Judge the replies of a file, or of JSON that is given as it is, in their order."""
    found = _replies(source, persona)
    subjects = [reply for reply in found if isinstance(reply, Subject)]
    chosen = [load_rubric(name) for name in rubrics or DEFAULT_RUBRICS]
    judged = judge_subjects(subjects, chosen, judge, say=progress.say, batch=batch)
    groups = iter(judged.groups)
    printed = [line for reply in found for line in ([reply] if isinstance(reply, BadLine) else next(groups))]
    judged_all = all(group or subject.goes_on for subject, group in zip(subjects, judged.groups, strict=True))
    return Verdicts(printed, judged.outcome, len(subjects) == len(found) and judged_all)


def judge_pairs(
    run: Run | str | Path,
    rival: Run | str | Path,
    *,
    rubrics: Sequence[str] = (),
    judge: JudgeSettings | str | bool = True,
    batch: BatchOptions | None = None,
    runs: str | Path = "runs",
    progress: Listener = SILENT,
) -> Verdicts:
    """Judge which of two runs' replies to the same request is more in character."""
    pairs = paired_subjects(load_run(run, runs=runs).directory, load_run(rival, runs=runs).directory)
    chosen = [load_rubric(name) for name in rubrics or ("pairwise_v1",)]
    judged = judge_subjects(pairs, chosen, required_judge(judge), say=progress.say, batch=batch)
    return Verdicts(judged.lines, judged.outcome)


def panel_on(run: Run | str | Path, judges: Sequence[Judge], *, runs: str | Path = "runs") -> JudgedRun:
    """What several judges together say of a run: their mean and how far they agree.

    Raises:
        UsageError: one of them has no verdicts there.
    """
    from kikime.harness.reports.tables.panels import panel_of

    return load_run(run, runs=runs).judged(panel_of(f"{judge.id}/{judge.protocol}" for judge in judges))


def link(
    source: bytes | Path,
    judge: JudgeSettings,
    old: str,
    new: str,
    *,
    persona: Persona | str | None = None,
    rubric: str = DEFAULT_RUBRICS[0],
    progress: Listener = SILENT,
) -> LinkReport:
    """Score the replies of a file with two judges, named as ``NAME`` or ``NAME@URL``: how their scales map."""
    from kikime.judges.trust.linking import link_judges

    subjects = [reply for reply in _replies(source, persona) if isinstance(reply, Subject)]
    return link_judges(subjects, load_rubric(rubric), _named(judge, old), _named(judge, new), say=progress.say)


def inject(
    judge: JudgeSettings,
    *,
    persona: Persona | str = "ojousama",
    rubric: str = DEFAULT_RUBRICS[0],
    progress: Listener = SILENT,
) -> CanaryReport:
    """Score the shipped injections: how much each gains over the reply without it."""
    from kikime.judges.trust.canaries import run_canaries

    card = load_persona(persona) if isinstance(persona, str) else persona
    return run_canaries(card, load_rubric(rubric), judge, say=progress.say)


def calibrate(
    ratings: str | Path, verdicts: str | Path | None = None, *, scale: tuple[int, int] = (1, 7), seed: int = 0
) -> CalibrationReport:
    """Compare a judge with people: does it agree well enough to rank models?

    Args:
        ratings: a file of people's scores, with those of the judge beside them or in ``verdicts``.
        verdicts: a file of lines of ``kikime judge --json``, joined by id and criterion.
        scale: least and greatest score.
        seed: of the bootstrap.

    Raises:
        UsageError: no such file, no pair of a human and a judge score, or a score outside the scale.
    """
    from kikime.judges.trust import calibration
    from kikime.judges.trust.ratings import read_ratings

    read = read_ratings(Path(ratings), None if verdicts is None else Path(verdicts), scale=scale)
    report = calibration.calibrate(read.pairs, low=scale[0], high=scale[1], seed=seed)
    return msgspec.structs.replace(report, unreadable=[*read.unreadable, *report.unreadable])


def _replies(source: bytes | Path, persona: Persona | str | None) -> list[Subject | BadLine]:
    return read_replies(source, load_persona(persona) if isinstance(persona, str) else persona)


def _named(settings: JudgeSettings, name: str) -> JudgeSettings:
    """The settings with another judge."""
    judge = settings.judge
    named = judge_settings(name, judge.base_url, protocol=judge.protocol, samples=judge.samples)
    return replace(settings, judge=named.judge)


def required_judge(judge: JudgeSettings | str | bool) -> JudgeSettings:
    """The judge of an argument; False means the default one here, since something must judge."""
    settings = choose_judge(judge or True)
    assert settings is not None
    return settings


class Audited(NamedTuple):
    """A data set with its verdicts, and the two files that were written."""

    audit: Audit
    kept: list[int]
    """Indices of the rows that stay."""
    table: Path
    """Every row with its verdicts, lowest score first."""
    filtered: Path
    """The rows that stay, in the format of the input."""

    def report(self) -> AuditReport:
        """What ``kikime audit --json`` prints."""
        return self.audit.report(self.kept, table=self.table, filtered=self.filtered)


def audit(
    data: str | Path,
    *,
    persona: Persona | str,
    user_column: str | None = None,
    reply_column: str | None = None,
    split: str | None = None,
    rubric: str = DEFAULT_RUBRICS[0],
    keep_min: float = 5.0,
    judge: JudgeSettings | str | bool = True,
    out: str | Path | None = None,
    again: str = "the same again",
    progress: Listener = SILENT,
) -> Audited:
    """Judge training data; write the table of verdicts, and the data without what scores low.

    Args:
        data: JSON lines, CSV, Parquet, or the folder of a Hugging Face data set.
        persona: who should be speaking: a card, a bundled id or a card file.
        user_column: column of the user's line; found by its usual names by default.
        reply_column: column of the character's reply.
        split: of a data set with several.
        rubric: id or file.
        keep_min: least score that stays, 1–7; rows without a score stay.
        judge: settings, ``NAME`` or ``NAME@URL``; True for the default judge.
        out: folder for both files; named after the data, in the working folder, by default.
        again: what goes on where the judge ends early.
        progress: hears the estimate and the tally.

    Raises:
        UsageError: no such persona, column or rubric.
        EnvironmentFault: there is no key, the judge cannot be reached or its quota is gone; what is done is kept.
    """
    settings = required_judge(judge)
    card = load_persona(persona) if isinstance(persona, str) else persona
    asked = load_rubric(rubric)
    table = read_table(Path(data), split=split, wanted=[name for name in (user_column, reply_column) if name])
    replies = replies_of(table, user=user_column, reply=reply_column, own_names=own_names(card))
    found = audit_replies(replies, card, asked, settings, say=progress.say)
    found.outcome.raise_for_stop(again)
    name, suffix = Path(data).stem, Path(data).suffix
    folder = Path(out or f"{name}-audit")
    folder.mkdir(parents=True, exist_ok=True)
    audited = Audited(found, found.kept(keep_min), folder / "audit.csv", folder / f"{name}-kept{suffix}")
    write_report(found, audited.table)
    found.warn_of_nothing_kept(audited.kept, keep_min)
    table.write(audited.filtered, audited.kept)
    return audited
