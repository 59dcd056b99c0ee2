"""The machine that kikime runs on: processor, memory, GPUs."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import msgspec

_CPUINFO = Path("/proc/cpuinfo")
_NATIVE_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""CPU features (``bf16``: of Arm) with which bfloat16 is no slower than float32."""


class Hardware(msgspec.Struct, frozen=True):
    """What of a machine decides how fast it is."""

    machine: str = ""
    """Architecture, e.g. ``x86_64``."""
    cpu: str = ""
    cores: int | None = None
    memory_gib: float = 0.0


@lru_cache(maxsize=1)
def hardware() -> Hardware:
    """Of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = _cpu_fact("model name") or platform.processor()
    return Hardware(platform.machine(), name, os.cpu_count(), round(memory, 1))


@lru_cache(maxsize=1)
def nvidia_gpus() -> tuple[str, ...]:
    """Name and memory of each NVIDIA GPU that the driver shows."""
    if not shutil.which("nvidia-smi"):
        return ()
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return tuple(line.strip() for line in done.stdout.splitlines() if line.strip()) if done.returncode == 0 else ()


@lru_cache(maxsize=1)
def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for bfloat16; without them it is 2–6 times slower than float32."""
    flags = _cpu_fact("flags") or _cpu_fact("Features")
    return not flags or bool(_NATIVE_BFLOAT16 & set(flags.split()))


def _cpu_fact(name: str) -> str:
    """What the first processor's entry of ``/proc/cpuinfo`` says under ``name``; empty where there is none."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")
