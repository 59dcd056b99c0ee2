"""Neutral tasks twice: in character, and without any persona."""

from __future__ import annotations

from kikime.harness.core.errors import UsageError
from kikime.harness.store.rundir import TWIN
from kikime.harness.suites.grid import Materials
from kikime.harness.suites.task import Task


def with_and_without_persona(materials: Materials) -> Materials:
    """Add to each task its twin that is asked without the persona.

    Raises:
        UsageError: a task has nothing that can be right or wrong about the world or the form of an answer.
    """
    for task in materials.tasks.values():
        _check_neutral(task)
    tasks = dict(materials.tasks)
    selections = list(materials.suite.tasks)
    for selection in materials.suite.tasks:
        task = materials.tasks[selection.id]
        if task.bare:
            continue
        twin = task.model_copy(update={"id": f"{task.id}{TWIN}", "title": f"{task.title}（人物なし）", "bare": True})
        tasks[twin.id] = twin
        selections.append(selection.model_copy(update={"id": twin.id}))
    suite = materials.suite.model_copy(update={"tasks": tuple(selections)})
    return materials._replace(suite=suite, tasks=tasks)


def neutral_id(task: Task) -> str:
    """The id that a task and its twin share."""
    return task.id.removesuffix(TWIN)


def _check_neutral(task: Task) -> None:
    unfit = task.items_from or task.label_sets or any(item.script for item in task.items)
    if unfit or not all({"answers", "constraints"} & set(item.expect) for item in task.items):
        raise UsageError(
            "task '{task}' does not measure a neutral capability: retention needs items with "
            "expected answers or constraints that are the same without the persona",
            hint="for example --task reasoning --task answer_form",
            task=task.id,
        )
