"""The objective of docs/mergekit/evolve.yaml on two merges of the bundled checkpoints, evaluated as mergekit does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kikime.harness.core.files import data_path
from kikime.harness.lmeval.files import task_files
from kikime.harness.metrics import METRICS

OBJECTIVE = yaml.safe_load((Path(__file__).parents[3] / "docs/mergekit/evolve.yaml").read_text(encoding="utf-8"))

EVALUATE = """
import json, sys
import lm_eval
from lm_eval.tasks import TaskManager
objective, model, tasks = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
arguments = {"pretrained": model, "dtype": "float32", "enforce_eager": True, "enable_chunked_prefill": False}
found = lm_eval.simple_evaluate(
    model="vllm", model_args=arguments, tasks=[task["name"] for task in objective], log_samples=False,
    task_manager=TaskManager(include_path=tasks, include_defaults=False),
)["results"]
print(json.dumps([found[task["name"]][task["metric"]] for task in objective]))
"""


def merge(target: Path, share: float) -> Path:
    """Linear merge: ``share`` of September, the rest of August."""
    from safetensors.torch import load_file, save_file

    august, september = (data_path("checkpoints") / name for name in ("august", "september"))
    shutil.copytree(august, target)
    ours, theirs = (load_file(path / "model.safetensors") for path in (august, september))
    merged = {name: ((1 - share) * ours[name].float() + share * theirs[name].float()).contiguous() for name in ours}
    save_file(merged, target / "model.safetensors", metadata={"format": "pt"})
    return target


def test_the_objective_names_tasks_and_metrics_that_exist():
    names = {Path(name).stem for name in task_files()}
    for task in OBJECTIVE["tasks"]:
        metric = METRICS[task["metric"].removesuffix(",none")]
        assert task["name"] in names
        assert (task["weight"] > 0) == (metric.direction == "higher")
    assert OBJECTIVE["apply_chat_template"] is False


@pytest.mark.engine
def test_mergekits_own_functions_merge_and_score(tmp_path):
    pytest.importorskip("mergekit", reason="mergekit is not installed")
    folder = Path(__file__).parents[3] / "docs/mergekit"
    models = [str(data_path("checkpoints") / name) for name in ("august", "september")]
    command = [sys.executable, str(folder / "evaluate.py"), str(folder / "evolve.yaml"), str(data_path("lm_eval"))]
    done = subprocess.run(
        [*command, str(tmp_path / "storage"), *models],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    alone, merged = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    parts = [f"{task['name']} {task['metric']}" for task in OBJECTIVE["tasks"]]
    for found in (alone, merged):
        total = sum(found[part] * task["weight"] for part, task in zip(parts, OBJECTIVE["tasks"], strict=True))
        assert found["score"] == pytest.approx(total)
    assert alone["score"] > merged["score"]


@pytest.mark.engine
def test_the_objective_tells_two_merges_apart(tmp_path):
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    }
    scores = []
    for share in (0.0, 0.5):
        model = merge(tmp_path / f"merge-{share}", share)
        command = [
            sys.executable,
            "-c",
            EVALUATE,
            json.dumps(OBJECTIVE["tasks"]),
            str(model),
            str(data_path("lm_eval")),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-3000:]
        values = json.loads(done.stdout.strip().splitlines()[-1])
        scores.append(sum(value * task["weight"] for value, task in zip(values, OBJECTIVE["tasks"], strict=True)))
    assert scores[0] != scores[1]
    assert all(-1 <= score <= 2 for score in scores)
