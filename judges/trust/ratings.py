"""Human and judge scores side by side, from the shapes that such files come in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import UNSET

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.tables import read_table
from kikime.harness.store.verdicts import score_of

MEAN_JUDGE = "mean of judges"
R = TypeVar("R")


class Rating(msgspec.Struct, frozen=True):
    """One item's two scores by one criterion; None where one is missing."""

    judge: str
    criterion: str
    model: str
    item: str
    human: float | None
    score: float | None


def read_ratings(path: Path, verdicts: Path | None = None) -> list[Rating]:
    """Read ratings: one row per pair of scores, or one row per item with ``human_scores``.

    Shapes: ``{"human", "judge", "criterion"?, "judge_id"?, "model"?, "id"?}``; or ``human_scores: {criterion: score}``
    with ``judge_scores: {criterion: score}`` or ``individual_evaluations: [{"judge_model_name", criterion: score}]``
    (several judges; their mean becomes a further judge); or human scores alone, joined by id and criterion with
    ``verdicts``, the lines that ``kikime judge --json`` printed (only ``ok`` ones count).

    Raises:
        UsageError: the file has none of these shapes.
    """
    judged = _index(verdicts) if verdicts else None
    ratings = [
        rating for number, row in enumerate(_rows(path, _RatingRow), 1) for rating in _ratings(row, number, judged)
    ]
    if not ratings:
        raise UsageError(
            "{path}: no pair of a human and a judge score",
            hint="columns: human, judge, criterion; or human_scores with judge_scores; or --verdicts FILE",
            path=path,
        )
    return ratings


class _RatingRow(msgspec.Struct):
    """One row of a file of ratings, in any of the shapes."""

    id: object = UNSET
    criterion: object = None
    model: object = None
    target_model_name: object = None
    human: object = UNSET
    judge: object = UNSET
    judge_id: object = None
    human_scores: dict[str, object] | None = None
    judge_scores: dict[str, object] | None = None
    individual_evaluations: list[dict[str, object]] | None = None


class _VerdictRow(msgspec.Struct):
    """What is read of a line of ``kikime judge --json``."""

    id: object
    criterion: str
    judge_id: str
    status: str
    score: float | None = None
    expected_score: float | None = None


Judged = Mapping[tuple[str, str], list[tuple[str, float | None]]]


def _rows(path: Path, kind: type[R]) -> list[R]:
    table = read_table(path, other=".jsonl", lenient=True)
    try:
        return msgspec.convert(table.rows, list[kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise UsageError("{path}: {reason}", path=path, reason=error) from None


def _ratings(row: _RatingRow, number: int, judged: Judged | None) -> Iterator[Rating]:
    item = str(number if row.id is UNSET else row.id)
    model = str(row.model or row.target_model_name or "")
    humans = row.human_scores
    if humans is None and row.human is not UNSET:
        humans = {str(row.criterion or "score"): row.human}
    for criterion, human in (humans or {}).items():
        scores = judged.get((item, criterion), []) if judged is not None else _judges(row, number, criterion)
        for judge, score in scores:
            yield Rating(judge, criterion, model, f"{number}:{item}", _number(human, number), score)


def _judges(row: _RatingRow, number: int, criterion: str) -> list[tuple[str, float | None]]:
    if row.individual_evaluations is not None:
        each = [(str(e.get("judge_model_name")), _number(e.get(criterion), number)) for e in row.individual_evaluations]
        known = [score for _, score in each if score is not None]
        return [*each, (MEAN_JUDGE, sum(known) / len(known))] if len(known) > 1 else each
    name = str(row.judge_id or "judge")
    if row.judge_scores is not None:
        return [(name, _number(row.judge_scores.get(criterion), number))]
    return [(name, _number(row.judge, number))] if row.judge is not UNSET else []


def _index(verdicts: Path) -> Judged:
    found: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    for line in _rows(verdicts, _VerdictRow):
        if line.status == "ok":
            score = score_of({"score": line.score, "expected_score": line.expected_score})
            found.setdefault((str(line.id), line.criterion), []).append((line.judge_id, score))
    return found


def _number(value: object, row: int) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, str | int | float):
        with suppress(ValueError):
            return float(value)
    raise UsageError("row {row}: {value!r} is not a score", row=row, value=value)
