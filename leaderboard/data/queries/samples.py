"""Replies of a run, a page at a time, and one reply in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import duckdb
import msgspec

from kikime.harness.core.axes import PLACE, SLICE
from kikime.harness.metrics.registry import METRICS
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.verdicts import SCORE, score_of
from kikime.judges.verdicts.rubric import HIGH
from kikime.leaderboard.data.queries.tables import has_verdicts, opened, records, rows_of

Kind = TypeVar("Kind")
PAGE = 50
FACETS = (*SLICE, "turn")
"""Columns that replies can be filtered by."""
ORDERS = ("plan", "worst", "judge_low", "judge_high", "long", "short")
FLAGS = tuple(
    name for name, m in METRICS.items() if m.direction != "none" and (m.kind == "binary" or name == "forbidden_terms")
)
"""Metrics by which replies with a fault can be chosen."""
RANKED = tuple(name for name, m in METRICS.items() if m.direction != "none")
"""Metrics with a worse end, by which replies can be ordered."""
VERDICT = ("judge_id", "criterion", "score", "status")
"""Columns of verdicts that replies can be filtered by."""
_SHOWN = ("key", *PLACE, "repeat", "user")


@dataclass(frozen=True)
class Filter:
    """Which replies to show; empty parts do not filter."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Facet → wanted values, as text."""
    text: str = ""
    """Part of the user's line or of the reply."""
    flag: str = ""
    """Metric that is bad in every shown reply."""
    failed: bool = False
    """Only generations that failed."""
    item: str = ""
    """Only this item."""
    between: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Metric → lowest and highest wanted value."""
    verdict: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Column of :data:`VERDICT` → wanted values, as text: one verdict of the reply has them all."""
    keys: Sequence[str] | None = None
    """Only these replies."""
    order: str = "plan"
    metric: str = ""
    """The metric by which ``order`` is ``worst`` first."""


class Listed(msgspec.Struct):
    """A reply as a line of the list."""

    key: str
    task: str
    item_id: str
    persona: str
    format: str
    shots: int
    technique: str
    context: str
    turn: int
    repeat: int
    user: str
    response: str
    """Its first 300 characters."""
    finish_reason: str | None = None
    error: str | None = None
    length_chars: float | None = None
    critical_failure: float | None = None
    ranked: float | None = None
    """The metric by which the list is ordered."""
    judge: float | None = None
    """Mean of the scores by the judges and criteria that the filter names, by all where it names none: those of the widest
    scale among them, which is 1–7."""


class Spoken(msgspec.Struct):
    """One line of the dialogue before a reply."""

    role: str = ""
    content: str = ""


class Judgement(msgspec.Struct):
    """What a judge answered to one criterion."""

    judge_id: str
    protocol: str
    rubric: str
    criterion: str
    status: str
    score: int | None = None
    expected_score: float | None = None
    rationale: str | None = None
    evidence: list[str] | None = None
    error: str | None = None
    scale: int | None = None

    @property
    def high(self) -> int:
        """The highest point of its scale, which old versions did not write."""
        return self.scale or HIGH

    @property
    def counted(self) -> float | None:
        """What counts of it: the expected score where the judge gave probabilities, else the score."""
        return score_of({"score": self.score, "expected_score": self.expected_score})


class Sample(msgspec.Struct):
    """One reply in full."""

    key: str
    pair_key: str
    task: str
    item_id: str
    persona: str
    format: str
    shots: int
    user: str
    prompt: str
    response: str
    technique: str = ""
    context: str = ""
    turn: int = 0
    repeat: int = 0
    seed: int | None = None
    shot_style: str | None = None
    example_set: int | None = None
    system: str | None = None
    history: str | None = None
    """JSON; :func:`read_dialogue` reads it."""
    examples: str | None = None
    expect: str | None = None
    finish_reason: str | None = None
    stop_reason: str | int | None = None
    error: str | None = None
    n_prompt_tokens: int | None = None
    n_output_tokens: int | None = None
    reasoning: str | None = None
    """What the model thought before it; None where it did not, and in runs of 0.1.0."""
    n_reasoning_tokens: int | None = None
    latency_ms: float | None = None
    metrics: dict[str, float | None] = {}
    verdicts: list[Judgement] = []

    @property
    def n_chars(self) -> int:
        """Characters as the metric counts them: graphemes, without white space at either end."""
        measured = self.metrics.get("length_chars")
        return len(self.response.strip()) if measured is None else round(measured)

    def shown_examples(self) -> list[str]:
        """The lines that the prompt showed; none where they cannot be read."""
        return _read(self.examples, list[str]) or []

    def expected(self) -> dict[str, object]:
        """What the item expects of the reply; nothing where it cannot be read."""
        return _read(self.expect, dict[str, object]) or {}


def read_dialogue(history: str | None) -> list[Spoken]:
    """The lines before a reply; none where they cannot be read."""
    return _read(history, list[Spoken]) or []


def _read(text: str | None, kind: type[Kind]) -> Kind | None:
    try:
        return msgspec.json.decode(text or "", type=kind)
    except msgspec.DecodeError:
        return None


@dataclass(frozen=True)
class Page:
    """One page of replies."""

    rows: list[Listed]
    total: int
    """Replies that pass the filter."""


def facets(run: RunDirectory) -> dict[str, list[str]]:
    """Values of each facet, in the plan's order.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    columns = ", ".join(FACETS)
    with opened(run) as connection:
        found = connection.execute(
            f"SELECT {columns} FROM samples GROUP BY {columns} ORDER BY min(position), min(turn)"  # noqa: S608
        ).fetchall()
    return {name: list(dict.fromkeys(str(row[at]) for row in found)) for at, name in enumerate(FACETS)}


def page_of(run: RunDirectory, chosen: Filter, page: int = 1) -> Page:
    """One page of the replies that pass; ``page`` is 1-based.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    judged = has_verdicts(run)
    where, values = _where(chosen, judged=judged)
    with opened(run) as connection:
        counted = connection.execute(f"SELECT count(*) FROM samples s WHERE {where}", values).fetchall()  # noqa: S608
        order, order_values = _order(chosen, judged=judged)
        keys = connection.execute(
            f"""SELECT s.key FROM samples s {order[0]} WHERE {where}
                ORDER BY {order[1]}, position, turn LIMIT {PAGE} OFFSET ?""",  # noqa: S608
            [*order_values, *values, (max(page, 1) - 1) * PAGE],
        ).fetchall()
        rows = _rows(connection, [key for (key,) in keys], chosen, judged=judged)
    return Page(rows, int(counted[0][0]))


def every(run: RunDirectory, chosen: Filter, limit: int = 5_000) -> list[dict[str, object]]:
    """The first ``limit`` replies that pass, in full and in the chosen order, for a download.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    judged = has_verdicts(run)
    where, values = _where(chosen, judged=judged)
    order, order_values = _order(chosen, judged=judged)
    columns = ", ".join(f"s.{name}" for name in _SHOWN)
    with opened(run) as connection:
        return rows_of(
            connection.execute(
                f"""SELECT {columns}, s.response, s.finish_reason, s.error FROM samples s {order[0]}
                    WHERE {where} ORDER BY {order[1]}, position, turn LIMIT ?""",  # noqa: S608
                [*order_values, *values, limit],
            )
        )


def verdict_values(run: RunDirectory) -> dict[str, list[str]]:
    """Values of each column of :data:`VERDICT`; nothing where nobody has judged.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    if not has_verdicts(run):
        return {}
    columns = ", ".join(VERDICT)
    with opened(run) as connection:
        found = connection.execute(f"SELECT DISTINCT {columns} FROM judge").fetchall()  # noqa: S608
    return {name: sorted({str(row[at]) for row in found if row[at] is not None}) for at, name in enumerate(VERDICT)}


def one(run: RunDirectory, key: str) -> Sample | None:
    """One reply with its metrics and verdicts; None when the run has none of that key.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as connection:
        found = rows_of(connection.execute("SELECT * FROM samples WHERE key = ?", [key]))
        if not found:
            return None
        scores = connection.execute("SELECT metric, value FROM scores WHERE key = ?", [key]).fetchall()
        judged = has_verdicts(run)
        verdicts = (
            rows_of(connection.execute("SELECT * FROM judge WHERE key = ? ORDER BY judge_id, rubric, criterion", [key]))
            if judged
            else []
        )
    measured = dict(scores)
    ordered = {name: measured[name] for name in METRICS if name in measured}
    whole = found[0] | {"metrics": ordered | measured, "verdicts": verdicts}
    return msgspec.convert(whole, Sample, strict=False)


def partner(run: RunDirectory, pair_key: str) -> str | None:
    """The key of the reply that another run gave to the same request.

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    with opened(run) as connection:
        found = connection.execute("SELECT key FROM samples WHERE pair_key = ?", [pair_key]).fetchall()
    return str(found[0][0]) if found else None


def _where(chosen: Filter, *, judged: bool) -> tuple[str, list[object]]:
    parts = ["true"]
    values: list[object] = []
    for name in FACETS:
        if chosen.values.get(name):
            parts.append(f"CAST(s.{name} AS VARCHAR) IN (SELECT unnest(?))")
            values.append(list(chosen.values[name]))
    if chosen.text:
        parts.append("(contains(s.response, ?) OR contains(s.user, ?))")
        values += [chosen.text, chosen.text]
    if chosen.item:
        parts.append("s.item_id = ?")
        values.append(chosen.item)
    if chosen.keys is not None:
        parts.append("s.key IN (SELECT unnest(?::VARCHAR[]))")
        values.append(list(chosen.keys))
    if chosen.failed:
        parts.append("s.error IS NOT NULL")
    metric = METRICS.get(chosen.flag)
    if metric is not None:
        bad = "value < 1" if metric.direction == "higher" else "value > 0"
        parts.append(f"s.key IN (SELECT key FROM scores WHERE metric = ? AND {bad})")  # noqa: S608  (one of two fixed texts)
        values.append(metric.name)
    for name, (low, high) in chosen.between.items():
        parts.append("s.key IN (SELECT key FROM scores WHERE metric = ? AND value BETWEEN ? AND ?)")
        values += [name, low, high]
    wanted = {name: list(chosen.verdict[name]) for name in VERDICT if chosen.verdict.get(name)}
    if wanted and judged:
        same = " AND ".join(f"CAST({name} AS VARCHAR) IN (SELECT unnest(?))" for name in wanted)
        parts.append(f"s.key IN (SELECT key FROM current_judge WHERE {same})")  # noqa: S608  (own column names)
        values += wanted.values()
    return " AND ".join(parts), values


def _judged(chosen: Filter) -> tuple[str, list[object]]:
    """The mean score of each reply, by the judges and criteria that were chosen, before its GROUP BY."""
    wanted = {name: list(chosen.verdict[name]) for name in ("judge_id", "criterion") if chosen.verdict.get(name)}
    where = "status = 'ok'" + "".join(f" AND {name} IN (SELECT unnest(?))" for name in wanted)
    widest = f"(SELECT max(scale) FROM current_judge WHERE {where})"  # noqa: S608  (own names)
    query = f"SELECT key, avg({SCORE}) AS judged FROM current_judge WHERE {where} AND scale = {widest}"  # noqa: S608
    return query, [*wanted.values(), *wanted.values()]


def _order(chosen: Filter, *, judged: bool) -> tuple[tuple[str, str], list[object]]:
    """A join and an ORDER BY expression, made of fixed text only."""
    direction = "ASC" if chosen.order.endswith("_low") else "DESC"
    if chosen.order == "worst" and chosen.metric in METRICS:
        join = "LEFT JOIN (SELECT key, value FROM scores WHERE metric = ?) m ON m.key = s.key"
        worst = "DESC" if METRICS[chosen.metric].direction == "lower" else "ASC"
        return (join, f"m.value {worst} NULLS LAST"), [chosen.metric]
    if chosen.order.startswith("judge_") and judged:
        query, values = _judged(chosen)
        return (f"LEFT JOIN ({query} GROUP BY key) m ON m.key = s.key", f"m.judged {direction} NULLS LAST"), values
    if chosen.order in {"long", "short"}:
        return ("", f"length(s.response) {'DESC' if chosen.order == 'long' else 'ASC'}"), []
    return ("", "position"), []


def _rows(connection: duckdb.DuckDBPyConnection, keys: list[str], chosen: Filter, *, judged: bool) -> list[Listed]:
    """The table's rows of ``keys``, in that order; long texts are cut in SQL."""
    if not keys:
        return []
    columns = ", ".join(f"s.{name}" for name in _SHOWN)
    found = records(
        connection.execute(
            f"""SELECT {columns}, left(s.response, 300) AS response, s.finish_reason, s.error
                FROM samples s WHERE s.key IN (SELECT unnest(?))""",  # noqa: S608
            [keys],
        ),
        Listed,
    )
    scores = connection.execute(
        """SELECT key, metric, value FROM scores WHERE key IN (SELECT unnest(?))
           AND metric IN ('length_chars', 'critical_failure', ?)""",
        [keys, chosen.metric],
    ).fetchall()
    query, values = _judged(chosen)
    asked = f"{query} AND key IN (SELECT unnest(?)) GROUP BY key"
    means = connection.execute(asked, [*values, keys]).fetchall() if judged else []
    by_key = {row.key: row for row in found}
    for key, metric, value in scores:
        if metric == chosen.metric:
            by_key[key].ranked = value
        if metric in {"length_chars", "critical_failure"}:
            setattr(by_key[key], metric, value)
    for key, mean in means:
        by_key[key].judge = mean
    return [by_key[key] for key in keys]
