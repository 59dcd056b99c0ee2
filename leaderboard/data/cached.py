"""What every page shares in one server process: the index of the runs and what was computed before."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import LANGUAGES, texts
from kikime.leaderboard.data import ranking
from kikime.leaderboard.data.index import Entry, Index, Signature, signature_of
from kikime.leaderboard.data.queries.slices import Slices, means


def runs_folder() -> Path:
    """The folder of the runs: ``KIKIME_RUNS``, or ``runs``."""
    return Path(os.environ.get("KIKIME_RUNS") or "runs")


@st.cache_resource(show_spinner=False, max_entries=4)
def _index(folder: str) -> Index:
    return Index(Path(folder))


def index() -> Index:
    """The index of the runs' folder."""
    return _index(str(runs_folder()))


@st.cache_resource(show_spinner=False, max_entries=4)
def _slices(folder: str) -> Slices:
    return Slices(_index(folder))


def slice_table(entries: Sequence[Entry]) -> Any:
    """The slices of all runs, as :func:`kikime.leaderboard.data.queries.slices.means` takes them."""
    return _slices(str(runs_folder())).table(entries)


def preload() -> None:
    """Before the first visitor: import what the pages need, then read the index, the slices and the ranking."""
    warm_imports()
    entries = index().entries()
    means(slice_table(entries), {}, {"shots": ["0"]})  # so that the first filter finds a warm database
    ranking.ranking(index(), entries=entries)


def warm_imports() -> None:
    """Import and load what the first visitor would wait for: libraries, texts, formulas, the schema of charts."""
    for name in (
        "duckdb",
        "pandas",
        "streamlit.emojis",
        "kikime.harness.reports.ranking.rank",
        "kikime.harness.reports.claims.flexibility",
        "kikime.harness.reports.comparison.compare",
    ):
        importlib.import_module(name)
    for name in (
        "board_charts",
        "board_table",
        "compare_parts",
        "detail",
        "model_formats",
        "model_parts",
        "rate_parts",
    ):
        importlib.import_module(f"kikime.leaderboard.parts.{name}")
    from kikime.harness.reports.tables.areas import load_areas
    from kikime.leaderboard.charts.altair import bars

    load_areas()
    for language in LANGUAGES:
        texts(language)
    bars([], "").to_dict()
    # The modules stay for ever: a collection that walks over them again and again costs 100 ms each time.
    gc.collect()
    gc.freeze()


def stamp(run: RunDirectory) -> tuple[Signature | None, ...]:
    """Changes whenever a table of the run does: the key of cached results."""
    files = (run.samples_file, run.scores_file, run.judge_file, run.summary_file, run.path / "annotations.jsonl")
    return tuple(map(signature_of, files))


def labels(entries: list[Entry]) -> dict[str, str]:
    """A short label per run, never the same for two: name, day, and the end of its id."""
    return {entry.id: f"{entry.name} · {_day(entry.id)} · {entry.id[-6:]}" for entry in entries}


def _day(run_id: str) -> str:
    stamp = run_id[:8]
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}" if stamp.isdigit() and len(stamp) == 8 else "—"


def manifest_of(run: RunDirectory) -> dict[str, Any]:
    """The manifest of a run.

    Raises:
        UsageError: missing, broken, or of a newer version.
    """
    return _manifest(str(run.path), signature_of(run.manifest_file))


@st.cache_data(show_spinner=False, max_entries=32)
def _manifest(path: str, _signature: Signature | None) -> dict[str, Any]:
    return RunDirectory(Path(path)).manifest()
