"""Suites: which tasks × personas × conditions to run."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from kikime.harness.cards.persona import persona_ids
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import data_path
from kikime.harness.core.names import did_you_mean
from kikime.harness.core.request import Sampling
from kikime.harness.core.yamlfile import StrictModel, load_yaml
from kikime.harness.prompts import format_ids
from kikime.harness.suites.condition import ShotStyle, load_techniques
from kikime.harness.suites.task import task_ids

Count = Annotated[int, Field(ge=1)]
Shots = Annotated[int, Field(ge=0, le=32)]


def _one_of(kind: str, known: list[str], name: str) -> str:
    if name in known:
        return name
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    msg = f"no {kind} '{name}'" + (f" (did you mean '{near[0]}'?)" if near else f" (known: {', '.join(known)})")
    raise ValueError(msg)


def _file_or_one_of(kind: str, known: list[str], name: str, info: ValidationInfo) -> str:
    if (info.context or {}).get("resolved"):
        return name
    if name.endswith((".yaml", ".yml")):
        path = Path(name) if Path(name).is_absolute() else Path((info.context or {}).get("folder", ".")) / name
        if not path.is_file():
            msg = f"no such {kind} file: {path}"
            raise ValueError(msg)
        return str(path)
    return _one_of(kind, known, name)


def _task(name: str, info: ValidationInfo) -> str:
    return _file_or_one_of("task", task_ids(), name, info)


def _persona(name: str, info: ValidationInfo) -> str:
    return _file_or_one_of("persona", persona_ids(), name, info)


def _format(name: str) -> str:
    return _one_of("format", format_ids(), name)


def _technique(name: str) -> str:
    return _one_of("technique", list(load_techniques()), name)


TaskRef = Annotated[str, AfterValidator(_task)]
PersonaRef = Annotated[str, AfterValidator(_persona)]
FormatRef = Annotated[str, AfterValidator(_format)]
TechniqueRef = Annotated[str, AfterValidator(_technique)]


def _listed(value: Any) -> Any:
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


def _selection(value: Any) -> Any:
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


def restore_suite(stored: dict[str, Any]) -> Suite:
    """A suite from a run's manifest; its tasks and personas are ids of what the manifest holds."""
    return Suite.model_validate(stored, context={"resolved": True})


def suite_ids() -> list[str]:
    """Ids of the bundled suites, sorted."""
    return sorted(path.stem for path in data_path("suites").glob("*.yaml"))


def load_suite(reference: str) -> Suite:
    """Load a bundled suite by id, or a suite by its YAML path.

    Raises:
        FileFormatError: the suite is wrong (file, line and nearest valid name are given).
        UsageError: neither a bundled id nor a file.
    """
    if reference in suite_ids():
        return load_yaml(data_path("suites") / f"{reference}.yaml", Suite)
    path = Path(reference)
    if path.suffix in {".yaml", ".yml"}:
        return load_yaml(path, Suite)
    meant = did_you_mean(reference, suite_ids())
    raise UsageError(
        f"no suite '{reference}'{meant}", hint=f"bundled: {', '.join(suite_ids())}; or give a suite's path"
    )
