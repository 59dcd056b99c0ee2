"""The table of all slices: right, whatever happened to the files that it was made from."""

import json

import pyarrow.parquet as pq
import pytest

from kikime.leaderboard.data.index import Index, cache_folder
from kikime.leaderboard.data.queries import slices
from kikime.leaderboard.data.queries.slices import Slices, means
from tests.support.app import meant, measured


@pytest.fixture(scope="module")
def replies(shelf):
    return {run.id: measured(run) for run in shelf.values()}


@pytest.fixture
def cached(built, tmp_path, monkeypatch):
    """The index of the filled store, with caches of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Index(built)


@pytest.fixture
def table(cached):
    return Slices(cached).table(cached.entries())


@pytest.mark.parametrize("by", ["format", "task", "shots", "persona"])
@pytest.mark.parametrize("metric", ["length_fit", "critical_failure", "length_chars", "turn_leak"])
def test_means_by_a_condition_are_means_of_the_personas_means(table, replies, by, metric):
    found = means(table, {}, {}, by=by, metrics=[metric])
    for run, rows in replies.items():
        for value, own in rows.groupby(by):
            expected = meant(own, metric)
            value_found = found[run, str(value)].get(metric, float("nan"))
            assert value_found == pytest.approx(expected, rel=0.01, nan_ok=True)


@pytest.mark.parametrize(
    "filters", [{"format": ["alpaca"]}, {"shots": ["2"], "persona": ["bushi"]}, {"task": ["talk", "dialogue"]}]
)
def test_filters_are_those_of_the_replies(table, replies, filters):
    found = means(table, {}, filters, metrics=["length_chars"])
    for run, rows in replies.items():
        own = rows[rows[list(filters)].astype(str).isin(filters).all(axis=1)]
        expected = meant(own, "length_chars")
        assert found[run, ""]["length_chars"] == pytest.approx(expected, rel=0.01)


def test_a_persona_without_a_target_has_no_voice(cached, table):
    targets = {entry.id: entry.head.targets for entry in cached.entries()}
    own = {run: {"ojousama": cards["ojousama"]} for run, cards in targets.items()}
    whole = means(table, own, {}, metrics=["style_level"])
    lady = means(table, targets, {"persona": ["ojousama"]}, metrics=["style_level"])
    assert whole == lady
    assert means(table, {}, {}, metrics=["style_level"])[next(iter(targets)), ""] == {}


def test_a_value_in_the_filters_is_never_part_of_a_query(table):
    assert means(table, {}, {"format": ["' OR 1=1 --"]}, metrics=["length_fit"]) == {}
    assert means(table, {}, {}, metrics=["length_fit"], runs=["' OR 1=1 --"]) == {}
    assert means(table, {}, {}, metrics=["length_fit"], runs=[]) == {}


def test_the_next_process_reads_no_summary(cached, table, monkeypatch):
    monkeypatch.setattr(slices, "_rows", lambda *_: pytest.fail("a summary was read again"))
    assert Slices(cached).table(cached.entries()).equals(table)


@pytest.mark.parametrize("content", [b"", b"PAR1 not a table", b"\0" * 100])
def test_a_broken_cache_is_made_again(cached, table, content):
    (file,) = cache_folder().glob("slices-*.parquet")
    file.write_bytes(content)
    assert Slices(cached).table(cached.entries()).num_rows == table.num_rows


def test_a_cache_of_other_columns_is_made_again(cached, table):
    (file,) = cache_folder().glob("slices-*.parquet")
    kept = pq.read_table(file)
    pq.write_table(kept.drop_columns(["sum_no_eos"]).replace_schema_metadata(kept.schema.metadata), file)
    assert Slices(cached).table(cached.entries()).equals(table)


def test_a_cache_that_cannot_be_written_costs_time_only(cached, monkeypatch):
    (cache_folder().parent).mkdir(parents=True, exist_ok=True)
    cache_folder().rmdir() if cache_folder().is_dir() else None
    cache_folder().write_text("a file where a folder should be")
    assert Slices(cached).table(cached.entries()).num_rows > 0


@pytest.mark.parametrize("change", [{"slices": 3}, {"slices": [{"task": "talk"}]}])
def test_a_summary_without_readable_slices_has_none(store, change):
    index = Index(store)
    damaged, *others = index.entries()
    path = store / damaged.id / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    found = Slices(index).table(index.entries())
    assert set(found.column("run").to_pylist()) == {entry.id for entry in others}


def test_a_changed_summary_replaces_its_slices_only(store):
    index = Index(store)
    kept = Slices(index)
    before = kept.table(index.entries())
    changed = index.entries()[0].id
    path = store / changed / "summary.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"slices": content["slices"][:3]}))
    after = kept.table(index.entries())
    assert after.column("run").to_pylist().count(changed) == 3
    assert after.num_rows == before.num_rows - len(content["slices"]) + 3


def test_runs_without_a_summary_offer_nothing(broken_store):
    index = Index(broken_store)
    runs = [entry.id for entry in index.entries() if entry.head is None]
    assert not any(slices.offered(Slices(index).table(index.entries()), runs).values())
