"""Which runs are checkpoints of one training run that answered the same questions."""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.manifest import Manifest
from kikime.harness.store.rundir import BENCHMARK, RunDirectory, list_runs, read_json

_ASKED = ("tasks", "personas", "formats", "sampling")


def runs_of_training(runs: Path, manifest: Manifest) -> dict[int, RunDirectory]:
    """The complete runs of the training run of ``manifest`` by step, upwards; of two of one step the newer one."""
    found: dict[int, RunDirectory] = {}
    for run in list_runs(runs):
        other = read_json(run.manifest_file) or {}
        series = other.get("series") or {}
        step = series.get("step")
        same = series.get("name") == manifest["series"]["name"] and other.get("kind", BENCHMARK) == BENCHMARK
        if same and step is not None and _asked(other) == _asked(manifest) and run.is_complete():
            found[step] = run
    return dict(sorted(found.items()))


def _asked(manifest: object) -> object:
    if not isinstance(manifest, dict):
        return None
    hashes = manifest.get("hashes") or {}
    return manifest.get("suite"), [hashes.get(name) for name in _ASKED]
