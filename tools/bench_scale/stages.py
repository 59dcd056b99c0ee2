"""What one process measures of a large run: ``python -m tools.bench_scale.stages STAGE RUN FILE`` writes it to FILE."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from kikime.harness.metrics import versions_of
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.summary import summarise
from kikime.harness.store.tables import StoredReplies, compact


def compaction(run: RunDirectory) -> dict[str, float]:
    """The tables from a log that is known already, then the summary."""
    stored, versions = StoredReplies(run), versions_of(run.manifest()["hashes"])
    started = time.process_time()
    rows = compact(run, versions, stored)
    written = time.process_time()
    summarise(run)
    finished = time.process_time()
    scores = pq.ParquetFile(run.scores_file).metadata.num_rows
    return {"samples": rows, "scores": scores, "cpu": written - started, "summary_cpu": finished - written}


def log(run: RunDirectory) -> dict[str, float]:
    """What resume reads before it knows what is missing."""
    started = time.process_time()
    return {"replies": len(StoredReplies(run)), "cpu": time.process_time() - started}


def plan(run: RunDirectory) -> dict[str, float]:
    """What resume renders and tokenises anew where a reply is missing."""
    from kikime.harness.run.execute import restore

    started = time.process_time()
    return {"replies": restore(run).n_replies, "cpu": time.process_time() - started}


def board(run: RunDirectory) -> dict[str, float]:
    """The first page, and the page of the run's replies, as the server runs them."""
    from streamlit.testing.v1 import AppTest

    from kikime import leaderboard
    from kikime.leaderboard.launch import preload, warm_imports
    from tools.bench_ui import Clock, measure_board, measure_samples

    os.environ["KIKIME_RUNS"] = str(run.path.parent)
    started = time.process_time()
    warm_imports()
    ready = AppTest.from_string("import streamlit as st\nst.write('ready')").run()
    preload()
    app_file, clock = str(Path(leaderboard.__file__).with_name("app.py")), Clock()
    app = AppTest.from_file(app_file, default_timeout=300)
    app._bidi_component_manager = ready._bidi_component_manager  # noqa: SLF001  (as in tools.bench_ui)
    measure_board(clock, app)
    measure_samples(clock, AppTest.from_file(app_file, default_timeout=300), run.path.parent)
    return {"cpu": time.process_time() - started}


STAGES: dict[str, Callable[[RunDirectory], dict[str, float]]] = {
    stage.__name__: stage for stage in (compaction, log, plan, board)
}

if __name__ == "__main__":
    told = STAGES[sys.argv[1]](RunDirectory(Path(sys.argv[2])))
    Path(sys.argv[3]).write_text(json.dumps(told), encoding="utf-8")
