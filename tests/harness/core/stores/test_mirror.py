"""Published runs as folders of this machine."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.hashing import file_sha256
from kikime.harness.core.stores.listing import MARKER, Listing, PublishedFile
from kikime.harness.core.stores.mirror import address_of, fetch_published, fetch_whole, fetched, local_runs


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def shared(tmp_path):
    return tmp_path / "shared"


def publish(folder: Path, **files: str) -> None:
    """Put a run there as ``kikime push`` does: dots of names are written as two underscores."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = {}
    for name, content in files.items():
        file = folder / name.replace("__", ".")
        file.write_text(content, encoding="utf-8")
        listed[file.name] = PublishedFile(size=file.stat().st_size, sha256=file_sha256(file))
    (folder / MARKER).write_bytes(msgspec.json.encode(Listing(files=listed)))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_folder_of_this_machine_stays_as_it_is(tmp_path):
    assert local_runs(tmp_path) == tmp_path
    assert address_of(tmp_path) is None


def test_summaries_come_at_once_and_tables_when_they_are_looked_at(shared):
    publish(shared / "a", manifest__json="{}", summary__json="{}", samples__parquet="rows")
    folder = local_runs(shared.as_uri())
    assert address_of(folder) == shared.as_uri()
    assert names(folder / "a") == {"manifest.json", "summary.json", MARKER}
    assert fetched(folder / "a" / "samples.parquet").read_text() == "rows"
    assert not fetched(folder / "a" / "judge.parquet").exists()


def test_a_run_may_be_fetched_whole(shared):
    publish(shared / "a", manifest__json="{}", samples__parquet="rows", scores__parquet="more")
    run = local_runs(shared.as_uri()) / "a"
    fetch_whole(run)
    assert names(run) == {"manifest.json", "samples.parquet", "scores.parquet", MARKER}


def test_nothing_is_fetched_into_a_folder_that_mirrors_none(tmp_path):
    fetch_whole(tmp_path)
    fetch_published(tmp_path, "samples.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_its_marker_is_not_there(shared):
    publish(shared / "a", summary__json="{}")
    (shared / "b").mkdir()
    (shared / "b" / "summary.json").write_text("{}")
    assert {path.name for path in local_runs(shared.as_uri()).iterdir() if path.is_dir()} == {"a"}


def test_a_run_that_is_taken_back_goes_and_what_was_written_beside_it_stays(shared):
    publish(shared / "a", summary__json="{}")
    publish(shared / "b", summary__json="{}")
    folder = local_runs(shared.as_uri())
    (folder / "b" / "notes.jsonl").write_text("{}")
    for run in ("a", "b"):
        (shared / run / MARKER).unlink()
    local_runs(shared.as_uri())
    assert not (folder / "a").exists()
    assert names(folder / "b") == {"notes.jsonl"}


def test_a_run_that_is_published_anew_is_fetched_anew(shared):
    publish(shared / "a", summary__json="old", samples__parquet="old")
    run = local_runs(shared.as_uri()) / "a"
    fetch_whole(run)
    publish(shared / "a", summary__json="new", samples__parquet="new")
    local_runs(shared.as_uri())
    assert (run / "summary.json").read_text() == "new"
    assert fetched(run / "samples.parquet").read_text() == "new"


@pytest.mark.parametrize("change", [lambda file: file.write_text("else"), lambda file: file.unlink()])
def test_a_file_that_is_not_what_was_published_is_refused_and_leaves_nothing(shared, change):
    publish(shared / "a", summary__json="{}", samples__parquet="rows")
    run = local_runs(shared.as_uri()) / "a"
    change(shared / "a" / "samples.parquet")
    with pytest.raises(EnvironmentFault, match=r"a/samples\.parquet: not what was published"):
        fetch_published(run, "samples.parquet")
    assert names(run) == {"summary.json", MARKER}
