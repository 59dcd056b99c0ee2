"""Files damaged: cut short, or one bit flipped."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from kikime.harness.store.rundir import RunDirectory, list_runs
from tools.faults.truth import JUDGED, State, Tally
from tools.faults.workshop import Workshop, told_by_verify


def damages(shop: Workshop, n: int) -> Iterator[Tally]:
    """Damage each kind of file; then resume (and judge), and see whether all is as before or somebody says that it is not."""
    kinds = {
        "log": "wal/gen-*.jsonl",
        "log of verdicts": "wal/judge-*.jsonl",
        "samples.parquet": "samples.parquet",
        "scores.parquet": "scores.parquet",
        "judge.parquet": "judge.parquet",
        "summary.json": "summary.json",
        "status.json": "status.json",
        "manifest.json": "manifest.json",
    }
    for name, pattern in kinds.items():
        for truncate in (False, True):
            tally = Tally(f"{name} {'cut short' if truncate else 'one bit flipped'}")
            for _ in range(n):
                with shop.copy(shop.whole.path) as run:
                    [file] = run.path.glob(pattern)
                    damage(file, shop.chance, truncate=truncate)
                    _mend(shop, run, tally)
            yield tally


def damage(file: Path, chance: random.Random, *, truncate: bool) -> None:
    """Cut a file at a random place, or flip one bit of it."""
    file.write_bytes(damaged(file.read_bytes(), chance, truncate=truncate))


def damaged(content: bytes, chance: random.Random, *, truncate: bool) -> bytes:
    """What is left of ``content`` (one byte or more) cut at a random place, or with one bit flipped."""
    place = chance.randrange(len(content))
    if truncate:
        return content[:place]
    return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]


def _mend(shop: Workshop, run: RunDirectory, tally: Tally) -> None:
    said = told_by_verify(run)
    if not said and _read(run, shop.truth):
        pass  # nothing that is read has changed, such as a torn last line or a heartbeat
    elif not said:
        tally.wrong += 1
    code = shop.command(["resume", str(run.path), "--no-judge"])
    said = said if code == 0 else shop.output
    if code == 0 and shop.command(shop.judge_line(run.path)) not in JUDGED:
        said = shop.output
    after = told_by_verify(run)
    tally.add(_state(run, shop.truth), shop.truth, after or (said if code else ""))


def _state(run: RunDirectory, truth: State) -> State:
    try:
        return State.of(run)
    except (OSError, ValueError):
        return State(truth.samples, {}, {}, {}, 0)


def _read(run: RunDirectory, truth: State) -> bool:
    """Whether what the tables and the summary say is the truth."""
    try:
        return State.of(run).same(truth)
    except (OSError, ValueError):
        return False


def damaged_caches(shop: Workshop, n: int) -> Iterator[Tally]:
    """Damage the caches of hashes and of verdicts; they only save time and money."""
    tally, home = Tally("cache damaged"), Path(os.environ["XDG_CACHE_HOME"])
    for number in range(n):
        for file in [path for path in home.rglob("*") if path.is_file() and path.stat().st_size]:
            damage(file, shop.chance, truncate=bool(number % 2))
        with shop.copy(shop.unjudged) as run:
            code = shop.command(shop.judge_line(run.path))
            tally.add(State.of(run), shop.truth, told_by_verify(run) if code in JUDGED else shop.output)
        runs = shop.folder / "cached"
        code = shop.command(shop.run_line(runs))
        [run] = list_runs(runs)
        tally.add(State.of(run), shop.bare_truth, told_by_verify(run) if code == 0 else shop.output)
        shutil.rmtree(runs)
    yield tally
