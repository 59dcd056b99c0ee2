"""Conditions: one point of the grid format × shots × technique × context."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from kikime.harness.core.files import data_path
from kikime.harness.core.yamlfile import StrictModel, load_yaml

ShotStyle = Literal["turns", "text"]


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


class _Techniques(StrictModel):
    techniques: dict[str, Technique]


@lru_cache(maxsize=1)
def load_techniques() -> dict[str, Technique]:
    """All bundled techniques by id."""
    return load_yaml(data_path("techniques.yaml"), _Techniques).techniques
