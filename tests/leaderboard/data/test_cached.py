import json
import os

from kikime.leaderboard.data.cached import index, kept, labels, manifest_of, runs_folder, slice_table, stamp
from kikime.leaderboard.data.index import Index


def test_the_folder_of_runs_is_that_of_the_command(store, monkeypatch):
    assert runs_folder() == store
    monkeypatch.setenv("KIKIME_RUNS", "")
    assert str(runs_folder()) == "runs"


def test_one_index_serves_all_pages(store):
    assert index() is index()
    assert {entry.id for entry in index().entries()} == {path.name for path in store.iterdir()}


def test_a_result_is_kept_until_a_table_of_its_run_changes(august):
    asked = []

    @kept(4)
    def size(run, factor):
        asked.append(run.id)
        return run.samples_file.stat().st_size * factor

    assert size(august, 1) == size(august, 1)
    assert len(asked) == 1
    os.utime(august.scores_file)
    size(august, 1)
    assert len(asked) == 2


def test_results_of_two_runs_or_two_questions_are_apart(august, september):
    @kept(4)
    def where(run, factor):
        return f"{run.id}:{factor}"

    assert len({where(august, 1), where(september, 1), where(august, 2)}) == 3


def test_a_rating_changes_what_a_run_is(august):
    before = stamp(august)
    (august.path / "annotations.jsonl").write_text("{}\n")
    assert stamp(august) != before


def test_labels_of_runs_are_never_the_same(store):
    entries = Index(store).entries()
    found = labels(entries)
    assert len(set(found.values())) == len(entries)
    assert all(entry.name in found[entry.id] and entry.id[-6:] in found[entry.id] for entry in entries)


def test_a_day_stands_in_the_label_where_the_id_tells_it(store):
    entry = Index(store).entries()[0]
    day = f"{entry.id[:4]}-{entry.id[4:6]}-{entry.id[6:8]}"
    assert day in labels([entry])[entry.id]


def test_a_manifest_is_read_anew_when_it_changes(august):
    assert manifest_of(august)["name"] == "アイネス-8月"
    changed = json.loads(august.manifest_file.read_text()) | {"name": "アイネス-七月"}
    august.manifest_file.write_text(json.dumps(changed))
    assert manifest_of(august)["name"] == "アイネス-七月"


def test_the_slices_are_those_of_the_entries(store):
    entries = index().entries()
    assert set(slice_table(entries).column("run").to_pylist()) == {entry.id for entry in entries}
