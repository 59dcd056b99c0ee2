"""What every page shares in one server process: the index of the runs and what was computed before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from kikime.harness.core.errors import KikimeError
from kikime.harness.core.manifest import Manifest
from kikime.harness.store.about import About, about_or_nothing
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.index import Entry, Index, Signature, signature_of
from kikime.leaderboard.data.queries.slices import Slices
from kikime.leaderboard.data.queries.tables import opened

P = ParamSpec("P")
R = TypeVar("R")


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


def stamp(run: RunDirectory) -> tuple[Signature | None, ...]:
    """Changes whenever a file of the run does: the key of cached results."""
    files = (run.manifest_file, run.summary_file, run.path / "annotations.jsonl")
    return *map(signature_of, files), *map(run.table_state, ("samples", "scores", "judge"))


def kept(entries: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the last results of a function of runs, until a table of such a run changes.

    >>> @kept(8)
    ... def size(run: RunDirectory) -> int:
    ...     return run.samples_file.stat().st_size
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        state: dict[str | type[Any], Callable[[Any], object]] = {RunDirectory: lambda run: (str(run.path), stamp(run))}
        cached: Callable[P, R] = st.cache_data(show_spinner=False, max_entries=entries, hash_funcs=state)(function)
        return cached

    return decorated


def labels(entries: list[Entry]) -> dict[str, str]:
    """A short label per run, never the same for two: name, day, and the end of its id."""
    return {entry.id: f"{entry.name} · {_day(entry.id)} · {entry.id[-6:]}" for entry in entries}


def persona_names(entries: Sequence[Entry], personas: Sequence[str]) -> dict[str, str]:
    """What characters are called, by their ids: as the newest run that has each one calls it."""
    found: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry.id, reverse=True):
        asked = set(entry.head.hashes.get("personas") or ()) if entry.head is not None else set()
        run = index().find(entry.id) if (asked & set(personas)) - found.keys() else None
        with suppress(KikimeError):
            cards = manifest_of(run)["personas"] if run is not None else {}
            found = {name: str(card.get("name") or name) for name, card in cards.items()} | found
    return found


def abouts(entries: Sequence[Entry]) -> dict[str, About]:
    """What people say of the models, by run, of those that something is said of."""
    found = {entry.id: about_or_nothing(RunDirectory(runs_folder() / entry.id)) for entry in entries if entry.head}
    return {run: about for run, about in found.items() if about != About()}


def _day(run_id: str) -> str:
    stamp = run_id[:8]
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}" if stamp.isdigit() and len(stamp) == 8 else "—"


def damage(run: RunDirectory) -> list[KikimeError]:
    """What of a run's files cannot be read; empty for a sound run, and for one whose replies are still in its log."""
    found: list[KikimeError] = []
    for look in (manifest_of, _look_at_tables):
        try:
            look(run)
        except KikimeError as error:
            found.append(error)
    return found


def _look_at_tables(run: RunDirectory) -> None:
    if run.table_state("samples") is not None:
        with opened(run):
            return


@kept(32)
def manifest_of(run: RunDirectory) -> Manifest:
    """The manifest of a run.

    Raises:
        UsageError: missing, broken, or of a newer version.
    """
    return run.manifest()
