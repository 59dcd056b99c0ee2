"""The rows of the first page: ranking, heads of the summaries and, with filters, the slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import msgspec
from msgspec.structs import replace

from kikime.harness.core.axes import COMPARED, without
from kikime.harness.core.reasons import Reason
from kikime.harness.reports.ranking.records import Described, RankedRow, Ranking
from kikime.harness.store.about import About
from kikime.leaderboard.data.index import Entry, Head

Missing = float | None
SLICED = without(COMPARED, "technique")
"""The axes that the first page is filtered by."""


class Row(msgspec.Struct, kw_only=True, frozen=True):
    """One run as the first page shows it; what belongs to a rank is None or empty for runs without one."""

    run: str
    name: str
    model: str
    suite: str
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    overall: Missing = None
    """Mean of the areas, 0–100."""
    ci_low: Missing = None
    ci_high: Missing = None
    p_best: Missing = None
    areas: dict[str, float] = {}
    areas_ci: dict[str, tuple[Missing, Missing]] = {}
    critical: Missing = None
    """Share of critical failures, 0–1."""
    gate: bool = False
    """Whether that share is too large."""
    coverage: Missing = None
    length: Missing = None
    """Mean characters of a reply."""
    truncation: Missing = None
    judge_failures: Missing = None
    """Share of verdicts without a score, 0–1."""
    n: int = 0
    """Replies."""
    tokens_per_second: Missing = None
    params: int | None = None
    link: str | None = None
    """What people say of the model, as ``license`` and ``type``."""
    license: str | None = None
    type: str | None = None
    pinned: bool = False
    """Whether the visitor keeps it on top."""
    date: str = ""
    revision: str = ""
    p_above: dict[str, float] = {}
    """Other run → how surely this one is above it, 0–1."""
    judge_alpha: Missing = None
    """Of a panel of judges: Krippendorff's alpha, the mean over the criteria."""
    slices: dict[str, float] = {}
    """Metric → its mean over the chosen slice."""
    reasons: list[Reason] = []
    """Why there is no rank."""

    @property
    def ranks(self) -> str:
        """The interval of the rank, e.g. ``2–5``."""
        if self.rank_low is None:
            return "—"
        return str(self.rank_low) if self.rank_low == self.rank_high else f"{self.rank_low}–{self.rank_high}"

    def value(self, column: str) -> str | float | None:
        """What a column of :data:`SORTS`, an area (``area_ID``) or a metric of the slice (``slice_METRIC``), holds."""
        if column.startswith("area_"):
            return self.areas.get(column.removeprefix("area_"))
        if column.startswith("slice_"):
            return self.slices.get(column.removeprefix("slice_"))
        found: str | float | None = getattr(self, column)
        return found


def board_rows(entries: Sequence[Entry], result: Ranking) -> tuple[list[Row], list[Row], list[Row]]:
    """Ranked rows (best first), unranked ones, and runs that are neither, each joined with its head."""
    heads = {entry.id: entry.head for entry in entries if entry.head is not None}
    ranked = [_ranked(row, heads[row.run]) for row in result.rows if row.run in heads]
    unranked = [
        replace(_described(row, heads[row.run]), reasons=row.reason_codes)
        for row in result.unranked
        if row.run in heads
    ]
    placed = {row.run for row in (*ranked, *unranked)}
    reasons = {row.run: row.reason_codes for row in result.excluded}
    others = [
        replace(_row(run, head), reasons=reasons.get(run, [])) for run, head in heads.items() if run not in placed
    ]
    return ranked, unranked, others


def with_about(rows: Sequence[Row], said: Mapping[str, About]) -> list[Row]:
    """The rows with what people say of each model."""
    return [_saying(row, said[row.run]) if row.run in said else row for row in rows]


def _saying(row: Row, about: About) -> Row:
    return replace(row, link=about.link, license=about.license, type=about.type, params=about.params or row.params)


def _row(run: str, head: Head) -> Row:
    """What the head alone says."""
    return Row(
        run=run,
        name=head.name,
        model=head.model.name,
        suite=head.suite,
        critical=head.mean("critical_failure"),
        coverage=head.coverage,
        length=head.mean("length_chars"),
        truncation=head.health.truncation_rate,
        judge_failures=head.judge_failures,
        n=head.counts.get("done", 0),
        tokens_per_second=head.perf.output_tokens_per_second,
        params=head.model.n_params,
        date=head.created_at[:10],
        revision=(head.model.revision or head.model.fingerprint)[:8],
    )


def _described(found: Described, head: Head) -> Row:
    return replace(
        _row(found.run, head),
        critical=found.critical_failure_rate,
        gate=found.critical_gate_exceeded,
        coverage=found.coverage,
        length=found.mean_length,
        truncation=found.truncation_rate,
        n=found.n_replies,
    )


def _ranked(found: RankedRow, head: Head) -> Row:
    return replace(
        _described(found, head),
        rank=found.rank,
        rank_low=found.rank_low,
        rank_high=found.rank_high,
        overall=found.overall,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        p_best=found.p_best,
        p_above=found.p_above,
        areas=found.areas,
        areas_ci=found.areas_ci,
        judge_alpha=found.judge_alpha,
    )


def reweighted(rows: Sequence[Row], weights: Mapping[str, float]) -> list[Row]:
    """The rows ordered by a visitor's own weights of the areas; intervals are gone, as they belong to equal weights.

    >>> about = {"model": "m", "suite": "quick"}
    >>> rows = [Row(run="a", name="a", areas={"x": 10.0, "y": 50.0}, **about),
    ...         Row(run="b", name="b", areas={"x": 40.0, "y": 0.0}, **about)]
    >>> [(row.run, row.rank, row.overall) for row in reweighted(rows, {"x": 3.0, "y": 1.0})]
    [('b', 1, 30.0), ('a', 2, 20.0)]
    """
    total = sum(weights.values())
    if not rows or total <= 0:
        return list(rows)
    scored = [(sum(weights.get(area, 0.0) * value for area, value in row.areas.items()) / total, row) for row in rows]
    return [
        replace(
            row,
            overall=overall,
            rank=1 + sum(other > overall for other, _ in scored),
            ci_low=None,
            ci_high=None,
            rank_low=None,
            rank_high=None,
            p_best=None,
            p_above={},
        )
        for overall, row in sorted(scored, key=lambda pair: (-pair[0], pair[1].run))
    ]


@dataclass(frozen=True)
class Wanted:
    """Which models the visitor wants to see; empty parts do not filter."""

    text: str = ""
    """Part of the name, the model, the id or the suite."""
    sizes: Sequence[str] = ()
    types: Sequence[str] = ()
    licenses: Sequence[str] = ()


def passing(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """The rows of models that are wanted."""
    text = wanted.text.casefold()
    chosen = (wanted.sizes, wanted.types, wanted.licenses)
    return [
        row
        for row in rows
        if any(text in told.casefold() for told in (row.name, row.model, row.run, row.suite))
        and all(
            not some or own in some
            for some, own in zip(chosen, (size_class(row.params), row.type, row.license), strict=True)
        )
    ]


def pinned(rows: Sequence[Row], first: Sequence[Row], runs: Sequence[str]) -> list[Row]:
    """The rows with those of ``runs`` on top, in the order given, whether or not the filter lets them pass.

    ``first`` holds every row that can be pinned.

    >>> rows = [Row(run=name, name=name, model="m", suite="s") for name in "abc"]
    >>> [(row.run, row.pinned) for row in pinned(rows[:2], rows, ["c"])]
    [('c', True), ('a', False), ('b', False)]
    """
    top = [replace(row, pinned=True) for run in runs for row in first if row.run == run]
    return top + [row for row in rows if row.run not in runs]


def ordered(rows: Sequence[Row], by: str) -> list[Row]:
    """Rows by one column, the better (or larger) first; ranks stay what they are, and rows without a value come last.

    >>> rows = [Row(run=name, name=name, model="m", suite="s", length=length) for name, length in (("a", None), ("b", 3))]
    >>> [row.name for row in ordered(rows, "length")]
    ['b', 'a']
    """
    known = [(value, row) for row in rows if (value := row.value(by)) is not None]
    known.sort(key=itemgetter(0), reverse=by not in SMALL_FIRST)
    return [row for _, row in known] + [row for row in rows if row.value(by) is None]


SORTS = (
    "rank",
    "overall",
    "critical",
    "coverage",
    "length",
    "truncation",
    "judge_failures",
    "n",
    "tokens_per_second",
    "params",
    "date",
    "name",
)
"""Columns to sort by, besides the areas."""
SMALL_FIRST = ("rank", "critical", "truncation", "judge_failures", "name", "slice_critical_failure")

SIZES: dict[str, Callable[[int], bool]] = {
    "s": lambda n: n < 3e9,
    "m": lambda n: 3e9 <= n < 10e9,
    "l": lambda n: 10e9 <= n < 35e9,
    "xl": lambda n: n >= 35e9,
}
"""Classes of size by the number of parameters."""


LIMITS = (2e9, 4e9, 8e9, 15e9, 35e9)
"""Numbers of parameters under which the best model is told."""


def best_under(rows: Sequence[Row]) -> list[tuple[float, Row]]:
    """Limit → the best of the models with fewer parameters; a limit that lets no further model in is left out.

    >>> about = {"model": "m", "suite": "s"}
    >>> rows = [Row(run="a", name="a", overall=40.0, params=10**9, **about),
    ...         Row(run="b", name="b", overall=60.0, params=7 * 10**9, **about)]
    >>> [(limit, row.name) for limit, row in best_under(rows)]
    [(2000000000.0, 'a'), (8000000000.0, 'b')]
    """
    found: list[tuple[float, Row]] = []
    known = 0
    for limit in LIMITS:
        small = [(row.overall, row) for row in rows if row.overall is not None and row.params and row.params < limit]
        if len(small) > known:
            found.append((limit, max(small, key=itemgetter(0))[1]))
        known = len(small)
    return found


def size_class(n_params: int | None) -> str:
    """The class of a model's size; ``unknown`` where it is not known."""
    return next((name for name, holds in SIZES.items() if n_params and holds(n_params)), "unknown")
