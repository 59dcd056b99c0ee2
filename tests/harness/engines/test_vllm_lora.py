"""LoRA adapters on one loaded base, as ``kikime run BASE --lora NAME=DIR`` uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

RANK = 8


def write_adapter(folder: Path, base: Path, scale: float) -> Path:
    """An adapter on the query and value projections in the layout that PEFT saves; ``scale`` 0 changes nothing."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    sizes = {"q_proj": hidden, "v_proj": config["num_key_value_heads"] * (hidden // heads)}
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for name, size in sizes.items():
            where = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{where}.lora_A.weight"] = torch.randn(RANK, hidden, generator=generator)
            weights[f"{where}.lora_B.weight"] = scale * torch.randn(size, RANK, generator=generator)
    folder.mkdir()
    save_file(weights, folder / "adapter_model.safetensors")
    adapter = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": RANK, "bias": "none"}
    adapter |= {"target_modules": list(sizes), "base_model_name_or_path": str(base), "lora_dropout": 0.0}
    (folder / "adapter_config.json").write_text(json.dumps(adapter), encoding="utf-8")
    return folder


@pytest.mark.engine
def test_two_adapters_share_one_load_and_get_a_run_each(kikime, tmp_path, august):
    still = write_adapter(tmp_path / "still", august, 0.0)
    wild = write_adapter(tmp_path / "wild", august, 0.5)
    arguments = ["--suite", "smoke", "--limit", "1", "--lora", f"still={still}", "--lora", f"wild={wild}"]
    done = kikime("run", "demo:august", *arguments)
    assert done.returncode in {0, 4}, done.stderr
    assert done.stderr.count("loading the engine") == 1
    runs = {json.loads((run / "manifest.json").read_text())["name"]: run for run in tmp_path.glob("runs/*")}
    assert set(runs) == {"august+still", "august+wild"}
    replies = {name: pq.read_table(run / "samples.parquet").to_pylist() for name, run in runs.items()}
    texts = {name: [row["response"] for row in rows] for name, rows in replies.items()}
    assert texts["august+still"] != texts["august+wild"]
    assert not {row["key"] for row in replies["august+still"]} & {row["key"] for row in replies["august+wild"]}
    assert [row["pair_key"] for row in replies["august+still"]] == [row["pair_key"] for row in replies["august+wild"]]
