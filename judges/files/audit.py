"""Judging training data: what scores low, why, and the data without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import write_atomically
from kikime.harness.core.files.csv import csv_bytes
from kikime.harness.core.files.tables import DIALOGUE_NAMES, REPLY_NAMES, USER_NAMES, Row, Table, named
from kikime.harness.core.messages import Message, assistant, user
from kikime.harness.core.reasons import Reason
from kikime.harness.metrics import Measured
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.words.catalogue import Translator
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import JudgeSettings, Outcome
from kikime.judges.verdicts.lines import Line
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import POINTS, Rubric


@dataclass(frozen=True)
class Columns:
    """Where the user's line and the character's reply stand; ``dialogue`` is a column of chat messages instead."""

    user: str | None = None
    reply: str | None = None
    dialogue: str | None = None


def find_columns(table: Table, user: str | None, reply: str | None) -> Columns:
    """The columns named by the caller, or the usual names.

    Raises:
        UsageError: a named column is missing, or nothing looks like a reply.
    """
    there = table.columns
    for name in (user, reply):
        if name is not None and name not in there:
            raise UsageError(
                "{path} has no column '{name}'",
                hint="there are: {columns}",
                path=table.path,
                name=name,
                columns=", ".join(there),
            )
    dialogue = named(there, DIALOGUE_NAMES)
    if user is None and reply is None and dialogue:
        return Columns(dialogue=dialogue)
    reply = reply or named(there, REPLY_NAMES)
    user = user or named([name for name in there if name != reply], USER_NAMES)
    if reply is None or user is None:
        raise UsageError(
            "{path}: which columns hold the user's line and the reply?",
            hint="give --user-column and --reply-column; there are: {columns}",
            path=table.path,
            columns=", ".join(there),
        )
    return Columns(user, reply)


def subjects_of(table: Table, columns: Columns, persona: Persona) -> list[Subject]:
    """One subject per row, in order.

    Raises:
        UsageError: a row without a reply (the row is named).
    """
    return [_subject(row, number, columns, persona) for number, row in enumerate(table.rows, 1)]


def _subject(row: Row, number: int, columns: Columns, persona: Persona) -> Subject:
    if columns.dialogue is None:
        user, reply = row.get(str(columns.user)), row.get(str(columns.reply))
        if not isinstance(reply, str):
            raise UsageError("row {number}: column '{column}' is not text", number=number, column=columns.reply)
        return Subject(str(number), persona, "" if user is None else str(user), reply)
    told = row.get(columns.dialogue)
    turns = [turn for entry in (told if isinstance(told, list) else []) if (turn := _turn(entry)) is not None]
    if len(turns) < 2 or turns[-1]["role"] != "assistant" or turns[-2]["role"] != "user":
        raise UsageError(
            "row {number}: '{column}' does not end with a user's line and a reply",
            number=number,
            column=columns.dialogue,
        )
    return Subject(str(number), persona, turns[-2]["content"], turns[-1]["content"], tuple(turns[:-2]))


def _turn(turn: Mapping[str, object]) -> Message | None:
    content = str(turn.get("content", turn.get("value", "")))
    match turn.get("role", turn.get("from")):
        case "user" | "human":
            return user(content)
        case "assistant" | "gpt":
            return assistant(content)
        case _:
            return None


@dataclass(frozen=True)
class AuditRow:
    """One row of the data with its verdict."""

    number: int
    """Position in the data, from 1."""
    subject: Subject
    lines: list[Line]
    metrics: Measured

    @property
    def status(self) -> str:
        """``ok``, or the first other status."""
        return next((line.status for line in self.lines if line.status != "ok"), "ok")

    @property
    def score(self) -> float | None:
        """Mean over the criteria; None unless every one is ``ok``."""
        scores = [line.value or 0.0 for line in self.lines]
        return sum(scores) / len(scores) if scores and self.status == "ok" else None


class AuditedRow(msgspec.Struct, kw_only=True):
    """One row of ``kikime audit --json``."""

    row: int
    """Position in the data, from 1."""
    score: float | None
    status: str
    verdicts: list[Line]
    metrics: Measured


class AuditReport(msgspec.Struct, kw_only=True):
    """What ``kikime audit --json`` prints."""

    rows: list[AuditedRow]
    """Lowest score first."""
    kept: list[int]
    unscored: int
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
    outcome: Outcome

    def kept(self, keep_min: float) -> list[int]:
        """Indices of the rows that score at least ``keep_min``; those without a score stay."""
        return [i for i, row in enumerate(self.rows) if row.score is None or row.score >= keep_min]

    def warn_of_nothing_kept(self, kept: Sequence[int], keep_min: float) -> None:
        """Add the warning that no row is left, where none is."""
        if self.rows and not kept:
            self.outcome.warnings.append(Reason("none_kept", {"total": len(self.rows), "least": keep_min}))

    def by_score(self) -> list[AuditRow]:
        """Lowest score first; rows without a score last."""
        return sorted(self.rows, key=lambda row: (row.score is None, row.score or 0.0, row.number))

    @property
    def unscored(self) -> int:
        """Number of rows without a score."""
        return sum(row.score is None for row in self.rows)

    def report(self, kept: Sequence[int], *, table: Path, filtered: Path) -> AuditReport:
        """The audit as it is printed; ``kept`` are indices, ``table`` and ``filtered`` the files that were written."""
        rows = [
            AuditedRow(row=r.number, score=r.score, status=r.status, verdicts=r.lines, metrics=dict(r.metrics))
            for r in self.by_score()
        ]
        return AuditReport(
            rows=rows,
            kept=[index + 1 for index in kept],
            unscored=self.unscored,
            histogram=self.histogram(),
            warnings=Translator.of(None).reasons(self.outcome.warnings),
            warning_codes=self.outcome.warnings,
            table=str(table),
            filtered=str(filtered),
        )

    def histogram(self) -> dict[str, dict[int, int]]:
        """Number of rows by criterion and score."""
        counts: dict[str, Counter[int]] = {}
        for line in (line for row in self.rows for line in row.lines):
            counts.setdefault(line.criterion, Counter())
            if line.status == "ok" and line.score is not None:
                counts[line.criterion][line.score] += 1
        return {criterion: {point: count[point] for point in POINTS} for criterion, count in counts.items()}


def audit_table(
    table: Table,
    columns: Columns,
    persona: Persona,
    rubric: Rubric,
    settings: JudgeSettings,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Judge every row of ``table`` and measure it with the rule metrics."""
    subjects = subjects_of(table, columns, persona)
    judged = judge_subjects(subjects, [rubric], settings, say=say)
    scorer = scorer_of(persona)
    rows = []
    for number, (subject, lines) in enumerate(zip(subjects, judged.groups, strict=True), 1):
        metrics = scorer.score(subject.response, user=subject.user, history=list(subject.history))
        rows.append(AuditRow(number, subject, lines, metrics))
    return Audit(rows, judged.outcome)


def write_report(audit: Audit, path: Path) -> None:
    """Write the table, lowest score first, as CSV; text that a spreadsheet would run as a formula is quoted."""
    criteria = list(audit.histogram())
    metrics = list(dict.fromkeys(name for row in audit.rows for name in row.metrics))
    head = ["row", "score", *criteria, "status", "user", "reply", "rationale", "evidence", "flags"]
    rows = (_cells(row, criteria, metrics) for row in audit.by_score())
    write_atomically(path, csv_bytes([*head, *metrics], rows))


def _cells(row: AuditRow, criteria: Sequence[str], metrics: Sequence[str]) -> list[object]:
    scores = {line.criterion: line.score for line in row.lines}
    first = row.lines[0] if row.lines else None
    return [
        row.number,
        None if row.score is None else round(row.score, 3),
        *(scores.get(name) for name in criteria),
        row.status,
        row.subject.user,
        row.subject.response,
        first.rationale if first else None,
        " / ".join((first and first.evidence) or ()),
        " ".join((first and first.flags) or ()),
        *(row.metrics.get(name) for name in metrics),
    ]
