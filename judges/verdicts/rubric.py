"""Rubrics: what a judge is asked, as strict YAML data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from kikime.harness.core.files.yamlfile import StrictModel, load_yaml
from kikime.harness.core.hashing import digest
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts

LOW, HIGH = 1, 7
POINTS = tuple(range(LOW, HIGH + 1))
"""The usual scale; a rubric may end it elsewhere."""
_RUBRICS = Path(__file__).parents[1] / "rubrics"

Text = Annotated[str, Field(min_length=1)]


class Criterion(StrictModel):
    """One question with its anchored scale."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    question: Text
    note: str = ""
    anchors: dict[int, Text] = {}


class Rubric(StrictModel):
    """What the judge is asked about one reply, one dialogue or one pair of replies."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[int, Field(ge=1)]
    title: Text
    source: Text
    kind: Literal["reply", "dialogue", "pair"]
    task: str = ""
    steps: tuple[Text, ...] = ()
    scale: tuple[Literal[1], Annotated[int, Field(ge=2, le=9)]] = (1, HIGH)
    """The lowest and the highest point."""
    verbatim: str | None = None
    """A complete prompt with {profile}, {user} and {response}, used as it stands; the verdict is free text."""
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> Rubric:
        ids = [criterion.id for criterion in self.criteria]
        if len(ids) != len(set(ids)):
            msg = Phrase("duplicate criterion '{criterion}'", criterion=next(i for i in ids if ids.count(i) > 1))
            raise ValueError(msg)
        if (self.verbatim is None) == (not self.task):
            msg = Phrase("a rubric has either a task or a verbatim prompt")
            raise ValueError(msg)
        if self.verbatim is not None and (len(ids) > 1 or self.kind != "reply" or self.high != HIGH):
            msg = Phrase("a verbatim prompt has one criterion and judges one reply from 1 to 7")
            raise ValueError(msg)
        if self.verbatim is None and self.kind != "pair":
            for criterion in self.criteria:
                if sorted(criterion.anchors) != list(self.points):
                    msg = Phrase(
                        "criterion '{criterion}' needs an anchor for each of the points 1 to {high}",
                        criterion=criterion.id,
                        high=self.high,
                    )
                    raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _without_the_usual_scale(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = dump(self)
        if self.high == HIGH:
            del content["scale"]
        return content

    @property
    def high(self) -> int:
        """The highest point; the lowest is 1."""
        return self.scale[1]

    @property
    def points(self) -> tuple[int, ...]:
        """Every point of the scale."""
        return tuple(range(LOW, self.high + 1))

    @cached_property
    def hash(self) -> str:
        """Content hash of the rubric and of the sentences around it."""
        return digest("rubric", [self.model_dump(mode="json"), protocols().model_dump(mode="json")])

    @property
    def label(self) -> str:
        """Id and version, as stored with each verdict."""
        return f"{self.id}@{self.version}"


class Protocols(StrictModel):
    """The fixed sentences around a rubric (``protocols.yaml``)."""

    scale: Text
    data: Text
    cot: Text
    cot_score: Text
    pair: Text
    dist: Text
    text: Text
    text_score: Text

    def up_to(self, high: int) -> Protocols:
        """The sentences for a scale that ends at ``high``: the file, whose content is part of every rubric's hash, says 7."""
        said = {name: text.replace("1から7", f"1から{high}").replace("1〜7", f"1〜{high}") for name, text in self}
        return Protocols(**said)


@lru_cache(maxsize=1)
def protocols() -> Protocols:
    """The sentences around every rubric."""
    return load_yaml(Path(__file__).with_name("protocols.yaml"), Protocols)


RUBRICS = Parts(
    Phrase("rubric"),
    Rubric,
    lambda: {path.stem: path for path in sorted(_RUBRICS.glob("*.yaml"))},
    load=lambda path: load_yaml(path, Rubric),
)
"""Bundled rubrics, YAML files, and those that installed packages bring (entry points of ``kikime.rubrics``)."""


def rubric_ids() -> list[str]:
    """Ids of the bundled rubrics, sorted."""
    return list(RUBRICS.bundled())


def fitting_rubrics() -> Phrase:
    """Which bundled rubrics judge what, in one line."""
    found = {name: load_rubric(name).kind for name in rubric_ids()}
    kinds = ("reply", "dialogue", "pair")
    return Phrase(
        "replies: {reply}; dialogues of several turns: {dialogue}; pairs of replies: {pair}",
        **{kind: ", ".join(name for name in found if found[name] == kind) for kind in kinds},
    )


@lru_cache(maxsize=64)
def load_rubric(reference: str) -> Rubric:
    """Load a bundled or installed rubric by id, or a rubric by its YAML path.

    Raises:
        FileFormatError: the rubric is wrong (file and line are named).
        UsageError: neither a known id nor a file.
    """
    return RUBRICS.find(reference)


def stored_rubric(name: str, stored: Mapping[str, Any]) -> Rubric:
    """The rubric of that id as a run's manifest has it (``rubrics``); from an old manifest, today's.

    Raises:
        UsageError: neither the manifest nor this machine knows it.
    """
    return Rubric.model_validate(stored[name]) if name in stored else load_rubric(name)
