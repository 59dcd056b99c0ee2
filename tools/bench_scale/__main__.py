"""100,000 replies through run, compaction, resume, judge and board: rates, and whether memory stays flat.

Each stage is a process of its own, run at a fifth of the size and at the whole; its peaks tell how memory grows. The engine and
the judge answer at once, so every figure is kikime's own work: ``python -m tools.bench_scale``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from kikime.harness.store.rundir import list_runs
from tools.bench_judge import serve_judge
from tools.measured import Used, measure

ENGINE = Path(__file__).with_name("canned.py")
TASKS, PERSONAS = ("persona_facts", "daily", "preferences"), ("ojousama", "bushi", "shonen")
FORMATS, SHOTS, LIMIT = ("native", "alpaca", "chatml", "vicuna", "llama2", "plain"), (0, 3), 20
SMALLER = 5
FLAT_MB = 50


class Sized(NamedTuple):
    """One stage at one size."""

    replies: int
    used: Used
    told: dict[str, Any]


def main() -> None:
    """Print every figure with its goal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--replies", type=int, default=100_000)
    parser.add_argument("--judged", type=int, default=20_000, help="replies that are judged too; 0: none")
    chosen = parser.parse_args()
    print(f"10⁷ Python additions take {yardstick():.2f} s here now; rates are per second of CPU time", flush=True)
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"XDG_CACHE_HOME": f"{name}/cache", "OPENAI_API_KEY": "none"}
        sizes = [run_of(Path(name), count) for count in (chosen.replies // SMALLER, chosen.replies)]
        report("run", *sizes)
        folders = [Path(name) / str(count) for count in (chosen.replies // SMALLER, chosen.replies)]
        report_stages(folders)
        if chosen.judged:
            report("judge", *(judged(Path(name), count) for count in (chosen.judged // SMALLER, chosen.judged)))


def yardstick() -> float:
    """CPU seconds of ten million additions in Python: how fast the machine is just now."""
    started = time.process_time()
    sum(number for number in range(10_000_000))
    return time.process_time() - started


def run_of(folder: Path, count: int) -> Sized:
    """``kikime run`` of about so many replies."""
    cells = len(TASKS) * len(PERSONAS) * len(FORMATS) * len(SHOTS) * LIMIT
    suite = folder / f"scale{count}.yaml"
    content = {"id": "scale", "tasks": TASKS, "personas": PERSONAS, "formats": FORMATS, "shots": SHOTS}
    suite.write_text(json.dumps({**content, "limit": LIMIT, "repeats": max(1, round(count / cells))}))
    runs = folder / str(count)
    command = [sys.executable, "-m", "kikime", "run", "demo:september", "--suite", str(suite), "--no-judge"]
    used = measure([*command, "--engine", str(ENGINE), "--runs", str(runs)])
    [run] = list_runs(runs)
    return Sized(int(run.status()["done"]), used, {})


def judged(folder: Path, count: int) -> Sized:
    """``kikime judge`` of a run of so many replies."""
    if not (folder / str(count)).is_dir():
        run_of(folder, count)
    [run] = list_runs(folder / str(count))
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve_judge, args=(there, 0.0), daemon=True)
    server.start()
    try:
        command = [sys.executable, "-m", "kikime", "judge", str(run.path), "--judge-model", "bench-judge"]
        used = measure([*command, "--judge-base-url", f"http://127.0.0.1:{here.recv()}/v1"])
    finally:
        server.terminate()
        server.join()
    return Sized(int(run.status()["done"]), used, {})


def report(title: str, small: Sized, large: Sized) -> None:
    """Rate at the larger size, and what the difference in size costs in memory."""
    rate = large.replies / large.used.cpu
    each = 1000 * (large.used.cpu - small.used.cpu) / max(1, large.replies - small.replies)
    print(f"{title:<12}{large.replies:>9,} replies {rate:>9,.0f}/s, start included; {each:.3f} ms each beyond it")
    grown = large.used.peak_mb - small.used.peak_mb
    peaks = f"{small.used.peak_mb:.0f} MB with {small.replies:,}, {large.used.peak_mb:.0f} MB with {large.replies:,}"
    print(f"{'':<12}memory {peaks}: {grown:+.0f} MB (goal ± {FLAT_MB})", flush=True)


def report_stages(folders: list[Path]) -> None:
    """Compaction, resume and board, on runs that are there."""
    small, large = ([staged(stage, folder) for stage in ("compaction", "board")] for folder in folders)
    log, plan = (staged(stage, folders[1]) for stage in ("log", "plan"))
    report("compaction", small[0], large[0])
    told = large[0].told
    rows = told["samples"] + told["scores"]
    print(
        f"{'':<12}{rows / told['cpu']:,.0f} rows/s: {told['samples']:,} samples, {told['scores']:,} scores (goal 100,000)"
    )
    print(f"{'':<12}summary {told['summary_cpu']:.1f} s")
    print(f"{'resume':<12}log of {log.replies:,} replies read in {log.told['cpu']:.1f} s (goal < 2)")
    print(f"{'':<12}where one is missing, the plan is rendered anew: {plan.told['cpu']:.1f} s", flush=True)
    report("board", small[1], large[1])


def staged(stage: str, runs: Path) -> Sized:
    """One stage of :mod:`tools.bench_scale.stages`."""
    [run] = list_runs(runs)
    out = runs.parent / "told.json"
    used = measure([sys.executable, "-m", "tools.bench_scale.stages", stage, str(run.path), str(out)])
    told = json.loads(out.read_text(encoding="utf-8"))
    return Sized(int(run.status()["done"]), used, told)


if __name__ == "__main__":
    main()
