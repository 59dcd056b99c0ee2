"""Folders that are no whole checkpoint or adapter: told before anything is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint, with_adapter
from kikime.harness.engines.folders import read_adapter
from kikime.harness.plan.prepare import prepare
from tests.support.builders import make_materials

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 16060522496\n"


@pytest.fixture
def copy(tmp_path, august) -> Path:
    return Path(shutil.copytree(august, tmp_path / "copy"))


@pytest.fixture
def adapter(tmp_path) -> Path:
    folder = tmp_path / "ojou"
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(b"0" * 2000)
    return configured(folder)


def configured(folder: Path, **config: object) -> Path:
    fields = {"peft_type": "LORA", "r": 16, "target_modules": ["q_proj", "v_proj"], "base_model_name_or_path": "x/base"}
    (folder / "adapter_config.json").write_text(json.dumps({**fields, **config}), encoding="utf-8")
    return folder


def refused(folder: Path, problem: str) -> str:
    with pytest.raises(UsageError, match=problem) as caught:
        resolve_checkpoint(str(folder))
    return str(caught.value.hint)


def test_an_adapter_given_as_the_model_says_how_to_give_it(adapter):
    assert refused(adapter, "a LoRA adapter, not a model") == f"kikime run x/base --lora ojou={adapter}"


@pytest.mark.parametrize("beside", [False, True])
def test_gguf_is_refused(tmp_path, beside):
    file = tmp_path / "model-Q4_K_M.gguf"
    file.write_bytes(b"GGUF")
    assert "safetensors" in refused(tmp_path if beside else file, "GGUF")


def test_training_arguments_are_no_weights(copy):
    (copy / "model.safetensors").unlink()
    (copy / "training_args.bin").write_bytes(b"0" * 5000)
    assert "save_model" in refused(copy, "no weights")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_what_git_lfs_left_is_told(copy, name):
    (copy / name).write_text(POINTER, encoding="utf-8")
    assert "git lfs pull" in refused(copy, rf"{name}.*pointer of Git LFS")


def test_a_missing_shard_is_named(copy):
    shards = [f"model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)]
    (copy / "model.safetensors").rename(copy / shards[0])
    index = {"weight_map": dict(zip("abc", shards, strict=True))}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    hint = refused(copy, "2 of 3 files of the weights are missing: model-00002")
    assert "model.safetensors.index.json lists them all" in hint


@pytest.mark.parametrize(
    ("config", "rank", "loaded"), [({}, 16, 16), ({"r": 24}, 24, 32), ({"rank_pattern": {"q_proj": 64}}, 64, 64)]
)
def test_the_rank_is_known_before_loading(august, adapter, config, rank, loaded):
    checkpoint = with_adapter(resolve_checkpoint(str(august)), "ojou", configured(adapter, **config))
    assert (checkpoint.lora.rank, checkpoint.max_lora_rank) == (rank, loaded)
    assert (checkpoint.lora.target_modules, checkpoint.lora.base) == (("q_proj", "v_proj"), "x/base")


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"peft_type": "IA3"}, "IA3, not LoRA"),
        ({"use_dora": True}, "use_dora"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"r": 1024}, "rank 1024"),
        ({"r": "16"}, "no whole number"),
    ],
)
def test_adapters_that_cannot_be_loaded_are_refused(adapter, config, problem):
    with pytest.raises(UsageError, match=problem):
        read_adapter(configured(adapter, **config))


def test_an_adapter_without_weights_is_refused(adapter):
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(UsageError, match="no weights"):
        read_adapter(adapter)


def test_tokens_that_the_embedding_lacks_are_told_before_loading(copy):
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    (copy / "config.json").write_text(json.dumps({**config, "vocab_size": 5}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"format 'alpaca' uses the token .*5 rows"):
        prepare(resolve_checkpoint(str(copy)), make_materials(), EngineOptions())


def test_a_tokenizers_own_code_is_not_run_and_not_asked_for(copy, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    (copy / "own.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")
    path = copy / "tokenizer_config.json"
    own = {"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.OwnTokenizer", None]}}
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **own}), encoding="utf-8")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(UsageError, match="Python code of its own") as caught:
        prepare(resolve_checkpoint(str(copy)), make_materials(), EngineOptions())
    assert "--trust-remote-code" in str(caught.value.hint)
    assert not ran.exists()
