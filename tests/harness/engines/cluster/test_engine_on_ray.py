"""Replicas on a real Ray cluster of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from kikime.harness.core.request import Reply
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.cluster.engine import RayEngine
from kikime.harness.run.runner import Runner
from tests.support.builders import invoke
from tests.support.served import request

pytestmark = pytest.mark.engine

FAST = str(Path(__file__).parents[4] / "tools" / "faults" / "fast_engine.py")
SUITE = """
id: swap
tasks: [daily, icl_sentiment, emotion]
personas: [ojousama]
formats: [native]
shots: [2]
limit: 8
"""


def workers(ancestor: int) -> list[psutil.Process]:
    """The processes of replicas that a driver has started."""
    found = psutil.Process(ancestor).children(recursive=True)
    return [process for process in found if any("ray::Worker" in word for word in process.cmdline())]


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing() -> None:
    engine = RayEngine(resolve_checkpoint("demo:august"), EngineOptions(engine="ray", replicas=2), worker=FAST)
    replies: list[Reply] = []

    def sink(_: object, reply: Reply) -> None:
        replies.append(reply)
        if len(replies) == 100:
            workers(os.getpid())[0].send_signal(signal.SIGKILL)

    try:
        runner = Runner(engine, [sink], stored=lambda _: None, next_turn=lambda *_: None, max_model_len=None)
        runner.run(request(number) for number in range(1500))
    finally:
        engine.close()
    assert sorted(reply.key for reply in replies) == sorted(f"r{number}" for number in range(1500))
    assert {reply.error for reply in replies} == {None}
    assert [(note.code, note.values) for note in engine.notes] == [("replicas_lost", {"n": 1})]


def begun(tmp_path: Path, name: str, *options: str) -> Path:
    """A run that was killed with −9 once some of its replies were stored."""
    line = [sys.executable, "-m", "kikime", "run", "demo:august", "--no-judge", "--dtype", "float32", "--name", name]
    line += ["--suite", str(tmp_path / "swap.yaml"), "--engine-arg", "max_num_seqs=4", *options]
    environment = {**os.environ, "KIKIME_RUNS": str(tmp_path / "runs")}
    with (tmp_path / f"{name}.log").open("w") as log:
        process = subprocess.Popen(line, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(3000):
            stored = sum(path.read_bytes().count(b"\n") for path in tmp_path.glob(f"runs/*-{name}-*/wal/*.jsonl"))
            if stored >= 4 or process.poll() is not None:
                break
            time.sleep(0.1)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL, (tmp_path / f"{name}.log").read_text()
    [run] = tmp_path.glob(f"runs/*-{name}-*")
    return run


def replies_of(run: Path) -> Iterator[tuple[object, ...]]:
    for row in pq.read_table(run / "samples.parquet").to_pylist():
        yield tuple(row[name] for name in ("key", "response", "finish_reason", "n_output_tokens", "logprobs", "error"))


def test_two_runs_that_change_places_half_way_are_the_same_run(kikime, tmp_path: Path) -> None:
    """One begins on a cluster and ends in one process, the other the other way round; both are killed in between.

    Replies, log-probabilities of labels, dialogues.
    """
    (tmp_path / "swap.yaml").write_text(SUITE, encoding="utf-8")
    on_ray = begun(tmp_path, "first", "--engine", "ray")
    here = begun(tmp_path, "second")
    for run, flags in ((on_ray, ("--engine", "vllm")), (here, ("--engine", "ray", "--replicas", "2"))):
        done = kikime("resume", run, *flags)
        assert done.returncode == 0, done.stderr
        assert invoke(tmp_path / "runs", "verify", run).exit_code == 0
    first, second = list(replies_of(on_ray)), list(replies_of(here))
    assert len({key for key, *_ in first}) == len(first)
    assert first == second
    assert {error for *_, error in first} == {None}
