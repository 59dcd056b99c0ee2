"""The grid of a suite: its resolved content, and every cell in prefix-sharing order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple, Protocol, TypeVar

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.yamlfile import StrictModel
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Phrase
from kikime.harness.metrics import METRICS
from kikime.harness.prompts import Format, format_ids, load_format
from kikime.harness.suites.condition import TECHNIQUES, Condition, Technique, in_usual_order, load_techniques
from kikime.harness.suites.suite import Suite, TaskSelection, in_order, restore_suite
from kikime.harness.suites.task import Item, Task, load_task

Json = dict[str, object]
NOBODY = "none"
"""The persona column of tasks that are asked without a persona."""


class Materials(NamedTuple):
    """The resolved content of a suite: what a run stores, so that it can go on without the original files."""

    suite: Suite
    """Its tasks, personas, formats and techniques are ids."""
    tasks: dict[str, Task]
    """Their rubrics are ids, where ``rubrics`` has the content."""
    personas: dict[str, Persona]
    formats: dict[str, Format]
    techniques: dict[str, Technique]
    rubrics: dict[str, Json]
    """What judges are asked, in the form of :mod:`kikime.judges`; empty where nobody has read it."""

    def to_json(self) -> Json:
        """As the manifest holds it."""
        contents: dict[str, Mapping[str, StrictModel]] = {
            "tasks": self.tasks,
            "personas": self.personas,
            "formats": self.formats,
            "techniques": self.techniques,
        }
        return {
            "suite": self.suite.model_dump(mode="json"),
            **{
                kind: {name: part.model_dump(mode="json") for name, part in parts.items()}
                for kind, parts in contents.items()
            },
            "rubrics": self.rubrics,
        }

    @classmethod
    def from_json(cls, stored: Manifest) -> Materials:
        """Back from a manifest."""
        METRICS.recover(stored.get("metrics", {}))
        suite = restore_suite(stored["suite"])
        return cls(
            suite,
            {name: Task.model_validate(task) for name, task in stored["tasks"].items()},
            {name: Persona.model_validate(persona) for name, persona in stored["personas"].items()},
            stored_formats(stored),
            stored_techniques(stored),
            {name: dict(content) for name, content in stored.get("rubrics", {}).items()},
        )

    @classmethod
    def of(cls, suite: Suite, tasks: Mapping[str, Task], personas: Mapping[str, Persona]) -> Materials:
        """With the formats and techniques that the suite names by id.

        Raises:
            UsageError: one that is not known here.
        """
        formats = {name: load_format(name) for name in suite.format_names}
        techniques = in_usual_order({name: TECHNIQUES.find(name) for name in suite.technique_names})
        return cls(suite, dict(tasks), dict(personas), formats, techniques, {})


def stored_formats(manifest: Manifest) -> dict[str, Format]:
    """The formats of a run: from its manifest; for a run of an old version those of today that it used.

    A format that an old run used and that is not known here is left out.
    """
    if "formats" in manifest:
        return {name: Format.model_validate(content) for name, content in manifest["formats"].items()}
    known = set(format_ids())
    return {name: load_format(name) for name in restore_suite(manifest["suite"]).format_names if name in known}


def stored_techniques(manifest: Manifest) -> dict[str, Technique]:
    """The techniques of a run: from its manifest; for a run of an old version those of today that it used."""
    if "techniques" in manifest:
        return {name: Technique.model_validate(content) for name, content in manifest["techniques"].items()}
    known = set(TECHNIQUES.ids())
    asked = restore_suite(manifest["suite"]).technique_names
    return in_usual_order({name: TECHNIQUES.find(name) for name in asked if name in known})


class Cell(NamedTuple):
    """One item under one condition: what becomes a request (or, for a script, one request per turn)."""

    persona: Persona
    task: Task
    item: Item
    condition: Condition
    repeat: int


class Rubric(Protocol):
    """What the harness knows of a rubric: that a judge will understand it."""

    @property
    def id(self) -> str:
        """Its name in the task and in verdicts."""

    def model_dump(self, *, mode: str) -> Json:
        """Its content as JSON-like values."""


def gather_materials(suite: Suite, read_rubric: Callable[[str], Rubric] | None = None) -> Materials:
    """Load every task, persona, format and technique that the suite names.

    ``read_rubric`` reads what a task names under ``rubrics:``; without it the rubrics stay references.

    Raises:
        UsageError: two files with one id, or a part that cannot be read.
    """
    tasks = {selection.id: load_task(selection.id) for selection in suite.tasks}
    personas = {reference: load_persona(reference) for reference in suite.persona_names}
    formats = {reference: load_format(reference) for reference in suite.format_names}
    techniques = {reference: load_techniques(reference) for reference in suite.technique_names}
    rubrics = {r: read_rubric(r) for task in tasks.values() for r in task.rubrics} if read_rubric else {}
    renamed = suite.renamed(
        tasks={reference: (task.id,) for reference, task in tasks.items()},
        personas={reference: (persona.id,) for reference, persona in personas.items()},
        formats={reference: (found.id,) for reference, found in formats.items()},
        techniques={reference: tuple(found) for reference, found in techniques.items()},
    )
    named = {reference: rubric.id for reference, rubric in rubrics.items()}
    return Materials(
        renamed,
        {
            name: task.with_rubrics(named)
            for name, task in _by_id(Phrase("task"), ((r, t.id, t) for r, t in tasks.items())).items()
        },
        _by_id(Phrase("persona"), ((r, p.id, p) for r, p in personas.items())),
        _by_id(Phrase("format"), ((r, f.id, f) for r, f in formats.items())),
        in_usual_order(
            _by_id(Phrase("technique"), ((r, name, found[name]) for r, found in techniques.items() for name in found))
        ),
        {
            name: rubric.model_dump(mode="json")
            for name, rubric in _by_id(
                Phrase("rubric"), ((r, rubric.id, rubric) for r, rubric in rubrics.items())
            ).items()
        },
    )


Named = TypeVar("Named")


def _by_id(kind: str, parts: Iterable[tuple[str, str, Named]]) -> dict[str, Named]:
    """Parts by id, from ``(reference, id, part)``."""
    found: dict[str, Named] = {}
    for reference, name, part in parts:
        if name in found:
            raise UsageError(
                "{reference}: the {kind} id '{name}' is taken",
                hint="give the file another id",
                reference=reference,
                kind=kind,
                name=name,
            )
        found[name] = part
    return found


def cells(materials: Materials, *, as_before: bool = False) -> Iterator[Cell]:
    """Every cell of the suite in prefix-sharing order.

    By format, persona, shots, style and set of examples, technique, context, task, item, repeat. ``as_before``: with the
    items that version 0.1.0 chose under a limit.
    """
    suite = materials.suite
    shot_counts = sorted({k for s in suite.tasks for k in (suite.shots if s.shots is None else s.shots)})
    contexts = in_order(s.contexts or suite.contexts for s in suite.tasks)
    styles = in_order(s.shot_style or suite.shot_style for s in suite.tasks)
    for format, persona, shots in product(suite.format_names, suite.asked_personas, shot_counts):  # noqa: A001
        ways = product(styles, suite.example_sets) if shots else [(suite.shot_style[0], 0)]
        for (style, example_set), technique, context in product(ways, suite.technique_names, contexts):
            condition = Condition(format, shots, style, example_set, technique, context)
            for selection in _selections(materials, persona, condition):
                yield from _task_cells(materials, selection, persona, condition, as_before=as_before)


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


def _task_cells(
    materials: Materials, selection: TaskSelection, persona: str, condition: Condition, *, as_before: bool
) -> Iterator[Cell]:
    task, card = materials.tasks[selection.id], materials.personas[persona]
    limit = selection.limit or materials.suite.limit
    for item in spread(task.items_for(card), limit) if as_before else _limited(task, card, limit):
        if condition.context == "none" or condition.context in item.contexts:
            for repeat in range(materials.suite.repeats):
                yield Cell(card, task, item, condition, repeat)


def _limited(task: Task, card: Persona, limit: int | None) -> Sequence[Item]:
    """At most ``limit`` items, or as many questions, each with every set of labels."""
    items, n_sets = task.items_for(card), max(len(task.label_sets), 1)
    each = len(items) // n_sets
    return [item for first in range(0, each * n_sets, each or 1) for item in spread(items[first : first + each], limit)]


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most ``limit`` items, evenly over the bank, always the same ones."""
    if limit is None or limit >= len(items):
        return items
    return [items[index * len(items) // limit] for index in range(limit)]
