"""What is left to rate."""

from __future__ import annotations

from typing import Any

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.queries.tables import opened, rows_of
from kikime.leaderboard.data.ratings import question_of, read_annotations, shuffled

_SHOWN = ("key", "pair_key", "task", "item_id", "persona", "user", "history", "response")


def keys(run: RunDirectory, column: str = "key") -> list[str]:
    """Keys (or ``pair_key``s) of replies that can be rated: not failed, first repeat.

    Pairs are of first turns: later in a dialogue, each of two models has a conversation of its own behind it.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    assert column in {"key", "pair_key"}
    turns = "AND turn = 0" if column == "pair_key" else ""
    with opened(run) as connection:
        found = connection.execute(
            f"SELECT {column} FROM samples WHERE error IS NULL AND repeat = 0 {turns} ORDER BY {column}"  # noqa: S608
        ).fetchall()
    return [key for (key,) in found]


def reply(run: RunDirectory, value: str, column: str = "key") -> dict[str, Any] | None:
    """What a rater sees of one reply: no model, no format, no score.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    assert column in {"key", "pair_key"}
    with opened(run) as connection:
        rows = rows_of(
            connection.execute(f"SELECT {', '.join(_SHOWN)} FROM samples WHERE {column} = ?", [value])  # noqa: S608
        )
    return rows[0] if rows else None


def queue(run: RunDirectory, rater: str, candidates: list[str], *, mode: str, run_b: str = "") -> tuple[list[str], int]:
    """What ``rater`` has not rated yet, shuffled for that rater, and how many are done."""
    done = {question_of(rating) for rating in read_annotations(run)}
    left = [key for key in candidates if (rater, mode, key, run_b) not in done]
    return shuffled(left, rater), len(candidates) - len(left)
