"""``make bench``: measured speed on this machine. Nothing here is a test; figures go to stdout as they are."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import Prepared, prepare
from kikime.harness.run.execute import execute, start_run
from kikime.harness.stats.ranking import rank_intervals
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.samples import read_samples
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import load_suite
from tools.bench_judge import bench_judge
from tools.bench_peers.programs import BARE, bare_request
from tools.measured import measure

ROUNDS = 5
SUITE = """
id: bench
tasks: [{id: persona_facts, limit: 20}, {id: daily, limit: 20}, {id: preferences, limit: 20}]
personas: [ojousama, bushi, shonen]
formats: [native, alpaca, chatml, vicuna, llama2, plain]
shots: [0, 3]
"""


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suite = folder / "bench.yaml"
        suite.write_text(SUITE, encoding="utf-8")
        prepared = prepare(
            resolve_checkpoint("demo:september"), gather_materials(load_suite(str(suite))), EngineOptions()
        )
        print(f"requests                          {prepared.n_replies:,}", flush=True)
        run = engine_figures(prepared, suite, folder)
        cpu_figures(prepared, run, folder)
        score_figures(run, folder)
    ranking_figure()
    judge_figures()


def engine_figures(prepared: Prepared, suite: Path, folder: Path) -> RunDirectory:
    """Wall time of ``kikime run`` against bare vLLM on the same token lists, engine load included in both."""
    requests, arguments = folder / "requests.json", folder / "arguments.json"
    requests.write_text(json.dumps([bare_request(request) for request in prepared.spool]), encoding="utf-8")
    walls, cpus = [], []
    command = [sys.executable, "-m", "kikime", "run", "demo:september", "--suite", str(suite), "--no-judge"]
    for number in range(ROUNDS):
        runs = folder / f"runs{number}"
        ours = measure([*command, "--runs", str(runs)])
        run = RunDirectory(next(runs.iterdir()))
        [session] = run.status()["sessions"]
        arguments.write_text(json.dumps({"model": prepared.checkpoint.path, **session["engine"]["arguments"]}))
        bare = measure([sys.executable, "-c", BARE, str(requests), str(arguments)])
        walls.append(ours.wall / bare.wall)
        cpus.append(ours.cpu / bare.cpu)
        print(
            f"round {number + 1}: kikime run / bare vLLM       {ours.wall:.1f} s / {bare.wall:.1f} s = {walls[-1]:.3f} wall,"
            f" {ours.cpu:.1f} s / {bare.cpu:.1f} s = {cpus[-1]:.3f} CPU",
            flush=True,
        )
    print(f"wall ratio, median (goal ≤ 1.05)  {statistics.median(walls):.3f}")
    print(f"CPU ratio, median                 {statistics.median(cpus):.3f}")
    print(f"engine loads per run (goal 1)     {len(run.status()['sessions'])}", flush=True)
    return run


class Replay:
    """Hands over recorded replies at once: what is left is kikime's own work."""

    window = 1024

    def __init__(self, replies: dict[str, Reply]) -> None:
        """``replies`` by key."""
        self._replies = replies
        self._waiting: list[str] = []

    @property
    def pending(self) -> int:
        """Submitted and not handed over."""
        return len(self._waiting)

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._waiting.append(request.key)

    def poll(self) -> list[Reply]:
        """Everything that was submitted."""
        done, self._waiting = self._waiting, []
        return [self._replies[key] for key in done]

    def describe(self) -> dict[str, object]:
        """Nothing to tell."""
        return {}

    def close(self) -> None:
        """Nothing to free."""


def cpu_figures(prepared: Prepared, run: RunDirectory, folder: Path) -> None:
    """CPU time of everything but the engine: rendering, tokenising, logging, metrics, tables, summary."""
    plan, work = own_cpu(prepared, run, folder)
    print(f"own CPU, plan, best round         {plan:.3f} ms/reply (tokenizer load included)")
    print(f"own CPU, run (goal ≤ 0.3 ms)      {work:.3f} ms/reply, best round", flush=True)
    started = time.process_time()
    sum(number for number in range(10_000_000))
    print(f"yardstick: 10⁷ Python additions   {time.process_time() - started:.2f} s on this machine now", flush=True)


def own_cpu(prepared: Prepared, run: RunDirectory, folder: Path) -> tuple[float, float]:
    """Milliseconds per reply to plan and to run, without the engine: the replies of ``run`` are played back."""
    replies = {row["key"]: _reply(row) for row in read_samples(run)}
    plans, works = [], []
    for number in range(ROUNDS):
        started = time.process_time()
        again = prepare(prepared.checkpoint, prepared.materials, prepared.options)
        planned = time.process_time()
        fresh = start_run(again, folder / f"replayed{number}")
        began = time.process_time()
        execute(fresh, again, engine=Replay(replies))
        plans.append(planned - started)
        works.append(time.process_time() - began)
    per = 1000 / prepared.n_replies
    return min(plans) * per, min(works) * per


def _reply(row: dict[str, Any]) -> Reply:
    return Reply(
        key=row["key"], text=row["response"], finish_reason=row["finish_reason"], n_output_tokens=row["n_output_tokens"]
    )


def score_figures(run: RunDirectory, folder: Path, count: int = 100_000) -> None:
    """Replies per second of ``kikime score`` on one core, and its memory."""
    rows = [row for row in read_samples(run) if row["persona"] == "ojousama"]
    path = folder / "replies.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for line in _cycle(rows, count):
            stream.write(line)
    started = time.monotonic()
    command = [sys.executable, "-m", "kikime", "score", str(path), "--persona", "ojousama"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak_kib(process.pid))
        time.sleep(0.2)
    seconds = time.monotonic() - started
    print(
        f"kikime score (goal ≥ 3,000)       {count / seconds:,.0f} replies/s, start included; exit {process.returncode}"
    )
    print(f"kikime score, peak memory         {peak / 1024:.0f} MB for {count:,} replies", flush=True)


def _peak_kib(pid: int) -> int:
    """Peak resident memory of the program that ``pid`` runs; what its parent used before exec does not count."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def ranking_figure() -> None:
    """CPU seconds of the joint bootstrap that the leaderboard's intervals come from."""
    items = pd.MultiIndex.from_product([range(10), range(100)], names=["persona", "item"])
    scores = pd.DataFrame(np.random.default_rng(0).normal(size=(1000, 50)), index=items, columns=map(str, range(50)))
    started = time.process_time()
    rank_intervals(scores, n_resamples=10_000)
    print(
        f"ranking 1,000 items × 50 models   {time.process_time() - started:.2f} s CPU for 10,000 resamples (goal < 10)"
    )


def judge_figures() -> None:
    """The judge's client against a server that answers after 500 ms, 64 calls in flight."""
    for name, value in bench_judge().items():
        print(f"judge, {name:<27}{value:,.3f}", flush=True)


def _cycle(rows: list[dict[str, Any]], count: int) -> Iterator[str]:
    for number in range(count):
        row = rows[number % len(rows)]
        line = {"id": number, "response": row["response"], "user": row["user"], "finish_reason": row["finish_reason"]}
        yield json.dumps(line, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
