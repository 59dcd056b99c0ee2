"""The folder that a training run writes its checkpoints to: which of them are whole, and after how many steps."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.checkpoint import check_whole
from kikime.harness.engines.folders import is_adapter
from kikime.harness.store.rundir import read_json

_NUMBER = re.compile(r"\d+")
_CONFIGS = ("config.json", "adapter_config.json")
_UNFINISHED = ("tmp-", ".", "_")
"""Begin the names that trainers give to folders while they write them."""
Signature = tuple[tuple[str, int, int], ...]
"""Of each file its name, size and time of change."""


class Found(NamedTuple):
    """A checkpoint or adapter in a training run's folder."""

    path: Path
    step: int | None
    adapter: bool


def step_of(folder: Path) -> int | None:
    """Steps trained so far: as ``trainer_state.json`` says, else the last number of the folder's name.

    >>> step_of(Path("out/checkpoint-200"))
    200
    >>> step_of(Path("out/final")) is None
    True
    """
    told = (read_json(folder / "trainer_state.json") or {}).get("global_step")
    if isinstance(told, int):
        return told
    numbers = _NUMBER.findall(folder.name)
    return int(numbers[-1]) if numbers else None


def found_in(folder: Path) -> Found:
    """What the folder of a checkpoint is."""
    return Found(folder, step_of(folder), is_adapter(folder))


def in_order_of_steps(found: Found) -> tuple[bool, int, str]:
    """Key of sorting: steps upwards, those without one last, then names."""
    return found.step is None, found.step or 0, found.path.name


class Arrivals:
    """Checkpoints that appear below a folder, each told once it is whole and has not changed for ``settle`` seconds.

    The folder is looked through; network disks send no events. A folder that is changed later is told again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settle: float,
        clock: Callable[[], float] = time.monotonic,
        problem: Callable[[str, UsageError], None] = lambda _, __: None,
    ) -> None:
        """``problem`` is told what is wrong with a folder that does not change any more, once each."""
        self._folder = folder
        self._settle = settle
        self._clock = clock
        self._problem = problem
        self._seen: dict[Path, tuple[Signature, float]] = {}
        self._told: dict[Path, Signature] = {}

    def look(self) -> list[Found]:
        """Those that have arrived since the last look, in the order of their steps."""
        return sorted(self._arrived(), key=in_order_of_steps)

    @property
    def unsettled(self) -> bool:
        """Whether something may still be written to."""
        return any(self._told.get(path) != signature for path, (signature, _) in self._seen.items())

    def _arrived(self) -> Iterator[Found]:
        now, seen = self._clock(), {}
        for path in _candidates(self._folder):
            signature = _signature(path)
            before = self._seen.get(path)
            since = before[1] if before is not None and before[0] == signature else now
            seen[path] = signature, since
            if self._told.get(path) == signature or now - since < self._settle:
                continue
            self._told[path] = signature
            try:
                check_whole(path)
            except UsageError as error:
                self._problem(path.name, error)
                continue
            yield found_in(path)
        self._seen = seen


def _candidates(folder: Path) -> Iterator[Path]:
    try:
        below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(_UNFINISHED))
    except OSError:
        return
    yield from (path for path in below if any((path / name).is_file() for name in _CONFIGS))


def _signature(folder: Path) -> Signature:
    """What changes while files are written; of a file that goes in the meantime, nothing."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns))
    return tuple(found)
