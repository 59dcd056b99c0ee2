"""Training data, judged: what scores low and why, and the data without it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.replies import replies_of
from kikime.judges.files.audit import Audit, AuditReport, audit_replies, own_names, write_report
from kikime.judges.jobs.session import JudgeSettings
from kikime.judges.verdicts.rubric import load_rubric
from kikime.workflows.judge import DEFAULT_RUBRICS, required_judge
from kikime.workflows.listener import SILENT, Listener


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
