"""From verdicts to output lines: one per reply and criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from kikime.harness.store.verdicts import score_of
from kikime.judges.verdicts.judge import Call, Judge
from kikime.judges.verdicts.prompt import ReplyId, Subject
from kikime.judges.verdicts.record import Record, Usage
from kikime.judges.verdicts.rubric import HIGH, Rubric
from kikime.judges.verdicts.verdict import SCORED, Status, turn_of

Side = Literal["a", "b", "tie"]
_SIDES: tuple[Mapping[str, Side], ...] = ({"A": "a", "B": "b", "tie": "tie"}, {"A": "b", "B": "a", "tie": "tie"})


class Line(msgspec.Struct, kw_only=True):
    """What one judge said of one reply by one criterion: a line of ``kikime judge --json``, of the log and of the table."""

    id: ReplyId = ""
    """The reply's own id; of a run, its key."""
    key: str
    judge_key: str
    criterion: str
    judge_id: str
    protocol: str
    rubric: str
    rubric_version: int = 0
    rubric_hash: str
    snapshot: str | None = ""
    fingerprint: str | None = ""
    score: int | None = None
    """1 to ``scale``; None unless the status is ``ok`` or ``ungrounded``."""
    scale: int | None = HIGH
    """The highest point of the rubric; the lowest is 1."""
    expected_score: float | None = None
    """Mean over samples, or over the token probabilities; None where a score stands alone."""
    mass: float | None = None
    preference: Side | UnsetType | None = UNSET
    """Of a pair: which reply is preferred in both orders."""
    order_consistent: bool | UnsetType | None = UNSET
    """Of a pair: whether the judge preferred the same reply when their order was swapped."""
    status: Status
    grounded: bool | None = None
    rationale: str | None = ""
    evidence: list[str] | None = msgspec.field(default_factory=list)
    evidence_turns: list[int | None] | None = msgspec.field(default_factory=list)
    """Of a dialogue: in which of the character's lines, from 1, each quote stands; None where it stands in none."""
    error: str | None = ""
    n_in: int | None = 0
    n_out: int | None = 0
    cost_usd: float | None = None
    """None: the price is unknown."""
    flags: list[str] | None = msgspec.field(default_factory=list)
    """What is odd about the reply: ``duplicate``, ``constant``, ``long``."""
    score_adjusted: float | None = None
    """The score at the persona's target length; None where it is unknown."""

    @property
    def value(self) -> float | None:
        """The expected score where there is one, else the score; None where there is neither."""
        return score_of({"score": self.score, "expected_score": self.expected_score})

    @property
    def spent_tokens(self) -> int:
        """Tokens that are counted in this line."""
        return (self.n_in or 0) + (self.n_out or 0)


def read_line(stored: Mapping[str, object]) -> Line | None:
    """A stored line; None when it is none (an odd entry of a log, or one of another version)."""
    try:
        return msgspec.convert(stored, Line)
    except msgspec.ValidationError:
        return None


def build_lines(
    subject: Subject,
    rubric: Rubric,
    judge: Judge,
    calls: Sequence[Call],
    records: Sequence[Record],
    counted: set[str],
) -> list[Line]:
    """The lines of one subject.

    ``counted`` holds the calls whose tokens and cost stand in an earlier line already, and is extended: they are
    counted once per call, however many lines or replies share its verdict.
    """
    lines = []
    for criterion in rubric.criteria:
        answers = [record for call, record in zip(calls, records, strict=True) if criterion.id in call.asked]
        status = _pair_status(answers) if rubric.kind == "pair" else combined_status(answers)
        line = _framed(subject, rubric, judge, criterion.id, answers, status)
        if rubric.kind == "pair":
            _add_preference(line, answers)
        else:
            _add_score(line, answers)
        _add_usage(line, answers, counted)
        lines.append(line)
    return lines


def _framed(
    subject: Subject, rubric: Rubric, judge: Judge, criterion: str, answers: Sequence[Record], status: Status
) -> Line:
    first = answers[0]
    told = _telling(answers, status)[0].verdict
    whole = rubric.kind == "dialogue"
    return Line(
        id=subject.dialogue if whole and subject.dialogue is not None else subject.id,
        key=subject.key or first.judge_key,
        judge_key=first.judge_key,
        criterion=criterion,
        judge_id=judge.id,
        protocol=first.protocol,
        rubric=rubric.id,
        rubric_version=rubric.version,
        rubric_hash=rubric.hash,
        scale=rubric.high,
        snapshot=first.snapshot,
        fingerprint=first.fingerprint,
        status=status,
        grounded=told.grounded,
        rationale=told.rationale,
        evidence=told.evidence,
        evidence_turns=[turn_of(quote, subject.lines) for quote in told.evidence] if whole else [],
        error=told.error,
    )


def _telling(answers: Sequence[Record], status: Status) -> Sequence[Record]:
    """The answers that a line's status, score and reasons come from."""
    return [answer for answer in answers if answer.verdict.status == status] or answers[:1]


def _add_score(line: Line, answers: Sequence[Record]) -> None:
    used = _telling(answers, line.status)
    first = used[0].verdict
    line.mass = first.mass
    if line.status not in SCORED:
        return
    scores = [a.verdict.expected.get(line.criterion, a.verdict.scores[line.criterion]) for a in used]
    mean = sum(scores) / len(scores)
    line.score = first.scores[line.criterion] if len(answers) == 1 else int(mean + 0.5)
    if len(answers) > 1 or first.expected:
        line.expected_score = mean


def _pair_status(answers: Sequence[Record]) -> Status:
    statuses = [answer.verdict.status for answer in answers]
    failed = next((status for status in statuses if status not in SCORED), None)
    if failed is not None:
        return failed
    return "ungrounded" if len(set(statuses)) > 1 else statuses[0]


def _add_preference(line: Line, answers: Sequence[Record]) -> None:
    line.preference = line.order_consistent = None
    if line.status in SCORED:
        first, second = (_SIDES[order].get(a.verdict.choice or "") for order, a in enumerate(answers))
        line.order_consistent = first == second
        line.preference = first if first == second else "tie"


def combined_status(answers: Sequence[Record]) -> Status:
    """The best status of several samples: ``ok`` if any is, else ``ungrounded``, else the first failure."""
    statuses = [answer.verdict.status for answer in answers]
    for best in ("ok", "ungrounded"):
        if best in statuses:
            return best
    return statuses[0]


def _add_usage(line: Line, answers: Sequence[Record], counted: set[str]) -> None:
    usage = Usage(cost_usd=None if answers[0].usage.cost_usd is None else 0.0)
    for answer in answers:
        if answer.judge_key not in counted:
            counted.add(answer.judge_key)
            usage += answer.usage
    line.n_in, line.n_out, line.cost_usd = usage.n_in, usage.n_out, usage.cost_usd
