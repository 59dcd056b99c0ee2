"""``make faults``: breaks runs in every way that can be thought of, goes on, and compares with a run that was never broken.

Commands run in processes of their own, forked from this one so that a trial costs a fraction of a second, and are killed with
−9 at a random moment. A row is lost or doubled by the tables' keys; a number is silently wrong where tables or summary are
not those of the unbroken run and neither the command nor ``kikime verify`` says so.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tools.faults.damages import damaged_caches, damages
from tools.faults.judge import serve_judge
from tools.faults.kills import (
    kill_compactions,
    kill_engines,
    kill_exports,
    kill_judges,
    kill_pushes,
    kill_runs,
    kill_servers,
)
from tools.faults.places import clock_set_back, small_disks, two_writers
from tools.faults.truth import Tally
from tools.faults.workshop import Workshop

_HEADINGS = ("fault", "tried", "recovered", "told, not mended", "rows lost", "doubled", "silently wrong")


def main() -> None:
    """Break, mend, compare; exit 1 where a row was lost or doubled or a number silently wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--kills", type=int, default=200, help="of run, judge, batch, compaction, export and push: so many, and a tenth"
    )
    parser.add_argument("--damages", type=int, default=8, help="of each kind of file, flipped and cut")
    parser.add_argument("--places", type=int, default=5, help="of each kind of place, clock, second writer and server")
    parser.add_argument(
        "--engine", type=int, default=2, help="kills of runs with the real engine, in one process and on Ray"
    )
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve_judge, args=(there,), daemon=True)
    server.start()
    started, tallies = time.monotonic(), []
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"XDG_CACHE_HOME": f"{name}/cache", "TOKENIZERS_PARALLELISM": "false", "KIKIME_LANG": "en"}
        os.environ |= {"OPENAI_API_KEY": "none"}
        shop = Workshop(Path(name), here.recv(), chosen.seed)
        kills, few = chosen.kills // 10, chosen.places
        for trials in (
            kill_runs(shop, 5 * kills),
            kill_judges(shop, kills),
            kill_judges(shop, kills, "--batch", "--poll", "0.1"),
            kill_compactions(shop, 2 * kills),
            kill_exports(shop, kills),
            kill_pushes(shop, kills),
            damages(shop, chosen.damages),
            damaged_caches(shop, few),
            two_writers(shop, few),
            clock_set_back(shop, few),
            small_disks(shop, few),
            kill_servers(shop, few),
            kill_engines(shop, chosen.engine, "vllm"),
            kill_engines(shop, chosen.engine, "ray"),
        ):
            for tally in trials:
                if tally.tried or tally.skipped:
                    tallies.append(tally)
                    print(_row(tally), flush=True)
    server.terminate()
    print(
        f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.monotonic() - started:.0f} s"
    )
    for tally in tallies:
        for text, times in Counter(text.strip().splitlines()[0][:140] for text in tally.unmended).most_common():
            print(f"told, not mended: {tally.what}: {times} × {text}")
    sys.exit(any(t.lost or t.doubled or t.wrong for t in tallies))


def _row(tally: Tally) -> str:
    if tally.skipped:
        return f"| {tally.what} | skipped: {tally.skipped} |"
    cells = (tally.what, tally.tried, tally.recovered, len(tally.unmended), tally.lost, tally.doubled, tally.wrong)
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    print("|", " | ".join(_HEADINGS), "|")
    print("|---" * len(_HEADINGS) + "|")
    main()
