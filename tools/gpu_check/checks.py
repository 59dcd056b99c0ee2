"""The checks: each runs kikime as a user does, in processes of their own, and returns figures."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from kikime.harness.core.files import data_path
from kikime.harness.core.request import Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import Prepared, prepare
from kikime.harness.store.rundir import RunDirectory, list_runs
from kikime.harness.store.samples import read_samples
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import load_suite
from tools.bench import BARE, SUITE, bare_request, measure, own_cpu
from tools.gpu_check.models import write_adapter, write_llama
from tools.gpu_check.parts import missing
from tools.gpu_check.results import Figure, busy_span, equal_share, hit_rate, idle_share

REFERENCE = 100
"""Replies that the CPU is asked for; it computes them one by one."""
_SAMPLE_SECONDS = 0.2


class Setting(NamedTuple):
    """Where and how large the checks work."""

    folder: Path
    device: str
    """``cuda``, or ``cpu`` in a rehearsal."""
    sizes: tuple[str, ...]
    """Of the random checkpoints, the first of which is used where one is enough."""
    suite: str
    rounds: int

    @property
    def bundled(self) -> Path:
        """The checkpoint whose tokenizer the random ones use."""
        return data_path("checkpoints") / "september"

    def model(self, size: str) -> Path:
        """The random checkpoint of a size; written when it is first asked for."""
        folder = self.folder / size
        return folder if folder.exists() else write_llama(folder, size, self.bundled, device=self.device)

    def bench_suite(self) -> Path:
        """What is asked where speed is measured."""
        file = self.folder / "bench.yaml"
        file.write_text(SUITE if self.device == "cuda" else SUITE.replace("limit: 20", "limit: 1"), encoding="utf-8")
        return file


def kikime(*arguments: str | Path) -> str:
    """What a command prints to stdout.

    Raises:
        RuntimeError: it did not end well; the message is the end of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "kikime", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"kikime {arguments[0]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def installed(_: Setting) -> Iterator[Figure]:
    """That vLLM has all that kikime needs, and the doctor finds no fault."""
    lacking = list(missing())
    yield Figure("parts of vLLM that are missing" + "".join(f" · {name}" for name in lacking), len(lacking), most=0)
    done = subprocess.run(
        [sys.executable, "-m", "kikime", "doctor", "--json"], capture_output=True, text=True, check=False
    )
    faults = [check["what"] for check in map(json.loads, done.stdout.splitlines()) if check["state"] == "fault"]
    yield Figure("faults of the doctor" + "".join(f" · {name}" for name in faults), len(faults), most=0)


def replies_of_the_cpu(setting: Setting) -> Iterator[Figure]:
    """How many greedy float32 replies of a bundled checkpoint are those that transformers computes on the CPU."""
    runs = setting.folder / "replies"
    started = time.monotonic()
    kikime("run", "demo:september", "--suite", setting.suite, "--dtype", "float32", "--no-judge", "--runs", runs)
    yield Figure("wall, load included", time.monotonic() - started, " s")
    [run] = list_runs(runs)
    rows = {row["key"]: row for row in read_samples(run)}
    yield Figure("replies", len(rows))
    yield Figure("errors", sum(row["error"] is not None for row in rows.values()), most=0)
    plan = prepare(
        resolve_checkpoint("demo:september"),
        gather_materials(load_suite(setting.suite)),
        EngineOptions(dtype="float32"),
    )
    plain = [request for request in plan.spool if not request.candidates][:REFERENCE]
    theirs = {request.key: text for request, text in zip(plain, greedy_on_cpu(plan, plain), strict=True)}
    ours = {key: row["response"] for key, row in rows.items()}
    yield Figure(f"equal to transformers on the CPU, of {len(theirs)}", equal_share(ours, theirs), least=0.95)


def greedy_on_cpu(plan: Prepared, requests: Sequence[Request]) -> Iterator[str]:
    """Each request's greedy reply by transformers in float32, ended as its stops say."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = str(plan.checkpoint.path)
    model, tokenizer = (
        AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32),
        AutoTokenizer.from_pretrained(path),
    )
    ends = {model.config.eos_token_id}
    for request in requests:
        prompt = torch.tensor([request.token_ids])
        stop = list(ends | set(request.stop_token_ids))
        with torch.no_grad():
            output = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=request.sampling.most_tokens,
                do_sample=False,
                eos_token_id=stop,
                pad_token_id=stop[0],
            )
        ids = output[0, prompt.shape[1] :].tolist()
        yield ended(tokenizer.decode(ids[:-1] if ids and ids[-1] in stop else ids), request.stop)


def ended(text: str, stops: Sequence[str]) -> str:
    """The text before the first of the stops."""
    return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]


def speed(setting: Setting, size: str) -> Iterator[Figure]:
    """Wall and CPU of a run against bare vLLM on the same tokens, own CPU per reply, idle share of the GPU, prefix-cache hits."""
    model, suite = setting.model(size), setting.bench_suite()
    plan = prepare(resolve_checkpoint(str(model)), gather_materials(load_suite(str(suite))), EngineOptions())
    requests, arguments = setting.folder / "requests.json", setting.folder / "arguments.json"
    requests.write_text(json.dumps([bare_request(request) for request in plan.spool]), encoding="utf-8")
    walls, idle = [], []
    for number in range(setting.rounds):
        runs = setting.folder / f"speed-{size}-{number}"
        line = [
            sys.executable,
            "-m",
            "kikime",
            "run",
            str(model),
            "--suite",
            str(suite),
            "--no-judge",
            "--runs",
            str(runs),
        ]
        with sampled(setting.device) as samples:
            ours, _ = measure(line)
        [run] = list_runs(runs)
        [session] = run.sessions()
        if samples:
            idle.append(idle_share(samples, *busy_span(samples, session.generate_seconds)))
        arguments.write_text(json.dumps({"model": str(model), **_arguments(run)}))
        bare, _ = measure([sys.executable, "-c", BARE, str(requests), str(arguments)])
        walls.append(ours / bare)
    yield Figure("replies", plan.n_replies)
    yield Figure("wall of kikime run ÷ bare vLLM", statistics.median(walls), most=1.05)
    yield Figure("tokens generated per second", session.n_output_tokens / session.generate_seconds)
    yield Figure("replies per second", session.n_replies / session.generate_seconds)
    if idle:
        yield Figure("idle share of the GPU while it generates", statistics.median(idle), most=0.05)
    yield Figure(
        "prompt tokens from the prefix cache", hit_rate(plan.n_prompt_tokens, session.n_prompt_tokens), least=0.85
    )
    planned, ran = own_cpu(plan, run, setting.folder / f"own-{size}")
    yield Figure("own CPU per reply, plan", planned, " ms")
    yield Figure("own CPU per reply, run", ran, " ms", most=0.3)


def _arguments(run: RunDirectory) -> dict[str, Any]:
    [session] = run.sessions()
    return dict(session.engine["arguments"])


@contextmanager
def sampled(device: str) -> Iterator[list[tuple[float, int]]]:
    """What nvidia-smi says of the first GPU's utilisation while something runs: time and percent."""
    samples: list[tuple[float, int]] = []
    if device != "cuda":
        yield samples
        return
    query = ["nvidia-smi", "--id=0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    process = subprocess.Popen([*query, f"--loop-ms={_SAMPLE_SECONDS * 1000:.0f}"], stdout=subprocess.PIPE, text=True)

    def read() -> None:
        lines = (line.strip() for line in process.stdout or ())
        samples.extend((time.monotonic(), int(line)) for line in lines if line.isdigit())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield samples
    finally:
        process.terminate()
        process.wait()
        reader.join()


def adapters(setting: Setting) -> Iterator[Figure]:
    """Two adapters on one loaded base: a run each, and other replies."""
    base, runs = setting.model(setting.sizes[0]), setting.folder / "adapters"
    flags = [
        f"--lora={name}={write_adapter(setting.folder / name, base, scale, seed=seed)}"
        for name, scale, seed in (("still", 0.0, 0), ("wild", 0.5, 1))
    ]
    kikime("run", base, "--suite", "smoke", "--no-judge", "--runs", runs, *flags)
    texts = [{row["pair_key"]: row["response"] for row in read_samples(run)} for run in list_runs(runs)]
    yield Figure("runs", len(texts), least=2, most=2)
    yield Figure("replies that are the same with both", equal_share(texts[0], texts[1]), most=0.5)


def kill_and_resume(setting: Setting) -> Iterator[Figure]:
    """A run that is killed with −9 half way and resumed has each reply once."""
    model, suite, runs = setting.model(setting.sizes[0]), setting.bench_suite(), setting.folder / "killed"
    line = [sys.executable, "-m", "kikime", "run", str(model), "--suite", str(suite), "--no-judge", "--runs", str(runs)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and n_logged(runs) < 10:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = n_logged(runs)
    [run] = list_runs(runs)
    kikime("resume", run.path)
    kikime("verify", run.path)
    keys = [row["key"] for row in read_samples(run)]
    planned = run.manifest()["plan"]["n_replies"]
    yield Figure("replies before the kill", before, least=10, most=planned - 1)
    yield Figure("replies lost", planned - len(set(keys)), most=0)
    yield Figure("replies doubled", len(keys) - len(set(keys)), most=0)


def n_logged(runs: Path) -> int:
    """How many replies the logs of a folder of runs hold."""
    return sum(file.read_bytes().count(b"\n") for file in runs.glob("*/wal/*.jsonl"))
