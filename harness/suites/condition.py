"""Conditions: one point of the grid format × shots × technique × context."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.files import data_path
from kikime.harness.core.files.yamlfile import StrictModel, load_yaml
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts
from kikime.harness.prompts.conversation import ShotStyle


class Condition(NamedTuple):
    """How an item is asked."""

    format: str
    shots: int
    shot_style: ShotStyle
    example_set: int
    technique: str
    context: str


class Technique(StrictModel):
    """A way of asking: text around the user turn or in the system prompt."""

    title: str
    source: str = ""
    user_prefix: str = ""
    user_suffix: str = ""
    system: str = ""
    """A sentence added to the system prompt."""
    answer_after: str = ""
    """Where the technique asks for reasoning: the words after which the reply itself begins."""
    style: bool = True
    """Whether the persona's own style instruction stays in the system prompt."""

    def ask(self, user: str) -> str:
        """The user turn as this technique asks it."""
        return f"{self.user_prefix}{user}{self.user_suffix}"


class _TechniqueFile(StrictModel):
    techniques: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Technique], Field(min_length=1)]


@lru_cache(maxsize=1)
def bundled_techniques() -> dict[str, Technique]:
    """All bundled techniques by id."""
    return read_techniques(data_path("techniques.yaml"))


def read_techniques(path: Path) -> dict[str, Technique]:
    """The techniques of a file, which names them under ``techniques:``.

    Raises:
        FileFormatError: the file is wrong; with the line.
    """
    return load_yaml(path, _TechniqueFile).techniques


def _read_one(path: Path) -> Technique:
    first, *others = read_techniques(path).values()
    if others:
        raise FileFormatError(path, None, "a technique's file of a package holds one technique")
    return first


TECHNIQUES = Parts(Phrase("technique"), Technique, bundled_techniques, load=_read_one)
"""The ways of asking: bundled, of installed packages, or files of one or more."""


def load_techniques(reference: str) -> dict[str, Technique]:
    """The technique of that id, or all those of a file, by id.

    Raises:
        UsageError: no such technique; the nearest ids are named.
        FileFormatError: the file is wrong; with the line.
    """
    if TECHNIQUES.is_path(reference):
        return read_techniques(Path(TECHNIQUES.resolve(reference)))
    return {reference: TECHNIQUES.find(reference)}


def in_usual_order(techniques: Mapping[str, Technique]) -> dict[str, Technique]:
    """The bundled ones first, in the order of their file, as tables show them."""
    names = dict.fromkeys([*bundled_techniques(), *techniques])
    return {name: techniques[name] for name in names if name in techniques}
