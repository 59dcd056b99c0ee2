import json

from kikime.leaderboard.data.index import Index, cache_folder


def states(index):
    return {entry.id: entry.state for entry in index.entries()}


def test_damage_is_listed_and_never_raised(broken_store):
    found = {
        run.rsplit("-", 2)[1]: state for run, state in states(Index(broken_store)).items() if run.startswith("2099")
    }
    assert found == {
        "torn": "broken",
        "newer": "newer",
        "tables": "complete",
        "manifest": "broken",
        "types": "broken",
        "half": "killed",
        "empty": "broken",
        "bytes": "broken",
    }


def test_a_second_process_reads_no_summary_again(store, monkeypatch):
    first = Index(store).entries()
    monkeypatch.setattr("kikime.leaderboard.data.index._finished", None)
    assert Index(store).entries() == first


def test_a_changed_summary_is_read_again(store):
    index = Index(store)
    entry = index.entries()[0]
    path = store / entry.id / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"name": "renamed"}))
    assert index.entries()[0].name == "renamed"


def test_a_deleted_run_disappears(store):
    index = Index(store)
    entry = index.entries()[0]
    (store / entry.id).rename(store / f".{entry.id}")
    assert entry.id not in states(index)


def test_a_broken_cache_is_rebuilt(store):
    expected = Index(store).entries()
    for path in cache_folder().glob("index-*"):
        path.write_bytes(b"\xc1garbage")
    assert Index(store).entries() == expected


def test_the_cache_may_be_deleted(store):
    expected = Index(store).entries()
    for path in cache_folder().iterdir():
        path.unlink()
    assert Index(store).entries() == expected


def test_no_path_is_built_from_an_id(store):
    index = Index(store)
    assert index.find("../../etc") is None
    assert index.find("..") is None
    assert index.find(f"../runs/{index.entries()[0].id}") is None
    assert index.find(None) is None


def test_a_missing_folder_has_no_runs(tmp_path):
    assert Index(tmp_path / "nowhere").entries() == []
