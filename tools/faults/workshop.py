"""Where trials happen: commands in forked processes, and copies of a run to break."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import duckdb  # noqa: F401  (what commands load is loaded once, before forking)
from transformers import AutoTokenizer  # noqa: F401

from kikime.cli import main as kikime
from kikime.harness.core.errors import KikimeError
from kikime.harness.plan import prepare  # noqa: F401
from kikime.harness.prompts import tokenizers  # noqa: F401
from kikime.harness.reports.integrity.check import verify_run
from kikime.harness.store.rundir import RunDirectory, list_runs
from tools.faults.truth import JUDGED, State

SUITE = """
id: faults
tasks:
  - {id: persona_facts, limit: 4}
  - {id: daily, limit: 4}
  - {id: steadiness, limit: 2}
  - {id: scenes, limit: 1}
  - {id: icl_sentiment, limit: 4}
personas: [ojousama]
formats: [alpaca, chatml]
shots: [0]
"""
ENGINE = str(Path(__file__).with_name("fast_engine.py"))


class Workshop:
    """Where the trials happen: a folder, a judge, a whole run to break, and the time that commands take."""

    def __init__(self, folder: Path, judge_url: str, seed: int) -> None:
        self.folder, self.judge_url = folder, judge_url
        self.chance = random.Random(seed)
        self.suite = folder / "faults.yaml"
        self.suite.write_text(SUITE, encoding="utf-8")
        self.spoken = folder / "spoken.yaml"
        self.spoken.write_text(SUITE.replace("  - {id: icl_sentiment, limit: 4}\n", ""), encoding="utf-8")
        started = time.monotonic()
        assert self.command(self.run_line(folder / "whole")) == 0, self.output
        self.run_seconds = time.monotonic() - started
        [self.whole] = list_runs(folder / "whole")
        self.bare_truth = State.of(self.whole)
        self.unjudged = folder / "unjudged"
        shutil.copytree(self.whole.path, self.unjudged)
        started = time.monotonic()
        assert self.command(self.judge_line(self.whole.path)) in JUDGED, self.output
        self.judge_seconds = time.monotonic() - started
        self.truth = State.of(self.whole)

    def run_line(self, runs: Path, engine: str = ENGINE) -> list[str]:
        """The arguments that run the suite."""
        line = ["run", "demo:august", "--suite", str(self.suite), "--no-judge", "--runs", str(runs)]
        return [*line, "--engine", engine]

    def judge_line(self, run: Path, *options: str) -> list[str]:
        """The arguments that judge a run."""
        line = ["judge", str(run), "--judge-model", "scripted", "--judge-base-url", self.judge_url, "--no-sentinel"]
        return [*line, *options]

    def forget_verdicts(self) -> None:
        """Empty the cache of verdicts, so that judging asks the judge."""
        shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]) / "kikime" / "judge", ignore_errors=True)

    @property
    def output(self) -> str:
        """What the last command printed."""
        return (self.folder / "output").read_text(encoding="utf-8", errors="replace")

    def start(self, line: list[str], prelude: Callable[[], None] = lambda: None, log: str = "output") -> int:
        """Run ``kikime`` with ``line`` in a forked process; returns its id."""
        pid = os.fork()
        if pid:
            return pid
        os.setsid()
        code = 70
        try:
            prelude()
            with (
                (self.folder / log).open("w", encoding="utf-8") as stream,
                redirect_stdout(stream),
                redirect_stderr(stream),
            ):
                try:
                    kikime(line)
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else 1
                except Exception:  # noqa: BLE001  (a process without a frame above it)
                    traceback.print_exc()
        finally:
            os._exit(code)

    def command(self, line: list[str], prelude: Callable[[], None] = lambda: None) -> int:
        """The exit code of a whole command."""
        return os.waitstatus_to_exitcode(os.waitpid(self.start(line, prelude), 0)[1])

    def kill(self, line: list[str], seconds: float) -> None:
        """Start a command and kill it, with what it started, at a random moment within ``seconds``."""
        pid = self.start(line)
        time.sleep(self.chance.uniform(0, seconds))
        os.killpg(pid, signal.SIGKILL) if _leads(pid) else os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    @contextmanager
    def copy(self, source: Path) -> Iterator[RunDirectory]:
        """A copy of a run to break."""
        place = self.folder / "broken" / source.name
        shutil.copytree(source, place)
        try:
            yield RunDirectory(place)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _leads(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def told_by_verify(run: RunDirectory) -> str:
    """What verify says that is wrong; nothing where it sees nothing."""
    try:
        return "; ".join(f.what.code for f in verify_run(run).findings if f.state == "fault")
    except KikimeError as error:
        return str(error)
