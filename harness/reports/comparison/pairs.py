"""Two runs side by side: their shared cells, their common judges, and why they may not be compared."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.reports.comparison.comparability import (
    Differences,
    differences,
    measured_by,
    metric_version,
    plays_itself,
    precision_notes,
)
from kikime.harness.reports.comparison.records import LeftOut
from kikime.harness.reports.tables.cells import criterion_scores, read_cells, read_verdicts, read_versions
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.reports.tables.margins import SCALE
from kikime.harness.reports.tables.panels import agreements, no_such_judge, of_judge
from kikime.harness.stats.panel import PanelAgreement
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import reason_message

if TYPE_CHECKING:
    import pandas as pd

Kinds = set[tuple[str, str, str]]
"""Judge, criterion and the rubric's hash of verdicts."""


def not_comparable(why_not: Sequence[Reason], hint: Reason | None, *, what: str | None = None) -> UsageError:
    """What to raise where two runs that cannot be compared should be."""
    return UsageError(
        "{what} cannot be compared: {why}",
        hint=reason_message(hint) if hint else None,
        what=what or Phrase("these runs"),
        why=Phrase.joined("; ", map(reason_message, why_not)),
    )


class Judging(NamedTuple):
    """Who gave the scores of a metric, and of a panel how far its members agree on each run's replies."""

    judge: str | None
    """None for rule metrics."""
    agreement_a: PanelAgreement | None
    agreement_b: PanelAgreement | None


@dataclass
class Pair:
    """Aligned cells of two runs: row i of ``a`` and of ``b`` is the same question."""

    run_a: RunDirectory
    run_b: RunDirectory
    manifest_a: Manifest
    manifest_b: Manifest
    a: pd.DataFrame
    b: pd.DataFrame
    why_not: list[Reason]
    """Reasons against a comparison; with ``common`` only those that remain."""
    left_out: LeftOut
    hint: Reason | None = None
    """What would make the runs comparable; None where they are."""
    judges_differ: bool = False
    """Whether both were judged, by no common judge and rubric."""
    judged: dict[str, str] = field(default_factory=dict)
    """Metric of a criterion → its judge."""
    scales: dict[str, int] = field(default_factory=dict)
    """Metric of a criterion → the highest point of its rubric; the lowest is 1."""
    notes: list[Reason] = field(default_factory=list)
    agreements: list[dict[str, PanelAgreement]] = field(default_factory=lambda: [{}, {}])
    """Of a panel: by run and criterion how far its members agree."""

    def top(self, metric: str) -> int:
        """The highest score of a judge's criterion; of other metrics it says nothing."""
        return self.scales.get(metric, SCALE)

    def judging(self, metric: str) -> Judging:
        """Who gave the scores of ``metric``, and how far the members of a panel agree on each run's replies."""
        left, right = (found.get(metric) for found in self.agreements)
        return Judging(self.judged.get(metric), left, right)

    @property
    def bands(self) -> Bands:
        """Voice targets of the shared personas."""
        return Bands(self.manifest_a)


def load_pair(
    a: RunDirectory, b: RunDirectory, *, common: bool = False, judge: str | None = None, own_users: bool = False
) -> Pair:
    """Read two runs, align their shared cells, and collect what stands against comparing them.

    ``judge``: of all verdicts only that judge's, or the means of a panel (``panel:JUDGE,JUDGE``). ``own_users``: that each model
    played the user of its dialogues too stands against nothing.

    Raises:
        UsageError: a run has no tables yet, a score is NaN, or a run has no verdicts of ``judge``.
    """
    manifest_a, manifest_b = a.manifest(), b.manifest()
    measured_a, measured_b = (
        measured_by(manifest, read_versions(run, manifest)) for run, manifest in ((a, manifest_a), (b, manifest_b))
    )
    found = differences(measured_a, measured_b, own_users=own_users)
    cells_a, cells_b = (
        read_cells(run, manifest, without=found.metrics) for run, manifest in ((a, manifest_a), (b, manifest_b))
    )
    shared = cells_a.index[cells_a.index.isin(cells_b.index)]
    left_out = LeftOut(len(cells_a) - len(shared), len(cells_b) - len(shared))
    why_not = list(found.settings)
    if not common:
        why_not += found.content
        why_not += _missing(left_out, manifest_a, manifest_b)
    elif not len(shared):
        why_not += [*found.content, Reason("no_shared_cell")]
    pair = Pair(a, b, manifest_a, manifest_b, cells_a.loc[shared].copy(), cells_b.loc[shared].copy(), why_not, left_out)
    pair.notes += [metric_version(measured_a, measured_b, name) for name in found.metrics]
    pair.notes += precision_notes(a, b, manifest_a, manifest_b)
    pair.notes += [Reason("own_users")] if own_users and plays_itself(manifest_a) and plays_itself(manifest_b) else []
    _add_verdicts(pair, common=common, asked=judge)
    if pair.why_not:
        pair.hint = _way_out(pair, found, common=common)
    return pair


def _way_out(pair: Pair, found: Differences, *, common: bool) -> Reason:
    """What to do: ``--common`` only where it would help."""
    if found.sampling and found.scorer:
        return Reason("hint_sampling_and_scorer")
    if found.settings:
        if plays_itself(pair.manifest_a) and plays_itself(pair.manifest_b) and len(found.settings) == 1:
            return Reason("hint_own_users")
        return Reason("hint_sampling" if found.sampling else "hint_scorer")
    if not len(pair.a):
        return Reason("hint_no_shared_cell")
    if common:
        return Reason("hint_same_suite")
    values: dict[str, str | int | float] = {
        "n": len(pair.a),
        "command": shlex.join(["kikime", "compare", str(pair.run_a.path), str(pair.run_b.path), "--common"]),
    }
    if pair.judges_differ:
        values |= {"a": str(pair.run_a.path), "b": str(pair.run_b.path)}
    return Reason("hint_common_and_judge" if pair.judges_differ else "hint_common", values)


def _missing(left_out: LeftOut, a: Manifest, b: Manifest) -> list[Reason]:
    if not (left_out.a or left_out.b):
        return []
    values: dict[str, str | int | float] = {"left": left_out.a, "a": a["name"], "right": left_out.b, "b": b["name"]}
    return [Reason("cells_differ", values)]


def _add_verdicts(pair: Pair, *, common: bool, asked: str | None) -> None:
    """Join the scores of each judge and rubric that both runs share as further columns; two judges never share one."""
    verdicts = [read_verdicts(run, former=True) for run in (pair.run_a, pair.run_b)]
    if asked is not None:
        pair.agreements = [agreements(every, asked) for every in verdicts]
        verdicts = [_asked(run, every, asked) for run, every in zip((pair.run_a, pair.run_b), verdicts, strict=True)]
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
            pair.scales[metric] = int(chosen["scale"].iloc[0])


def _asked(run: RunDirectory, every: pd.DataFrame, judge: str) -> pd.DataFrame:
    found = of_judge(every, judge)
    if found.empty:
        raise no_such_judge(run, every, judge)
    return found


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
    left, right = (", ".join(own) for own in names)
    if left and right:
        reason = Reason("judges_not_compared" if common else "judges_differ", {"left": left, "right": right})
        (pair.notes if common else pair.why_not).append(reason)
        pair.judges_differ = True
    elif left or right:
        judged, other = (pair.run_a, pair.run_b) if left else (pair.run_b, pair.run_a)
        name = pair.manifest_a["name"] if left else pair.manifest_b["name"]
        values: dict[str, str | int | float] = {
            "name": name,
            "run": judged.id,
            "judges": left or right,
            "other": other.id,
            "path": str(other.path),
        }
        pair.notes.append(Reason("only_one_judged", values))


def _note_one_sided(pair: Pair, kinds: list[Kinds], compared: set[tuple[str, str]]) -> None:
    """Verdicts that only one side has stay out of the comparison, and the reader is told."""
    for manifest, own, others in ((pair.manifest_a, kinds[0], kinds[1]), (pair.manifest_b, kinds[1], kinds[0])):
        only = {f"{criterion} ({judge})" for judge, criterion, _ in own - others if (judge, criterion) not in compared}
        if only:
            pair.notes.append(
                Reason("one_sided_verdicts", {"name": manifest["name"], "judges": ", ".join(sorted(only))})
            )
