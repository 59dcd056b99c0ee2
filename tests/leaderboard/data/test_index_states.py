"""What the first page knows of a run that is not finished, not readable, or of another version."""

import json
import os

import msgspec
import pytest

from kikime.harness.store.records import SCHEMA, JudgedMean
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data import index as module
from kikime.leaderboard.data.index import Head, Index, cache_folder, head_of, signature_of

HEAD = {
    "run": "r",
    "name": "アイネス",
    "created_at": "2026-11-28T00:00:00+00:00",
    "state": "complete",
    "suite": "quick",
    "model": {"name": "m"},
    "counts": {"done": 3, "planned": 3},
    "coverage": 1.0,
    "metrics": {"critical_failure": {"n": 3, "mean": 0.5}},
    "targets": {},
    "judge": [],
    "perf": {},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def put(folder, name="run", **files):
    """A run directory with these JSON files."""
    (folder / name).mkdir(exist_ok=True)
    for file, content in files.items():
        path = folder / name / f"{file}.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder / name


def entry(folder):
    (found,) = Index(folder).entries()
    return found


@pytest.mark.parametrize("state", ["planned", "running", "interrupted", "failed"])
def test_a_run_without_a_summary_is_what_its_status_says(folder, state, monkeypatch):
    monkeypatch.setattr(RunDirectory, "is_worked_on", lambda _: True)
    put(folder, manifest={}, status={"state": state})
    assert (entry(folder).state, entry(folder).problem, entry(folder).head) == (state, "no_summary", None)


def test_a_run_that_says_it_is_running_though_nobody_works_on_it_was_killed(folder):
    put(folder, manifest={}, status={"state": "running"})
    assert entry(folder).state == "killed"
    with RunDirectory(folder / "run").locked():
        assert entry(folder).state == "running"


@pytest.mark.parametrize("status", [{}, {"state": "complete"}, {"state": None}, {"state": "終了"}, {"state": 3}])
def test_a_status_that_promises_a_summary_that_is_not_there_is_damage(folder, status):
    put(folder, manifest={}, status=status)
    assert entry(folder).state == "broken"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "manifest"),
        ({"status": {"state": "running"}}, "manifest"),
        ({"manifest": {}}, "status"),
        ({"manifest": {}, "status": b"{"}, "status"),
        ({"manifest": {}, "status": b"[1]"}, "status"),
        ({"manifest": {}, "summary": b""}, "summary"),
        ({"manifest": {}, "summary": b"\xff\xfe"}, "summary"),
        ({"manifest": {}, "summary": {"run": "r"}}, "summary"),
        ({"manifest": {}, "summary": HEAD | {"counts": 3}}, "summary"),
        ({"manifest": {}, "summary": HEAD | {"state": "finished"}}, "summary"),
        ({"summary": HEAD}, "manifest"),
    ],
)
def test_damage_says_which_file_it_is_in(folder, files, problem):
    put(folder, **files)
    assert (entry(folder).state, entry(folder).problem) == ("broken", problem)


@pytest.mark.parametrize("files", [{"summary": HEAD | {"schema": SCHEMA + 1}}, {"status": {"schema": SCHEMA + 1}}])
def test_a_run_of_a_newer_version_is_no_damage(folder, files):
    put(folder, manifest={}, **files)
    assert (entry(folder).state, entry(folder).problem) == ("newer", "newer")


def test_a_summary_of_an_unfinished_run_is_partial(folder):
    put(folder, manifest={}, summary=HEAD | {"state": "partial"})
    assert (entry(folder).state, entry(folder).name) == ("partial", "アイネス")


def test_fields_of_a_later_version_are_skipped(folder):
    put(folder, manifest={}, summary=HEAD | {"later": {"deep": [1, 2]}})
    assert entry(folder).head.mean("critical_failure") == 0.5


def test_the_newest_run_comes_first(folder):
    for day in ("20260101", "20261128", "20260601"):
        put(folder, f"{day}T000000Z-a-000001", manifest={}, summary=HEAD)
    assert [found.id[:8] for found in Index(folder).entries()] == ["20261128", "20260601", "20260101"]


def test_files_and_hidden_folders_are_no_runs(folder):
    put(folder, "run", manifest={}, summary=HEAD)
    put(folder, ".trash", manifest={}, summary=HEAD)
    (folder / "README.md").write_text("これは実行ではありません")
    assert [found.id for found in Index(folder).entries()] == ["run"]


def test_a_name_of_a_folder_may_be_of_any_script(folder):
    put(folder, "20261128T000000Z-月の\u202eうさぎ-000001", manifest={}, summary=HEAD)
    index = Index(folder)
    (found,) = index.entries()
    assert index.find(found.id).path == folder / found.id


def test_an_unfinished_run_is_looked_at_every_time(folder):
    run = put(folder, manifest={}, status={"state": "running"})
    index = Index(folder)
    signature = index.entries()[0].signature
    (run / "status.json").write_text(json.dumps({"state": "failed"}))
    os.utime(run / "status.json", ns=signature[:1] * 2)
    assert index.entries()[0].state == "failed"


def test_a_run_that_is_finished_takes_its_place(folder):
    run = put(folder, manifest={}, status={"state": "running"})
    index = Index(folder)
    assert index.entries()[0].head is None
    (run / "summary.json").write_text(json.dumps(HEAD))
    assert index.entries()[0].state == "complete"


def test_a_cache_of_an_older_version_is_not_believed(folder, monkeypatch):
    put(folder, manifest={}, summary=HEAD)
    Index(folder).entries()
    monkeypatch.setattr(module, "_VERSION", module._VERSION + 1)
    assert Index(folder)._entries == {}


def test_two_folders_have_caches_of_their_own(folder, tmp_path):
    put(folder, "run", manifest={}, summary=HEAD)
    (tmp_path / "others").mkdir()
    put(tmp_path / "others", "run", manifest={}, summary=HEAD | {"name": "別"})
    names = [entry(place).name for place in (folder, tmp_path / "others", folder)]
    assert names == ["アイネス", "別", "アイネス"]
    assert len(list(cache_folder().glob("index-*.msgpack"))) == 2


def test_a_cache_that_cannot_be_written_costs_time_only(folder):
    put(folder, manifest={}, summary=HEAD)
    cache_folder().parent.mkdir(parents=True)
    cache_folder().write_text("a file where a folder should be")
    assert entry(folder).state == "complete"


def test_a_head_has_no_mean_of_what_was_not_measured():
    head = msgspec.convert(HEAD | {"metrics": {"fact_correct": {"n": 0, "mean": None}}}, Head)
    assert head.mean("fact_correct") is None
    assert head.mean("style_band") is None


@pytest.mark.parametrize(
    ("judged", "share"), [([], None), ([(0, 0)], None), ([(3, 1)], 0.25), ([(3, 1), (1, 3)], 0.5), ([(0, 2)], 1.0)]
)
def test_verdicts_without_a_score_are_a_share_of_all_verdicts(judged, share):
    lines = [JudgedMean("j", "point", "roleplay", "tone", n, None, unscored) for n, unscored in judged]
    assert msgspec.structs.replace(msgspec.convert(HEAD, Head), judge=lines).judge_failures == share


def test_the_head_of_one_run_needs_no_index(folder):
    run = RunDirectory(put(folder, manifest={}, summary=HEAD))
    assert head_of(run).name == "アイネス"
    (run.path / "summary.json").write_text("{")
    assert head_of(run) is None
    (run.path / "summary.json").unlink()
    assert head_of(run) is None


def test_a_file_that_is_not_there_has_no_signature(folder):
    path = put(folder, manifest={}) / "manifest.json"
    assert signature_of(path) == (path.stat().st_mtime_ns, 2)
    assert signature_of(folder / "nothing") is None
