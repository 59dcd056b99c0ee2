"""Ranking on a part of the replies: those that runs of different grids share, or a slice of one grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.comparison.comparability import differences
from kikime.harness.reports.ranking.measure import Entry
from kikime.harness.reports.ranking.stored import build
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


class Common(NamedTuple):
    """Runs as a ranking needs them, measured on the same replies only."""

    entries: list[Entry]
    left_out: list[tuple[Entry, Reason]]
    """Runs that share nothing, or answer other versions of the questions, with the reason."""
    n_cells: int
    """Replies of each run that were measured."""


def common_data(loaded: Sequence[tuple[RunDirectory, Entry]], *, panel: str | None = None) -> Common:
    """Measure runs again on the replies that all of them have.

    The reference is the run that shares replies with most of the others (then the one with most replies, then the newest).
    A run whose questions, sampling or scoring differ from it, or that shares no reply with those before it, is left out.

    ``panel`` is a panel of judges that is to be among the judges.

    Raises:
        UsageError: a score is NaN.
    """
    keys = {entry["run"]: read_cells(run, run.manifest()).index for run, entry in loaded}

    def standing(pair: tuple[RunDirectory, Entry]) -> tuple[int, int, str, str]:
        own = keys[pair[1]["run"]]
        n_sharing = sum(bool(own.isin(other).any()) for other in keys.values())
        return n_sharing, len(own), pair[1]["created_at"], pair[1]["run"]

    kept: list[RunDirectory] = []
    left_out: list[tuple[Entry, Reason]] = []
    metrics: set[str] = set()
    shared: pd.Index | None = None
    ordered = sorted(loaded, key=standing, reverse=True)
    for run, entry in ordered:
        found = differences(ordered[0][1], entry)
        if reasons := [*found.settings, *found.conflicts]:
            left_out += [(entry, reason) for reason in reasons]
            continue
        own = keys[entry["run"]]
        both = own if shared is None else shared[shared.isin(own)]
        if len(both):
            shared = both
            kept.append(run)
            metrics |= set(found.metrics)
        else:
            left_out.append((entry, Reason("no_shared_cell")))
    if shared is None:
        return Common([], left_out, 0)
    return Common([build(run, only=shared, without=metrics, panel=panel) for run in kept], left_out, len(shared))


def sliced_data(
    runs: Sequence[RunDirectory],
    entries: Sequence[Entry],
    within: Mapping[str, Sequence[str]],
    *,
    panel: str | None = None,
) -> list[Entry]:
    """Measure the runs of ``entries``, which are of one grid, again on their replies under ``within``.

    ``within`` holds wanted values, as text, of axes of the grid; none is left where no reply is under all of them.

    Raises:
        UsageError: a score is NaN.
    """
    by_id = {run.id: run for run in runs}
    wanted = {name: list(values) for name, values in within.items() if values}
    found = []
    for entry in entries:
        run = by_id[entry["run"]]
        cells = read_cells(run, run.manifest())
        own = cells.index[cells[list(wanted)].astype(str).isin(wanted).all(axis=1)]
        if len(own):
            found.append(build(run, only=own, panel=panel))
    return found
