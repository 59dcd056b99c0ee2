import pytest

from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.queries import slices


def test_slices_equal_the_summary_over_everything(store, august):
    index = Index(store)
    entries = index.entries()
    targets = {entry.id: entry.head.targets for entry in entries}
    found = slices.means(slices.Slices(index).table(entries), targets, {})[august.id, ""]
    summary = august.summary().metrics
    for metric in ("style_band", "length_fit", "critical_failure", "fact_correct"):
        assert found[metric] == pytest.approx(summary[metric].mean), metric


def test_slices_follow_a_changed_run(store):
    index = Index(store)
    kept = slices.Slices(index)
    before = kept.table(index.entries()).num_rows
    entry = index.entries()[0]
    (store / entry.id).rename(store / f".{entry.id}")
    assert kept.table(index.entries()).num_rows < before
    assert slices.Slices(index).table(index.entries()).num_rows == kept.table(index.entries()).num_rows
