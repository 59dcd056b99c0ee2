"""What is around a run goes wrong: disks, clocks, a second writer."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from kikime.harness.store.rundir import RunDirectory, list_runs
from tools.faults.truth import State, Tally
from tools.faults.workshop import Workshop, told_by_verify


def two_writers(shop: Workshop, n: int) -> Iterator[Tally]:
    """Resume one run by two processes at once: one is refused, or comes when the other has ended."""
    tally, folder = Tally("two writers"), shop.folder / "twice"
    for _ in range(n):
        shutil.rmtree(folder, ignore_errors=True)
        line = ["resume", str(_begun(shop, folder).path), "--no-judge"]
        pids = [shop.start(line, log=f"writer-{number}") for number in range(2)]
        codes = Counter(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)
        fine = codes in (Counter({0: 2}), Counter({0: 1, 3: 1}))
        [run] = list_runs(folder)
        tally.add(State.of(run), shop.bare_truth, told_by_verify(run))
        tally.wrong += not fine
    yield tally


def clock_set_back(shop: Workshop, n: int) -> Iterator[Tally]:
    """Resume where the clock is a day behind: the segment's name sorts before the first one's."""

    def yesterday() -> None:
        from kikime.harness.store import wal

        class Yesterday(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Yesterday:
                return super().now(tz) - timedelta(days=1)

        vars(wal)["datetime"] = Yesterday

    tally, folder = Tally("clock set back a day"), shop.folder / "clock"
    for _ in range(n):
        shutil.rmtree(folder, ignore_errors=True)
        run = _begun(shop, folder)
        code = shop.command(["resume", str(run.path), "--no-judge"], yesterday)
        tally.add(State.of(run), shop.bare_truth, told_by_verify(run) if code == 0 else shop.output)
    yield tally


def small_disks(shop: Workshop, n: int) -> Iterator[Tally]:
    """Fill a small file system, use up its inodes, make it read-only; then make room and go on."""
    place = shop.folder / "disk"
    place.mkdir()
    options: dict[str, Callable[[], str]] = {
        "disk full": lambda: f"size={shop.chance.randrange(64, 600)}k",
        "no inodes": lambda: f"size=64m,nr_inodes={shop.chance.randrange(4, 12)}",
    }
    for what, limit in options.items():
        tally = Tally(what)
        for _ in range(n):
            if not _mount(place, limit()):
                tally.skipped = "needs root and the right to mount"
                break
            code = shop.command(shop.run_line(place / "runs"))
            said = shop.output
            subprocess.run(["mount", "-o", "remount,size=64m,nr_inodes=1000", str(place)], check=True)
            runs = list_runs(place / "runs")
            line = ["resume", str(runs[0].path), "--no-judge"] if runs else shop.run_line(place / "runs")
            again = shop.command(line)
            [run] = list_runs(place / "runs")
            tally.add(State.of(run), shop.bare_truth, told_by_verify(run) if again == 0 else shop.output)
            tally.wrong += code not in {0, 3} or (code == 3 and "kikime" not in said)
            subprocess.run(["umount", str(place)], check=True)
        yield tally
    yield _read_only(shop, place, n)


def _begun(shop: Workshop, folder: Path) -> RunDirectory:
    """A run killed at a random moment after it began."""
    while not (runs := list_runs(folder)):
        shop.kill(shop.run_line(folder), shop.run_seconds)
    return runs[0]


def _read_only(shop: Workshop, place: Path, n: int) -> Tally:
    tally = Tally("read-only folder")
    for _ in range(n):
        if not _mount(place, "size=64m"):
            tally.skipped = "needs root and the right to mount"
            break
        run = RunDirectory(place / shop.whole.id)
        shutil.copytree(shop.whole.path, run.path)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        codes = [shop.command([name, str(run.path)]) for name in ("show", "verify")]
        refused = shop.command(["resume", str(run.path), "--no-judge"])
        tally.add(State.of(run), shop.truth)
        tally.wrong += codes != [0, 0] or refused not in {0, 3}
        subprocess.run(["umount", str(place)], check=True)
    return tally


def _mount(place: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return os.getuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
