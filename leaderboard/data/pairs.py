"""Two runs on the page: the comparison of ``kikime compare``, kept until a run changes, and replies side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from kikime.harness.core.axes import COMPARED
from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import write_atomically
from kikime.harness.core.hashing import digest
from kikime.harness.reports.comparison.records import Comparison, Example
from kikime.harness.reports.tables.margins import load_margins
from kikime.harness.store.rundir import RunDirectory, json_bytes
from kikime.leaderboard.data.cached import stamp
from kikime.leaderboard.data.index import cache_folder
from kikime.leaderboard.data.queries.samples import Sample, one, partner
from kikime.leaderboard.data.queries.tables import opened, records

_KEPT = 40


def comparison(a: RunDirectory, b: RunDirectory, *, common: bool = False, slices: bool = True) -> Comparison:
    """What ``kikime compare A B --json`` prints; computed once for the same tables.

    Without ``slices``, which take most of the time, those of the metrics are empty.

    Raises:
        UsageError: a run has no tables yet, or a score is not a number.
    """
    inputs = [str(a.path), stamp(a), str(b.path), stamp(b), common, slices, load_margins().version]
    path = cache_folder() / f"compare-{digest('compare', inputs)}.json"
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Comparison)
    from kikime.harness.reports.comparison.compare import compare

    report = compare(a, b, common=common, slices=slices)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json_bytes(report))
        for old in sorted(path.parent.glob("compare-*.json"), key=lambda file: file.stat().st_mtime_ns)[:-_KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, EnvironmentFault):
        pass  # it is computed again next time
    return report


class Flip(NamedTuple):
    """One request whose replies differ in a metric."""

    pair_key: str
    task: str
    item_id: str
    persona: str
    format: str
    shots: int
    user: str
    value_a: float | None
    value_b: float | None
    change: float
    """Better is positive."""


def most_changed(
    a: RunDirectory, b: RunDirectory, within: Mapping[str, Sequence[str]], *, common: bool
) -> dict[str, list[Example]]:
    """The examples of a comparison, of the replies under some of the axes of its slices only; as ``Comparison.examples``.

    Raises:
        UsageError: a run has no tables yet, or a score is not a number.
    """
    from kikime.harness.reports.comparison.examples import changed_replies
    from kikime.harness.reports.comparison.pairs import load_pair

    pair = load_pair(a, b, common=common)
    wanted = {name: list(within[name]) for name in COMPARED if within.get(name)}
    if not wanted:
        return changed_replies(pair)
    kept = pair.a[list(wanted)].astype(str).isin(wanted).all(axis=1)
    return changed_replies(replace(pair, a=pair.a[kept], b=pair.b[kept]))


def flips(
    a: RunDirectory,
    b: RunDirectory,
    metric: str,
    *,
    worse: bool,
    within: Mapping[str, Sequence[str]] | None = None,
    limit: int = 200,
) -> list[Flip]:
    """Pairs of replies in which a metric changed, the largest loss (or gain) first.

    ``within`` holds wanted values, as text, of the axes of a comparison's slices.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    from kikime.harness.reports.tables.margins import direction

    sign = -1.0 if direction(metric) == "lower" else 1.0
    with opened(a) as left, opened(b) as right:
        scores = [_scores(connection, metric) for connection in (left, right)]
        return _joined(left, scores, within or {}, sign=sign, worse=worse, limit=limit)


def _scores(connection: duckdb.DuckDBPyConnection, metric: str) -> pa.Table:
    query = "SELECT pair_key, value FROM scores JOIN samples USING (key) WHERE metric = ? AND value IS NOT NULL"
    return connection.sql(query, params=[metric]).to_arrow_table()


def _joined(
    connection: duckdb.DuckDBPyConnection,
    scores: list[pa.Table],
    within: Mapping[str, Sequence[str]],
    *,
    sign: float,
    worse: bool,
    limit: int,
) -> list[Flip]:
    for name, table in zip(("scores_a", "scores_b"), scores, strict=True):
        connection.register(name, table)
    wanted = {name: list(within[name]) for name in COMPARED if within.get(name)}
    where = "".join(f" AND CAST(s.{name} AS VARCHAR) IN (SELECT unnest(?))" for name in wanted)
    return records(
        connection.execute(
            f"""SELECT s.pair_key, s.task, s.item_id, s.persona, s.format, s.shots, s.user, a.value AS value_a,
                      b.value AS value_b, (b.value - a.value) * ? AS change
               FROM samples s JOIN scores_a a USING (pair_key) JOIN scores_b b USING (pair_key)
               WHERE a.value != b.value AND ((b.value - a.value) * ? < 0) = ?{where}
               ORDER BY abs(change) DESC, s.position, s.turn LIMIT ?""",  # noqa: S608  (own column names)
            [sign, sign, worse, *wanted.values(), limit],
        ),
        Flip,
    )


def token_ratio(a: RunDirectory, b: RunDirectory) -> float | None:
    """How many times as many tokens ``b`` wrote as ``a`` for the requests that both replied to, thinking included.

    None where an engine did not count them.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    query = "SELECT pair_key, n_output_tokens AS n FROM samples WHERE error IS NULL AND n_output_tokens IS NOT NULL"
    with opened(a) as left, opened(b) as right:
        left.register("others", right.sql(query).to_arrow_table())
        told = left.sql(f"SELECT sum(o.n) / nullif(sum(s.n), 0) FROM ({query}) s JOIN others o USING (pair_key)")  # noqa: S608
        (ratio,) = told.fetchall()[0]
    return None if ratio is None else float(ratio)


def replies(run: RunDirectory, pair_key: str) -> Sample | None:
    """The reply of a run to one request, with its metrics; None when it has none.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    key = partner(run, pair_key)
    return one(run, key) if key else None
