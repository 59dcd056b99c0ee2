"""Judging training data: what scores low, why, and the data without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from kikime.harness.cards.persona import Persona
from kikime.harness.core.files import write_atomically
from kikime.harness.core.files.csv import csv_bytes
from kikime.harness.core.reasons import Reason
from kikime.harness.core.tables.replies import FileReply
from kikime.harness.metrics import Measured
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.words.catalogue import Translator
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import JudgeSettings, Outcome
from kikime.judges.verdicts.lines import Line
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import HIGH, LOW, Rubric

UNREADABLE = "unreadable"


def own_names(persona: Persona) -> list[str]:
    """What dialogues call the character: its name, and the parts of it."""
    return list(dict.fromkeys([persona.name, *persona.name.replace("・", " ").split()]))


def _subject(reply: FileReply, persona: Persona, last: int) -> Subject:
    number = str(reply.row) if reply.turn == 1 else f"{reply.row}.{reply.turn}"
    return Subject(number, persona, reply.user, reply.reply, reply.history, goes_on=reply.turn < last)


@dataclass(frozen=True)
class AuditRow:
    """One reply of the data with its verdict, or a row that holds none."""

    source: FileReply
    lines: list[Line]
    metrics: Measured

    @property
    def number(self) -> int:
        """Position of its row in the data, from 1."""
        return self.source.row

    @property
    def status(self) -> str:
        """``ok``, ``unreadable``, or the first status of its verdicts that is not ``ok``."""
        if self.source.problem is not None:
            return UNREADABLE
        return next((line.status for line in self.lines if line.status != "ok"), "ok")

    @property
    def score(self) -> float | None:
        """Mean over the criteria; None unless every one is ``ok``."""
        scores = [line.value or 0.0 for line in self.lines]
        return sum(scores) / len(scores) if scores and self.status == "ok" else None


class AuditedRow(msgspec.Struct, kw_only=True):
    """One reply in ``kikime audit --json``."""

    row: int
    """Position of its row in the data, from 1."""
    turn: int
    """Which of the row's replies it is, from 1."""
    score: float | None
    status: str
    where: str
    """File and line."""
    problem: str | None
    """Why the row cannot be read, worded."""
    user: str
    reply: str
    verdicts: list[Line]
    metrics: Measured


class AuditReport(msgspec.Struct, kw_only=True):
    """What ``kikime audit --json`` prints."""

    rows: list[AuditedRow]
    """Lowest score first."""
    kept: list[int]
    unscored: int
    """Number of rows that were not judged as a whole."""
    unreadable: int
    """Number of rows with something that cannot be read."""
    histogram: dict[str, dict[int, int]]
    """Number of rows by criterion and score."""
    warnings: list[str]
    """What makes the result doubtful, worded."""
    warning_codes: list[Reason]
    """The same as codes with values."""
    table: str
    filtered: str


@dataclass(frozen=True)
class Audit:
    """The verdicts on a data set, in the data's order."""

    rows: list[AuditRow]
    """One per reply; a row of the data may hold several, or none that can be read."""
    outcome: Outcome

    @property
    def total(self) -> int:
        """Number of rows of the data."""
        return len(self._by_number)

    @cached_property
    def _by_number(self) -> dict[int, list[AuditRow]]:
        found: dict[int, list[AuditRow]] = {}
        for row in self.rows:
            found.setdefault(row.number, []).append(row)
        return found

    def kept(self, keep_min: float) -> list[int]:
        """Indices of the rows of which every reply scores at least ``keep_min``; replies without a score count for nothing."""
        return [
            number - 1
            for number, rows in sorted(self._by_number.items())
            if all(row.score is None or row.score >= keep_min for row in rows)
        ]

    def warn_of_nothing_kept(self, kept: Sequence[int], keep_min: float) -> None:
        """Add the warning that no row is left, where none is."""
        if self.rows and not kept:
            self.outcome.warnings.append(Reason("none_kept", {"total": self.total, "least": keep_min}))

    def by_score(self) -> list[AuditRow]:
        """Lowest score first; replies without a score last."""
        return sorted(self.rows, key=lambda row: (row.score is None, row.score or 0.0, row.number, row.source.turn))

    @property
    def unscored(self) -> int:
        """Number of rows of which some reply has no score."""
        return sum(any(row.score is None for row in rows) for rows in self._by_number.values())

    @property
    def unreadable(self) -> list[FileReply]:
        """What cannot be read, in the data's order."""
        return [row.source for row in self.rows if row.source.problem is not None]

    def report(self, kept: Sequence[int], *, table: Path, filtered: Path) -> AuditReport:
        """The audit as it is printed; ``kept`` are indices, ``table`` and ``filtered`` the files that were written."""
        say = Translator.of(None)
        return AuditReport(
            rows=[_audited(row, say) for row in self.by_score()],
            kept=[index + 1 for index in kept],
            unscored=self.unscored,
            unreadable=len({reply.row for reply in self.unreadable}),
            histogram=self.histogram(),
            warnings=say.reasons(self.outcome.warnings),
            warning_codes=self.outcome.warnings,
            table=str(table),
            filtered=str(filtered),
        )

    def histogram(self) -> dict[str, dict[int, int]]:
        """Number of rows by criterion and score."""
        counts: dict[str, Counter[int]] = {}
        for line in (line for row in self.rows for line in row.lines):
            points = dict.fromkeys(range(LOW, (line.scale or HIGH) + 1), 0)
            counts.setdefault(line.criterion, Counter(points))
            if line.status == "ok" and line.score is not None:
                counts[line.criterion][line.score] += 1
        return {criterion: dict(count) for criterion, count in counts.items()}


def _audited(row: AuditRow, say: Translator) -> AuditedRow:
    source = row.source
    return AuditedRow(
        row=row.number,
        turn=source.turn,
        score=row.score,
        status=row.status,
        where=source.where,
        problem=None if source.problem is None else say.message(source.problem),
        user=source.user,
        reply=source.reply,
        verdicts=row.lines,
        metrics=dict(row.metrics),
    )


def audit_replies(
    replies: Sequence[FileReply],
    persona: Persona,
    rubric: Rubric,
    settings: JudgeSettings,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Judge every reply of a data set and measure it with the rule metrics; what cannot be read goes along with its status."""
    last = {reply.row: reply.turn for reply in replies}
    subjects = [_subject(reply, persona, last[reply.row]) for reply in replies if reply.problem is None]
    judged = judge_subjects(subjects, [rubric], settings, say=say)
    groups, scorer = iter(judged.groups), scorer_of(persona)
    rows = []
    for reply in replies:
        if reply.problem is not None:
            rows.append(AuditRow(reply, [], {}))
            continue
        metrics = scorer.score(reply.reply, user=reply.user, history=list(reply.history))
        rows.append(AuditRow(reply, next(groups), metrics))
    return Audit(rows, judged.outcome)


def write_report(audit: Audit, path: Path) -> None:
    """Write the table, lowest score first, as CSV; text that a spreadsheet would run as a formula is quoted."""
    criteria = list(audit.histogram())
    metrics = list(dict.fromkeys(name for row in audit.rows for name in row.metrics))
    head = ["row", "score", *criteria, "status", "user", "reply", "rationale", "evidence", "flags"]
    last = ["turn", "where", "problem"]
    rows = (_cells(row, criteria, metrics) for row in audit.by_score())
    write_atomically(path, csv_bytes([*head, *metrics, *last], rows))


def _cells(row: AuditRow, criteria: Sequence[str], metrics: Sequence[str]) -> list[object]:
    scores = {line.criterion: line.score for line in row.lines}
    first = row.lines[0] if row.lines else None
    return [
        row.number,
        None if row.score is None else round(row.score, 3),
        *(scores.get(name) for name in criteria),
        row.status,
        row.source.user,
        row.source.reply,
        first.rationale if first else None,
        " / ".join((first and first.evidence) or ()),
        " ".join((first and first.flags) or ()),
        *(row.metrics.get(name) for name in metrics),
        row.source.turn,
        row.source.where,
        None if row.source.problem is None else Translator.of(None).message(row.source.problem),
    ]
