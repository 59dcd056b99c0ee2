"""How much memory a checkpoint takes, and how two of them share a GPU."""

from __future__ import annotations

import os
from pathlib import Path

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.machine import nvidia_gpus
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.dtype import FLOAT32, compute_dtype
from kikime.harness.engines.folders import WEIGHTS
from kikime.harness.engines.options import EngineOptions

CPU_CACHE_GIB = "1"
"""Of an engine on the CPU, where ``VLLM_CPU_KVCACHE_SPACE`` says nothing."""
_GIB = 2**30
_USED = 0.9
"""Share of a GPU that vLLM takes where nobody says."""


def weights_gib(checkpoint: Checkpoint, options: EngineOptions) -> float:
    """What the weights of a checkpoint on this machine take in GiB, without quantisation."""
    width = 4 if compute_dtype(checkpoint, options) == FLOAT32 else 2
    if checkpoint.n_params:
        return checkpoint.n_params * width / _GIB
    files = {file for pattern in WEIGHTS for file in Path(checkpoint.path or "").glob(pattern)}
    return sum(file.stat().st_size for file in files) / _GIB


def cpu_cache_gib() -> float:
    """The cache of one engine on the CPU, in GiB."""
    return float(os.environ.get("VLLM_CPU_KVCACHE_SPACE", CPU_CACHE_GIB))


def shares(weights: tuple[float, float], options: EngineOptions) -> tuple[float, float]:
    """The shares of a GPU's memory that two engines take: each its weights (GiB), and half of what is left for caches.

    Raises:
        EngineFault: the weights of both do not fit.
    """
    whole = min(_gib_of(gpu) for gpu in nvidia_gpus())
    used = options.gpu_memory_utilization or _USED
    own = [part / options.tensor_parallel_size for part in weights]
    left = used * whole - sum(own)
    if left <= 0:
        raise EngineFault(
            "two checkpoints of {needed:.1f} GiB do not fit into {there:.1f} GiB of the GPU",
            hint="serve the user's model elsewhere, then give --user-model openai:NAME@BASE_URL",
            needed=sum(own),
            there=used * whole,
        )
    first, second = ((part + left / 2) / whole for part in own)
    return round(first, 3), round(second, 3)


def _gib_of(gpu: str) -> float:
    """The memory of a GPU as the driver names it.

    >>> _gib_of("NVIDIA H200, 143771 MiB")
    140.4013671875
    """
    return int(gpu.rpartition(",")[2].split()[0]) / 1024
