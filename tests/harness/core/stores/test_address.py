"""A folder at an address: small files, and what is told where it cannot be reached."""

from __future__ import annotations

import fsspec
import pytest

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.stores.address import Store, is_address, open_store


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    if request.param == "file":
        return open_store((tmp_path / "shared").as_uri())
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    return open_store("memory://shared/")


@pytest.mark.parametrize(
    ("runs", "whether"),
    [
        ("s3://bucket/runs", True),
        ("file:///srv/runs", True),
        ("runs", False),
        ("/srv/runs", False),
        ("C:\\runs", False),
    ],
)
def test_an_address_has_a_scheme(runs, whether):
    assert is_address(runs) == whether


def test_what_was_written_is_read(store):
    store.write("a/status.json", b"{}")
    store.write("a/status.json", b'{"n": 1}')
    assert store.read("a/status.json") == b'{"n": 1}'
    assert store.size("a/status.json") == 8


def test_a_file_that_is_not_there_is_none_and_no_fault(store):
    assert store.read("a/status.json") is None
    assert store.size("a/status.json") is None
    store.remove("a/status.json")


def test_a_removed_file_is_gone(store):
    store.write("a/publishing.json", b"{}")
    store.remove("a/publishing.json")
    assert store.read("a/publishing.json") is None


def test_files_go_there_and_back(store, tmp_path):
    sent, fetched = tmp_path / "sent", tmp_path / "fetched"
    sent.write_bytes(b"PAR1")
    store.send(sent, "a/wal/0.jsonl")
    store.fetch("a/wal/0.jsonl", fetched)
    assert fetched.read_bytes() == b"PAR1"


def test_folders_are_those_that_hold_the_file(store):
    for name in ("b/published.json", "a/published.json", "c/publishing.json", "a/deep/published.json"):
        store.write(name, b"{}")
    assert store.folders_with("published.json") == ["a", "b"]


def test_an_unknown_kind_of_address_is_refused_with_examples():
    with pytest.raises(UsageError, match="no address of a run store") as caught:
        open_store("gopher://bucket/runs")
    assert "s3://bucket/runs" in str(caught.value.hint)


def test_the_package_that_speaks_to_a_store_is_named(monkeypatch):
    def lacking(address):
        raise ImportError("no s3fs")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lacking)
    with pytest.raises(EnvironmentFault, match="s3fs is not installed") as caught:
        open_store("s3://bucket/runs")
    assert caught.value.hint == "pip install s3fs"


class Dead:
    """A file system behind a line that is down."""

    def __getattr__(self, name):
        def fail(*args, **kwargs):
            raise ConnectionError("no route to host")

        return fail


@pytest.mark.parametrize(
    "asked",
    [
        lambda store, file: store.read("a/x"),
        lambda store, file: store.size("a/x"),
        lambda store, file: store.write("a/x", b""),
        lambda store, file: store.send(file, "a/x"),
        lambda store, file: store.fetch("a/x", file),
        lambda store, file: store.remove("a/x"),
        lambda store, file: store.folders_with("x"),
    ],
)
def test_every_fault_of_a_store_names_the_address_and_the_reason(asked, tmp_path):
    with pytest.raises(
        EnvironmentFault, match="s3://b/runs: the run store cannot be read or written: ConnectionError: no"
    ):
        asked(Store("s3://b/runs", Dead(), "b/runs"), tmp_path / "file")
