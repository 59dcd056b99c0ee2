"""The grid of a suite: its resolved content, and every cell in prefix-sharing order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple, TypeVar

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import UsageError
from kikime.harness.metrics import METRICS
from kikime.harness.suites.condition import Condition
from kikime.harness.suites.suite import Suite, TaskSelection, restore_suite
from kikime.harness.suites.task import Item, Task, load_task

NOBODY = "none"
"""The persona column of tasks that are asked without a persona."""


class Materials(NamedTuple):
    """The resolved content of a suite: what a run stores, so that it can go on without the original files."""

    suite: Suite
    """Its tasks and personas are ids."""
    tasks: dict[str, Task]
    personas: dict[str, Persona]

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return {
            "suite": self.suite.model_dump(mode="json"),
            "tasks": {name: task.model_dump(mode="json") for name, task in self.tasks.items()},
            "personas": {name: persona.model_dump(mode="json") for name, persona in self.personas.items()},
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Materials:
        """Back from a manifest."""
        METRICS.recover(stored.get("metrics", {}))
        return cls(
            restore_suite(stored["suite"]),
            {name: Task.model_validate(task) for name, task in stored["tasks"].items()},
            {name: Persona.model_validate(persona) for name, persona in stored["personas"].items()},
        )


class Cell(NamedTuple):
    """One item under one condition: what becomes a request (or, for a script, one request per turn)."""

    persona: Persona
    task: Task
    item: Item
    condition: Condition
    repeat: int


def gather_materials(suite: Suite) -> Materials:
    """Load every task and persona that the suite names.

    Raises:
        UsageError: two files with one id.
    """
    references = [*suite.personas, *(name for s in suite.tasks for name in s.personas or ())]
    personas = {reference: load_persona(reference) for reference in references}
    tasks = {selection.id: load_task(selection.id) for selection in suite.tasks}
    return Materials(_with_ids(suite, tasks, personas), _by_id("task", tasks), _by_id("persona", personas))


Named = TypeVar("Named", Task, Persona)


def _by_id(kind: str, loaded: dict[str, Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for reference, content in loaded.items():
        if content.id in found:
            raise UsageError(f"{reference}: the {kind} id '{content.id}' is taken", hint="give the file another id")
        found[content.id] = content
    return found


def _with_ids(suite: Suite, tasks: dict[str, Task], personas: dict[str, Persona]) -> Suite:
    def persona_names(references: Sequence[str]) -> tuple[str, ...]:
        return tuple(personas[reference].id for reference in references)

    selections = tuple(
        selection.model_copy(
            update={
                "id": tasks[selection.id].id,
                "personas": persona_names(selection.personas) if selection.personas else None,
            }
        )
        for selection in suite.tasks
    )
    return suite.model_copy(update={"tasks": selections, "personas": persona_names(suite.personas)})


def cells(materials: Materials) -> Iterator[Cell]:
    """Every cell of the suite in prefix-sharing order.

    By format, persona, shots, style and set of examples, technique, context, task, item, repeat.
    """
    suite = materials.suite
    formats = _in_order(s.formats or suite.formats for s in suite.tasks)
    personas = _in_order(s.personas or suite.personas for s in suite.tasks)
    shot_counts = sorted({k for s in suite.tasks for k in (suite.shots if s.shots is None else s.shots)})
    techniques = _in_order(s.techniques or suite.techniques for s in suite.tasks)
    contexts = _in_order(s.contexts or suite.contexts for s in suite.tasks)
    styles = _in_order(s.shot_style or suite.shot_style for s in suite.tasks)
    for form, persona, shots in product(formats, personas, shot_counts):
        ways = product(styles, suite.example_sets) if shots else [(suite.shot_style[0], 0)]
        for (style, example_set), technique, context in product(ways, techniques, contexts):
            condition = Condition(form, shots, style, example_set, technique, context)
            for selection in _selections(materials, persona, condition):
                yield from _task_cells(materials, selection, persona, condition)


Name = TypeVar("Name", bound=str)


def _in_order(groups: Iterator[tuple[Name, ...]]) -> list[Name]:
    return list(dict.fromkeys(name for group in groups for name in group))


def _selections(materials: Materials, persona: str, condition: Condition) -> Iterable[TaskSelection]:
    """The tasks asked under a condition; of several entries of a task the first that has the condition counts."""
    chosen: dict[str, TaskSelection] = {}
    for selection in materials.suite.tasks:
        bare = materials.tasks[selection.id].bare
        if selection.id not in chosen and _selected(selection, materials.suite, persona, condition, bare=bare):
            chosen[selection.id] = selection
    return chosen.values()


def _selected(selection: TaskSelection, suite: Suite, persona: str, condition: Condition, *, bare: bool) -> bool:
    personas = selection.personas or suite.personas
    return (
        persona in (personas[:1] if bare else personas)
        and condition.format in (selection.formats or suite.formats)
        and condition.shots in (suite.shots if selection.shots is None else selection.shots)
        and (not condition.shots or condition.shot_style in (selection.shot_style or suite.shot_style))
        and condition.technique in (selection.techniques or suite.techniques)
        and condition.context in (selection.contexts or suite.contexts)
    )


def _task_cells(materials: Materials, selection: TaskSelection, persona: str, condition: Condition) -> Iterator[Cell]:
    task, card = materials.tasks[selection.id], materials.personas[persona]
    limit = selection.limit or materials.suite.limit
    for item in spread(task.items_for(card), limit):
        if condition.context == "none" or condition.context in item.contexts:
            for repeat in range(materials.suite.repeats):
                yield Cell(card, task, item, condition, repeat)


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most ``limit`` items, evenly over the bank, always the same ones."""
    if limit is None or limit >= len(items):
        return items
    return [items[index * len(items) // limit] for index in range(limit)]
