"""Means within the filters of the first page, by the definition of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from kikime.harness.core.errors import KikimeError
from kikime.harness.store.means import means_by
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.cached import index, kept, slice_table
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.slices import means

Filters = tuple[tuple[str, tuple[str, ...]], ...]


def filtered_means(
    entries: Sequence[Entry],
    filters: Mapping[str, Sequence[str]],
    *,
    metrics: Sequence[str],
    by: str | None = None,
    runs: Sequence[str] | None = None,
) -> dict[tuple[str, str], dict[str, float]]:
    """Means of ``metrics`` per run, and value of ``by``, over the replies that pass.

    The sums of slices give them without reading a table, as long as every question has the same replies in each slice.
    Where replies failed that is not so, and the run's tables are read, once per choice of filters.

    Arguments as those of :func:`kikime.leaderboard.data.queries.slices.means`.
    """
    targets = {entry.id: entry.head.targets for entry in entries if entry.head is not None}
    found = means(slice_table(entries), targets, filters, by=by, metrics=metrics, runs=runs)
    wanted = tuple((axis, tuple(values)) for axis, values in sorted(filters.items()) if values)
    for entry in entries:
        if entry.head is None or not entry.head.counts.get("errors") or (runs is not None and entry.id not in runs):
            continue
        directory = index().find(entry.id)
        if directory is not None:
            with suppress(KikimeError):  # its tables are gone or broken; the sums are near
                found |= {
                    (entry.id, value): {name: own[name] for name in metrics if name in own}
                    for value, own in _of_tables(directory, wanted, by).items()
                }
    return found


@kept(128)
def _of_tables(run: RunDirectory, filters: Filters, by: str | None) -> dict[str, dict[str, float]]:
    groups = means_by(run, (by,) if by else (), dict(filters))
    return {
        "".join(map(str, key)): {name: found.mean for name, found in group.metrics.items() if found.mean is not None}
        for key, group in groups.items()
    }
