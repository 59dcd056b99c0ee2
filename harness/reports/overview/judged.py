"""One run by one judge, or by a panel of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kikime.harness.core.manifest import Manifest
from kikime.harness.reports.overview.records import JudgedCriterion, JudgedRun
from kikime.harness.reports.tables.cells import criterion_scores, read_cells, read_verdicts
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.means import run_mean
from kikime.harness.reports.tables.panels import agreements, members_of, no_such_judge, of_judge, panels_of
from kikime.harness.stats.panel import PanelAgreement
from kikime.harness.store.due import DueReplies
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


def judged_run(run: RunDirectory, judge: str) -> JudgedRun:
    """Every criterion that ``judge`` (its id, id/protocol, or ``panel:JUDGE,JUDGE``) was asked about the run.

    Raises:
        UsageError: no verdicts of that judge, or of some member of the panel; the judges that are there are named.
    """
    every, manifest = read_verdicts(run, former=True), run.manifest()
    table = of_judge(every, judge)
    if table.empty:
        raise no_such_judge(run, every, judge)
    return _judged(run, manifest, read_cells(run, manifest), every, judge)


def panels_of_run(run: RunDirectory) -> list[JudgedRun]:
    """The panel of all judges that share a criterion, where several judged the run."""
    every = read_verdicts(run, former=True)
    names = panels_of(every)
    if not names:
        return []
    manifest = run.manifest()
    cells = read_cells(run, manifest)
    return [_judged(run, manifest, cells, every, name) for name in names]


def _judged(run: RunDirectory, manifest: Manifest, cells: pd.DataFrame, every: pd.DataFrame, judge: str) -> JudgedRun:
    table, agreed, due = of_judge(every, judge), agreements(every, judge), DueReplies(manifest)
    rows = [
        _criterion(str(criterion), own, cells, Bands(manifest), due, agreed.get(str(criterion)))
        for criterion, own in table[table["age"] == 0].groupby("criterion")
    ]
    return JudgedRun(run=run.id, name=manifest["name"], judge=judge, members=list(members_of(judge)), criteria=rows)


def _criterion(
    name: str, own: pd.DataFrame, cells: pd.DataFrame, bands: Bands, due: DueReplies, agreed: PanelAgreement | None
) -> JudgedCriterion:
    found = run_mean(cells.assign(**{name: criterion_scores(cells, own)}), name, bands)
    coverage = due.coverage(name, cells, set(own.loc[own["score"].notna(), "pair_key"]))
    return JudgedCriterion(
        criterion=name,
        mean=found.mean if found else None,
        half_width=found.half_width if found else None,
        n=coverage.scored,
        scale=int(own["scale"].iloc[0]),
        due=coverage.due,
        coverage=coverage.share,
        agreement=agreed,
    )
