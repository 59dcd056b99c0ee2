"""What is left to rate."""

from __future__ import annotations

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.queries.tables import opened, records
from kikime.leaderboard.data.ratings import Rated, read_annotations, shuffled


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


def reply(run: RunDirectory, value: str, column: str = "key") -> Rated | None:
    """What a rater sees of one reply; None when the run has none.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    assert column in {"key", "pair_key"}
    with opened(run) as connection:
        rows = records(
            connection.execute(f"SELECT {', '.join(Rated._fields)} FROM samples WHERE {column} = ?", [value]),  # noqa: S608
            Rated,
        )
    return rows[0] if rows else None


def queue(run: RunDirectory, rater: str, candidates: list[str], *, mode: str, run_b: str = "") -> tuple[list[str], int]:
    """What ``rater`` has not rated yet, shuffled for that rater, and how many are done."""
    done = {rating.question for rating in read_annotations(run)}
    left = [key for key in candidates if (rater, mode, key, run_b) not in done]
    return shuffled(left, rater), len(candidates) - len(left)
