"""Item-level metrics: what the item of a task expects of the reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TypeGuard

from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.answers.constraints import check_constraint

KEYS = ("answers", "wrong", "abstain", "constraints", "reference", "broken", "label", "labels", "kind", "probe")
"""Keys of ``expect``: what the rule metrics read first, then what banks and log-probability tasks look up."""

PROBE = ("prefix", "old", "new")
"""Keys of ``expect.probe``."""


def check_expect(expect: Mapping[str, object]) -> None:
    """Check the ``expect`` of an item.

    ``answers``: texts of which one must be said; ``wrong``: texts that must not; ``abstain: true``: nobody can answer;
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
            near = get_close_matches(str(key), KEYS, n=1)
            more = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(KEYS)}"
            raise UsageError(f"unknown key '{key}' in expect ({more})")
    _check_answers(expect)
    constraints = expect.get("constraints", [])
    if not isinstance(constraints, list | tuple):
        raise UsageError(f"expect.constraints is a list, not {constraints!r}")
    for constraint in constraints:
        check_constraint(constraint)
    for key in ("reference", "broken", "kind"):
        if key in expect and not _is_text(expect[key]):
            raise UsageError(f"expect.{key} is a text that is not empty, not {expect[key]!r}")
    _check_label(expect)
    if "probe" in expect:
        _check_probe(expect["probe"])


def _check_answers(expect: Mapping[str, object]) -> None:
    for key in ("answers", "wrong"):
        if key in expect and not _is_texts(expect[key]):
            raise UsageError(f"expect.{key} is a list of texts that are not empty, not {expect[key]!r}")
    if "answers" in expect and not expect["answers"]:
        raise UsageError("expect.answers needs at least one answer")
    if "wrong" in expect and "answers" not in expect:
        raise UsageError("expect.wrong needs expect.answers")
    if not isinstance(expect.get("abstain", False), bool):
        raise UsageError(f"expect.abstain is true or false, not {expect['abstain']!r}")
    if expect.get("abstain") and "answers" in expect:
        raise UsageError("expect has answers or abstain: true, never both")


def _check_label(expect: Mapping[str, object]) -> None:
    label, labels = expect.get("label", 0), expect.get("labels", ())
    if isinstance(label, bool) or not isinstance(label, int) or label < 0:
        raise UsageError(f"expect.label is a whole number ≥ 0, not {label!r}")
    if "labels" not in expect:
        return
    if not _is_texts(labels) or len(labels) < 2 or len(set(labels)) < len(labels):
        raise UsageError(f"expect.labels is a list of two or more different texts, not {labels!r}")
    if "label" not in expect or label >= len(labels):
        raise UsageError("expect.labels needs expect.label, a position in it from 0")


def _check_probe(probe: object) -> None:
    if not isinstance(probe, Mapping) or set(probe) != set(PROBE) or not all(map(_is_text, probe.values())):
        raise UsageError(f"expect.probe has {', '.join(PROBE)}, each a text that is not empty, not {probe!r}")
    if probe["old"] == probe["new"]:
        raise UsageError("expect.probe: old and new are the same")


def _is_texts(value: object) -> TypeGuard[Sequence[str]]:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
