"""Two runs side by side: their shared cells, their common judges, and why they may not be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kikime.harness.reports.comparison.comparability import Differences, differences
from kikime.harness.reports.tables.cells import criterion_scores, read_cells, read_verdicts
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd

Kinds = set[tuple[str, str, str]]
"""Judge, criterion and the rubric's hash of verdicts."""


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
    hint: str | None = None
    """What would make the runs comparable; None where they are."""
    judges_differ: bool = False
    """Whether both were judged, by no common judge and rubric."""
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
    if pair.why_not:
        pair.hint = _way_out(pair, found, common=common)
    return pair


def _way_out(pair: Pair, found: Differences, *, common: bool) -> str:
    """What to do: ``--common`` only where it would help."""
    if found.settings:
        differ = (
            "sampling and scorer" if found.sampling and found.scorer else "sampling" if found.sampling else "scorer"
        )
        again = "run one of them again with the other's sampling (suite file: sampling)" if found.sampling else ""
        newer = "run the older one again with this version of kikime" if found.scorer else ""
        steps = "; ".join(text for text in (again, newer) if text)
        return f"{steps} (--common cannot help: no reply of the two runs has the same {differ})"
    if not len(pair.a):
        return "run both with the same suite (--common cannot help: the runs share no cell)"
    if common:
        return "run both with the same suite"
    judges = "; or judge both with the same judge and rubric: kikime judge RUN" if pair.judges_differ else ""
    left = "the rule metrics of the cells" if pair.judges_differ else "the cells"
    return f"--common compares {left} that both runs have ({len(pair.a):,} replies){judges}"


def _missing(left_out: dict[str, int], a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    if not any(left_out.values()):
        return []
    only = f"{left_out['a']} replies only in {a['name']}, {left_out['b']} only in {b['name']}"
    return [f"the runs do not have the same cells: {only}"]


def _add_verdicts(pair: Pair, *, common: bool) -> None:
    """Join the scores of each judge and rubric that both runs share as further columns; two judges never share one."""
    verdicts = [read_verdicts(run, former=True) for run in (pair.run_a, pair.run_b)]
    kinds = [set(zip(v["judge"], v["criterion"], v["rubric_hash"], strict=True)) for v in verdicts]
    both = _newest_shared(verdicts[0], kinds[1])
    if not both:
        _explain_no_judge(pair, kinds, common=common)
        return
    _note_one_sided(pair, kinds, {(judge, criterion) for judge, criterion, _ in both})
    judges = {judge for judge, _, _ in both}
    for judge, criterion, rubric_hash in both:
        metric = criterion if len(judges) == 1 else f"{criterion}@{judge}"
        pair.judged[metric] = judge
        for cells, table in ((pair.a, verdicts[0]), (pair.b, verdicts[1])):
            chosen = table[
                (table["judge"] == judge) & (table["criterion"] == criterion) & (table["rubric_hash"] == rubric_hash)
            ]
            cells[metric] = criterion_scores(cells, chosen)


def _newest_shared(verdicts: pd.DataFrame, others: Kinds) -> list[tuple[str, str, str]]:
    """Of each judge and criterion the newest content of the rubric that the other run was judged by too."""
    ages = verdicts.groupby(["judge", "criterion", "rubric_hash"])["age"].first().sort_values()
    newest: dict[tuple[str, str], tuple[str, str, str]] = {}
    for kind in ages.index:
        if kind in others:
            newest.setdefault(kind[:2], kind)
    return sorted(newest.values())


def _explain_no_judge(pair: Pair, kinds: list[Kinds], *, common: bool) -> None:
    names = [sorted({f"{judge} ({criterion.split('.')[0]})" for judge, criterion, _ in kind}) for kind in kinds]
    if all(names):
        left, right = (", ".join(own) for own in names)
        if common:
            pair.notes.append(f"ジャッジかルーブリックが違うので、判定の点は比べていません：{left} と {right}")
        else:
            pair.why_not.append(f"the judges or rubrics differ: {left} and {right}")
        pair.judges_differ = True
    elif any(names):
        judged, other = (pair.run_a, pair.run_b) if names[0] else (pair.run_b, pair.run_a)
        only = pair.manifest_a["name"] if names[0] else pair.manifest_b["name"]
        pair.notes.append(
            f"{only}（{judged.id}）だけが判定済み（{'、'.join(names[0] or names[1])}）なので、規則による指標だけを比べました。"
            f"もう一方も判定するには kikime judge {other.id}"
        )


def _note_one_sided(pair: Pair, kinds: list[Kinds], compared: set[tuple[str, str]]) -> None:
    """Verdicts that only one side has stay out of the comparison, and the reader is told."""
    for manifest, own, others in ((pair.manifest_a, kinds[0], kinds[1]), (pair.manifest_b, kinds[1], kinds[0])):
        only = sorted(
            {f"{judge} の {criterion}" for judge, criterion, _ in own - others if (judge, criterion) not in compared}
        )
        if only:
            pair.notes.append(f"{manifest['name']} だけにある判定は比べていません：{'、'.join(only)}")
