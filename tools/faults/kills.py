"""Processes killed with −9."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from kikime.harness.core.stores.mirror import fetch_whole, mirrored
from kikime.harness.store.rundir import list_runs
from tests.support.mortal_server import MortalServer
from tools.faults.truth import JUDGED, State, Tally
from tools.faults.workshop import Workshop, told_by_verify


def kill_runs(shop: Workshop, n: int) -> Iterator[Tally]:
    """Kill a run at a random moment, some of them again while they resume, then let them end."""
    tally, line = Tally("kill −9 of run and resume"), shop.run_line(shop.folder / "killed")
    for _ in range(n):
        shutil.rmtree(shop.folder / "killed", ignore_errors=True)
        shop.kill(line, shop.run_seconds)
        for _ in range(shop.chance.randrange(3)):
            for run in list_runs(shop.folder / "killed"):
                shop.kill(["resume", str(run.path), "--no-judge"], shop.run_seconds)
        runs = list_runs(shop.folder / "killed")
        code = shop.command(["resume", str(runs[0].path), "--no-judge"] if runs else line)
        [run] = list_runs(shop.folder / "killed")
        tally.add(State.of(run), shop.bare_truth, told_by_verify(run) if code == 0 else shop.output)
    yield tally


def kill_judges(shop: Workshop, n: int, *options: str) -> Iterator[Tally]:
    """Kill judging; what was asked once is not asked again, and the verdicts are those of one go."""
    tally = Tally(f"kill −9 of judge{' --batch' if '--batch' in options else ''}")
    for number in range(n):
        shop.forget_verdicts()
        with shop.copy(shop.unjudged) as run:
            line = shop.judge_line(run.path, *options)
            for _ in range(1 + number % 2):
                shop.kill(line, shop.judge_seconds)
            code = shop.command(line)
            tally.add(State.of(run), shop.truth, told_by_verify(run) if code in JUDGED else shop.output)
    yield tally


def kill_compactions(shop: Workshop, n: int) -> Iterator[Tally]:
    """Kill the writing of tables and summary, with and without former ones."""
    tally = Tally("kill −9 of compaction")
    for number in range(n):
        with shop.copy(shop.whole.path) as run:
            for file in (run.samples_file, run.scores_file, run.summary_file) if number % 2 else ():
                file.unlink()
            line = ["resume", str(run.path), "--no-judge"]
            shop.kill(line, shop.run_seconds / 2)
            code = shop.command(line)
            tally.add(State.of(run), shop.truth, told_by_verify(run) if code == 0 else shop.output)
    yield tally


def kill_exports(shop: Workshop, n: int) -> Iterator[Tally]:
    """Kill an export: its file is whole or not there, and the run is as it was."""
    tally, file = Tally("kill −9 of export"), shop.folder / "out.csv"
    line = ["export", str(shop.whole.path), "--to", "csv", "-o", str(file)]
    started = time.monotonic()
    assert shop.command(line) == 0, shop.output
    seconds, whole = time.monotonic() - started, file.read_bytes()
    for _ in range(n):
        file.unlink(missing_ok=True)
        shop.kill(line, seconds)
        cut = file.exists() and file.read_bytes() != whole
        tally.add(State.of(shop.whole), shop.truth)
        tally.wrong += cut
    yield tally


def kill_pushes(shop: Workshop, n: int) -> Iterator[Tally]:
    """Kill publishing: no reader sees half a run, and the same command goes on."""
    tally, folder = Tally("kill −9 of push"), shop.folder / "published"
    line = ["push", str(shop.whole.path)]
    started = time.monotonic()
    assert n == 0 or shop.command([*line, f"file://{folder}/whole"]) == 0, shop.output
    seconds = time.monotonic() - started
    for number in range(n):
        address = f"file://{folder}/{number}"
        shop.kill([*line, address], seconds)
        for run in list_runs(mirrored(address)):
            fetch_whole(run.path)
            tally.wrong += not State.of(run).same(shop.truth)
        code = shop.command([*line, address])
        [run] = list_runs(mirrored(address))
        fetch_whole(run.path)
        tally.add(State.of(run), shop.truth, told_by_verify(run) if code == 0 else shop.output)
    yield tally


def kill_servers(shop: Workshop, n: int) -> Iterator[Tally]:
    """Kill the server of a served model in mid-run and start it again; what it did not answer is asked again."""
    tally, folder = Tally("server killed and started again"), shop.folder / "served"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = MortalServer(port, delay=0.05).start()
    line = ["run", f"openai:player@{server.url}", "--format", "native", "--no-judge"]
    line += ["--suite", str(shop.spoken), "--runs"]
    try:
        started = time.monotonic()
        assert n == 0 or shop.command([*line, str(folder / "whole")]) == 0, shop.output
        seconds = time.monotonic() - started
        truth = State.of(list_runs(folder / "whole")[0]) if n else None
        for number in range(n):
            pid = shop.start([*line, str(folder / str(number))])
            time.sleep(shop.chance.uniform(seconds / 3, seconds))
            server.kill()
            time.sleep(shop.chance.uniform(0, 2))
            server.start()
            os.waitpid(pid, 0)
            for run in list_runs(folder / str(number)):
                code = shop.command(["resume", str(run.path), "--no-judge"])
                tally.add(State.of(run), truth, told_by_verify(run) if code == 0 else shop.output)
    finally:
        server.kill()
    yield tally


def kill_engines(shop: Workshop, n: int, engine: str) -> Iterator[Tally]:
    """Kill a run with the real engine in it, or the driver of one on Ray; its replies are those of a run that was not killed."""
    tally, folder = Tally(f"kill −9 of run, real engine ({engine})"), shop.folder / engine
    program = [sys.executable, "-m", "kikime"]
    line = [*program, *shop.run_line(folder / "whole", engine)]
    started = time.monotonic()
    if n and subprocess.run(line, capture_output=True, check=False).returncode == 0:
        seconds = time.monotonic() - started
        [whole] = list_runs(folder / "whole")
        truth = State.of(whole)
        for number in range(n):
            runs = folder / str(number)
            process = subprocess.Popen(
                [*program, *shop.run_line(runs, engine)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(shop.chance.uniform(seconds / 2, seconds))
            process.kill()
            process.wait()
            for run in list_runs(runs):
                done = subprocess.run(
                    [*program, "resume", str(run.path), "--no-judge"], capture_output=True, check=False
                )
                tally.add(State.of(run), truth, told_by_verify(run) if done.returncode == 0 else done.stderr.decode())
    yield tally
