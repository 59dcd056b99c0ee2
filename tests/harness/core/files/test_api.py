from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import cache_home, replacing, write_atomically


def test_caches_live_below_the_cache_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_home("judge") == tmp_path / "kikime" / "judge"


def test_without_a_cache_folder_of_the_user_the_systems_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_home("judge").is_relative_to(tmp_path)


def test_an_error_while_writing_keeps_the_old_content_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), replacing(file) as new:
        new.write_text(str(1 / 0), encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert file.read_text(encoding="utf-8") == "old"


def test_a_folder_that_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="cannot be written: No such file") as caught:
        write_atomically(tmp_path / "nowhere" / "file", b"")
    assert "make sure that the folder is there" in str(caught.value)
