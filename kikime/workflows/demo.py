"""The two bundled checkpoints, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kikime.leaderboard.report.write import write_report
from kikime.workflows.listener import SILENT, Listener
from kikime.workflows.loaded import Run
from kikime.workflows.run import run

MODELS = ("demo:august", "demo:september")


class Demo(NamedTuple):
    """What the demo made."""

    runs: list[Run]
    report: Path


def demo(*, runs: str | Path = "runs", progress: Listener = SILENT) -> Demo:
    """Benchmark the bundled checkpoints on the suite ``quick`` and write the report that compares them."""
    done = [run(model, runs=runs, progress=progress) for model in MODELS]
    report = write_report([each.directory for each in done], Path(runs) / "demo-report.html", slices=False)
    return Demo(done, report)
