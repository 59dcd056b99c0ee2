"""Distributions and curves of one run, binned in SQL."""

from __future__ import annotations

from typing import NamedTuple

from kikime.harness.core.axes import CELL, without
from kikime.harness.core.manifest import scripted_tasks
from kikime.harness.metrics.registry import CRITICAL
from kikime.harness.store.means import group_means, place_values, targets_of
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.queries.tables import opened, records

UNITS = ("length_chars", "sentences")
STOPS = ("critical_failure", *CRITICAL, "stop_by_string")
"""Metrics of how replies stop and what leaks into them."""
_TURN_METRICS = ("critical_failure", "first_person_ok", "length_chars", "length_fit", "marker_rate", "self_repetition")


class Bin(NamedTuple):
    """Replies of one range of lengths."""

    start: int
    n: int
    share: float
    """Of all replies that have a length, 0–1."""


class Ending(NamedTuple):
    """How many replies of a format ended in one way."""

    format: str
    finish_reason: str
    """``error`` for generations that failed."""
    n: int


class Rate(NamedTuple):
    """How often a fault occurs in a format."""

    format: str
    metric: str
    rate: float
    """0–1."""
    n: int


class Cost(NamedTuple):
    """What the prompts of a format cost."""

    format: str
    n: int
    """Zero-shot replies, which the quality of a format rests on."""
    tokens: float
    """Mean tokens of a prompt."""
    extra: float
    """Mean tokens beyond the cheapest format over the same questions."""


class TurnValue(NamedTuple):
    """A metric at one turn of the dialogues."""

    turn: int
    """0-based."""
    metric: str
    value: float
    n: int


def histogram(run: RunDirectory, unit: str, persona: str | None, bin_width: int = 1) -> list[Bin]:
    """Replies per bin of lengths; failed generations have no length.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as connection:
        return records(
            connection.execute(
                """SELECT *, n / sum(n) OVER () AS share FROM (
                     SELECT (CAST(value AS BIGINT) // ?) * ? AS start, count(*) AS n
                     FROM scores JOIN samples USING (key)
                     WHERE metric = ? AND value IS NOT NULL AND error IS NULL AND (? IS NULL OR persona = ?)
                     GROUP BY start) ORDER BY start""",
                [bin_width, bin_width, unit, persona, persona],
            ),
            Bin,
        )


def endings(run: RunDirectory) -> list[Ending]:
    """How replies ended, per format.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as connection:
        return records(
            connection.execute(
                """SELECT format, CASE WHEN error IS NULL THEN finish_reason ELSE 'error' END AS finish_reason,
                          count(*) AS n FROM samples GROUP BY ALL ORDER BY format, n DESC"""
            ),
            Ending,
        )


def leaks(run: RunDirectory) -> list[Rate]:
    """Rates of each of :data:`STOPS` per format.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as connection:
        return records(
            connection.execute(
                """SELECT format, metric, avg(value) AS rate, count(value) AS n FROM scores JOIN samples USING (key)
                   WHERE metric IN (SELECT unnest(?)) AND value IS NOT NULL GROUP BY ALL ORDER BY format, metric""",
                [list(STOPS)],
            ),
            Rate,
        )


def formats(run: RunDirectory) -> list[Cost]:
    """Per format: replies, mean prompt tokens, and tokens beyond the cheapest format over the same questions.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    question = ", ".join(without(CELL, "format"))
    with opened(run) as connection:
        return records(
            connection.execute(
                f"""WITH cells AS (
                      SELECT format, shots, n_prompt_tokens AS tokens, min(n_prompt_tokens) OVER (
                        PARTITION BY {question}) AS least FROM samples WHERE turn = 0)
                    SELECT format, count(*) FILTER (shots = 0) AS n, avg(tokens) AS tokens, avg(tokens - least) AS extra
                    FROM cells GROUP BY format ORDER BY format"""  # noqa: S608  (own column names)
            ),
            Cost,
        )


def drift(run: RunDirectory) -> list[TurnValue]:
    """Metrics by turn of scripted dialogues: the means of :func:`kikime.harness.store.means.means_by`.

    Empty when no dialogue has a second turn.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    manifest = run.manifest()
    tasks = tuple(scripted_tasks(manifest))
    if not tasks:
        return []
    with opened(run) as connection:
        place_values(connection, manifest, {"task": tasks})
        turns = group_means(connection, targets_of(manifest), ("turn",))
    if len(turns) < 2:
        return []
    return [
        TurnValue(int(turn), metric, found.mean, found.n)
        for metric in _TURN_METRICS
        for (turn,), group in turns.items()
        if (found := group.metrics.get(metric)) is not None and found.mean is not None
    ]
