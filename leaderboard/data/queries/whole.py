"""Replies of a run in full, a page at a time, with what was measured and judged: for a site that has no server."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.queries.samples import PAGE, Sample
from kikime.leaderboard.data.queries.tables import has_verdicts, opened, rows_of


def count(run: RunDirectory) -> int:
    """How many replies a run has.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as cursor:
        return int(cursor.execute("SELECT count(*) FROM samples").fetchall()[0][0])


def whole_page(run: RunDirectory, page: int) -> list[Sample]:
    """One page of :data:`~kikime.leaderboard.data.queries.samples.PAGE` replies in the plan's order; ``page`` is 1-based.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as cursor:
        query = f"SELECT * FROM samples ORDER BY position, turn LIMIT {PAGE} OFFSET ?"  # noqa: S608  (a number)
        rows = rows_of(cursor.execute(query, [(page - 1) * PAGE]))
        keys = [row["key"] for row in rows]
        own = "WHERE key IN (SELECT unnest(?))"
        scores: dict[object, dict[str, float | None]] = defaultdict(dict)
        for key, metric, value in cursor.execute(f"SELECT key, metric, value FROM scores {own}", [keys]).fetchall():  # noqa: S608
            scores[key][metric] = value
        verdicts: dict[object, list[Any]] = defaultdict(list)
        if has_verdicts(run):
            query = f"SELECT * FROM current_judge {own} ORDER BY judge_id, rubric, criterion"  # noqa: S608  (fixed text)
            for verdict in rows_of(cursor.execute(query, [keys])):
                verdicts[verdict["key"]].append(verdict)
    whole = [row | {"metrics": scores[row["key"]], "verdicts": verdicts[row["key"]]} for row in rows]
    return msgspec.convert(whole, list[Sample], strict=False)
