"""kikime as users have it: from a checkout and from its wheel, in folders that hold their own ``tasks.py`` and ``harness/``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
TRAP = """
from pathlib import Path

Path(__file__).with_suffix(".imported").touch()
raise ImportError(f"{__file__} of the user was imported")
"""
TRAPS = (
    "tasks.py",
    "tasks/__init__.py",
    "harness/__init__.py",
    "judges.py",
    "leaderboard/__init__.py",
    "leaderboard/app.py",
)


class Installed(NamedTuple):
    """One way to have kikime: the folder that Python finds it in and the command."""

    folder: Path
    command: list[str]

    @property
    def environment(self) -> dict[str, str]:
        """Variables under which Python finds it, and no other."""
        return {**os.environ, **OFFLINE, "PYTHONPATH": str(self.folder)}

    def python(self, *arguments: str, cwd: Path, asked: str = "") -> str:
        """Standard output of Python, started in a folder; it must succeed."""
        return self._output([sys.executable, *arguments], cwd, asked)

    def kikime(self, *arguments: str, cwd: Path, asked: str = "") -> str:
        """Standard output of the command, started in a folder; it must succeed."""
        return self._output([*self.command, *arguments], cwd, asked)

    def _output(self, command: list[str], cwd: Path, asked: str) -> str:
        done = subprocess.run(
            command, input=asked, capture_output=True, text=True, timeout=600, cwd=cwd, env=self.environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def tracked_files() -> list[str]:
    """What belongs to kikime, as paths below the root of the checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: what belongs to kikime is unknown")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in set(done.stdout.split("\0")) if name and os.path.lexists(ROOT / name))


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name, follow_symlinks=False)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return built


@pytest.fixture(scope="session")
def from_wheel(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed in an empty folder."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = distributions.glob("*.whl")
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    install = [uv, "pip", "install", "--python"] if uv else [sys.executable, "-m", "pip", "--python"]
    rest = [] if uv else ["install"]
    command = [*install, sys.executable, *rest, "-q", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(command, check=True, timeout=120)
    return Installed(folder, [str(folder / "bin" / "kikime")])


@pytest.fixture(params=["checkout", "wheel"])
def installed(request: pytest.FixtureRequest) -> Installed:
    if request.param == "wheel":
        return request.getfixturevalue("from_wheel")
    return Installed(ROOT, [str(Path(sys.executable).parent / "kikime")])


@pytest.fixture
def users_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder as users of Celery and invoke have it; nothing in it may ever be imported."""
    folder = tmp_path / "project"
    for name in TRAPS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TRAP)
    yield folder
    assert not list(folder.rglob("*.imported"))
