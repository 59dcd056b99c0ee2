"""Human and judge scores side by side, from the shapes that such files come in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from kikime.harness.core.errors import UsageError
from kikime.harness.core.names import id_of
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.table import filled, is_missing
from kikime.harness.store.verdicts import score_of

_NO_SCORE = ("-", "—", "–", "－", "?", "？", "なし", "不明")
_SCORES = ("human", "judge")
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


class BadRating(msgspec.Struct, frozen=True):
    """A row of a file of ratings that cannot be read."""

    where: str
    """File and line."""
    problem: str


class Ratings(NamedTuple):
    """What a file of ratings holds."""

    pairs: list[Rating]
    unreadable: list[BadRating]


def read_ratings(path: Path, verdicts: Path | None = None, *, scale: tuple[int, int] = (1, 7)) -> Ratings:
    """Read ratings: one row per pair of scores, or one row per item with ``human_scores``.

    Shapes: ``{"human", "judge", "criterion"?, "judge_id"?, "model"?, "id"?}``; or ``human_scores: {criterion: score}``
    with ``judge_scores: {criterion: score}`` or ``individual_evaluations: [{"judge_model_name", criterion: score}]``
    (several judges; their mean becomes a further judge); or human scores alone, joined by id and criterion with
    ``verdicts``, the lines that ``kikime judge --json`` printed (only ``ok`` ones count); a title stands for its criterion's
    id. A score may be missing (empty, ``N/A``); a row with anything else than scores is left out and told, and so is a row
    of one pair in which a word stands for a score: the pair is lost.

    Raises:
        UsageError: the file has none of these shapes, or a score is outside the scale.
    """
    bad: list[BadRating] = []
    judged = _index(verdicts, bad) if verdicts else None
    pairs: list[Rating] = []
    for number, where, row in _rows(path, _RatingRow, bad):
        try:
            found = list(_ratings(row, number, judged))
        except ValueError as error:
            bad.append(BadRating(where, error.args[0]))
            continue
        for score in (score for rating in found for score in (rating.human, rating.score) if score is not None):
            _check_scale(score, where, scale)
        pairs += found
    if not pairs:
        raise UsageError(
            "{path}: no pair of a human and a judge score",
            hint="columns: human, judge, criterion; or human_scores with judge_scores; or --verdicts FILE",
            path=path,
        )
    return Ratings(pairs, bad)


def _check_scale(score: float, where: str, scale: tuple[int, int]) -> None:
    if not scale[0] <= score <= scale[1]:
        raise UsageError(
            "{where}: {score:g} is no score",
            hint="the scale is {low} to {high}; change it with --scale",
            where=where,
            score=score,
            low=scale[0],
            high=scale[1],
        )


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


def _rows(path: Path, kind: type[R], bad: list[BadRating]) -> Iterator[tuple[int, str, R]]:
    """Number, place and content of every row that can be read; the others go to ``bad``."""
    table = read_table(path, other=".jsonl")
    for index, record in enumerate(table.records):
        if record.problem is not None:
            bad.append(BadRating(table.where(index), record.problem))
            continue
        try:
            row = msgspec.convert(filled(record.row, _SCORES), kind, strict=False)
        except msgspec.ValidationError as error:
            bad.append(BadRating(table.where(index), str(error)))
            continue
        yield index + 1, table.where(index), row


def _ratings(row: _RatingRow, number: int, judged: Judged | None) -> Iterator[Rating]:
    item = str(number if row.id is UNSET else row.id)
    model = str(row.model or row.target_model_name or "")
    humans = row.human_scores
    if humans is None and row.human is not UNSET:
        _refuse_words(row.human, row.judge if judged is None else None)
        humans = {str(row.criterion or "score"): row.human}
    for criterion, human in (humans or {}).items():
        scores = judged.get((item, id_of(criterion)), []) if judged is not None else _judges(row, criterion)
        for judge, score in scores:
            yield Rating(judge, criterion, model, f"{number}:{item}", _number(human), score)


def _refuse_words(*scores: object) -> None:
    """Refuse words in place of a score, which leave a row without its pair.

    Raises:
        ValueError: one is a text that says anything but a number.
    """
    for score in scores:
        if isinstance(score, str) and score.strip() and _number(score) is None:
            raise ValueError(Phrase("{value!r} is not a score", value=score))


def _judges(row: _RatingRow, criterion: str) -> list[tuple[str, float | None]]:
    if row.individual_evaluations is not None:
        each = [(str(e.get("judge_model_name")), _number(e.get(criterion))) for e in row.individual_evaluations]
        known = [score for _, score in each if score is not None]
        return [*each, (MEAN_JUDGE, sum(known) / len(known))] if len(known) > 1 else each
    name = str(row.judge_id or "judge")
    if row.judge_scores is not None:
        return [(name, _number(row.judge_scores.get(criterion)))]
    return [(name, _number(row.judge))] if row.judge is not UNSET else []


def _index(verdicts: Path, bad: list[BadRating]) -> Judged:
    found: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    for _, _, line in _rows(verdicts, _VerdictRow, bad):
        if line.status == "ok":
            score = score_of({"score": line.score, "expected_score": line.expected_score})
            found.setdefault((str(line.id), id_of(line.criterion)), []).append((line.judge_id, score))
    return found


def _number(value: object) -> float | None:
    """A score; None where it is missing.

    Raises:
        ValueError: neither a number nor what stands for none.
    """
    if is_missing(value) or value in _NO_SCORE:
        return None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        with suppress(ValueError):
            return float(unicodedata.normalize("NFKC", value) if isinstance(value, str) else value)
    msg = Phrase("{value!r} is not a score", value=value)
    raise ValueError(msg)
