"""The YAML files of ``tasks/lm_eval``, made from banks, suites and formats."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import yaml

from kikime.harness.cards.persona import load_persona
from kikime.harness.lmeval.scoring import NEVER_KNOWN
from kikime.harness.metrics import METRICS
from kikime.harness.prompts import load_format
from kikime.harness.suites.suite import TaskSelection, load_suite
from kikime.harness.suites.task import Task, load_task, task_ids

FORMATS = ("alpaca", "vicuna", "llama2", "aines_v3", "chatml", "native")
"""Each has a group ``kikime_quick_FORMAT``."""
QUICK = ("alpaca", "vicuna", "llama2")
"""Formats of the group ``kikime_quick``: their prompts begin with the BOS where the tokenizer has one, so lm-eval adds
none, and nothing but the tokenizer's EOS and plain strings ends a reply."""
_HEAD = "# Written by tools/write_lm_eval_tasks.py from the task banks; run it again instead of editing.\n"
_COMMON = {
    "output_type": "generate_until",
    "test_split": "test",
    "doc_to_text": "prompt",
    "doc_to_target": "target",
    "target_delimiter": "",
    "fewshot_delimiter": "",
    "num_fewshot": 0,
}
_FUNCTIONS = {
    "custom_dataset": "kikime.harness.lmeval.documents.documents",
    "process_results": "kikime.harness.lmeval.scoring.process_results",
}
_AGGREGATIONS = {"style_level": "mean_style_level", "style_band": "pooled_style_band"}
_BETTER = {"higher": True, "lower": False, "none": None}


class _Function(str):
    """A ``!function`` in YAML."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes ``!function``, and short collections on one line."""


_Dumper.add_representer(_Function, lambda dumper, name: dumper.represent_scalar("!function", str(name)))


class Cell(NamedTuple):
    """One lm-eval task: a bank in one format and with so many shots."""

    name: str
    task: Task
    spec: dict[str, object]
    """What :func:`kikime.harness.lmeval.documents.documents` takes as ``cell``."""


def task_files() -> dict[str, str]:
    """Content of every file, by its path below ``tasks/lm_eval``."""
    quick = {selection.id for selection in load_suite("quick").tasks}
    files = {"common.yaml": common_file()}
    for form in FORMATS:
        own = list(_cells(form))
        files |= {f"{form}/{cell.name}.yaml": cell_file(cell) for cell in own}
        names = [cell.name for cell in own if cell.task.id in quick]
        files[f"kikime_quick_{form}.yaml"] = _HEAD + _group(f"kikime_quick_{form}", names)
    files["kikime_quick.yaml"] = _HEAD + _group("kikime_quick", [f"kikime_quick_{form}" for form in QUICK])
    return files


def common_file() -> str:
    """What every task includes."""
    return _HEAD + _dump({**_COMMON, **_functions(), "metric_list": _metric_list()})


def cell_file(cell: Cell) -> str:
    """A task's file, in a folder beside ``common.yaml``."""
    return _HEAD + _dump(_content(cell, str(cell.spec["format"])))


def _cells(form: str) -> Iterator[Cell]:
    """Every bank whose items are one reply each: the quick suite's cells, then the others'."""
    quick, standard, icl = load_suite("quick"), load_suite("standard"), load_suite("icl")
    selections = {s.id: s for s in (*icl.tasks, *standard.tasks, *quick.tasks)}
    for task in map(load_task, task_ids()):
        if any(item.script for item in task.items):
            continue
        selection = selections.get(task.id, TaskSelection(id=task.id))
        in_quick = selection in quick.tasks
        shots = icl.shots if task.label_sets else (selection.shots or (0,)) if in_quick else (0,)
        contexts = selection.contexts or _contexts(task)
        for k in shots:
            for technique in selection.techniques or ("plain",):
                for context in contexts:
                    parts = [technique] * (technique != "plain") + [context] * (len(contexts) > 1 and context != "none")
                    spec: dict[str, object] = {"task": task.id, "format": form, "shots": k}
                    spec |= {"technique": technique} if technique != "plain" else {}
                    spec |= {"context": context} if context != "none" else {}
                    spec["personas"] = _personas(task, quick.personas)
                    spec |= {"limit": selection.limit} if in_quick and selection.limit else {}
                    yield Cell("_".join(["kikime", task.id, *parts, form, f"{k}shot"]), task, spec)


def _contexts(task: Task) -> tuple[str, ...]:
    kinds = sorted({kind for item in task.items for kind in item.contexts})
    return ("none", *kinds)


def _personas(task: Task, personas: tuple[str, ...]) -> list[str]:
    asked = [name for name in personas if task.items_for(load_persona(name))]
    return asked[:1] if task.bare else asked


def _content(cell: Cell, form: str) -> dict[str, object]:
    if scores_candidates(cell.task):
        return {
            "include": "../common.yaml",
            "task": cell.name,
            "class": _Function("kikime.harness.lmeval.labels.CandidateTask"),
            "output_type": "loglikelihood",
            "process_results": _Function("kikime.harness.lmeval.scoring.process_logprobs"),
            "metric_list": _metric_list(cell.task.metrics),
            "dataset_kwargs": {"cell": cell.spec},
            "metadata": {"version": cell.task.version},
        }
    stops = [] if form == "native" else list(load_format(form).stop)
    return {
        "include": "../common.yaml",
        "task": cell.name,
        "dataset_kwargs": {"cell": cell.spec},
        "generation_kwargs": {"until": stops, "max_gen_toks": cell.task.max_tokens, "do_sample": False},
        "metadata": {"version": cell.task.version},
    }


def _group(name: str, members: list[str]) -> str:
    return _dump({"group": name, "task": members, "metadata": {"version": 1}})


def _functions() -> dict[str, _Function]:
    return {key: _Function(name) for key, name in _FUNCTIONS.items()}


def scores_candidates(task: Task) -> bool:
    """Whether a task compares log-probabilities instead of reading replies."""
    return bool(task.label_sets) or any("probe" in item.expect for item in task.items)


def _metric_list(names: Collection[str] = ()) -> list[dict[str, object]]:
    """The metrics of replies, or those that are named."""
    return [
        {
            "metric": metric.name,
            "aggregation": _Function(f"kikime.harness.lmeval.scoring.{_AGGREGATIONS.get(metric.name, 'persona_mean')}"),
            "higher_is_better": _BETTER[metric.direction],
        }
        for metric in METRICS.values()
        if (metric.name in names if names else metric.group != "labels") and metric.name not in NEVER_KNOWN
    ]


def _dump(content: dict[str, object]) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
