import shutil
from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.checkpoint import resolve_checkpoint, with_adapter


@pytest.fixture
def copy(tmp_path, august) -> Path:
    return Path(shutil.copytree(august, tmp_path / "copy"))


def test_parameters_are_counted_from_the_weights(august):
    checkpoint = resolve_checkpoint(str(august))
    assert checkpoint.n_params is not None
    assert 2_000_000 < checkpoint.n_params < 5_000_000


def test_a_copy_has_the_same_fingerprint(august, copy):
    assert resolve_checkpoint(str(august)).fingerprint == resolve_checkpoint(str(copy)).fingerprint


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "generation_config.json"])
def test_changing_a_file_changes_the_fingerprint(copy, name):
    before = resolve_checkpoint(str(copy)).fingerprint
    path = copy / name
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert resolve_checkpoint(str(copy)).fingerprint != before


@pytest.mark.parametrize("damage", ["one character", "cut", "another shape"])
def test_a_damaged_memory_of_hashes_is_forgotten(august, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before, memory = resolve_checkpoint(str(august)).fingerprint, tmp_path / "kikime" / "sha256.json"
    kept = memory.read_text(encoding="utf-8")
    digit = kept.index('":"') + 3
    memory.write_text(
        {
            "one character": kept[:digit] + ("0" if kept[digit] != "0" else "1") + kept[digit + 1 :],
            "cut": kept[: len(kept) // 2],
            "another shape": "[]",
        }[damage],
        encoding="utf-8",
    )
    assert resolve_checkpoint(str(august)).fingerprint == before


def test_a_bundled_checkpoint_has_a_short_name(august):
    assert resolve_checkpoint("demo:august").path == str(august.resolve())


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("./nowhere", "no such checkpoint"),
        ("demo:october", "august"),
        ("openai:model", "openai:NAME@BASE_URL"),
        (".", "config.json is missing"),
    ],
)
def test_a_wrong_reference_says_what_is_wrong(tmp_path, monkeypatch, reference, problem):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=problem):
        resolve_checkpoint(reference)


def test_truncated_weights_are_recognised(copy):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(UsageError, match="broken safetensors"):
        resolve_checkpoint(str(copy))


def test_missing_weights_are_recognised(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(UsageError, match="no weights"):
        resolve_checkpoint(str(copy))


def test_a_broken_configuration_is_recognised(copy):
    (copy / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="not readable as JSON"):
        resolve_checkpoint(str(copy))


def test_a_served_model_keeps_its_address():
    checkpoint = resolve_checkpoint("openai:org/model:v1@http://127.0.0.1:8000/v1")
    assert (checkpoint.name, checkpoint.base_url) == ("org/model:v1", "http://127.0.0.1:8000/v1")
    assert checkpoint.mutable


def test_a_directory_without_adapter_is_refused(august, tmp_path):
    with pytest.raises(UsageError, match=r"adapter_config\.json is missing"):
        with_adapter(resolve_checkpoint(str(august)), "x", tmp_path)
