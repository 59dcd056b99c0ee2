"""``make bench-peers``: kikime, lm-eval and bare vLLM on the same checkpoint, items, formats and shots, in turn.

lm-eval runs kikime's own tasks by ``--model vllm``, in one call for all of them and in one call per format: one template a
call is what its chat templates allow. Starts of Python and loads of the engine count for everybody. Exit 1 where a value that
kikime and lm-eval both measure is not the same.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.bench_peers.programs import Grid, Programs
from tools.bench_peers.values import compare
from tools.measured import Used

FORMATS = ("alpaca", "vicuna", "llama2")
TWELVE = (*FORMATS, "aines_v3", "chatml", "llama3", "gemma", "phi3", "mistral_v3", "rinna_youri", "rwkv_world", "plain")
TASKS = ("persona_facts", "daily", "preferences")
PERSONAS = ("ojousama", "bushi", "shonen")


def main() -> None:
    """Measure in turn, then print medians, ratios and whether the values agree."""
    grid, rounds = read_options()
    with tempfile.TemporaryDirectory() as name:
        programs = Programs(grid, Path(name))
        asked = f"{programs.prepared.n_replies:,} replies: {len(grid.formats)} formats × {len(grid.shots)} shots"
        print(f"{asked}, {len(grid.tasks)} tasks, {grid.model}, {grid.dtype}", flush=True)
        programs.warm_up()
        used = in_turn(programs, rounds)
        report(used, {"lm-eval, a call per format": len(grid.formats)})
        agreements = [compare(programs.run, Path(name) / kind) for kind in ("once0", "each0")]
    for text, found in zip(("one call", "a call per format"), agreements, strict=True):
        print(f"compared with lm-eval in {text}: {found}")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load now {load}")
    sys.exit(not all(found.holds for found in agreements))


def read_options() -> tuple[Grid, int]:
    """The grid and the number of rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--model", default="demo:september")
    parser.add_argument("--dtype", default="float32", help="float32: elsewhere a reply may depend on its batch")
    parser.add_argument("--formats", nargs="+", default=FORMATS, help="ids, or: twelve")
    parser.add_argument("--shots", nargs="+", type=int, default=[0])
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--limit", type=int, default=11, help="items per task and persona")
    chosen = parser.parse_args()
    formats = TWELVE if chosen.formats == ["twelve"] else tuple(chosen.formats)
    axes = (tuple(chosen.tasks), PERSONAS, formats, tuple(chosen.shots))
    return Grid(chosen.model, chosen.dtype, *axes, chosen.limit), chosen.rounds


def in_turn(programs: Programs, rounds: int) -> dict[str, list[Used]]:
    """What each program used in each round."""
    turns: dict[str, Callable[[int], Used]] = {
        "kikime": programs.kikime,
        "bare vLLM": programs.bare,
        "lm-eval, one call": programs.lm_eval_once,
        "lm-eval, a call per format": programs.lm_eval_each,
    }
    used: dict[str, list[Used]] = {name: [] for name in turns}
    for number in range(rounds):
        for name, call in turns.items():
            used[name].append(call(number))
            wall, cpu, peak = used[name][-1]
            print(f"round {number + 1}: {name:<28}{wall:7.1f} s {cpu:7.1f} s CPU {peak:7.0f} MB", flush=True)
    return used


def report(used: dict[str, list[Used]], loads: dict[str, int]) -> None:
    """Medians as a table, and kikime against the others; a ratio is the median of the rounds' ratios."""
    print(
        "\n| | wall s | CPU s | peak MB | engine loads | wall / kikime | CPU / kikime |\n|---|---|---|---|---|---|---|"
    )
    for name, rows in used.items():
        wall, cpu, peak = (statistics.median(values) for values in zip(*rows, strict=True))
        pairs = list(zip(rows, used["kikime"], strict=True))
        ratios = [statistics.median(getattr(a, of) / getattr(b, of) for a, b in pairs) for of in ("wall", "cpu")]
        cells = (f"{wall:.1f}", f"{cpu:.1f}", f"{peak:.0f}", str(loads.get(name, 1)), *(f"{r:.2f}" for r in ratios))
        print(f"| {name} | {' | '.join(cells)} |")
    ratio = statistics.median(a.wall / b.wall for a, b in zip(used["kikime"], used["bare vLLM"], strict=True))
    print(f"\nwall of kikime / bare vLLM: {ratio:.3f} (goal ≤ 1.02)", flush=True)


if __name__ == "__main__":
    main()
