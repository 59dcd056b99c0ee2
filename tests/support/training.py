"""Folders as training leaves them: checkpoints and adapters of a training run, without training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from kikime.harness.core.files import data_path

ASKED = {
    "suite": "smoke",
    "tasks": ["daily"],
    "personas": ["ojousama"],
    "formats": ["alpaca"],
    "shots": [0],
    "limit": 3,
}
"""Three questions."""


def checkpoint(folder: Path, reply: str = "そうですね。", seed: int = 0) -> Path:
    """A whole small checkpoint that says ``reply`` (of ``tests.support.canned_engine``)."""
    shutil.copytree(data_path("checkpoints") / "august", folder)
    (folder / "reply.txt").write_text(reply, encoding="utf-8")
    save_file({"w": np.full(4, seed, dtype=np.float32)}, folder / "model.safetensors")
    return folder


def adapter(folder: Path, base: str = "demo:august", reply: str = "そうですね。", rank: int = 8, seed: int = 0) -> Path:
    """A LoRA adapter on ``base``."""
    folder.mkdir(parents=True)
    config = {"peft_type": "LORA", "r": rank, "target_modules": ["q_proj"], "base_model_name_or_path": base}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "reply.txt").write_text(reply, encoding="utf-8")
    save_file({"w": np.full(4, seed, dtype=np.float32)}, folder / "adapter_model.safetensors")
    return folder
