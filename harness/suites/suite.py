"""Suites: which tasks × personas × conditions to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from kikime.harness.cards.persona import PERSONAS
from kikime.harness.core.files import data_path
from kikime.harness.core.files.yamlfile import StrictModel, load_yaml
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Part, Parts, checked
from kikime.harness.core.request import Sampling
from kikime.harness.prompts import FORMATS
from kikime.harness.prompts.conversation import ShotStyle
from kikime.harness.suites.condition import TECHNIQUES
from kikime.harness.suites.task import TASKS

Names = Mapping[str, tuple[str, ...]]
"""From a reference to the ids that it stands for."""
Count = Annotated[int, Field(ge=1)]
Shots = Annotated[int, Field(ge=0, le=32)]


def _known(parts: Parts[Part]) -> AfterValidator:
    """Check that a reference leads somewhere; a relative path begins at the suite's folder."""

    def check(reference: str, info: ValidationInfo) -> str:
        context = info.context or {}
        return reference if context.get("resolved") else checked(parts, reference, context.get("folder"))

    return AfterValidator(check)


TaskRef = Annotated[str, _known(TASKS)]
PersonaRef = Annotated[str, _known(PERSONAS)]
FormatRef = Annotated[str, _known(FORMATS)]
TechniqueRef = Annotated[str, _known(TECHNIQUES)]


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


ShotStyles = Annotated[tuple[ShotStyle, ...], Field(min_length=1), BeforeValidator(_listed)]


class TaskSelection(StrictModel):
    """A task of the suite; what is given here overrides the suite for this task.

    A task may have several entries, each for other conditions; a cell that two of them name is asked once.
    """

    id: TaskRef
    limit: Count | None = None
    personas: tuple[PersonaRef, ...] | None = None
    formats: tuple[FormatRef, ...] | None = None
    shots: tuple[Shots, ...] | None = None
    techniques: tuple[TechniqueRef, ...] | None = None
    shot_style: ShotStyles | None = None
    contexts: tuple[str, ...] | None = None


def _selection(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


class SamplingOptions(StrictModel):
    """Sampling of the whole suite; greedy by default."""

    temperature: Annotated[float, Field(ge=0)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0
    repetition_penalty: Annotated[float, Field(gt=0)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0

    def for_reply(self, *, max_tokens: int, repeat: int) -> Sampling:
        """The parameters of one reply; repeats differ by seed."""
        return Sampling(
            max_tokens=max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            repetition_penalty=self.repetition_penalty,
            seed=self.seed + repeat,
        )


class Suite(StrictModel):
    """Which tasks × personas × conditions to run."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")]
    title: str = ""
    tasks: Annotated[tuple[Annotated[TaskSelection, BeforeValidator(_selection)], ...], Field(min_length=1)]
    personas: Annotated[tuple[PersonaRef, ...], Field(min_length=1)]
    formats: Annotated[tuple[FormatRef, ...], Field(min_length=1)] = ("native",)
    shots: Annotated[tuple[Shots, ...], Field(min_length=1)] = (0,)
    shot_style: ShotStyles = ("turns",)
    """Examples as earlier turns of the dialogue, as text in the system prompt, or both ways in turn."""
    example_sets: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0,)
    techniques: Annotated[tuple[TechniqueRef, ...], Field(min_length=1)] = ("plain",)
    contexts: Annotated[tuple[str, ...], Field(min_length=1)] = ("none",)
    repeats: Count = 1
    limit: Count | None = None
    """At most so many items per task and persona, spread evenly over the bank."""
    sampling: SamplingOptions = SamplingOptions()

    @property
    def persona_names(self) -> list[str]:
        """All personas that the suite names, each once."""
        return in_order([self.personas, *(task.personas or () for task in self.tasks)])

    @property
    def asked_personas(self) -> list[str]:
        """The personas that some task is asked of."""
        return in_order(task.personas or self.personas for task in self.tasks)

    @property
    def format_names(self) -> list[str]:
        """The formats that some task is asked in."""
        return in_order(task.formats or self.formats for task in self.tasks)

    @property
    def technique_names(self) -> list[str]:
        """The techniques that some task is asked with."""
        return in_order(task.techniques or self.techniques for task in self.tasks)

    def renamed(self, *, tasks: Names, personas: Names, formats: Names, techniques: Names) -> Suite:
        """The suite with every reference replaced by the ids of what it led to."""

        def changed(owner: Suite | TaskSelection) -> dict[str, tuple[str, ...] | None]:
            kinds = {"personas": personas, "formats": formats, "techniques": techniques}
            return {
                kind: None
                if (own := getattr(owner, kind)) is None
                else tuple(n for r in own for n in names.get(r, (r,)))
                for kind, names in kinds.items()
            }

        selections = (task.model_copy(update={"id": tasks[task.id][0], **changed(task)}) for task in self.tasks)
        return self.model_copy(update={"tasks": tuple(selections), **changed(self)})


Name = TypeVar("Name", bound=str)


def in_order(groups: Iterable[Sequence[Name]]) -> list[Name]:
    """The names of all groups, each once, in the order in which they first come."""
    return list(dict.fromkeys(name for group in groups for name in group))


def restore_suite(stored: object) -> Suite:
    """A suite from a run's manifest; its tasks and personas are ids of what the manifest holds."""
    return Suite.model_validate(stored, context={"resolved": True})


SUITES = Parts(
    Phrase("suite"),
    Suite,
    lambda: {path.stem: path for path in sorted(data_path("suites").glob("*.yaml"))},
    load=lambda path: load_yaml(path, Suite),
)
"""The suites: bundled, of installed packages, or files."""


def suite_ids() -> list[str]:
    """Ids of the bundled suites and of those that installed packages bring, sorted."""
    return SUITES.ids()


def load_suite(reference: str) -> Suite:
    """Load a suite by its id, or by its YAML path.

    Raises:
        FileFormatError: the suite is wrong (file, line and nearest valid name are given).
        UsageError: neither a known id nor a file.
    """
    return SUITES.find(reference)
