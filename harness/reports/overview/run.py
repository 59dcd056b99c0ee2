"""One run by itself: what it is, its metrics with intervals, its lengths, and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict as fields_of

from kikime.harness.core.errors import UnfinishedRun
from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.comparison.capability import handled_by_task
from kikime.harness.reports.comparison.compare import describe
from kikime.harness.reports.comparison.endings import SPLIT, split_mean
from kikime.harness.reports.comparison.lengths import describe_lengths, with_length
from kikime.harness.reports.overview.judged import judged_run
from kikime.harness.reports.overview.records import EndingSplit, FormatQuality, MetricMean, Overview
from kikime.harness.reports.tables.cells import criterion_scores, read_cells, read_verdicts
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.margins import direction, load_margins
from kikime.harness.reports.tables.means import run_mean
from kikime.harness.store.means import ENDING
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


def run_overview(run: RunDirectory, *, judge: str | None = None) -> Overview:
    """Describe one run; ``judge``: of all verdicts only that judge's, or the means of a panel (``panel:JUDGE,JUDGE``).

    Raises:
        UsageError: no tables or summary yet, a score is NaN, or no verdicts of the judge that was asked for.
    """
    manifest, summary = run.manifest(), run.summary()
    if summary is None:
        raise UnfinishedRun("{path}: no summary yet", hint="kikime resume {path}", path=run.path)
    cells, bands = read_cells(run, manifest), Bands(manifest)
    spoken = with_length(cells, manifest)
    units = ("length_chars", "sentences") if len(spoken) else ()
    return Overview(
        **fields_of(describe(run, manifest)),
        counts=summary.counts,
        coverage=summary.coverage,
        health=fields_of(summary.health),
        hardware=manifest.get("hardware", {}),
        metrics=_metrics(cells, bands)
        + (_judged(cells, read_verdicts(run), bands) if judge is None else _by(run, judge)),
        lengths={unit: describe_lengths(spoken, unit, manifest) for unit in units},
        capability=handled_by_task(cells, manifest),
        formats=[
            FormatQuality(name, int(shots), found.mean, len(own))
            for (name, shots), own in cells.groupby(["format", "shots"], sort=False)
            if (found := run_mean(own, QUALITY, bands)) is not None
        ],
        endings=_endings(cells, bands),
    )


def _metrics(cells: pd.DataFrame, bands: Bands) -> list[MetricMean]:
    margins, rows = load_margins(), []
    for metric in dict.fromkeys([*margins.primary, *METRICS]):
        found = None if metric in margins.parts else run_mean(cells, metric, bands)
        if found is not None:
            rows.append(MetricMean(metric, direction(metric), *found))
    return rows


def _endings(cells: pd.DataFrame, bands: Bands) -> list[EndingSplit]:
    if cells[ENDING].nunique() < 2:
        return []
    splits = {metric: split_mean(cells, metric, bands) for metric in SPLIT}
    return [EndingSplit(metric, *split) for metric, split in splits.items() if any(split)]


def _by(run: RunDirectory, judge: str) -> list[MetricMean]:
    """The criteria of one judge, or of a panel with how far its members agree."""
    return [
        MetricMean(f"{row.criterion}@{judge}", "higher", row.mean, row.half_width, row.n, row.agreement)
        for row in judged_run(run, judge).criteria
        if row.mean is not None
    ]


def _judged(cells: pd.DataFrame, verdicts: pd.DataFrame, bands: Bands) -> list[MetricMean]:
    """One row per judge and criterion; a failed reply has the lowest score, as in a comparison."""
    rows = []
    for (judge, criterion), table in verdicts.groupby(["judge", "criterion"]):
        column = criterion_scores(cells, table)
        found = run_mean(cells.assign(**{str(criterion): column}), str(criterion), bands)
        if found is not None:
            rows.append(MetricMean(f"{criterion}@{judge}", "higher", *found))
    return rows
