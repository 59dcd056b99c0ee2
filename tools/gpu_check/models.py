"""Checkpoints of random weights, which prove speed and plumbing and say nothing about quality, and adapters for any."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

RANK = 8
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")


class Shape(NamedTuple):
    """Of a Llama."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int


SHAPES = {
    "0.5B": Shape(hidden=1280, layers=24, heads=20, kv_heads=4, intermediate=3456),
    "7B": Shape(hidden=4096, layers=32, heads=32, kv_heads=32, intermediate=11008),
    "tiny": Shape(hidden=64, layers=2, heads=4, kv_heads=2, intermediate=128),
}
"""``tiny`` is for a rehearsal."""


def write_llama(folder: Path, size: str, tokenizer: Path, *, device: str) -> Path:
    """Save a Llama of random bfloat16 weights with the tokenizer of the checkpoint in ``tokenizer``."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    of_tokenizer = json.loads((tokenizer / "config.json").read_text(encoding="utf-8"))
    shape = SHAPES[size]
    config = LlamaConfig(
        vocab_size=of_tokenizer["vocab_size"],
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=4096,
        bos_token_id=of_tokenizer.get("bos_token_id"),
        eos_token_id=of_tokenizer.get("eos_token_id"),
        dtype="bfloat16",
    )
    torch.manual_seed(0)
    with torch.device(device):
        model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(folder)
    for name in _TOKENIZER:
        if (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)
    return folder


def write_adapter(folder: Path, base: Path, scale: float, *, seed: int = 0) -> Path:
    """An adapter on the query and value projections in the layout that PEFT saves; ``scale`` 0 changes nothing."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    sizes = {"q_proj": hidden, "v_proj": config["num_key_value_heads"] * (hidden // heads)}
    generator = torch.Generator().manual_seed(seed)
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
