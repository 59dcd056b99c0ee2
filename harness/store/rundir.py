"""Run directories: one checkpoint × one suite, complete in itself."""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import filelock
import msgspec
import orjson

from kikime.harness.core.errors import EnvironmentFault, RunLocked, UsageError
from kikime.harness.core.files import FREE_SPACE, write_atomically
from kikime.harness.core.hashing import digest
from kikime.harness.core.manifest import Json, Manifest
from kikime.harness.core.reasons import Phrase, system_reason
from kikime.harness.core.stores.listing import PROGRESS
from kikime.harness.core.stores.mirror import fetched, table_state
from kikime.harness.store.records import SCHEMA, Session, Summary
from kikime.harness.words.catalogue import Translator

BENCHMARK, RETENTION = "benchmark", "retention"
"""Kinds of runs."""
TWIN = "-bare"
"""Ends the id of a task that a retention run asks without the persona."""
_LOG = logging.getLogger(__name__)
_MANIFEST = ("name", "created_at", "checkpoint", "suite", "tasks", "personas", "hashes", "plan")
"""What every version has written there."""


SEAL = "seal"
"""Name of the digest that a manifest has of itself; those of 0.1.0 have none."""


class RunDirectory:
    """Paths and small files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest_file = path / "manifest.json"
        self.status_file = path / "status.json"
        self.summary_file = path / "summary.json"
        self.wal = path / "wal"
        self._status_written = 0.0

    @property
    def samples_file(self) -> Path:
        """One row per reply; of a run that is published elsewhere it is fetched, as are the other tables."""
        return fetched(self.path / "samples.parquet")

    @property
    def scores_file(self) -> Path:
        """One row per reply and metric."""
        return fetched(self.path / "scores.parquet")

    @property
    def judge_file(self) -> Path:
        """One row per verdict."""
        return fetched(self.path / "judge.parquet")

    @property
    def lines_file(self) -> Path:
        """One row per line of a model that plays the user."""
        return fetched(self.path / "user_lines.parquet")

    def table_state(self, name: str) -> tuple[int, int] | None:
        """Changes whenever the table ``name`` does; None where there is none.

        A large table that is published elsewhere is not fetched for it (:mod:`kikime.harness.core.stores.ranges`).
        """
        return table_state(self.path / f"{name}.parquet")

    @property
    def id(self) -> str:
        """The directory's name."""
        return self.path.name

    @classmethod
    def create(cls, runs: Path, name: str) -> RunDirectory:
        """Make a new, empty run directory below ``runs``.

        Raises:
            EnvironmentFault: ``runs`` cannot be written.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = runs / f"{stamp}-{slug(name)}-{secrets.token_hex(3)}"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            path.mkdir()
            (path / "wal").mkdir()
        except OSError as error:
            shutil.rmtree(path, ignore_errors=True)
            raise EnvironmentFault(
                "{runs}: a run cannot be created here: {reason}",
                hint="choose a writable folder with --runs DIR",
                runs=runs,
                reason=system_reason(error),
            ) from error
        return cls(path)

    def manifest(self) -> Manifest:
        """The immutable plan and provenance.

        Raises:
            UsageError: missing or unreadable; the run was killed before it began, or it is not a run.
        """
        manifest = read_json(self.manifest_file)
        if manifest is not None:
            self._refuse_newer(manifest)
        missing = [name for name in _MANIFEST if name not in (manifest or {})]
        if manifest is None or missing:
            raise UsageError(
                "{path}: not a run (manifest.json {problem})",
                hint="put manifest.json back from a copy of the run, or start a new run with kikime run",
                path=self.path,
                problem=Phrase(
                    "is missing or broken" if manifest is None else "lacks {missing}", missing=", ".join(missing)
                ),
            )
        return cast("Manifest", manifest)

    def status(self) -> dict[str, Any]:
        """State, counts and heartbeat; empty when nothing was written yet."""
        return read_json(self.status_file) or {}

    @property
    def kind(self) -> str:
        """``benchmark`` or ``retention``; of a run of 0.1.0 its tasks tell."""
        manifest = read_json(self.manifest_file) or {}
        twins = any(str(task).endswith(TWIN) for task in manifest.get("tasks", ()))
        return str(manifest.get("kind", RETENTION if twins else BENCHMARK))

    def is_complete(self) -> bool:
        """Whether every reply and the summary are there, and no half of a published run."""
        if (self.path / PROGRESS).is_file():
            return False
        return self.summary_file.is_file() and self.status().get("state", "complete") == "complete"

    def sessions(self) -> list[Session]:
        """The engines that the run has had so far; those of a broken status are forgotten."""
        try:
            return msgspec.convert(self.status().get("sessions", []), list[Session])
        except msgspec.ValidationError:
            return []

    def summary(self) -> Summary | None:
        """The summary; None before the run's first compaction.

        Raises:
            UsageError: it is broken, or of a newer version.
        """
        if not self.summary_file.is_file():
            return None
        raw = read_json(self.summary_file)
        if raw is not None:
            self._refuse_newer(raw)
        try:
            return msgspec.convert(raw, Summary)
        except msgspec.ValidationError as error:
            raise UsageError(
                "{path}: summary.json is broken",
                hint="build it again from the log: kikime resume {path}",
                path=self.path,
            ) from error

    def _refuse_newer(self, data: Json) -> None:
        schema = data.get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            raise UsageError(
                "{path}: written by a newer kikime (schema {schema})",
                hint="upgrade kikime",
                path=self.path,
                schema=schema,
            )

    def write_manifest(self, manifest: Json) -> None:
        """Write the manifest, once; where that fails there is no run, and its directory goes.

        Raises:
            EnvironmentFault: the disk is full or not writable.
        """
        try:
            content = {"schema": SCHEMA, **manifest}
            write_json(self.manifest_file, {**content, SEAL: seal_of(content)})
        except EnvironmentFault:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def write_status(self, status: Json, *, force: bool = True) -> None:
        """Replace the status; without ``force`` at most once per second."""
        now = time.monotonic()
        if force or now - self._status_written >= 1.0:
            self._status_written = now
            heartbeat = datetime.now(UTC).isoformat(timespec="seconds")
            write_json(self.status_file, {**status, "pid": os.getpid(), "heartbeat": heartbeat})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run's lock.

        Raises:
            RunLocked: another process holds it.
        """
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            owner = self.status().get("pid") or Phrase("unknown")
            raise RunLocked(
                "{path}: another process (pid {owner}) works on this run",
                hint="wait for it to end",
                path=self.path,
                owner=owner,
            ) from None
        except OSError as error:
            full = error.errno == errno.ENOSPC
            remedy = FREE_SPACE if full else Phrase("make the folder writable, or copy the run to one that is")
            raise EnvironmentFault(
                "{path}: cannot be locked: {reason}", hint=remedy, path=self.path, reason=system_reason(error)
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_worked_on(self) -> bool:
        """Whether another process holds the run's lock."""
        try:
            with self.locked():
                return False
        except RunLocked:
            return True
        except EnvironmentFault:
            return False  # where nothing can be written, nobody works


def seal_of(manifest: Json) -> str:
    """The digest of a manifest's content, as JSON reads it back."""
    return digest("manifest", orjson.loads(json_bytes({k: v for k, v in manifest.items() if k != SEAL})))


def slug(name: str) -> str:
    """A name as a part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:48] or "model"


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None when it is missing, unreadable or not an object."""
    try:
        value = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return value if isinstance(value, dict) else None


def json_bytes(value: object) -> bytes:
    """A record or plain value as readable JSON with a newline at its end; NaN is null."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(value, default=_fields, option=option)


def _fields(record: msgspec.Struct) -> dict[str, object]:
    found = msgspec.structs.asdict(record)
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


def write_json(path: Path, value: Json | msgspec.Struct) -> None:
    """Replace a file by a JSON object, atomically.

    Raises:
        EnvironmentFault: the disk is full or not writable; the former content stays.
    """
    write_atomically(path, json_bytes(value))


def find_run(reference: str, runs: Path, *, unfinished: bool = False) -> RunDirectory:
    """The run that ``reference`` names: a path, an id, or the name of runs, or of the training run that they are of.

    Of several runs of a name it is the newest complete benchmark; with ``unfinished`` the newest that is not complete.
    Where newer ones are passed over because they are not complete, a warning says so.

    Raises:
        UsageError: no such run.
    """
    for path in (Path(reference), runs / reference):
        if (path / "manifest.json").is_file() or (path / "wal").is_dir():
            return RunDirectory(path.resolve())
    named = [run for run in list_runs(runs) if _name_of(run) == reference]
    named = named or [run for run in list_runs(runs) if _training_of(run) == reference]
    if not named:
        names = sorted({_name_of(run) for run in list_runs(runs)} - {""})
        raise UsageError(
            "no run '{reference}' in {runs}",
            hint="there are: {known}",
            reference=reference,
            runs=runs,
            known=", ".join(names) or Phrase("none yet"),
        )
    benchmarks = [run for run in named if run.kind == BENCHMARK]
    wanted = [run for run in benchmarks if run.is_complete() != unfinished]
    if unfinished:
        wanted = wanted or [run for run in named if not run.is_complete()]
    chosen = (wanted or benchmarks or named)[-1]
    newer = [run.id for run in named[named.index(chosen) + 1 :] if not run.is_complete()]
    if newer and not unfinished:
        t = Translator.of(None)
        _LOG.warning(t("cli.notes.passed_over", name=reference, run=chosen.id, newer=", ".join(newer)))
    return chosen


def list_runs(runs: Path) -> list[RunDirectory]:
    """All run directories below ``runs``, oldest first."""
    return [RunDirectory(path.parent) for path in sorted(runs.glob("*/manifest.json"))]


def _training_of(run: RunDirectory) -> str | None:
    name = ((read_json(run.manifest_file) or {}).get("series") or {}).get("name")
    return None if name is None else str(name)


def _name_of(run: RunDirectory) -> str:
    """The run's name; of a broken manifest the one in the directory's name."""
    name = (read_json(run.manifest_file) or {}).get("name")
    return str(name or "-".join(run.id.split("-")[1:-1]))
