"""Parameters of the form constraints, by the kinds that take them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

from kikime.harness.core.reasons import Phrase

Whole = Annotated[StrictInt, Field(ge=0)]
Text = Annotated[StrictStr, Field(min_length=1)]
Words = Annotated[list[Text], Field(min_length=1)]

WANTED = {
    **dict.fromkeys(("n", "min", "max", "tolerance"), ": '{name}' is a whole number ≥ 0, not {value!r}"),
    "text": " needs a text that is not empty",
    "words": " needs words: a list of texts that are not empty",
    "times": ": times is a whole number ≥ 1",
    "choices": ": choices is a text of letters or a list of texts",
    "where": ": where is 'all' or 'last'",
    "numbered": ": numbered is true or false",
    "mark": ": mark is a text that is not empty",
    "keys": ": keys is a list of texts that are not empty",
}
"""What is wrong with a parameter, after the constraint's name."""


class Parameters(BaseModel):
    """A kind that takes no parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Count(Parameters):
    """A number: exactly ``n`` (give or take ``tolerance``), or between ``min`` and ``max``."""

    n: Whole | None = None
    min: Whole | None = None
    max: Whole | None = None
    tolerance: Whole | None = None

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Count:
        problem = None
        empty = next((name for name in self.model_fields_set if getattr(self, name) is None), None)
        if empty is not None:
            problem = Phrase(WANTED[empty], name=empty, value=None)
        elif (self.n is None) == (self.min is None and self.max is None):
            problem = Phrase(" needs either n or min/max")
        elif self.tolerance is not None and self.n is None:
            problem = Phrase(": tolerance belongs to n")
        elif self.min is not None and self.max is not None and self.min > self.max:
            problem = Phrase(": min is larger than max")
        if problem:
            raise ValueError(problem)
        return self


class Bullets(Count):
    """A list of so many items, with this mark or with numbers from 1."""

    numbered: StrictBool = False
    mark: Text | None = None


class Keys(Parameters):
    """Keys of a JSON object that need a value."""

    keys: Words | None = None


class WithText(Parameters):
    """A piece of text."""

    text: Text


class WithWords(Parameters):
    """Words."""

    words: Words


class WithTimes(WithWords):
    """Words, and how often each must come."""

    times: Annotated[StrictInt, Field(ge=1)] = 1


class Choices(Parameters):
    """Letters, or answers, of which one is the reply."""

    choices: Text | Words = "ABCD"


class Where(Parameters):
    """Which sentences."""

    where: Literal["all", "last"] = "all"
