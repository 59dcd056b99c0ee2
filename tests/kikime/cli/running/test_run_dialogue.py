"""``kikime run --suite dialogue`` as a user calls it: real vLLM, the model as its own user, real kill −9 in mid-dialogue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

COMMAND = [
    "run",
    "demo:august",
    "--suite",
    "dialogue",
    "--limit",
    "2",
    "--persona",
    "ojousama",
    "--user-model",
    "self",
    "--no-judge",
]
TIMING = {"latency_ms"}


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kikime", *COMMAND, "--runs", str(folder / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )


def table(run: Path, name: str) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in TIMING} for row in pq.read_table(run / name).to_pylist()]


def with_lines(folder: Path, least: int, process: subprocess.Popen[str]) -> Path:
    """The run's directory, once its log holds ``least`` lines of the user's."""
    for _ in range(3000):
        for log in folder.glob("runs/*/wal/user-*.jsonl"):
            if log.read_bytes().count(b"\n") >= least:
                return log.parent.parent
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("no line within 150 s")


@pytest.mark.engine
def test_a_dialogue_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path, kikime):
    (tmp_path / "whole").mkdir()
    whole = start(tmp_path / "whole")
    out, err = whole.communicate(timeout=300)
    assert whole.returncode == 0, err
    expected = Path(out.splitlines()[-1])
    (tmp_path / "killed").mkdir()
    process = start(tmp_path / "killed")
    run = with_lines(tmp_path / "killed", 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    resumed = kikime("resume", run)
    assert resumed.returncode == 0, resumed.stderr
    for name in ("samples.parquet", "user_lines.parquet"):
        assert table(run, name) == table(expected, name), name
