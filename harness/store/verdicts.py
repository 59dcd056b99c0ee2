"""Which verdicts of a run count: of each judge's rubric those by its newest content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import VERDICTS, Line, read_records

if TYPE_CHECKING:
    import duckdb

SCORE = "coalesce(expected_score, score::DOUBLE)"
"""What counts of a verdict, as SQL: the expected score where the judge gave probabilities, else the score."""
_RUBRIC = "judge_id, protocol, rubric"


def score_of(line: Line) -> float | None:
    """:data:`SCORE` of one line.

    >>> score_of({"score": 5, "expected_score": 4.6}), score_of({"score": 5}), score_of({"score": None})
    (4.6, 5.0, None)
    """
    expected, score = line.get("expected_score"), line.get("score")
    value = score if expected is None else expected
    return None if value is None else float(value)


def age_verdicts(connection: duckdb.DuckDBPyConnection, run: RunDirectory) -> None:
    """Give ``connection`` the view ``verdicts``: the table ``judge`` with the ``age`` of the rubric's content.

    ``age`` is 0 for the content (``rubric_hash``) by which a judge gave its last verdict under that protocol and rubric, 1
    for the one before it, and so on. The log tells which was last; where it is silent the rubric's version does.
    """
    contents = connection.execute(
        f"SELECT {_RUBRIC}, rubric_hash, max(rubric_version) FROM judge GROUP BY ALL"  # noqa: S608  (own column names)
    ).fetchall()
    several = len(contents) > len({tuple(rubric) for *rubric, _, _ in contents})
    last = _last_lines(run) if several else {}
    ordered = sorted(contents, key=lambda row: (last.get(row[:4], -1), row[4] or 0, row[3]), reverse=True)
    ages: dict[tuple[str, ...], int] = {}
    connection.execute(
        "CREATE TABLE rubric_ages (judge_id TEXT, protocol TEXT, rubric TEXT, rubric_hash TEXT, age INTEGER)"
    )
    for *rubric, rubric_hash, _ in ordered:
        age = ages[tuple(rubric)] = ages.get(tuple(rubric), -1) + 1
        connection.execute("INSERT INTO rubric_ages VALUES (?, ?, ?, ?, ?)", [*rubric, rubric_hash, age])
    connection.execute(
        f"CREATE VIEW verdicts AS SELECT judge.*, age FROM judge JOIN rubric_ages USING ({_RUBRIC}, rubric_hash)"  # noqa: S608
    )


def _last_lines(run: RunDirectory) -> dict[tuple[str, ...], int]:
    """Position of the last line of each judge, protocol, rubric and content in the log."""
    return {
        (line["judge_id"], line["protocol"], line["rubric"], line["rubric_hash"]): position
        for position, line in enumerate(read_records(run.wal, VERDICTS))
    }
