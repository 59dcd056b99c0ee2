"""From verdicts to output lines: one per reply and criterion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kikime.judges.verdicts.judge import Call, Judge
from kikime.judges.verdicts.record import Record, Usage
from kikime.judges.verdicts.rubric import Rubric
from kikime.judges.verdicts.subject import Subject
from kikime.judges.verdicts.verdict import SCORED, Status

Line = dict[str, Any]
_SIDES = ({"A": "a", "B": "b", "tie": "tie"}, {"A": "b", "B": "a", "tie": "tie"})


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
        line = _pair(answers) if rubric.kind == "pair" else _scored(answers, criterion.id)
        lines.append(_frame(subject, rubric, judge, criterion.id, answers[0]) | line | _accounts(answers, counted))
    return lines


def _frame(subject: Subject, rubric: Rubric, judge: Judge, criterion: str, first: Record) -> Line:
    return {
        "id": subject.id,
        "key": subject.key or first.judge_key,
        "judge_key": first.judge_key,
        "criterion": criterion,
        "judge_id": judge.id,
        "protocol": first.protocol,
        "rubric": rubric.id,
        "rubric_version": rubric.version,
        "rubric_hash": rubric.hash,
        "snapshot": first.snapshot,
        "fingerprint": first.fingerprint,
    }


def _scored(answers: Sequence[Record], criterion: str) -> Line:
    status = combined_status(answers)
    used = [a for a in answers if a.verdict.status == status and a.verdict.status in SCORED] or answers[:1]
    scores = [a.verdict.expected.get(criterion, a.verdict.scores[criterion]) for a in used if status in SCORED]
    mean = sum(scores) / len(scores) if scores else None
    averaged = len(answers) > 1 or bool(used[0].verdict.expected)
    score = None if mean is None else used[0].verdict.scores[criterion] if len(answers) == 1 else int(mean + 0.5)
    return {
        "score": score,
        "expected_score": mean if averaged else None,
        "mass": used[0].verdict.mass,
        "status": status,
        **_reasons(used),
    }


def _pair(answers: Sequence[Record]) -> Line:
    sides = [_SIDES[order].get(a.verdict.choice or "") for order, a in enumerate(answers)]
    status = next((a.verdict.status for a in answers if a.verdict.status not in SCORED), None) or combined_status(
        answers
    )
    agreed = sides[0] if len(set(sides)) == 1 else "tie"
    if len({a.verdict.status for a in answers}) > 1 and status in SCORED:
        status = "ungrounded"
    decisive = [a for a in answers if a.verdict.status == status]
    return {
        "score": None,
        "preference": agreed if status in SCORED else None,
        "order_consistent": sides[0] == sides[1] if status in SCORED else None,
        "status": status,
        **_reasons(decisive),
    }


def combined_status(answers: Sequence[Record]) -> Status:
    """The best status of several samples: ``ok`` if any is, else ``ungrounded``, else the first failure."""
    statuses = [answer.verdict.status for answer in answers]
    for best in ("ok", "ungrounded"):
        if best in statuses:
            return best
    return statuses[0]


def _reasons(answers: Sequence[Record]) -> Line:
    first = answers[0].verdict
    return {"grounded": first.grounded, "rationale": first.rationale, "evidence": first.evidence, "error": first.error}


def _accounts(answers: Sequence[Record], counted: set[str]) -> Line:
    usage = Usage(cost_usd=None if answers[0].usage.cost_usd is None else 0.0)
    for answer in answers:
        if answer.judge_key not in counted:
            counted.add(answer.judge_key)
            usage += answer.usage
    return {"n_in": usage.n_in, "n_out": usage.n_out, "cost_usd": usage.cost_usd}
