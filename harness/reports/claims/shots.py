"""Examples in the prompt: what k of them do against none, as turns and as text, and how far that depends on which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from kikime.harness.core import axes
from kikime.harness.core.errors import EmptyReport, UsageError
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import AdjustedEffect, effect, effect_columns, effect_of
from kikime.harness.reports.comparison.differences import difference, settled
from kikime.harness.reports.comparison.records import Difference
from kikime.harness.reports.report import Block, Footnote, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.stats.decisions import benjamini_hochberg
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How many examples are shown how, and what of the replies is looked at."""

    shots: int
    shot_style: str
    """``turns`` or ``text``."""
    metric: str
    sets: list[float]
    """``delta`` of each set of examples by itself, in the metric's own unit."""


@dataclass(frozen=True, kw_only=True)
class ShotsRow(AdjustedEffect, Shown):
    """So many examples against none."""


class ShotsReport(Printed, msgspec.Struct, kw_only=True):
    """What examples in the prompt do."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["shots"] = "shots"
    run: str
    name: str
    rows: list[ShotsRow]

    def frame_rows(self) -> list[ShotsRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


METRICS_SHOWN = ("quality", "style_level", "fact_correct", "length_fit", "fewshot_copy", "critical_failure")
_CELL = list(axes.without(axes.CELL, "shots", "shot_style", "example_set"))


def shots_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> ShotsReport:
    """Effect of examples over the same items: with k of them less without any, averaged over the sets of examples.

    Raises:
        UsageError: no tables yet, or no item has both replies with examples and replies without.
    """
    manifest = run.manifest()
    replies = read_cells(run, manifest)
    labelled = [name for name, task in manifest["tasks"].items() if task["label_sets"]]
    replies = replies[~replies["task"].isin(labelled)]
    if replies["shots"].min() != 0 or replies["shots"].max() == 0:
        raise UsageError(
            "{path}: this run has not both replies with examples and replies without",
            hint="kikime run MODEL --suite few_shot",
            path=run.path,
        )
    found = list(_rows(replies, Bands(manifest), seed=seed, n_resamples=n_resamples))
    adjusted = settled([row for _, row in found], "rows (Benjamini–Hochberg)", benjamini_hochberg)
    rows = [ShotsRow(**vars(about), **vars(effect_of(row))) for (about, _), row in zip(found, adjusted, strict=True)]
    if not rows:
        raise EmptyReport(
            "{path}: no item of this run was asked both with examples and without",
            hint="kikime resume {path}, if replies are missing, or kikime run MODEL --suite few_shot",
            path=run.path,
        )
    return ShotsReport(run=run.id, name=manifest["name"], rows=rows)


def _rows(replies: pd.DataFrame, bands: Bands, **options: int) -> Iterator[tuple[Shown, Difference]]:
    cells = replies.set_index(_CELL, drop=False).rename_axis([f"_{name}" for name in _CELL])
    without = cells[cells["shots"] == 0]
    shown = cells[(cells["shots"] > 0) & cells.index.isin(without.index)]
    for (shots, style), own in shown.groupby(["shots", "shot_style"]):
        for metric in METRICS_SHOWN:
            row = _effect(without, own, metric, bands, **options)
            if row is None:
                continue
            sets = [
                _effect(without, members, metric, bands, seed=options["seed"], n_resamples=99)
                for _, members in own.groupby("example_set")
            ]
            deltas = [found.delta for found in sets if found is not None]
            yield Shown(shots=int(shots), shot_style=style, metric=metric, sets=deltas), row


def _effect(without: pd.DataFrame, own: pd.DataFrame, metric: str, bands: Bands, **options: int) -> Difference | None:
    return difference(without.loc[own.index], own, metric, bands, **options)


def tables(report: ShotsReport, t: Translator) -> Iterator[Block]:
    """Each number and style of examples against none."""
    table = [
        [
            *(row.shots, t(f"reports.shots.as_{row.shot_style}"), t.metric(row.metric)),
            *effect(t, row.metric, row),
            " · ".join(labels.change(row.metric, delta) for delta in row.sets),
            row.n_items,
        ]
        for row in report.rows
    ]
    names = [t(f"reports.shots.{name}") for name in ("examples", "style", "metric", "sets", "items")]
    columns = [*names[:3], *effect_columns(t), *names[3:]]
    yield Table(t("reports.shots.title", name=report.name), columns, table, left=3)
    yield Footnote(t("reports.effect.footnote", intervals=t("reports.intervals")))


REPORT = Report(
    "shots",
    {
        "ja": "k 個の例示と例示なしの差。発話として・文章として、例の組ごとに（評価セット few_shot）",
        "en": "k examples against none, as turns and as text, per set of examples (suite few_shot)",
    },
    ShotsReport,
    lambda run, _: shots_report(run),
    tables,
)
