"""What people say of a run's model: ``about.yaml`` beside the run, which may be edited at any time; the manifest never has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import yaml
from pydantic import Field, PositiveInt, ValidationError

from kikime.harness.core.errors import KikimeError, UsageError
from kikime.harness.core.files import write_atomically
from kikime.harness.core.files.yamlfile import StrictModel, load_yaml, problems_of
from kikime.harness.core.records import Record
from kikime.harness.store.rundir import RunDirectory

FILE = "about.yaml"


class About(StrictModel):
    """A model's page, licence, kind and size, as people say it."""

    link: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    license: str | None = None
    type: Literal["base", "tuned", "merged", "adapter"] | None = None
    params: PositiveInt | None = None
    """Number of parameters, where the checkpoint does not tell, or tells it wrongly."""


class AboutRun(Record, frozen=True, kw_only=True):
    """What is said of a run's model, as ``kikime about`` prints it."""

    run: str
    name: str
    link: str | None = None
    license: str | None = None
    type: str | None = None
    """base, tuned, merged or adapter."""
    params: int | None = None
    """As people say it; else as the checkpoint tells it; None where nobody does."""


def checked(given: Mapping[str, object]) -> About:
    """What was given, as it will be written; an empty text says nothing.

    Raises:
        UsageError: an unknown name or a wrong value.
    """
    try:
        return About.model_validate({name: value for name, value in given.items() if value not in (None, "")})
    except ValidationError as error:
        problem = problems_of(error)[0][1]
        raise UsageError("about the model: {problem}", hint="a link begins with https://", problem=problem) from None


def write_about(run: RunDirectory, about: About) -> None:
    """Write the file; a model of which nothing is said has none."""
    said = about.model_dump(exclude_none=True)
    if said:
        write_atomically(run.path / FILE, yaml.safe_dump(said, allow_unicode=True, sort_keys=False).encode())
    else:
        (run.path / FILE).unlink(missing_ok=True)


def read_about(run: RunDirectory) -> About:
    """What is said of a run's model; empty where nothing is.

    Raises:
        FileFormatError: the file is not as it should be; with the line.
    """
    file = run.path / FILE
    return load_yaml(file, About) if file.is_file() else About()


def about_or_nothing(run: RunDirectory) -> About:
    """The same, for tables: a file that cannot be read says nothing there."""
    try:
        return read_about(run)
    except KikimeError:
        return About()
