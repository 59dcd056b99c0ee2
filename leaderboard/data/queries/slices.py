"""Sums of every run's slices, for filters and the heat map of the first page: derived, deletable, rebuilt where needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kikime.harness.core.axes import NUMBERED, SLICE
from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import replacing
from kikime.harness.core.hashing import digest
from kikime.harness.metrics import METRICS as METRIC_RECORDS
from kikime.harness.metrics import style_level_of
from kikime.harness.store.database import small_database
from kikime.harness.store.records import Target
from kikime.leaderboard.data.index import Entry, Index, cache_folder
from kikime.leaderboard.data.queries.tables import rows_of

METRICS = (
    "critical_failure",
    "length_fit",
    "sentence_fit",
    "fact_correct",
    "constraint_ok",
    "first_person_ok",
    "length_chars",
    "no_eos",
    "turn_leak",
)
"""Metrics that a slice is described by, beside the ``style_level`` of a persona."""
MOST_SHOTS = 8
"""Examples that a link from an area asks for."""
_RATE = "marker_rate"
_STORED = (*METRICS, _RATE)
_SIGNATURES = b"kikime.signatures"
_SCHEMA = pa.schema(
    [("run", pa.string())]
    + [(name, pa.int32() if name in NUMBERED else pa.string()) for name in SLICE]
    + [(f"{kind}_{name}", pa.float32()) for name in _STORED for kind in ("n", "sum")]
)

_Sum = tuple[float, float]
_NONE: _Sum = (0.0, 0.0)
_Metrics = msgspec.defstruct("_Metrics", [(name, _Sum, _NONE) for name in _STORED])
_Questions = msgspec.defstruct("_Questions", [(name, _Sum | None, None) for name in _STORED], frozen=True)
"""What is kept of a slice's metrics; all the others are skipped while reading."""


class _Slice(msgspec.Struct):
    task: str
    persona: str
    format: str
    shots: int
    technique: str
    context: str
    metrics: _Metrics  # type: ignore[valid-type]
    questions: _Questions = _Questions()  # type: ignore[valid-type]
    """Where it differs: sums over questions."""


class _Summary(msgspec.Struct):
    slices: list[_Slice]


_SUMMARY = msgspec.json.Decoder(_Summary)


class Slices:
    """The slices of all runs as one table, kept beside the index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._file = cache_folder() / f"slices-{digest('runs', str(index.runs.resolve()))}.parquet"
        self._table, self._signatures = _read(self._file)

    def table(self, entries: Sequence[Entry]) -> pa.Table:
        """The table of ``entries``; only runs that changed since the last time are read."""
        wanted = {entry.id: str(entry.signature) for entry in entries if entry.head is not None}
        if wanted != self._signatures:
            self._refresh(wanted)
        return self._table

    def _refresh(self, wanted: dict[str, str]) -> None:
        import pyarrow.compute as pc

        stale = [run for run, signature in wanted.items() if self._signatures.get(run) != signature]
        gone = [run for run, signature in self._signatures.items() if wanted.get(run) != signature]
        kept = self._table.filter(pc.invert(pc.is_in(self._table["run"], pa.array(gone, pa.string()))))
        fresh = [_rows(self._index.runs / run, run) for run in stale]
        self._table, self._signatures = pa.concat_tables([kept, *fresh]).combine_chunks(), wanted
        known = {_SIGNATURES: orjson.dumps(wanted)}
        with suppress(OSError, EnvironmentFault):  # only the next process has to read the summaries again
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._file) as temporary:
                pq.write_table(self._table.replace_schema_metadata(known), temporary, compression="zstd")


def _read(path: Path) -> tuple[pa.Table, dict[str, str]]:
    try:
        table = pq.read_table(path)
        signatures = orjson.loads((table.schema.metadata or {})[_SIGNATURES])
    except (OSError, pa.ArrowException, KeyError, orjson.JSONDecodeError):
        return _SCHEMA.empty_table(), {}
    return (table, signatures) if table.schema.equals(_SCHEMA) else (_SCHEMA.empty_table(), {})


def _rows(path: Path, run: str) -> pa.Table:
    try:
        slices = _SUMMARY.decode((path / "summary.json").read_bytes()).slices
    except (OSError, msgspec.DecodeError):
        return _SCHEMA.empty_table()
    columns: dict[str, list[Any]] = {"run": [run] * len(slices)}
    columns |= {name: [getattr(entry, name) for entry in slices] for name in SLICE}
    for metric in _STORED:
        pairs = [getattr(entry.questions, metric) or getattr(entry.metrics, metric) for entry in slices]
        columns[f"n_{metric}"], columns[f"sum_{metric}"] = [n for n, _ in pairs], [total for _, total in pairs]
    return pa.table(columns, schema=_SCHEMA)


def offered(table: pa.Table, runs: Sequence[str]) -> dict[str, list[str]]:
    """What ``runs`` can be filtered by: the values of each axis that they have, of the table from :meth:`Slices.table`."""
    import pyarrow.compute as pc

    own = table.filter(pc.is_in(table["run"], pa.array(runs, pa.string())))
    return {name: [str(value) for value in sorted(pc.unique(own[name]).to_pylist())] for name in SLICE}


def means(
    table: pa.Table,
    targets: Mapping[str, Mapping[str, Target]],
    filters: Mapping[str, Sequence[str]],
    *,
    by: str | None = None,
    metrics: Sequence[str] = (*METRICS, "style_level"),
    runs: Sequence[str] | None = None,
) -> dict[tuple[str, str], dict[str, float]]:
    """Means of metrics per run (and value of ``by``) over the slices that pass: over questions, then over characters.

    The questions of a task weigh the same in each of its slices, which all ask them: for a whole grid these are the
    means of :func:`kikime.harness.store.means.means_by`.

    Args:
        table: from :meth:`Slices.table`.
        targets: run → persona → its voice, from the heads.
        filters: facet → wanted values; empty ones do not filter.
        by: one of :data:`~kikime.harness.core.axes.SLICE`, or None for the whole.
        metrics: some of :data:`METRICS` and ``style_level``.
        runs: only these runs.
    """
    assert by is None or by in SLICE
    voiced = "style_level" in metrics
    used = [name for name in _STORED if name in metrics or (voiced and name == _RATE)]
    where, bound = _where(filters, runs)
    group = f"CAST({by} AS VARCHAR)" if by else "''"
    sums = "".join(
        f", sum(sum_{name}) / nullif(sum(n_{name}), 0) AS mean_{name}, {_weight(name)} AS n_{name}" for name in used
    )
    personas = "".join(f", sum(n_{name} * mean_{name}) / nullif(sum(n_{name}), 0) AS {name}" for name in used)
    averages = "".join(f", avg({name}) AS {name}" for name in used)
    with _memory().cursor() as connection:
        connection.register("slices", table)
        connection.execute(
            f"""CREATE TEMP TABLE found AS
                WITH tasks AS (SELECT run, {group} AS value, persona, task{sums} FROM slices WHERE {where} GROUP BY ALL)
                SELECT run, value, persona{personas} FROM tasks GROUP BY ALL""",  # noqa: S608  (own column names)
            bound,
        ).fetchall()
        whole = rows_of(connection.execute(f"SELECT run, value{averages} FROM found GROUP BY ALL"))  # noqa: S608
        levels = _levels(connection, targets) if voiced else {}
    results: dict[tuple[str, str], dict[str, float]] = {}
    for row in whole:
        at = str(row.pop("run")), str(row.pop("value"))
        found = {**row, "style_level": levels.get(at)}
        results[at] = {
            name: value for name, value in found.items() if name in metrics and isinstance(value, (int, float))
        }
    return results


@lru_cache(maxsize=1)
def _memory() -> duckdb.DuckDBPyConnection:
    return small_database()


def _where(filters: Mapping[str, Sequence[str]], runs: Sequence[str] | None) -> tuple[str, list[Any]]:
    parts, bound = ["true"], []
    for name in SLICE:
        if filters.get(name):
            parts.append(f"CAST({name} AS VARCHAR) IN (SELECT unnest(?))")
            bound.append(list(filters[name]))
    if runs is not None:
        parts.append("run IN (SELECT unnest(?))")
        bound.append(list(runs))
    return " AND ".join(parts), bound


def _weight(metric: str) -> str:
    """What a task counts in a persona's mean: its questions, or for pooled rates its replies."""
    return f"sum(n_{metric})" if METRIC_RECORDS[metric].pooled else f"max(n_{metric})"


def _levels(
    connection: duckdb.DuckDBPyConnection, targets: Mapping[str, Mapping[str, Target]]
) -> dict[tuple[str, str], float]:
    """``style_level`` of the characters that have a target, averaged over them."""
    rows = connection.execute(
        f"SELECT run, value, persona, {_RATE} FROM found WHERE {_RATE} IS NOT NULL"  # noqa: S608  (own column name)
    ).fetchall()
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run, value, persona, rate in rows:
        card = targets.get(run, {}).get(persona)
        level = style_level_of(rate, card.target_rate, card.tolerance) if card else None
        if level is not None:
            found[run, value].append(level)
    return {at: sum(values) / len(values) for at, values in found.items()}
