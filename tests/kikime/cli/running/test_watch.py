"""``kikime watch`` as a user calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from kikime.harness.store.rundir import list_runs
from kikime.workflows.series.records import BenchmarkedStep
from tests.support.builders import invoke
from tests.support.training import checkpoint

ROOT = Path(__file__).parents[4]
GRID = [
    "--suite",
    "smoke",
    "--task",
    "daily",
    "--persona",
    "ojousama",
    "--format",
    "alpaca",
    "--shots",
    "0",
    "--limit",
    "3",
]


def watch(tmp_path, engine, *more):
    arguments = ["watch", tmp_path / "out", *GRID, "--engine", engine, "--every", "0.01", "--once", *more]
    return invoke(tmp_path / "runs", *arguments, "--lang", "en")


def test_the_curve_grows_with_every_checkpoint(tmp_path, engine):
    for step in (100, 200):
        checkpoint(tmp_path / "out" / f"checkpoint-{step}", seed=step)
    done = watch(tmp_path, engine)
    assert done.exit_code == 0, done.stderr
    assert "out × smoke, steps: 1" in done.stdout
    assert "out × smoke, steps: 2" in done.stdout
    assert "From step 100 to step 200" in done.stdout
    assert "out-200: complete" in done.stderr
    shown = invoke(tmp_path / "runs", "show", "out", "--report", "steps", "--json")
    assert [step["step"] for step in json.loads(shown.stdout)["steps"]] == [100, 200]


def test_json_is_a_line_per_checkpoint(tmp_path, engine):
    for step in (100, 200):
        checkpoint(tmp_path / "out" / f"checkpoint-{step}", seed=step)
    lines = [json.loads(line) for line in watch(tmp_path, engine, "--json").stdout.splitlines()]
    found = [msgspec.convert(line, BenchmarkedStep) for line in lines]
    assert [(one.training, one.step, one.state, one.errors) for one in found] == [
        ("out", 100, "complete", 0),
        ("out", 200, "complete", 0),
    ]
    assert all(line["schema_version"] == 1 for line in lines)


def test_one_that_does_not_load_ends_with_4(tmp_path, engine):
    checkpoint(tmp_path / "out" / "broken-1")
    done = watch(tmp_path, engine)
    assert done.exit_code == 4
    assert "broken-1: not benchmarked: it does not load" in done.stderr


def test_ctrl_c_ends_it_and_the_same_command_goes_on(tmp_path, engine):
    checkpoint(tmp_path / "out" / "checkpoint-1")
    command = [sys.executable, "-m", "kikime", "watch", "out", *GRID, "--engine", engine, "--every", "0.1", "--json"]
    watching = subprocess.Popen(
        [*command, "--runs", "runs"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},  # the engine's file uses tests.support
    )
    limit = threading.Timer(120, watching.kill)
    limit.start()
    assert json.loads(watching.stdout.readline())["step"] == 1
    limit.cancel()
    watching.send_signal(signal.SIGTERM)  # as Ctrl-C, which a test that runs in the background does not hear
    _, said = watching.communicate(timeout=120)
    assert watching.returncode == 130, said
    assert "Traceback" not in said
    assert watch(tmp_path, engine).exit_code == 0
    assert len(list_runs(tmp_path / "runs")) == 1
