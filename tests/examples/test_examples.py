"""Every example runs as its docstring says, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import OFFLINE
from tests.support.builders import IN_VOICE, PLAIN, make_run

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_example(name: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **OFFLINE, "PYTHONPATH": str(EXAMPLES.parent)},
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_replies_are_scored(tmp_path):
    lines = run_example("score_replies", tmp_path).splitlines()
    assert "'turn_leak': 1" in lines[2]
    assert len(lines) == 4


def test_the_leaderboard_is_ranked_and_exported(tmp_path):
    make_run(tmp_path / "runs", "august", PLAIN)
    make_run(tmp_path / "runs", "september", IN_VOICE)
    shown = run_example("browse_the_leaderboard", tmp_path)
    assert shown.index("september") < shown.index("august")
    assert "<html" in (tmp_path / "leaderboard.html").read_text(encoding="utf-8")


@pytest.mark.engine
def test_a_checkpoint_is_benchmarked(tmp_path):
    shown = run_example("benchmark_a_checkpoint", tmp_path)
    assert "critical_failure" in shown
    assert list(tmp_path.glob("runs/*-benchmark-*/summary.json"))


@pytest.mark.engine
def test_august_is_held_against_september(tmp_path):
    shown = run_example("august_against_september", tmp_path)
    assert "style_level" in shown
    assert (tmp_path / "august-september.html").is_file()


def test_every_example_has_a_test():
    source = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f'"{path.stem}"' in source
