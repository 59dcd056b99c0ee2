"""Item-level metrics: what the item of a task expects of the reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from pydantic import ValidationError

from kikime.harness.cards.persona import Length
from kikime.harness.core.errors import UsageError
from kikime.harness.core.names import one_of, or_known
from kikime.harness.metrics.answers.constraints import check_constraint

KEYS = (
    *("answers", "readings", "wrong", "lure", "corrections", "disliked", "final", "units", "of", "abstain", "request"),
    *("length", "language", "mentions", "constraints", "reference", "broken", "label", "labels", "kind", "probe"),
)
"""Keys of ``expect``: what the rule metrics read first, then what banks and log-probability tasks look up."""

REQUESTS = ("harmful", "harmless")
"""Values of ``expect.request``."""

LANGUAGES = ("ja", "en")
"""Values of ``expect.language``."""

_OF_ANSWERS = ("readings", "wrong", "lure", "corrections", "units", "disliked", "final", "of")
_TEXT_LISTS = ("answers", "mentions", *_OF_ANSWERS[:5])
PROBE = ("prefix", "old", "new")
"""Keys of ``expect.probe``."""


def check_expect(expect: Mapping[str, object]) -> None:
    """Check the ``expect`` of an item.

    ``answers``: texts of which one must be said, with ``readings`` in kana; ``wrong``: texts that must not; ``lure``,
    ``corrections``, ``disliked``, ``final``, ``units``, ``of``: see :class:`kikime.harness.metrics.answers.facts.Answer`;
    ``abstain: true``: nobody can answer; ``request: harmful`` is to be declined, ``harmless`` is not; ``length``: what the
    prompt asks for instead of the card's length (``chars``, ``target``, ``sentences``), or ``free``; ``language``: what
    the user speaks or asks for, where it is not the card's; ``mentions``: words of which the reply should use one;
    ``constraints``: see :func:`kikime.harness.metrics.answers.constraints.check_constraint`; ``reference``, ``broken``: a reply that keeps
    them and one that does not; ``label``: position of the right class in ``labels``, a label set named ``kind``;
    ``probe``: the texts ``prefix``, ``old`` and ``new``, whose log-probabilities after the prefix are compared.

    Raises:
        UsageError: unknown key, wrong type, unknown constraint.

    >>> check_expect({"answers": ["絢音"], "wrong": []})
    >>> check_expect({"answer": ["絢音"]})
    Traceback (most recent call last):
    kikime.harness.core.errors.UsageError: unknown key 'answer' in expect (did you mean 'answers'?)
    """
    for key in expect:
        if key not in KEYS:
            raise UsageError("unknown key '{key}' in expect{meant}", key=key, meant=or_known(str(key), KEYS))
    _check_answers(expect)
    _check_asked(expect)
    constraints = expect.get("constraints", [])
    if not isinstance(constraints, list | tuple):
        raise UsageError("expect.constraints is a list, not {found!r}", found=constraints)
    for constraint in constraints:
        check_constraint(constraint)
    for key in ("reference", "broken", "kind"):
        if key in expect and not _is_text(expect[key]):
            raise UsageError("expect.{key} is a text that is not empty, not {found!r}", key=key, found=expect[key])
    _check_label(expect)
    if "probe" in expect:
        _check_probe(expect["probe"])


def _check_answers(expect: Mapping[str, object]) -> None:
    for key in _TEXT_LISTS:
        if key in expect and not _is_texts(expect[key]):
            raise UsageError(
                "expect.{key} is a list of texts that are not empty, not {found!r}", key=key, found=expect[key]
            )
    if "answers" in expect and not expect["answers"]:
        raise UsageError("expect.answers needs at least one answer")
    alone = next((key for key in _OF_ANSWERS if key in expect and "answers" not in expect), None)
    if alone is not None:
        raise UsageError("expect.{alone} needs expect.answers", alone=alone)
    for key in ("abstain", "disliked", "final"):
        if not isinstance(expect.get(key, False), bool):
            raise UsageError("expect.{key} is true or false, not {found!r}", key=key, found=expect[key])
    if expect.get("abstain") and "answers" in expect:
        raise UsageError("expect has answers or abstain: true, never both")


def _check_asked(expect: Mapping[str, object]) -> None:
    for key, known in (("request", REQUESTS), ("language", LANGUAGES)):
        if key in expect and expect[key] not in known:
            raise UsageError("expect.{key} is {known}, not {found!r}", key=key, known=one_of(known), found=expect[key])
    if "of" in expect and not _is_text(expect["of"]):
        raise UsageError("expect.of is a text that is not empty, not {found!r}", found=expect["of"])
    if "length" in expect and expect["length"] != "free":
        try:
            Length.model_validate(expect["length"])
        except ValidationError:
            raise UsageError(
                "expect.length is 'free' or has chars, target and sentences, not {found!r}", found=expect["length"]
            ) from None


def _check_label(expect: Mapping[str, object]) -> None:
    label, labels = expect.get("label", 0), expect.get("labels", ())
    if isinstance(label, bool) or not isinstance(label, int) or label < 0:
        raise UsageError("expect.label is a whole number ≥ 0, not {found!r}", found=label)
    if "labels" not in expect:
        return
    if not _is_texts(labels) or len(labels) < 2 or len(set(labels)) < len(labels):
        raise UsageError("expect.labels is a list of two or more different texts, not {found!r}", found=labels)
    if "label" not in expect or label >= len(labels):
        raise UsageError("expect.labels needs expect.label, a position in it from 0")


def _check_probe(probe: object) -> None:
    if not isinstance(probe, Mapping) or set(probe) != set(PROBE) or not all(map(_is_text, probe.values())):
        raise UsageError(
            "expect.probe has {keys}, each a text that is not empty, not {found!r}", keys=", ".join(PROBE), found=probe
        )
    if probe["old"] == probe["new"]:
        raise UsageError("expect.probe: old and new are the same")


def _is_texts(value: object) -> TypeGuard[Sequence[str]]:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
