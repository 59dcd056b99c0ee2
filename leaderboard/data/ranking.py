"""The ranking of the first page: what ``kikime rank`` computes, kept until a run changes.

Ranks are those of all comparable runs. They do not move when rows are hidden, and they are never computed on the page.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import orjson

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import write_atomically
from kikime.harness.core.hashing import digest
from kikime.harness.reports.ranking.records import Ranking as Result
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.store.rundir import RunDirectory, json_bytes
from kikime.leaderboard.data.index import Entry, Index, cache_folder, signature_of

PATIENCE = 0.4
"""Seconds that a page waits for a ranking before it shows itself without one."""
MANY = 100
"""Runs that are ranked within the server; more are ranked in a process of their own."""
_KEPT = 16
Within = Mapping[str, Sequence[str]]
"""Axis of the grid → the wanted values of it."""


@dataclass(frozen=True)
class Ranking:
    """A ranking, or the news that it is being computed."""

    result: Result
    """As ``kikime rank --json`` prints it."""
    ready: bool = True


EMPTY = Result(version="", suite=None, judge=None, seed=0, n_resamples=0)
_worker = ThreadPoolExecutor(1, thread_name_prefix="ranking")
_pending: dict[str, Future[Result]] = {}


def ranking(
    index: Index,
    *,
    entries: Sequence[Entry] | None = None,
    suite: str | None = None,
    judge: str | None = None,
    within: Within | None = None,
    patience: float | None = None,
) -> Ranking:
    """The ranking of all runs with a summary; waits at most ``patience`` seconds, or as long as it takes for None.

    ``within`` restricts it to the replies of a slice. ``entries`` saves a look at the file system, where the caller has
    just had one.
    """
    entries = [entry for entry in (index.entries() if entries is None else entries) if entry.head is not None]
    slice_ = [{name: sorted(values) for name, values in sorted(within.items())}] if within else []
    about = [suite, judge, *slice_]
    key = digest("ranking.2", [str(index.runs.resolve()), *_inputs(index, entries), load_areas().hash, *about])
    known = _stored(key)
    if known is not None:
        return Ranking(known)
    future = _pending.get(key) or _worker.submit(_compute, key, index.runs, [e.id for e in entries], *about)
    _pending[key] = future
    try:
        result = future.result(timeout=patience)
    except NotYet:
        return Ranking(EMPTY, ready=False)
    finally:
        if future.done():  # a failure is not kept either: the next look tries again
            _pending.pop(key, None)
    return Ranking(result)


def _inputs(index: Index, entries: Sequence[Entry]) -> list[object]:
    return [[entry.id, entry.signature, signature_of(f"{index.runs}/{entry.id}/judge.parquet")] for entry in entries]


def _compute(key: str, runs: Path, ids: list[str], *about: Any) -> Result:
    result = (_rank_apart if len(ids) > MANY else _rank)(runs, ids, *about)
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        write_atomically(_file(key), json_bytes(result))
        _forget_old()
    except (OSError, EnvironmentFault):
        return result  # only the next process has to compute it again
    return result


def _rank(runs: Path, ids: Sequence[str], suite: str | None, judge: str | None, within: Within | None = None) -> Result:
    from kikime.harness.reports.ranking.rank import rank

    return rank([RunDirectory(runs / run_id) for run_id in ids], suite=suite, judge=judge, within=within)


def _rank_apart(runs: Path, ids: Sequence[str], *about: Any) -> Result:
    """The same in a process of its own: what it draws for many runs would stay in the server's memory."""
    asked = orjson.dumps([str(runs.resolve()), ids, *about])
    command = [sys.executable, "-P", "-m", __spec__.name]  # -P: modules of the working folder are not ours
    done = subprocess.run(command, input=asked, capture_output=True, check=False, env=_environment())
    return _rank(runs, ids, *about) if done.returncode else msgspec.json.decode(done.stdout, type=Result)


def _environment() -> dict[str, str]:
    """This process's environment; the package is found even where this process found it by its working folder."""
    places = [os.environ.get("PYTHONPATH"), str(Path(__file__).parents[3])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in places if place)}


@lru_cache(maxsize=_KEPT)
def _loaded(key: str, _signature: tuple[int, int]) -> Result | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(_file(key).read_bytes(), type=Result)
    return None


def _stored(key: str) -> Result | None:
    signature = signature_of(_file(key))
    return _loaded(key, signature) if signature else None


def _file(key: str) -> Path:
    return cache_folder() / f"ranking-{key}.json"


def _forget_old() -> None:
    files = sorted(cache_folder().glob("ranking-*.json"), key=lambda path: signature_of(path) or (0, 0))
    for path in files[:-_KEPT]:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    folder, *asked = orjson.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json_bytes(_rank(Path(folder), *asked)))
