# ruff: noqa: INP001  (a script beside its configuration)
"""Merge and score as mergekit-evolve does, on a CPU and without Ray, by mergekit's own functions.

python docs/mergekit/evaluate.py docs/mergekit/evolve.yaml "$(kikime tasks path)" storage models/august models/september
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import lm_eval.models.vllm_causallms  # noqa: F401  (mergekit 0.1.5 patches it at import without importing it)
import yaml
from lm_eval.tasks import TaskManager
from mergekit.evo.config import EvolMergeConfiguration
from mergekit.evo.genome import ModelGenome
from mergekit.evo.helpers import evaluate_model, merge_model
from mergekit.options import MergeOptions


def main(config_file: str, tasks: str, storage: str, *models: str) -> None:
    """Print one JSON line per merge: the weights of the models in every layer, the score, and its parts."""
    raw = yaml.safe_load(Path(config_file).read_text(encoding="utf-8"))
    raw["genome"]["models"] = list(models)
    config = EvolMergeConfiguration.model_validate(raw)
    genome = ModelGenome(config.genome)
    for weights in ([1.0, 0.0], [0.5, 0.5]):
        genotype = genome.initial_genotype()
        for number, weight in enumerate(weights):
            genotype[:, number] = weight
        found = evaluate_model(
            merge_model(genotype, genome, storage, MergeOptions()),
            config.tasks,
            num_fewshot=config.num_fewshot,
            limit=config.limit,
            vllm=False,
            batch_size=8,
            task_manager=TaskManager(include_path=tasks, include_defaults=False),
            model_kwargs={"dtype": "float32", "device": "cpu"},
            apply_chat_template=config.apply_chat_template,
            fewshot_as_multiturn=config.fewshot_as_multiturn,
        )
        parts = {f"{task.name} {task.metric}": float(found["results"][task.name][task.metric]) for task in config.tasks}
        print(json.dumps({"weights": weights, "score": float(found["score"]), **parts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
