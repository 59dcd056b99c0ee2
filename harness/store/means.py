"""Means of a run's metrics: over replies per question, then over a persona's questions, then over personas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import duckdb

from kikime.harness.core.axes import SLICE
from kikime.harness.core.manifest import Manifest
from kikime.harness.metrics import METRICS, style_band_of, style_level_of
from kikime.harness.metrics.belonging import CONFINED, SPOKEN_MARKERS, VOICE, tasks_of
from kikime.harness.store.database import open_tables, require_tables
from kikime.harness.store.records import Group, PooledMean, Target
from kikime.harness.store.rundir import RunDirectory

ENDING = "ending"
"""How a reply ended: ``ended`` by itself, ``cut_off`` at the limit of tokens, or ``other``."""
ENDED = "CASE finish_reason WHEN 'stop' THEN 'ended' WHEN 'length' THEN 'cut_off' ELSE 'other' END"
"""That of a row of samples, as SQL."""
EVERYTHING: Mapping[str, Sequence[str]] = {}
"""No restriction of any axis."""
NO_TARGET = Target(None, 1.0)
"""The voice of no persona."""
Key = tuple[str | int, ...]


def means_by(
    run: RunDirectory, columns: Sequence[str] = (), within: Mapping[str, Sequence[str]] = EVERYTHING
) -> dict[Key, Group]:
    """Replies and means per value of some of :data:`~kikime.harness.core.axes.SLICE`, ``turn`` and :data:`ENDING`, sorted by them.

    The means are those of :func:`kikime.harness.reports.tables.means.run_mean`, by which runs are compared and ranked; a
    metric is only measured where it belongs (:mod:`kikime.harness.metrics.belonging`).

    Args:
        run: with tables.
        columns: what the replies are grouped by.
        within: wanted values, as text, of some of :data:`~kikime.harness.core.axes.SLICE`; only these replies count.

    Raises:
        UsageError: no tables yet, or one is broken.
    """
    require_tables(run)
    with open_tables(run, "samples", "scores") as connection:
        place_values(connection, run.manifest(), within)
        return group_means(connection, targets_of(run.manifest()), columns)


def targets_of(manifest: Manifest) -> dict[str, Target]:
    """Persona → its voice."""
    markers = {name: persona["voice"]["markers"] for name, persona in manifest["personas"].items()}
    return {name: Target(found["target_rate"], found["tolerance"]) for name, found in markers.items()}


def place_values(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, within: Mapping[str, Sequence[str]] = EVERYTHING
) -> None:
    """Give ``connection`` the tables ``placed``, one row per reply, and ``measured``, one per reply and metric.

    ``measured`` holds what counts: no metric of another kind of task, no voice of a copied example or an echo. Both hold
    only the replies ``within`` the wanted values of some axes.
    """
    declared = {name: task["metrics"] for name, task in manifest["tasks"].items()}
    away = [(metric, task) for metric in CONFINED for task in sorted(set(declared) - tasks_of(metric, declared))]
    connection.execute("CREATE TEMP TABLE away (metric VARCHAR, task VARCHAR)")
    if away:
        connection.executemany("INSERT INTO away VALUES (?, ?)", away)
    voiced = sorted(tasks_of(VOICE[0], declared))
    wanted = {axis: list(within[axis]) for axis in SLICE if within.get(axis)}
    where = "".join(f" AND CAST({axis} AS VARCHAR) IN (SELECT unnest(?))" for axis in wanted)
    connection.execute(
        f"""CREATE TEMP TABLE placed AS SELECT key, item_id, turn, {", ".join(SLICE)}, task || '/' || item_id AS item,
            error IS NOT NULL AS failed, task IN (SELECT unnest(?)) AS voiced, {ENDED} AS {ENDING} FROM samples
            WHERE true{where}""",  # noqa: S608
        [voiced, *wanted.values()],
    )
    connection.execute(
        """CREATE TEMP TABLE measured AS
           SELECT placed.*, metric, value FROM scores JOIN placed USING (key) ANTI JOIN away USING (metric, task)
           WHERE value IS NOT NULL AND NOT (metric IN (SELECT unnest(?)) AND key IN (
               SELECT key FROM scores WHERE metric IN ('fewshot_copy', 'prompt_echo') AND value > 0))""",
        [list(SPOKEN_MARKERS)],
    )


def group_means(
    connection: duckdb.DuckDBPyConnection, targets: dict[str, Target], columns: Sequence[str]
) -> dict[Key, Group]:
    """The groups of :func:`means_by`, from the tables of :func:`place_values`."""
    by = "".join(f"{column}, " for column in columns)
    counted = connection.execute(
        f"SELECT {by}count(*) FROM placed GROUP BY ALL ORDER BY ALL"  # noqa: S608  (own column names)
    ).fetchall()
    found: dict[Key, dict[str, dict[str, _Mean]]] = defaultdict(lambda: defaultdict(dict))
    rows = connection.execute(
        f"""WITH questions AS (
              SELECT {by}persona, item, metric, count(value) AS n, sum(value) AS total FROM measured GROUP BY ALL)
            SELECT {by}persona, metric, sum(n)::BIGINT, sum(total) / sum(n), avg(total / n) FROM questions GROUP BY ALL
            ORDER BY ALL"""  # noqa: S608
    ).fetchall()
    for *key, persona, metric, n, pooled, mean in rows:
        if metric not in VOICE:
            whole = metric in METRICS and METRICS[metric].pooled
            found[tuple(key)][metric][persona] = _Mean(n, pooled if whole else mean)
    for place, persona, voices in _voices(connection, by):
        for metric, own in _voice_means(voices, targets.get(persona, NO_TARGET)).items():
            found[place][metric][persona] = own
    return {tuple(key): Group(n, _over_personas(found[tuple(key)])) for *key, n in counted}


class _Mean(NamedTuple):
    n: int
    mean: float


class _Voice(NamedTuple):
    """Replies to one question."""

    n: int
    """With a rate of their own."""
    rates: float
    """Sum of these."""
    marked: float
    eligible: float
    failed: int


def _voices(connection: duckdb.DuckDBPyConnection, by: str) -> Iterable[tuple[Key, str, list[_Voice]]]:
    """Key, persona and its questions, of tasks that measure the voice."""
    rows = connection.execute(
        f"""WITH wide AS (PIVOT (SELECT key, metric, value FROM measured
                WHERE metric IN ('marker_sentences', 'eligible_sentences')) ON metric
                IN ('marker_sentences', 'eligible_sentences') USING first(value) GROUP BY key)
            SELECT {by}persona, item, count(*) FILTER (eligible_sentences > 0),
                coalesce(sum(marker_sentences / eligible_sentences) FILTER (eligible_sentences > 0), 0),
                coalesce(sum(marker_sentences), 0), coalesce(sum(eligible_sentences), 0), count(*) FILTER (failed)
            FROM placed LEFT JOIN wide USING (key) WHERE voiced GROUP BY ALL ORDER BY ALL"""  # noqa: S608
    ).fetchall()
    groups: dict[tuple[Key, str], list[_Voice]] = defaultdict(list)
    for *key, persona, _, n, rates, marked, eligible, failed in rows:
        groups[tuple(key), persona].append(_Voice(n, rates, marked, eligible, failed))
    return ((key, persona, voices) for (key, persona), voices in groups.items())


def _voice_means(voices: Sequence[_Voice], target: Target) -> dict[str, _Mean]:
    """The rate, level and band of one persona; a failed reply is on the far side of the target."""
    if target.target_rate is None:
        return {}
    replies, failed = sum(voice.n for voice in voices), sum(voice.failed for voice in voices)
    far = float(replies > 0 and sum(voice.rates for voice in voices) / replies > target.target_rate)
    means = [(v.rates + far * v.failed) / (v.n + v.failed) for v in voices if v.n + v.failed]
    if not means:
        return {}
    n, rate = replies + failed, sum(means) / len(means)
    marked, eligible = sum(voice.marked for voice in voices), sum(voice.eligible for voice in voices)
    beyond = float(eligible > 0 and marked / eligible > target.target_rate)
    found = {
        "marker_rate": rate,
        "style_level": style_level_of(rate, target.target_rate, target.tolerance),
        "style_band": style_band_of(marked + beyond * failed, eligible + failed, target.target_rate, target.tolerance),
    }
    return {metric: _Mean(n, mean) for metric, mean in found.items() if mean is not None}


def _over_personas(metrics: dict[str, dict[str, _Mean]]) -> dict[str, PooledMean]:
    return {
        metric: PooledMean(
            sum(own.n for own in personas.values()),
            sum(own.mean for own in personas.values()) / len(personas),
            {name: own.mean for name, own in sorted(personas.items())},
        )
        for metric, personas in metrics.items()
    }
