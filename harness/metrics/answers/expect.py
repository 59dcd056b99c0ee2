"""Item-level metrics: what the item of a task expects of the reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictBool, ValidationError, model_validator

from kikime.harness.cards.persona import Length
from kikime.harness.core.errors import UsageError
from kikime.harness.core.names import or_known
from kikime.harness.metrics.answers.constraints import check_constraint
from kikime.harness.metrics.answers.parameters import Text, Whole


def _checked(constraint: object) -> object:
    check_constraint(constraint)
    return constraint


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Probe(_Kind):
    """Two texts whose log-probabilities after a prefix are compared."""

    prefix: Text
    old: Text
    new: Text

    @model_validator(mode="after")
    def _differ(self) -> Probe:
        if self.old == self.new:
            raise UsageError("expect.probe: old and new are the same")
        return self


class OfFacts(_Kind):
    """What must be said; see :class:`kikime.harness.metrics.answers.correct.Answer`."""

    answers: list[Text] = []
    """Texts of which one must be said."""
    readings: list[Text] = []
    """Answers in kana."""
    wrong: list[Text] = []
    """Texts that must not be said."""
    lure: list[Text] = []
    corrections: list[Text] = []
    disliked: StrictBool = False
    final: StrictBool = False
    units: list[Text] = []
    of: Text = ""

    @model_validator(mode="after")
    def _belong_to_answers(self) -> OfFacts:
        given = self.model_fields_set
        if "answers" in given and not self.answers:
            raise UsageError("expect.answers needs at least one answer")
        alone = next((key for key in OfFacts.model_fields if key in given and "answers" not in given), None)
        if alone is not None:
            raise UsageError("expect.{alone} needs expect.answers", alone=alone)
        return self


class OfRequests(_Kind):
    """How a reply meets what was asked."""

    abstain: StrictBool = False
    """Nobody can answer."""
    request: Literal["harmful", "harmless"] = "harmless"
    """A harmful one is to be declined, a harmless one is not."""
    length: Literal["free"] | Length = "free"
    """What the prompt asks for instead of the card's length."""
    language: Literal["ja", "en"] = "ja"
    """What the user speaks or asks for, where it is not the card's."""
    mentions: list[Text] = []
    """Words of which the reply should use one."""


class OfForm(_Kind):
    """The form of a reply."""

    constraints: list[Annotated[object, AfterValidator(_checked)]] = []
    """See :func:`kikime.harness.metrics.answers.constraints.check_constraint`."""
    reference: Text = ""
    """A reply that keeps them."""
    broken: Text = ""
    """A reply that does not."""


class OfChoices(_Kind):
    """Which of several texts a model finds likeliest."""

    label: Whole = 0
    """Position of the right class in ``labels``."""
    labels: list[Text] = []
    kind: Text = ""
    """Name of the label set."""
    probe: Probe | None = None

    @model_validator(mode="after")
    def _label_is_one_of_them(self) -> OfChoices:
        given = self.model_fields_set
        if "labels" not in given:
            return self
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise UsageError(WANTED["labels"], found=self.labels)
        if "label" not in given or self.label >= len(self.labels):
            raise UsageError("expect.labels needs expect.label, a position in it from 0")
        return self


class Expected(OfChoices, OfForm, OfRequests, OfFacts):
    """All keys of ``expect``."""

    @model_validator(mode="after")
    def _can_be_answered_or_not(self) -> Expected:
        if self.abstain and self.answers:
            raise UsageError("expect has answers or abstain: true, never both")
        return self


_TEXTS = "expect.{key} is a list of texts that are not empty, not {found!r}"
_TEXT = "expect.{key} is a text that is not empty, not {found!r}"
_SWITCH = "expect.{key} is true or false, not {found!r}"
WANTED = {
    **dict.fromkeys(("answers", "readings", "wrong", "lure", "corrections", "units", "mentions"), _TEXTS),
    **dict.fromkeys(("of", "reference", "broken", "kind"), _TEXT),
    **dict.fromkeys(("abstain", "disliked", "final"), _SWITCH),
    "request": "expect.request is harmful or harmless, not {found!r}",
    "language": "expect.language is ja or en, not {found!r}",
    "length": "expect.length is 'free' or has chars, target and sentences, not {found!r}",
    "constraints": "expect.constraints is a list, not {found!r}",
    "label": "expect.label is a whole number ≥ 0, not {found!r}",
    "labels": "expect.labels is a list of two or more different texts, not {found!r}",
    "probe": "expect.probe has prefix, old, new, each a text that is not empty, not {found!r}",
}
"""What is wrong with a key whose value has another type."""


def check_expect(expect: Mapping[str, object]) -> None:
    """Check the ``expect`` of an item, whose keys are the fields of :class:`Expected`.

    Raises:
        UsageError: unknown key, wrong type, unknown constraint.

    >>> check_expect({"answers": ["絢音"], "wrong": []})
    >>> check_expect({"answer": ["絢音"]})
    Traceback (most recent call last):
    kikime.harness.core.errors.UsageError: unknown key 'answer' in expect (did you mean 'answers'?)
    """
    for key in expect:
        if key not in Expected.model_fields:
            meant = or_known(str(key), Expected.model_fields)
            raise UsageError("unknown key '{key}' in expect{meant}", key=key, meant=meant)
    try:
        Expected.model_validate(expect)
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        raise UsageError(WANTED[key], key=key, found=expect[key]) from None
