"""Human and judge scores side by side, from the shapes that such files come in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import orjson

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.store.verdicts import score_of

MEAN_JUDGE = "mean of judges"


class Rating(msgspec.Struct, frozen=True):
    """One item's two scores by one criterion; None where one is missing."""

    judge: str
    criterion: str
    model: str
    item: str
    human: float | None
    score: float | None


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL, CSV or Parquet file.

    Raises:
        FileFormatError: missing, unreadable, or a broken line (which is named).
    """
    if not path.is_file():
        raise FileFormatError(path, None, "no such file")
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            yield from pq.read_table(path).to_pylist()
        except pa.ArrowInvalid as error:
            raise FileFormatError(path, None, f"not a Parquet file: {error}") from None
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from csv.DictReader(stream)
    else:
        yield from _json_lines(path)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise FileFormatError(path, number, f"not valid JSON: {error}") from None
            if not isinstance(row, dict):
                raise FileFormatError(path, number, "not a JSON object")
            yield row


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
    ratings = [rating for number, row in enumerate(read_rows(path), 1) for rating in _ratings(row, number, judged)]
    if not ratings:
        raise UsageError(
            f"{path}: no pair of a human and a judge score",
            hint="columns: human, judge, criterion; or human_scores with judge_scores; or --verdicts FILE",
        )
    return ratings


def _ratings(
    row: Mapping[str, Any], number: int, judged: Mapping[tuple[str, str], list[Any]] | None
) -> Iterator[Rating]:
    item = str(row.get("id", number))
    model = str(row.get("model") or row.get("target_model_name") or "")
    humans = row["human_scores"] if isinstance(row.get("human_scores"), Mapping) else None
    if humans is None and "human" in row:
        humans = {str(row.get("criterion") or "score"): row["human"]}
    for criterion, human in (humans or {}).items():
        for judge, score in _judges(row, item, criterion, judged):
            yield Rating(judge, criterion, model, f"{number}:{item}", _number(human, number), _number(score, number))


def _judges(
    row: Mapping[str, Any], item: str, criterion: str, judged: Mapping[tuple[str, str], list[Any]] | None
) -> Iterable[tuple[str, Any]]:
    if judged is not None:
        return judged.get((item, criterion), [])
    if isinstance(row.get("individual_evaluations"), list):
        each = [(str(e.get("judge_model_name")), e.get(criterion)) for e in row["individual_evaluations"]]
        known = [float(score) for _, score in each if score is not None]
        return [*each, (MEAN_JUDGE, sum(known) / len(known))] if len(known) > 1 else each
    name = str(row.get("judge_id") or "judge")
    if isinstance(row.get("judge_scores"), Mapping):
        return [(name, row["judge_scores"].get(criterion))]
    return [(name, row["judge"])] if "judge" in row else []


def _index(verdicts: Path) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for line in read_rows(verdicts):
        if line.get("status") == "ok":
            named = (str(line.get("id")), str(line.get("criterion")))
            found.setdefault(named, []).append((str(line["judge_id"]), score_of(line)))
    return found


def _number(value: Any, row: int) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(f"row {row}: {value!r} is not a score") from None
