"""What comes with kikime: formats, personas, tasks; and whether this machine can use it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.core.records import Record
from kikime.harness.prompts.format import Format, format_ids, load_format
from kikime.harness.suites.task import load_task, task_ids


class PersonaSummary(Record, frozen=True):
    """A bundled persona at a glance."""

    id: str
    name: str
    version: int
    language: str
    chars: tuple[int, int]
    """Length of a reply in characters, from and to."""
    facts: int
    examples: int


class TaskSummary(Record, frozen=True):
    """A bundled task at a glance."""

    id: str
    version: int
    title: str
    measures: str
    source: str
    metrics: tuple[str, ...]
    items: tuple[int, int]
    """Least and most items that a persona is asked."""


class Check(Record, frozen=True):
    """One check of the installation."""

    state: Literal["ok", "warning", "fault"]
    what: str
    detail: str
    mend: str
    """What to do; empty where there is nothing to do."""


def formats() -> dict[str, Format]:
    """The prompt formats by id: template, stops, source, what they lose."""
    return {name: load_format(name) for name in format_ids()}


def personas() -> list[PersonaSummary]:
    """The bundled personas."""
    return [_about(load_persona(name)) for name in persona_ids()]


def tasks() -> list[TaskSummary]:
    """The bundled tasks."""
    cards = [load_persona(name) for name in persona_ids()]
    found = []
    for task in map(load_task, task_ids()):
        counts = [len(task.items_for(card)) for card in cards]
        about = (task.id, task.version, task.title, task.measures, task.source, tuple(task.metrics))
        found.append(TaskSummary(*about, (min(counts), max(counts))))
    return found


def doctor(runs: str | Path = "runs") -> list[Check]:
    """Check engine, packages, judge key, fonts, disk and runs; nothing is changed and nothing leaves the machine."""
    from kikime.harness.environment.doctor import diagnose

    return [Check(*finding) for finding in diagnose(Path(runs))]


def _about(card: Persona) -> PersonaSummary:
    chars = (card.length.chars[0], card.length.chars[1])
    return PersonaSummary(card.id, card.name, card.version, card.language, chars, len(card.facts), len(card.examples))
