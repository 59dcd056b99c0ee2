"""Files that are replaced whole or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import cache_home, data_path, replacing, write_atomically


def test_the_old_content_stays_where_writing_fails(tmp_path):
    path = tmp_path / "state.json"
    path.write_text("old")
    with suppress(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_a_part(tmp_path):
    path = tmp_path / "state.json"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(EnvironmentFault), replacing(tmp_path / "x"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"\x00\xff", "薔薇".encode() * 10_000])
def test_bytes_are_written_as_they_are(tmp_path, data):
    write_atomically(tmp_path / "月.bin", data)
    assert (tmp_path / "月.bin").read_bytes() == data


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(EnvironmentFault):
        write_atomically(tmp_path / "x", b"1")
    assert (tmp_path / "x").is_dir()


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(EnvironmentFault) as caught:
        write_atomically(tmp_path / "no" / "x", b"1")
    assert str(tmp_path / "no" / "x") in str(caught.value)


def test_caches_lie_where_the_person_wants_them(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_home("judge") == tmp_path / "kikime" / "judge"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_home("judge").parts[-2:] == ("kikime", "judge")
    assert cache_home("judge").is_absolute()


def test_bundled_data_is_there_wherever_one_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data_path("techniques.yaml").is_file()
