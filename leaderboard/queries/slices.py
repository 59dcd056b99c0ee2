"""Sums of every run's slices, for filters and the heat map of the first page: derived, deletable, rebuilt where needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from harness.hashing import digest
from harness.store.summary import overall
from leaderboard.index import Entry, Index, cache_folder

METRICS = (
    "critical_failure", "length_fit", "sentence_fit", "fact_correct", "constraint_ok", "first_person_ok", "length_chars",
    "no_eos", "turn_leak",
)  # fmt: skip
"""Metrics that a slice is described by, beside the pooled ``style_band``."""
MOST_SHOTS = 8
_STORED = (*METRICS, "marker_sentences", "eligible_sentences")
FACETS = ("task", "persona", "format", "shots", "technique", "context")
_SCHEMA = pa.schema(
    [("run", pa.string()), ("signature", pa.string())]
    + [(name, pa.int32() if name == "shots" else pa.string()) for name in FACETS]
    + [(f"{kind}_{name}", pa.float64()) for name in _STORED for kind in ("n", "sum")]
)


class Slices:
    """The slices of all runs as one table, kept beside the index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._file = cache_folder() / f"slices-{digest('runs', str(index.runs.resolve()))}.parquet"
        self._table = _read(self._file)

    def table(self, entries: Sequence[Entry]) -> pa.Table:
        """The table of ``entries``; only runs that changed since the last time are read."""
        wanted = {entry.id: str(entry.signature) for entry in entries if entry.head is not None}
        have = dict(zip(*(self._table.column(name).to_pylist() for name in ("run", "signature")), strict=True))
        stale = [run for run, signature in wanted.items() if have.get(run) != signature]
        gone = [run for run, signature in have.items() if wanted.get(run) != signature]
        if stale or gone:
            self._refresh(stale, gone, wanted)
        return self._table

    def _refresh(self, stale: Sequence[str], gone: Sequence[str], wanted: Mapping[str, str]) -> None:
        import pyarrow.compute as pc

        kept = self._table.filter(pc.invert(pc.is_in(self._table["run"], pa.array(gone, pa.string()))))
        fresh = [_rows(self._index.runs / run, run, wanted[run]) for run in stale]
        self._table = pa.concat_tables([kept, *fresh]).combine_chunks()
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._file.with_suffix(".tmp")
            pq.write_table(self._table, temporary, compression="zstd")
            temporary.replace(self._file)
        except OSError:
            return  # only the next process has to read the summaries again


def _read(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException):
        return _SCHEMA.empty_table()
    return table if table.schema.equals(_SCHEMA) else _SCHEMA.empty_table()


def _rows(path: Path, run: str, signature: str) -> pa.Table:
    try:
        slices = orjson.loads((path / "summary.json").read_bytes())["slices"]
        columns: dict[str, list[Any]] = {"run": [run] * len(slices), "signature": [signature] * len(slices)}
        columns |= {name: [entry[name] for entry in slices] for name in FACETS}
        for metric in _STORED:
            pairs = [entry["metrics"].get(metric) or (0, 0.0) for entry in slices]
            columns[f"n_{metric}"] = [float(n) for n, _ in pairs]
            columns[f"sum_{metric}"] = [float(total) for _, total in pairs]
        return pa.table(columns, schema=_SCHEMA)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, pa.ArrowException):
        return _SCHEMA.empty_table()


def offered(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """What a visitor can filter by, from the heads alone: tasks, characters and formats of any run, and shots."""
    found: dict[str, set[str]] = {name: set() for name in ("task", "persona", "format")}
    for entry in entries:
        hashes = entry.head.hashes if entry.head is not None else {}
        for name, kinds in found.items():
            kinds |= set(hashes.get(f"{name}s") or ())
    return {name: sorted(kinds) for name, kinds in found.items()} | {"shots": [str(n) for n in range(MOST_SHOTS + 1)]}


def means(
    table: pa.Table,
    targets: Mapping[str, Mapping[str, Any]],
    filters: Mapping[str, Sequence[str]],
    *,
    by: str | None = None,
) -> dict[tuple[str, str], dict[str, float]]:
    """Means of every metric per run (and value of ``by``) over the slices that pass: mean over personas, pooled rates.

    Args:
        table: from :meth:`Slices.table`.
        targets: run → persona → ``target_rate`` and ``tolerance``, from the heads.
        filters: facet → wanted values; empty ones do not filter.
        by: one of :data:`FACETS`, or None for the whole.
    """
    assert by is None or by in FACETS
    where, bound = ["true"], []
    for name in FACETS:
        if filters.get(name):
            where.append(f"CAST({name} AS VARCHAR) IN (SELECT unnest(?))")
            bound.append(list(filters[name]))
    sums = ", ".join(f"sum(n_{name}), sum(sum_{name})" for name in _STORED)
    group = f"CAST({by} AS VARCHAR)" if by else "''"
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("slices", table)
        found = connection.execute(
            f"""SELECT run, {group}, persona, {sums} FROM slices
                WHERE {" AND ".join(where)} GROUP BY ALL""",  # noqa: S608  (own column names)
            bound,
        ).fetchall()
    cells: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for run, value, persona, *numbers in found:
        metrics = {name: (numbers[2 * at], numbers[2 * at + 1]) for at, name in enumerate(_STORED)}
        metrics["style_band"] = metrics["marker_sentences"]
        cells[run, value].append({"persona": persona, "metrics": {k: v for k, v in metrics.items() if v[0]}})
    return {where: _means(entries, targets.get(where[0], {})) for where, entries in cells.items()}


def _means(entries: list[dict[str, Any]], targets: Mapping[str, Any]) -> dict[str, float]:
    known = {e["persona"]: targets.get(e["persona"], {"target_rate": None, "tolerance": 0.3}) for e in entries}
    return {name: found["mean"] for name, found in overall(entries, known).items()}
