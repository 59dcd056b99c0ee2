"""What a command costs: wall and CPU time, and the most memory that any of its processes had."""

from __future__ import annotations

import os
import subprocess
import time
from typing import NamedTuple

ENGINE_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""The same for every program that loads an engine."""


class Used(NamedTuple):
    """Seconds, and MB of the largest process."""

    wall: float
    cpu: float
    peak_mb: float

    def plus(self, other: Used) -> Used:
        """Of two commands, one after the other."""
        return Used(self.wall + other.wall, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))


def measure(command: list[str]) -> Used:
    """Run a command to its end; its children count too.

    Raises:
        SystemExit: it failed; its last lines are shown.
    """
    environment = {**os.environ, **ENGINE_ENVIRONMENT}
    # An installed kikime has bytecode; a checkout gets it from its first run, unless that is switched off.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:6])} … ended with {process.returncode}:\n{said[-2000:]}")
    return Used(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
