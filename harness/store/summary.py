"""The summary of a run: what the leaderboard's first page and ``kikime show`` read."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from kikime.harness.core.axes import SLICE, without
from kikime.harness.core.reasons import Reason
from kikime.harness.metrics import METRICS
from kikime.harness.store.database import Table, open_tables, small_database
from kikime.harness.store.due import DueReplies
from kikime.harness.store.lines import StoredLines
from kikime.harness.store.means import ENDING, group_means, place_values, targets_of
from kikime.harness.store.records import (
    Group,
    Health,
    JudgedMean,
    Measured,
    Performance,
    Quartiles,
    Series,
    Session,
    SliceSums,
    Summary,
    SummaryHead,
)
from kikime.harness.store.rundir import RunDirectory, read_json, write_json
from kikime.harness.store.verdicts import SCORE, age_verdicts

_HEAD = msgspec.json.Decoder(SummaryHead)


def summarise(run: RunDirectory) -> Summary:
    """Compute the summary from the tables and write it beside them.

    Raises:
        UsageError: a table is broken.
    """
    summary = summary_of(run)
    write_json(run.summary_file, summary)
    return summary


def summary_of(run: RunDirectory) -> Summary:
    """What the tables give, without writing it.

    Raises:
        UsageError: a table is broken.
    """
    manifest = run.manifest()
    judged: tuple[Table, ...] = ("judge",) if run.judge_file.is_file() else ()
    with open_tables(run, "samples", "scores", *judged, connect=small_database) as connection:
        place_values(connection, manifest)
        targets = targets_of(manifest)
        whole = group_means(connection, targets, ())
        endings = group_means(connection, targets, (ENDING,))
        slices = _slices(connection)
        counts = _counts(connection, planned=manifest["plan"]["n_replies"] - StoredLines(run).n_unspoken)
        lengths = _lengths(connection)
        duplicates = _duplicate_rate(connection)
        verdicts = _verdicts(connection, run, DueReplies(manifest)) if judged else []
    checkpoint = manifest["checkpoint"]
    return Summary(
        run=run.id,
        name=manifest["name"],
        created_at=manifest["created_at"],
        state="complete" if counts["done"] == counts["planned"] else "partial",
        suite=manifest["suite"]["id"],
        model=Measured(
            name=checkpoint["name"],
            reference=checkpoint["reference"],
            fingerprint=checkpoint["fingerprint"],
            n_params=checkpoint["n_params"],
            revision=checkpoint["revision"],
        ),
        hashes=dict(manifest["hashes"]),
        counts=counts,
        coverage=counts["done"] / counts["planned"],
        metrics=whole[()].metrics if whole else {},
        endings={str(key[0]): _style_of(group) for key, group in endings.items()},
        targets=targets,
        health=Health(
            error_rate=counts["errors"] / max(counts["done"], 1),
            truncation_rate=counts["truncated"] / max(counts["done"], 1),
            duplicate_rate=duplicates,
        ),
        lengths=lengths,
        judge=verdicts,
        judge_drift=next((drift["warning"] for drift in _drifts(run)), None),
        perf=_performance(run.sessions()),
        slices=slices,
        series=msgspec.convert(manifest.get("series"), Series | None),
    )


def read_head(file: Path) -> SummaryHead:
    """The head of a ``summary.json``; its slices are skipped, not built.

    Raises:
        OSError: it cannot be read.
        msgspec.DecodeError: it is broken, or lacks what every version has written.
    """
    return _HEAD.decode(file.read_bytes())


def _style_of(group: Group) -> Group:
    """The part of a group that how a reply ends can distort: lengths and voice."""
    kept = {name for name in group.metrics if name in METRICS and METRICS[name].group in {"length", "style"}}
    return Group(group.n, {name: found for name, found in group.metrics.items() if name in kept})


def _slices(connection: duckdb.DuckDBPyConnection) -> list[SliceSums]:
    columns = ", ".join(SLICE)
    counted = connection.execute(
        f"SELECT {columns}, count(*) FROM samples GROUP BY ALL ORDER BY ALL"  # noqa: S608  (own column names)
    ).fetchall()
    measured = connection.execute(
        f"""SELECT {columns}, metric, count(value), sum(value) FROM scores JOIN samples USING (key)
            WHERE value IS NOT NULL GROUP BY ALL ORDER BY ALL"""  # noqa: S608
    ).fetchall()
    slices = {
        row[:-1]: SliceSums(**dict(zip(SLICE, row, strict=False)), n=row[-1], metrics={}, questions={})
        for row in counted
    }
    for *where, metric, n, total in measured:
        slices[tuple(where)].metrics[metric] = (n, total)
    questions: dict[tuple[object, ...], dict[str, tuple[int, float]]] = defaultdict(dict)
    for *where, metric, n, total in connection.execute(
        f"""WITH questions AS (SELECT {columns}, item_id, metric, avg(value) AS mean FROM measured GROUP BY ALL)
            SELECT {columns}, metric, count(*), sum(mean) FROM questions GROUP BY ALL ORDER BY ALL"""  # noqa: S608
    ).fetchall():
        questions[tuple(where)][metric] = (n, total)
    for place, entry in slices.items():
        spread = [metric for metric in entry.metrics if not (metric in METRICS and METRICS[metric].pooled)]
        own = {metric: questions[place].get(metric, (0, 0.0)) for metric in spread}
        entry.questions.update({name: sums for name, sums in own.items() if not _alike(sums, entry.metrics[name])})
    return list(slices.values())


def _alike(a: tuple[int, float], b: tuple[int, float]) -> bool:
    """Whether two sums are the same but for the order in which they were added, which threads leave to chance."""
    return a[0] == b[0] and math.isclose(a[1], b[1], rel_tol=1e-12, abs_tol=1e-12)


def _counts(connection: duckdb.DuckDBPyConnection, *, planned: int) -> dict[str, int]:
    row = connection.execute(
        """SELECT count(*), count(error), count(*) FILTER (finish_reason = 'length'),
                  count(DISTINCT (persona, task, item_id)),
                  coalesce(sum(n_prompt_tokens), 0)::BIGINT, coalesce(sum(n_output_tokens), 0)::BIGINT FROM samples"""
    ).fetchall()[0]
    names = ("done", "errors", "truncated", "items", "prompt_tokens", "output_tokens")
    return {"planned": planned, **dict(zip(names, row, strict=True))}


def _lengths(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Quartiles]]:
    rows = connection.execute(
        """SELECT persona, metric, count(value), avg(value), median(value),
                  quantile_cont(value, 0.25), quantile_cont(value, 0.75)
           FROM scores JOIN samples USING (key) WHERE metric IN ('length_chars', 'sentences') AND error IS NULL
           GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    result: dict[str, dict[str, Quartiles]] = defaultdict(dict)
    for persona, metric, *values in rows:
        result[persona][metric] = Quartiles(*values)
    return dict(result)


def _duplicate_rate(connection: duckdb.DuckDBPyConnection) -> float:
    """Share of free replies whose text another reply to a different user turn of the same cell family repeats.

    Labels that were chosen by log-probability repeat by design and do not count.
    """
    family = ", ".join(without(SLICE, "task"))
    row = connection.execute(
        f"""SELECT coalesce(1 - count(DISTINCT ({family}, response))
                   / nullif(count(DISTINCT ({family}, user)), 0)::DOUBLE, 0)
            FROM samples WHERE error IS NULL AND repeat = 0 AND turn = 0 AND example_set = 0
            AND logprobs IS NULL"""  # noqa: S608  (own column names)
    ).fetchall()[0]
    return max(0.0, float(row[0]))


def _verdicts(connection: duckdb.DuckDBPyConnection, run: RunDirectory, due: DueReplies) -> list[JudgedMean]:
    """One entry per judge, protocol, rubric and criterion: mean over questions and personas, number of scores, other statuses.

    Only verdicts by a rubric's newest content count.
    """
    age_verdicts(connection, run)
    rows = connection.execute(
        f"""WITH questions AS (
             SELECT judge_id, protocol, rubric, criterion, scale, persona, task, item_id, avg({SCORE}) FILTER (status = 'ok') AS mean,
                    count(*) FILTER (status = 'ok') AS n,
                    list(key) FILTER (status = 'ok') AS scored, count(*) FILTER (status != 'ok') AS unscored
             FROM verdicts JOIN samples USING (key) WHERE age = 0 GROUP BY ALL),
           personas AS (
             SELECT judge_id, protocol, rubric, criterion, scale, persona, avg(mean) AS mean, sum(n) AS n, sum(unscored) AS unscored,
                    flatten(list(scored) FILTER (scored IS NOT NULL)) AS scored
             FROM questions GROUP BY ALL)
           SELECT judge_id, protocol, rubric, criterion, sum(n)::BIGINT, avg(mean), sum(unscored)::BIGINT,
                  flatten(list(scored) FILTER (scored IS NOT NULL)), scale
           FROM personas GROUP BY ALL ORDER BY ALL"""  # noqa: S608  (fixed text)
    ).fetchall()
    replies = connection.execute("SELECT key, task, item_id, turn, error IS NOT NULL AS failed FROM samples").df()
    replies, found = replies.set_index("key"), []
    for judge, protocol, rubric, criterion, n, mean, unscored, scored, scale in rows:
        coverage = due.coverage(f"{rubric}.{criterion}", replies, set(scored or ()))
        counted = (coverage.due, coverage.share, scale)
        found.append(JudgedMean(judge, protocol, rubric, criterion, n, mean, unscored, *counted))
    return found


def judge_drift(run: RunDirectory) -> Reason | None:
    """That a judge's latest comparison with its first scores shows that it has changed; None when there is none."""
    for drift in _drifts(run):
        values = {"judge": str(drift["judge_id"]), "since": str(drift.get("since")), "change": drift["mean_change"]}
        return Reason("judge_drifted", values | {"qwk": drift.get("qwk") or 0.0})
    return None


def _drifts(run: RunDirectory) -> list[dict[str, Any]]:
    """The latest comparison of each judge that has a warning."""
    sessions = (read_json(run.path / "judge.json") or {}).get("sentinel")
    known = [s for s in sessions if isinstance(s, dict)] if isinstance(sessions, list) else []
    latest = {(s.get("judge_id"), s.get("protocol")): s for s in known if s.get("mean_change") is not None}
    return [session for session in latest.values() if session.get("warning")]


def _performance(sessions: Sequence[Session]) -> Performance:
    seconds = sum(session.generate_seconds for session in sessions)
    tokens = sum(session.n_output_tokens for session in sessions)
    return Performance(
        sessions=len(sessions),
        load_seconds=sum(session.load_seconds for session in sessions),
        generate_seconds=seconds,
        output_tokens_per_second=tokens / seconds if seconds else None,
        device=sessions[-1].engine.get("device") if sessions else None,
    )
