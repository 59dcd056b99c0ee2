"""The rows of the first page: ranking, heads of the summaries and, with filters, the slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import asdict as fields_of

from kikime.harness.reports.ranking.records import Ranking
from kikime.leaderboard.data.index import Entry, Head

Row = dict[str, Any]


def board_rows(entries: Sequence[Entry], result: Ranking) -> tuple[list[Row], list[Row], list[Row]]:
    """Ranked rows (best first), unranked ones, and runs that are neither, each joined with its head."""
    heads = {entry.id: entry.head for entry in entries if entry.head is not None}
    ranked = [_row(row.run, heads[row.run], fields_of(row)) for row in result.rows if row.run in heads]
    unranked = [_row(row.run, heads[row.run], fields_of(row)) for row in result.unranked if row.run in heads]
    placed = {row["run"] for row in (*ranked, *unranked)}
    reasons = {row.run: row.reason_codes for row in result.excluded}
    others = [
        _row(entry.id, entry.head, {"reason_codes": reasons.get(entry.id, [])})
        for entry in entries
        if entry.head is not None and entry.id not in placed
    ]
    return ranked, unranked, others


def _row(run: str, head: Head, ranked: Mapping[str, Any]) -> Row:
    return {
        "run": run,
        "name": head.name,
        "model": head.model.name,
        "rank": ranked.get("rank"),
        "rank_low": ranked.get("rank_low"),
        "rank_high": ranked.get("rank_high"),
        "overall": ranked.get("overall"),
        "ci_low": ranked.get("ci_low"),
        "ci_high": ranked.get("ci_high"),
        "p_best": ranked.get("p_best"),
        "areas": ranked.get("areas", {}),
        "areas_ci": ranked.get("areas_ci", {}),
        "critical": ranked.get("critical_failure_rate", head.mean("critical_failure")),
        "gate": bool(ranked.get("critical_gate_exceeded")),
        "coverage": ranked.get("coverage", head.coverage),
        "length": ranked.get("mean_length", head.mean("length_chars")),
        "truncation": head.health.get("truncation_rate"),
        "errors": head.health.get("error_rate"),
        "duplicates": head.health.get("duplicate_rate"),
        "judge_failures": head.judge_failures,
        "n": head.counts.get("done", 0),
        "tokens_per_second": head.perf.output_tokens_per_second,
        "params": head.model.n_params,
        "date": head.created_at[:10],
        "revision": (head.model.revision or head.model.fingerprint)[:8],
        "suite": head.suite,
        "reasons": ranked.get("reason_codes", []),
    }


def passing(rows: Sequence[Row], *, text: str, sizes: Sequence[str]) -> list[Row]:
    """Rows whose name, model or id contains ``text`` and whose size is in one of the classes."""
    wanted = text.casefold()
    return [
        row
        for row in rows
        if (not wanted or any(wanted in str(row[name]).casefold() for name in ("name", "model", "run", "suite")))
        and (not sizes or size_class(row["params"]) in sizes)
    ]


def ordered(rows: Sequence[Row], by: str) -> list[Row]:
    """Rows by one column, the better (or larger) first; ranks stay what they are, and rows without a value come last.

    >>> [row["name"] for row in ordered([{"name": "a", "length": None}, {"name": "b", "length": 3.0}], "length")]
    ['b', 'a']
    """

    def value(row: Row) -> Any:
        return row["areas"].get(by.removeprefix("area_")) if by.startswith("area_") else row.get(by)

    known = [row for row in rows if value(row) is not None]
    known.sort(key=value, reverse=by not in SMALL_FIRST)
    return known + [row for row in rows if value(row) is None]


SORTS = (
    "rank", "overall", "critical", "coverage", "length", "truncation", "judge_failures", "n", "tokens_per_second", "params",
    "date", "name",
)  # fmt: skip
"""Columns to sort by, besides the areas."""
SMALL_FIRST = ("rank", "critical", "truncation", "judge_failures", "name")

SIZES: dict[str, Callable[[int], bool]] = {
    "s": lambda n: n < 3e9,
    "m": lambda n: 3e9 <= n < 10e9,
    "l": lambda n: 10e9 <= n < 35e9,
    "xl": lambda n: n >= 35e9,
}
"""Classes of size by the number of parameters."""


def size_class(n_params: int | None) -> str:
    """The class of a model's size; ``unknown`` where it is not known."""
    return next((name for name, holds in SIZES.items() if n_params and holds(n_params)), "unknown")


def ranks(row: Mapping[str, Any]) -> str:
    """The interval of a rank, e.g. ``2–5``."""
    low, high = row["rank_low"], row["rank_high"]
    if low is None:
        return "—"
    return str(low) if low == high else f"{low}–{high}"
