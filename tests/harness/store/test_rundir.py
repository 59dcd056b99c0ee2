import subprocess
import sys
from pathlib import Path

import pytest

from kikime.harness.core.errors import EnvironmentFault, RunLocked, UsageError
from kikime.harness.store.rundir import RunDirectory, find_run, list_runs, read_json, slug, write_json


def make(runs: Path, name: str) -> RunDirectory:
    run = RunDirectory.create(runs, name)
    run.write_manifest({"name": name})
    return run


def test_a_run_is_found_by_path_id_and_name(tmp_path):
    run = make(tmp_path, "九月")
    assert [find_run(ref, tmp_path).id for ref in (str(run.path), run.id, "九月")] == [run.id] * 3


def test_a_name_means_the_newest_run(tmp_path):
    first, second = make(tmp_path, "a"), make(tmp_path, "a")
    newest = max(first.id, second.id)
    assert find_run("a", tmp_path).id == newest


def numbered(runs: Path, number: int, *, state: str | None = "complete", **manifest: object) -> RunDirectory:
    run = RunDirectory(runs / f"2026010{number}T000000Z-a-000000")
    (run.path / "wal").mkdir(parents=True)
    run.write_manifest({"name": "a", **manifest})
    if state:
        run.write_status({"state": state})
    if state == "complete":
        run.summary_file.write_text("{}")
    return run


@pytest.mark.parametrize(
    "retention", [{"kind": "retention"}, {"tasks": {"bullets": {}, "bullets-bare": {}}}], ids=["new", "0.1.0"]
)
def test_a_name_means_the_newest_complete_benchmark(tmp_path, retention, caplog):
    numbered(tmp_path, 1)
    wanted = numbered(tmp_path, 2)
    numbered(tmp_path, 3, **retention)
    assert find_run("a", tmp_path).id == wanted.id
    assert not caplog.messages
    cut = [numbered(tmp_path, 4, state="interrupted").id, numbered(tmp_path, 5, state=None).id]
    assert find_run("a", tmp_path).id == wanted.id
    [said] = caplog.messages
    assert all(name in said for name in (wanted.id, *cut))


def test_a_name_to_go_on_with_means_the_newest_that_is_not_complete(tmp_path):
    numbered(tmp_path, 1, state="interrupted")
    cut = numbered(tmp_path, 2, state="failed")
    numbered(tmp_path, 3)
    assert find_run("a", tmp_path, unfinished=True).id == cut.id


def test_where_nothing_is_complete_the_newest_benchmark_is_taken(tmp_path):
    cut = numbered(tmp_path, 1, state="interrupted")
    numbered(tmp_path, 2, kind="retention")
    assert find_run("a", tmp_path).id == cut.id


def test_an_unknown_run_lists_what_there_is(tmp_path):
    make(tmp_path, "september")
    with pytest.raises(UsageError, match="september"):
        find_run("october", tmp_path)


def test_a_directory_without_manifest_is_no_run(tmp_path):
    RunDirectory.create(tmp_path, "killed")
    assert list_runs(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "scor"}'])
def test_a_run_with_a_broken_manifest_is_found_and_told(tmp_path, content):
    run = make(tmp_path, "scor")
    run.manifest_file.write_text(content)
    for reference in ("scor", run.id, str(run.path)):
        with pytest.raises(UsageError, match=r"manifest\.json") as caught:
            find_run(reference, tmp_path).manifest()
        assert "kikime run" in caught.value.hint


def test_a_run_that_was_killed_before_its_manifest_is_no_unknown_name(tmp_path):
    run = RunDirectory.create(tmp_path, "killed")
    for reference in (run.id, str(run.path)):
        with pytest.raises(UsageError, match=r"manifest\.json is missing"):
            find_run(reference, tmp_path).manifest()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_broken_summary_is_not_a_missing_one(tmp_path, content):
    run = make(tmp_path, "x")
    assert run.summary() is None
    run.summary_file.write_text(content)
    with pytest.raises(UsageError, match=r"summary\.json is broken") as caught:
        run.summary()
    assert f"kikime resume {run.path}" in caught.value.hint


def test_a_newer_schema_is_refused(tmp_path):
    run = RunDirectory.create(tmp_path, "x")
    write_json(run.manifest_file, {"schema": 99})
    with pytest.raises(UsageError, match="newer kikime"):
        run.manifest()


HOLD = """
import sys
from pathlib import Path
from kikime.harness.store.rundir import RunDirectory
with RunDirectory(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused(tmp_path):
    run = make(tmp_path, "x")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunLocked), run.locked():
            pass
        other.communicate()


def test_a_place_that_cannot_be_locked_is_told_with_what_helps(tmp_path):
    run = make(tmp_path, "x")
    (run.path / ".lock").mkdir()
    with pytest.raises(EnvironmentFault, match="cannot be locked") as caught, run.locked():
        pass
    assert "writable" in caught.value.hint


def test_a_failed_write_keeps_the_former_content(tmp_path, monkeypatch):
    path = tmp_path / "status.json"
    write_json(path, {"state": "running"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EnvironmentFault, match="No space left") as caught:
        write_json(path, {"state": "complete"})
    assert caught.value.hint == "free some space"
    assert read_json(path) == {"state": "running"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_where_nothing_can_be_deleted_either_is_one_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="Not a directory"):
        write_json(tmp_path / "file" / "status.json", {})


def test_a_run_that_cannot_begin_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    run = RunDirectory.create(tmp_path, "x")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        run.write_manifest({})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "expected"), [("a/b c", "a-b-c"), ("../..", "model"), ("お嬢様", "model")])
def test_a_slug_is_safe_as_a_file_name(name, expected):
    assert slug(name) == expected
