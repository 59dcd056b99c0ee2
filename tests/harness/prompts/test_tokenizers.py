from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.prompts import load_tokenizer
from tests.support.small_tokenizers import small


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    small("qwen").save_pretrained(tmp_path)
    return tmp_path


def test_loads_a_directory(saved: Path):
    assert load_tokenizer(saved).encode("あ") == small("qwen").encode("あ")


def test_missing_directory(tmp_path: Path):
    with pytest.raises(UsageError, match="no such directory"):
        load_tokenizer(tmp_path / "none")


def test_a_file_is_no_directory(saved: Path):
    with pytest.raises(UsageError, match="not a directory"):
        load_tokenizer(saved / "tokenizer.json")


def test_directory_without_tokenizer(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="no tokenizer here"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{\n", r"tokenizer\.json:\d+: not valid JSON"),
        ("[]", "not a tokenizer"),
        ('{"model": null}', "not a tokenizer"),
        ('{"model": {"type": "BPE", "vocab": "none"}}', "the tokenizer does not load"),
    ],
)
def test_broken_tokenizer(saved: Path, content: str, says: str):
    (saved / "tokenizer.json").write_text(content)
    with pytest.raises(UsageError, match=says):
        load_tokenizer(saved)


def test_hub_id_offline(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentFault, match="no tokenizer for 'nobody/nothing'"):
        load_tokenizer("nobody/nothing")
