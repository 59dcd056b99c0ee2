"""Replies of many runs: those that hold a text, and those to one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from kikime.harness.core.axes import COMPARED
from kikime.harness.core.errors import KikimeError
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.queries.samples import Sample, one, partner
from kikime.leaderboard.data.queries.tables import opened, records

PER_RUN = 20
"""Replies of one run that a search shows."""


class Found(NamedTuple):
    """A reply that a search found."""

    run: str
    key: str
    pair_key: str
    task: str
    item_id: str
    persona: str
    format: str
    shots: int
    user: str
    response: str
    """Its first 300 characters."""


class Hits(NamedTuple):
    """What a search found."""

    rows: list[Found]
    total: int
    """Replies that hold the text, shown or not."""
    unread: list[str]
    """Runs whose tables cannot be read."""


def search_runs(runs: Iterable[RunDirectory], text: str, within: Mapping[str, Sequence[str]]) -> Hits:
    """Replies whose text, or whose user's line, holds ``text``, run by run; ``within``: axis → wanted values, as text."""
    wanted = {name: list(within[name]) for name in COMPARED if within.get(name)}
    where = "".join(f" AND CAST({name} AS VARCHAR) IN (SELECT unnest(?))" for name in wanted)
    rows: list[Found] = []
    total, unread = 0, []
    for run in runs:
        try:
            with opened(run) as connection:
                values = [text, text, *wanted.values()]
                held = f"FROM samples WHERE (contains(response, ?) OR contains(user, ?)){where}"
                total += connection.execute(f"SELECT count(*) {held}", values).fetchall()[0][0]
                rows += records(
                    connection.execute(
                        f"""SELECT ? AS run, key, pair_key, task, item_id, persona, format, shots, user,
                            left(response, 300) AS response {held} ORDER BY position, turn LIMIT {PER_RUN}""",
                        [run.id, *values],
                    ),
                    Found,
                )
        except KikimeError:
            unread.append(run.id)
    return Hits(rows, total, unread)


def answers(runs: Iterable[RunDirectory], pair_key: str) -> list[tuple[RunDirectory, Sample]]:
    """The reply of each run to one question; runs that were not asked it, or cannot be read, are left out."""
    found: list[tuple[RunDirectory, Sample]] = []
    for run in runs:
        with suppress(KikimeError):
            key = partner(run, pair_key)
            sample = one(run, key) if key else None
            if sample is not None:
                found.append((run, sample))
    return found
