"""How much faster two replicas on a Ray cluster are than one, with one thread each: python -m tools.bench_replicas.

Rounds alternate, and the CPU time is printed beside the wall time, since a busy machine has no second core to give.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import msgspec
import psutil

from kikime.harness.core.request import Request
from kikime.harness.engines import Engine, EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.cluster.connection import import_ray
from kikime.harness.engines.cluster.engine import RayEngine
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.runner import Runner
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite

ROUNDS = 3
SUITE = {
    "id": "replicas",
    "tasks": ["daily", "preferences", "persona_facts"],
    "personas": ["ojousama", "bushi", "shonen"],
    "formats": ["native"],
    "limit": 12,
}


def main() -> None:
    """Print wall and CPU ratios."""
    os.environ["OMP_NUM_THREADS"] = "1"
    checkpoint = resolve_checkpoint("demo:september")
    materials = gather_materials(Suite.model_validate(SUITE, context={"folder": Path()}))
    requests = list(prepare(checkpoint, materials, EngineOptions()).spool)
    ray = import_ray()
    ray.init(address="local", num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="error")
    options = EngineOptions(
        engine="ray", cpus_per_replica=1, dtype="float32", engine_args={"enable_prefix_caching": False}
    )
    one, two = (RayEngine(checkpoint, msgspec.structs.replace(options, replicas=n)) for n in (1, 2))
    generate(one, requests), generate(two, requests)
    walls, cpus = [], []
    for _ in range(ROUNDS):
        (wall_1, cpu_1), (wall_2, cpu_2) = generate(one, requests), generate(two, requests)
        walls.append(wall_1 / wall_2)
        cpus.append(cpu_2 / cpu_1)
        print(
            f"{len(requests)} replies   {wall_1:.1f} s with one, {wall_2:.1f} s with two: {walls[-1]:.2f} ×", flush=True
        )
    print(
        f"two replicas / one, median        {statistics.median(walls):.2f} × as fast   (goal ≥ 1.8 where cores allow it)"
    )
    print(
        f"their CPU time / that of one      {statistics.median(cpus):.3f}, so {2 / statistics.median(cpus):.2f} × with free cores"
    )
    one.close(), two.close()
    ray.shutdown()


def generate(engine: Engine, requests: list[Request]) -> tuple[float, float]:
    """Wall and CPU seconds for all replies; CPU of this process and of the replicas."""
    before, started = _cpu(), time.monotonic()
    Runner(engine, [], stored=lambda _: None, next_turn=lambda *_: None, max_model_len=None).run(requests)
    return time.monotonic() - started, _cpu() - before


def _cpu() -> float:
    own = psutil.Process()
    workers = [process for process in own.children(recursive=True) if "ray::Worker" in " ".join(process.cmdline())]
    return sum(sum(process.cpu_times()[:2]) for process in (own, *workers))


if __name__ == "__main__":
    main()
