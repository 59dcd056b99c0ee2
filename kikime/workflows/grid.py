"""A suite, and what of it is replaced for one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from kikime.harness.core.errors import UsageError
from kikime.harness.core.phrases import Phrase
from kikime.harness.core.yamlfile import StrictModel, problems_of
from kikime.harness.suites.grid import Materials, gather_materials
from kikime.harness.suites.suite import (
    Count,
    FormatRef,
    PersonaRef,
    Shots,
    Suite,
    TaskRef,
    TaskSelection,
    load_suite,
)


class Overrides(StrictModel):
    """What replaces a suite's own choice; empty or None leaves it. Paths are relative to the working folder."""

    tasks: tuple[TaskRef, ...] = ()
    personas: tuple[PersonaRef, ...] = ()
    formats: tuple[FormatRef, ...] = ()
    shots: tuple[Shots, ...] = ()
    limit: Count | None = None

    def apply(self, suite: Suite) -> Suite:
        """The suite with these; what a task of the suite says of them for itself goes."""
        lists = {"personas": self.personas, "formats": self.formats, "shots": self.shots}
        changed: dict[str, object] = {name: values for name, values in lists.items() if values}
        if self.limit:
            changed["limit"] = self.limit
        cleared = dict.fromkeys(changed)
        selections = [selection.model_copy(update=cleared) for selection in self._chosen(suite)]
        return suite.model_copy(update={**changed, "tasks": tuple(selections)})

    def _chosen(self, suite: Suite) -> Sequence[TaskSelection]:
        """The suite's entries of the tasks that are wanted; a task that it lacks is asked as the suite asks."""
        if not self.tasks:
            return suite.tasks
        own = {name: [entry for entry in suite.tasks if entry.id == name] for name in self.tasks}
        return [entry for name in self.tasks for entry in own[name] or [TaskSelection(id=name)]]


def choose_materials(
    suite: str | Suite,
    *,
    tasks: Sequence[str] = (),
    personas: Sequence[str] = (),
    formats: Sequence[str] = (),
    shots: Sequence[int] = (),
    limit: int | None = None,
) -> Materials:
    """Load a suite with what replaces parts of it.

    Raises:
        UsageError: an unknown suite, task, persona or format.
    """
    from kikime.judges.verdicts.rubric import load_rubric

    chosen = load_suite(suite) if isinstance(suite, str) else suite
    fields = {"tasks": tasks, "personas": personas, "formats": formats, "shots": shots}
    lists = {name: [values] if isinstance(values, str) else list(values) for name, values in fields.items()}
    try:
        overrides = Overrides.model_validate({**lists, "limit": limit}, context={"folder": Path()})
    except ValidationError as error:
        raise UsageError(Phrase.joined("; ", [problem for _, problem in problems_of(error)])) from None
    return gather_materials(overrides.apply(chosen), load_rubric)
