"""Ways of asking, each paired with asking plainly in the same cell; reasoning that leaks into replies is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from kikime.harness.core.axes import CELL, without
from kikime.harness.core.errors import EmptyReport, UsageError
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import AdjustedEffect, effect, effect_columns, effect_of, grouped
from kikime.harness.reports.comparison.differences import difference, settled
from kikime.harness.reports.comparison.records import Difference
from kikime.harness.reports.report import Block, Footnote, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.stats.decisions import benjamini_hochberg
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.condition import Technique
from kikime.harness.suites.grid import stored_techniques
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked how on one task, and what of the replies is looked at."""

    task: str
    technique: str
    title: str
    metric: str


@dataclass(frozen=True, kw_only=True)
class TechniqueRow(AdjustedEffect, Asked):
    """One way of asking against asking plainly."""


class ReasoningLeaks(msgspec.Struct, frozen=True):
    """Replies in which reasoning and answer could not be told apart."""

    task: str
    technique: str
    n: int
    """Replies that were asked to reason."""
    leaked: int


class TechniquesReport(Printed, msgspec.Struct, kw_only=True):
    """Ways of asking, each paired with asking plainly."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["techniques"] = "techniques"
    run: str
    name: str
    rows: list[TechniqueRow]
    leaks: list[ReasoningLeaks]

    def frame_rows(self) -> list[TechniqueRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


PLAIN = "plain"
METRICS_SHOWN = ("fact_correct", "constraint_ok", "marker_rate", "style_level", "length_chars", "critical_failure")
_CELL = list(without(CELL, "technique"))


def techniques_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> TechniquesReport:
    """Effect of each technique on each task of a run: technique less ``plain``, item by item.

    Style is measured on the reply without the reasoning that the technique asked for.

    Raises:
        UsageError: no tables yet, or the run asked in one way only.
        EmptyReport: no item was asked in two ways.
    """
    manifest = run.manifest()
    replies = read_cells(run, manifest)
    known = stored_techniques(manifest)
    asked = {name: known[name] for name in known if name != PLAIN and name in set(replies["technique"])}
    if not asked or PLAIN not in set(replies["technique"]):
        raise UsageError(
            "{path}: this run has no technique beside plain, or no plain to pair it with",
            hint="kikime run MODEL --suite techniques (or steerability)",
            path=run.path,
        )
    found = list(_rows(replies, asked, Bands(manifest), seed=seed, n_resamples=n_resamples))
    if not found:
        raise EmptyReport(
            "{path}: no item was asked both plainly and with a technique",
            hint="kikime resume {path}, if replies are missing, or kikime run MODEL --suite techniques",
            path=run.path,
        )
    rows = settled([row for _, row in found], "rows (Benjamini–Hochberg)", benjamini_hochberg)
    shown = [TechniqueRow(**vars(about), **vars(effect_of(row))) for (about, _), row in zip(found, rows, strict=True)]
    return TechniquesReport(run=run.id, name=manifest["name"], rows=shown, leaks=_leaks(replies))


def _rows(
    replies: pd.DataFrame, asked: dict[str, Technique], bands: Bands, **options: int
) -> Iterator[tuple[Asked, Difference]]:
    for task, own in replies.groupby("task", sort=False):
        cells = own.set_index(_CELL, drop=False).rename_axis([f"_{name}" for name in _CELL])
        plain = cells[cells["technique"] == PLAIN]
        for name, technique in asked.items():
            other = cells[cells["technique"] == name]
            shared = plain.index[plain.index.isin(other.index)]
            if shared.empty:
                continue
            a, b = plain.loc[shared], other.loc[shared]
            for metric in METRICS_SHOWN:
                row = difference(a, b, metric, bands, **options)
                if row is not None:
                    yield Asked(task=str(task), technique=name, title=technique.title, metric=metric), row


def _leaks(replies: pd.DataFrame) -> list[ReasoningLeaks]:
    asked = replies[replies["reasoning_leak"].notna()]
    counted = asked.groupby(["task", "technique"], sort=False)["reasoning_leak"].agg(["size", "sum"])
    return [
        ReasoningLeaks(task, technique, int(n), int(leaked)) for (task, technique), n, leaked in counted.itertuples()
    ]


def tables(report: TechniquesReport, t: Translator) -> Iterator[Block]:
    """Each way of asking against the plain one, per task."""
    leaks = {(leak.task, leak.technique): leak for leak in report.leaks}
    for (task,), rows in grouped(report.rows, "task"):
        table = [
            [
                *(row.technique, t.metric(row.metric), labels.value(row.metric, row.mean_a)),
                *effect(t, row.metric, row),
                _leaked(t, leaks.get((row.task, row.technique))),
                row.n_items,
            ]
            for row in rows
        ]
        names = [t(f"reports.techniques.{name}") for name in ("technique", "metric", "plain", "leaks", "items")]
        columns = [*names[:3], *effect_columns(t), *names[3:]]
        yield Table(t("reports.techniques.title", name=report.name, task=task), columns, table, left=2)
    effects = t("reports.effect.footnote", intervals=t("reports.intervals"))
    yield Footnote(t("reports.techniques.footnote", effects=effects))


def _leaked(t: Translator, leak: ReasoningLeaks | None) -> str:
    return "—" if leak is None else t("reports.techniques.leaked", leaked=leak.leaked, n=leak.n)


REPORT = Report(
    "techniques",
    {
        "ja": "聞き方ごとの効果と、思考の漏れ（評価セット techniques、steerability）",
        "en": "each way of asking against plain, reasoning leaks (suites techniques, steerability)",
    },
    TechniquesReport,
    lambda run, _: techniques_report(run),
    tables,
)
