"""Measure the leaderboard: 1,000 runs, one of them with 50,000 replies.

Prints the server time of the first page (nothing cached, and with a server that has warmed up), of later interactions, of
sample pages, and the memory of the process; then what a browser sees of each page.
Summaries and replies have the size and shape of real ones; their texts and
values are drawn at random.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kikime.harness.cards.persona import load_persona
from kikime.harness.metrics import VERSION
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.ranking.stored import ranking_data
from kikime.harness.store.rundir import RunDirectory, write_json
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import SAMPLES, SCORES
from tools.bench_pages import measure_pages, report_pages

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

PERSONAS = ("ojousama", "bushi", "shonen")
TASKS = ("daily", "style", "persona_facts", "preferences")
FORMATS = ("alpaca", "chatml", "llama2", "llama3", "vicuna", "aines_v3")
SHOTS = (0, 3)
ITEMS = 4
WORDS = (
    "ごきげんよう",
    "拙者は",
    "本日も",
    "良い天気",
    "ですわ",
    "でござる",
    "ミュージカル",
    "舞台",
    "友人と",
    "紅茶を",
    "楽しみ",
    "にいたします",
    "ぜ！",
    "。",
)
SEED = 7
ORIGINALS = 20


def main() -> None:
    """Build the store, then measure in fresh processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--replies", type=int, default=50_000)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
        return
    with tempfile.TemporaryDirectory(prefix="kikime-bench-") as folder:
        runs = Path(folder) / "runs"
        build(runs, given.runs, given.replies)
        environment = {**os.environ, "KIKIME_RUNS": str(runs), "XDG_CACHE_HOME": f"{folder}/cache"}
        command = [sys.executable, "-m", "tools.bench_ui", "--measure", str(runs)]
        for title in ("nothing cached", "caches of an earlier process"):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            report(title, json.loads(done.stdout.splitlines()[-1]))
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        report_pages(measure_pages(runs, environment))
        print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)


def build(runs: Path, n_runs: int, n_replies: int) -> None:
    """Write the store: a large run, some runs with tables of their own, and copies of these under other names."""
    rng = np.random.default_rng(SEED)
    started = time.perf_counter()
    per_item = len(PERSONAS) * len(TASKS) * len(FORMATS) * len(SHOTS)
    write_run(runs / run_id(0), model_name(0), max(1, n_replies // (per_item * ITEMS)), 0.7, rng)
    originals = min(ORIGINALS, n_runs - 1)
    for number in range(1, 1 + originals):
        write_run(runs / run_id(number), model_name(number), 1, float(rng.uniform(0.2, 0.95)), rng)
        ranking_data(RunDirectory(runs / run_id(number)))
    for number in range(1 + originals, n_runs):
        copy_run(runs / run_id(1 + number % originals), runs / run_id(number), model_name(number))
    summaries = [path.stat().st_size for path in runs.glob("*/summary.json")]
    print(
        f"built {n_runs:,} runs in {time.perf_counter() - started:.0f} s: a summary of {np.median(summaries) / 1024:.0f} KiB each, "
        f"together {sum(summaries) / 2**20:.0f} MiB",
        flush=True,
    )


def run_id(number: int) -> str:
    """An identifier as the store makes them."""
    return f"20260101T{number:06d}Z-model-{number:06x}"


def model_name(number: int) -> str:
    """A name that is never there twice."""
    return f"モデル-{number:04d}"


def copy_run(source: Path, path: Path, name: str) -> None:
    """The same tables under another name: summary, manifest and ranking file are those of a run of its own."""
    path.mkdir()
    for table in ("samples.parquet", "scores.parquet", "status.json"):
        os.link(source / table, path / table)
    for small in ("manifest.json", "summary.json", "ranking.json"):
        content = orjson.loads((source / small).read_bytes()) | {"run": path.name, "name": name}
        if small == "ranking.json":
            status = (path / "summary.json").stat()
            content["state"][2][3] = [status.st_mtime_ns, status.st_size]
        write_json(path / small, content)


def write_run(path: Path, name: str, copies: int, quality: float, rng: np.random.Generator) -> None:
    """One run with every cell of the grid, ``copies`` times as many items as the others."""
    run = RunDirectory(path)
    (path / "wal").mkdir(parents=True)
    cells = [
        (task, persona, form, shots, f"i{item:04d}")
        for form in FORMATS
        for persona in PERSONAS
        for shots in SHOTS
        for task in TASKS
        for item in range(ITEMS * copies)
    ]
    run.write_manifest(manifest(path.name, name, len(cells), copies))
    write_samples(run, cells, rng)
    write_scores(run, len(cells), quality, rng)
    run.write_status({"state": "complete", "planned": len(cells), "done": len(cells), "errors": 0})
    summarise(run)


def write_samples(run: RunDirectory, cells: list[tuple[Any, ...]], rng: np.random.Generator) -> None:
    """Replies of 10 to 60 characters, prompts of a few hundred."""
    n = len(cells)
    words = rng.integers(len(WORDS), size=(n, 10))
    lengths = rng.integers(3, 10, size=n)
    columns: dict[str, Any] = {name: [None] * n for name in SAMPLES.names}
    task, persona, form, shots, item = (list(column) for column in zip(*cells, strict=True))
    columns |= {"task": task, "persona": persona, "format": form, "shots": shots, "item_id": item}
    columns["key"] = [f"{run.id[-6:]}{at:026x}" for at in range(n)]
    columns["pair_key"] = [f"{at:032x}" for at in range(n)]
    columns["position"] = list(range(n))
    columns |= {name: [0] * n for name in ("example_set", "turn", "repeat", "seed")}
    columns |= {"shot_style": ["turns"] * n, "technique": ["plain"] * n, "context": ["none"] * n}
    columns |= {"history": ["[]"] * n, "examples": ["[]"] * n, "expect": ["{}"] * n, "finish_reason": ["stop"] * n}
    columns["system"] = ["あなたは次の人物になりきって話してください。"] * n
    columns["user"] = [f"{where}について、{at % 97}番目の話を聞かせてください。" for at, where in enumerate(item)]
    columns["prompt"] = [f"### Instruction:\n{'設定。' * 40}\n{user}\n### Response:\n" for user in columns["user"]]
    columns["response"] = ["".join(WORDS[w] for w in words[at, : lengths[at]]) for at in range(n)]
    columns |= {"n_prompt_tokens": [180] * n, "n_output_tokens": lengths.tolist(), "latency_ms": [20.0] * n}
    pq.write_table(pa.table(columns, schema=SAMPLES), run.samples_file, compression="zstd")


def write_scores(run: RunDirectory, n: int, quality: float, rng: np.random.Generator) -> None:
    """Every rule metric of every reply; a better model has better values more often."""
    names, values = [], []
    for metric in METRICS.values():
        good = rng.random(n) < quality
        if metric.kind == "int":
            drawn = rng.integers(0, 40, n).astype(float) if metric.name == "length_chars" else (~good).astype(float)
        else:
            drawn = (good if metric.direction == "higher" else ~good & (rng.random(n) < 0.2)).astype(float)
        names.append(metric.name)
        values.append(drawn)
    by_name = dict(zip(names, values, strict=True))
    by_name["eligible_sentences"][:] = 1.0
    by_name["marker_sentences"] = (rng.random(n) < quality).astype(float)
    by_name["critical_failure"] = (rng.random(n) < (1 - quality) / 4).astype(float)
    keys = np.repeat([f"{run.id[-6:]}{at:026x}" for at in range(n)], len(names))
    table = np.stack([by_name[name] for name in names], axis=1).ravel()
    columns = {"key": keys, "metric": np.tile(names, n), "value": table, "scorer_version": np.full(len(keys), VERSION)}
    pq.write_table(pa.table(columns, schema=SCORES), run.scores_file, compression="zstd")


def manifest(run: str, name: str, n: int, copies: int) -> dict[str, Any]:
    """What a run of this grid would have recorded; the large run has a task version of its own."""
    random.seed(name)
    size = random.choice([1_500_000_000, 3_000_000_000, 7_000_000_000, 13_000_000_000, 70_000_000_000])
    metrics = ["style_level", "length_fit", "sentence_fit", "first_person_ok", "fact_correct"]
    return {
        "run": run,
        "name": name,
        "created_at": "2026-01-01T00:00:00+00:00",
        "checkpoint": {
            "name": name,
            "reference": name,
            "path": None,
            "fingerprint": run[-6:],
            "n_params": size,
            "revision": None,
        },
        "options": {"engine": "vllm", "dtype": "auto"},
        "plan": {"hash": "0", "n_replies": n},
        "suite": {
            "id": "bench",
            "formats": list(FORMATS),
            "shots": list(SHOTS),
            "personas": list(PERSONAS),
            "limit": copies,
        },
        "tasks": {task: {"id": task, "version": 1, "title": task, "metrics": metrics, "items": []} for task in TASKS},
        "personas": {persona: load_persona(persona).model_dump(mode="json") for persona in PERSONAS},
        "hashes": {
            "tasks": {task: f"{task}-{copies}" for task in TASKS},
            "personas": {persona: persona for persona in PERSONAS},
            "formats": {form: form for form in FORMATS},
            "sampling": {"temperature": 0.0},
            "scorer": VERSION,
        },
    }


class Clock:
    """Elapsed and CPU times in milliseconds, by name."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def timed(self, name: str, work: Callable[[], Any]) -> Any:
        """Do ``work`` and note what it took."""
        started, used = time.perf_counter(), time.process_time()
        result = work()
        self.found[name] = [1000 * (time.perf_counter() - started), 1000 * (time.process_time() - used)]
        return result


def measure(runs: Path) -> dict[str, Any]:
    """Elapsed and CPU times in milliseconds, and memory in MiB, of the page's script as the server runs it."""
    from streamlit.testing.v1 import AppTest

    from kikime import leaderboard
    from kikime.leaderboard.launch import preload, warm_imports

    app_file = str(Path(leaderboard.__file__).with_name("app.py"))
    # As in a server before its first visitor: libraries are loaded, and streamlit has run a script.
    warm_imports()
    ready = AppTest.from_string("import streamlit as st\nst.write('ready')").run()
    clock = Clock()
    clock.timed("server start: index, slices, ranking", preload)
    app = AppTest.from_file(app_file, default_timeout=120)
    # A server looks for components at its start, not for its first page.
    app._bidi_component_manager = ready._bidi_component_manager  # noqa: SLF001
    measure_board(clock, app)
    measure_samples(clock, AppTest.from_file(app_file, default_timeout=120), runs)
    clock.found["peak memory, MiB"] = peak_memory()
    clock.found["a fixed Python loop, ms (for scale)"] = loop_speed()
    return clock.found


def measure_board(clock: Clock, app: AppTest) -> None:
    """The first page, and what a visitor does there."""
    clock.timed("first page", app.run)
    assert not app.exception
    steps = {
        "text filter": lambda: app.text_input(key="w_q").set_value("モデル-00").run(),
        "clear the filter": lambda: app.text_input(key="w_q").set_value("").run(),
        "persona filter": lambda: app.multiselect(key="w_persona").set_value(["bushi"]).run(),
        "format filter": lambda: app.multiselect(key="w_format").set_value(["chatml"]).run(),
    }
    for name, step in steps.items():
        clock.timed(f"interaction: {name}", step)
        assert not app.exception


def measure_samples(clock: Clock, app: AppTest, runs: Path) -> None:
    """The page of replies: its queries, then the whole page."""
    from streamlit.util import calc_hash

    from kikime.leaderboard.data.index import Index
    from kikime.leaderboard.data.queries.samples import Filter, page_of
    from kikime.leaderboard.page.registry import pages

    run = Index(runs).find(min(path.name for path in runs.iterdir()))
    assert run is not None
    queries = {
        "first": (Filter(), 1),
        "last": (Filter(), 900),
        "filtered": (Filter(values={"persona": ["bushi"], "format": ["chatml"]}), 2),
        "search": (Filter(text="紅茶をミュージカル"), 1),
        "only failures": (Filter(flag="critical_failure"), 1),
        "shortest first": (Filter(order="short"), 3),
    }
    page_of(run, Filter())
    for name, (chosen, number) in queries.items():
        clock.timed(f"sample page, query: {name}", partial(page_of, run, chosen, number))
    app._page_hash = calc_hash(pages()["samples"].path)  # noqa: SLF001  (switch_page knows only pages that are files)
    app.query_params["run"] = run.id
    app.run()
    clock.timed("sample page, whole page: filter", lambda: app.multiselect(key="w_persona").set_value(["bushi"]).run())
    clock.timed("sample page, whole page: order", lambda: app.selectbox(key="w_order").set_value("long").run())
    assert not app.exception


def peak_memory() -> float:
    """Of this process alone: what ``getrusage`` says is inherited from the parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def loop_speed() -> float:
    """Milliseconds of a fixed Python loop, the best of three: how fast the machine is just now."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        sum(at * at for at in range(1_000_000))
        best = min(best, 1000 * (time.perf_counter() - started))
    return best


def report(title: str, found: dict[str, Any]) -> None:
    """Print one process's figures."""
    print(f"\n{title:<46}{'elapsed ms':>12}{'CPU ms':>10}")
    for name, value in found.items():
        figures = [value] if isinstance(value, float) else value
        shown = "".join(f"{figure:>{width},.0f}" for figure, width in zip(figures, (12, 10), strict=False))
        print(f"  {name:<44}{shown}", flush=True)


if __name__ == "__main__":
    main()
