"""Two runs side by side: their shared cells, their common judges, and why they may not be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.reports.cells import read_cells, read_verdicts
from harness.reports.comparability import differences
from harness.reports.frames import Bands
from harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Pair:
    """Aligned cells of two runs: row i of ``a`` and of ``b`` is the same question."""

    run_a: RunDirectory
    run_b: RunDirectory
    manifest_a: dict[str, Any]
    manifest_b: dict[str, Any]
    a: pd.DataFrame
    b: pd.DataFrame
    why_not: list[str]
    """Reasons against a comparison; with ``common`` only those that remain."""
    left_out: dict[str, int]
    """Replies of each run that have no partner."""
    judged: dict[str, str] = field(default_factory=dict)
    """Metric of a criterion → its judge."""
    notes: list[str] = field(default_factory=list)

    @property
    def bands(self) -> Bands:
        """Voice targets of the shared personas."""
        return Bands(self.manifest_a)


def load_pair(a: RunDirectory, b: RunDirectory, *, common: bool = False) -> Pair:
    """Read two runs, align their shared cells, and collect what stands against comparing them.

    Raises:
        UsageError: a run has no tables yet, or a score is NaN.
    """
    manifest_a, manifest_b = a.manifest(), b.manifest()
    cells_a, cells_b = read_cells(a, manifest_a), read_cells(b, manifest_b)
    shared = cells_a.index[cells_a.index.isin(cells_b.index)]
    left_out = {"a": len(cells_a) - len(shared), "b": len(cells_b) - len(shared)}
    found = differences(manifest_a, manifest_b)
    why_not = list(found.settings)
    if not common:
        why_not += found.content
        why_not += _missing(left_out, manifest_a, manifest_b)
    elif not len(shared):
        why_not += [*found.content, "the runs share no cell"]
    pair = Pair(a, b, manifest_a, manifest_b, cells_a.loc[shared].copy(), cells_b.loc[shared].copy(), why_not, left_out)
    _add_verdicts(pair, common=common)
    return pair


def _missing(left_out: dict[str, int], a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    if not any(left_out.values()):
        return []
    only = f"{left_out['a']} replies only in {a['name']}, {left_out['b']} only in {b['name']}"
    return [f"the runs do not have the same cells: {only}"]


def _add_verdicts(pair: Pair, *, common: bool) -> None:
    """Join the scores of each judge and rubric that both runs share as further columns; two judges never share one."""
    verdicts = [read_verdicts(run) for run in (pair.run_a, pair.run_b)]
    kinds = [set(zip(v["judge"], v["criterion"], v["rubric_hash"], strict=True)) for v in verdicts]
    both = sorted(kinds[0] & kinds[1])
    if not both:
        _explain_no_judge(pair, kinds, common=common)
        return
    judges = {judge for judge, _, _ in both}
    for judge, criterion, rubric_hash in both:
        metric = criterion if len(judges) == 1 else f"{criterion}@{judge}"
        pair.judged[metric] = judge
        for cells, table in ((pair.a, verdicts[0]), (pair.b, verdicts[1])):
            chosen = table[
                (table["judge"] == judge) & (table["criterion"] == criterion) & (table["rubric_hash"] == rubric_hash)
            ]
            cells[metric] = chosen.set_index("pair_key")["score"].reindex(cells.index)
            cells.loc[cells["failed"].astype(bool), metric] = 1.0


def _explain_no_judge(pair: Pair, kinds: list[set[Any]], *, common: bool) -> None:
    names = [sorted({f"{judge} ({criterion.split('.')[0]})" for judge, criterion, _ in kind}) for kind in kinds]
    if all(names):
        text = f"the judges or rubrics differ: {', '.join(names[0])} and {', '.join(names[1])}"
        (pair.notes if common else pair.why_not).append(text)
    elif any(names):
        only = pair.manifest_a["name"] if names[0] else pair.manifest_b["name"]
        pair.notes.append(f"only {only} was judged: rule metrics are compared")
