"""The derived index over all runs: the heads of their summaries, kept in a cache that may be deleted at any time.

The first page reads nothing else. A run that is broken, half-written or of a newer version is an entry like any other; its
``state`` says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import msgspec

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import cache_home, write_atomically
from kikime.harness.core.hashing import digest
from kikime.harness.store.records import SCHEMA, SummaryHead
from kikime.harness.store.rundir import RunDirectory, read_json

State = Literal["complete", "partial", "planned", "running", "interrupted", "failed", "killed", "broken", "newer"]
Signature = tuple[int, int]
_VERSION = 3


class Head(SummaryHead, kw_only=True):
    """What the first page shows of a summary; decoding skips the slices, which are most of it."""

    def mean(self, metric: str) -> float | None:
        """Mean of a metric over personas; None when it does not apply."""
        entry = self.metrics.get(metric)
        return entry.mean if entry else None

    @property
    def judge_failures(self) -> float | None:
        """Share of verdicts without a score; None when nothing was judged."""
        unscored = sum(entry.unscored for entry in self.judge)
        total = unscored + sum(entry.n for entry in self.judge)
        return unscored / total if total else None


class Entry(msgspec.Struct, frozen=True):
    """One directory below the runs' folder."""

    id: str
    signature: Signature
    """Modification time (ns) and size of the file that the entry was read from."""
    state: State
    problem: str = ""
    """Why there is no head: a key of the texts under ``problems``."""
    name: str = ""
    head: Head | None = None


class _Cached(msgspec.Struct):
    version: int
    entries: list[Entry]


class _Version(msgspec.Struct):
    schema: int = 1


class _Nothing(msgspec.Struct):
    """A JSON object of which nothing is kept."""


_NOTHING = msgspec.json.Decoder(_Nothing)
_HEAD = msgspec.json.Decoder(Head)
_SCHEMA = msgspec.json.Decoder(_Version)


class Index:
    """The entries of one runs' folder, refreshed from the file system on every look."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._file = cache_folder() / f"index-{digest('runs', str(runs.resolve()))}.msgpack"
        self._entries = {entry.id: entry for entry in _read_cache(self._file)}
        self._lock = Lock()

    def entries(self) -> list[Entry]:
        """Every run, newest first; only what has changed since the last look is read."""
        with self._lock:
            fresh = {name: self._entry(name) for name in _folders(self.runs)}
            if fresh != self._entries:
                self._entries = fresh
                _write_cache(self._file, list(fresh.values()))
            return sorted(fresh.values(), key=lambda entry: entry.id, reverse=True)

    def find(self, run_id: str | None) -> RunDirectory | None:
        """The directory of a run by its id; None when there is no such run. Never builds a path from ``run_id``."""
        name = next((name for name in _folders(self.runs) if name == run_id), None)
        return RunDirectory(self.runs / name) if name else None

    def _entry(self, name: str) -> Entry:
        known = self._entries.get(name)
        signature = signature_of(f"{self.runs}/{name}/summary.json")
        if known is not None and known.signature == signature and known.head is not None:
            return known
        path = self.runs / name
        return _unfinished(path) if signature is None else _finished(path, signature)


def cache_folder() -> Path:
    """Where derived files of the page live: ``$XDG_CACHE_HOME/kikime/leaderboard``."""
    return cache_home("leaderboard")


def signature_of(path: Path | str) -> Signature | None:
    """Modification time and size of a file; None when it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116  (for a thousand runs on every look)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _folders(runs: Path) -> list[str]:
    try:
        with os.scandir(runs) as found:
            return [entry.name for entry in found if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []


def _finished(path: Path, signature: Signature) -> Entry:
    try:
        data = (path / "summary.json").read_bytes()
        if _SCHEMA.decode(data).schema > SCHEMA:
            return Entry(path.name, signature, "newer", "newer", name=path.name)
        head = _HEAD.decode(data)
    except (OSError, msgspec.DecodeError):
        return Entry(path.name, signature, "broken", "summary", name=path.name)
    if not _is_json(path / "manifest.json"):
        return Entry(path.name, signature, "broken", "manifest", name=head.name)
    return Entry(path.name, signature, "complete" if head.state == "complete" else "partial", name=head.name, head=head)


def _is_json(path: Path) -> bool:
    try:
        _NOTHING.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return False
    return True


def head_of(run: RunDirectory) -> Head | None:
    """The head of one run's summary; None where there is none, or it cannot be read."""
    signature = signature_of(run.summary_file)
    return _finished(run.path, signature).head if signature else None


def _unfinished(path: Path) -> Entry:
    """A run without a summary: its small status says how far it is."""
    signature = signature_of(path / "status.json") or signature_of(path / "manifest.json") or (0, 0)
    status = read_json(path / "status.json")
    if not (path / "manifest.json").is_file():
        return Entry(path.name, signature, "broken", "manifest", name=path.name)
    if status is None:
        return Entry(path.name, signature, "broken", "status", name=path.name)
    if int(status.get("schema") or 0) > SCHEMA:
        return Entry(path.name, signature, "newer", "newer", name=path.name)
    return Entry(path.name, signature, under_way(RunDirectory(path), status), "no_summary", name=path.name)


def under_way(run: RunDirectory, status: Mapping[str, object]) -> State:
    """What has become of a run without a summary: ``killed`` where it says that it is running and nobody works on it."""
    state: Any = status.get("state")
    if state == "running" and not run.is_worked_on():
        return "killed"
    return state if state in {"planned", "running", "interrupted", "failed"} else "broken"


def _read_cache(path: Path) -> list[Entry]:
    try:
        cached = msgspec.msgpack.decode(path.read_bytes(), type=_Cached)
    except (OSError, msgspec.DecodeError):
        return []
    return cached.entries if cached.version == _VERSION else []


def _write_cache(path: Path, entries: list[Entry]) -> None:
    """Keep the index for the next process; a cache that cannot be written costs time only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.msgpack.encode(_Cached(_VERSION, entries)))
    except (OSError, EnvironmentFault):
        return
