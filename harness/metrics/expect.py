"""Item-level metrics: what the item of a task expects of the reply."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from harness.errors import UsageError
from harness.metrics.constraints import check_constraint, measure_constraints
from harness.metrics.facts import measure_fact, measure_unanswerable

KEYS = ("answers", "wrong", "abstain", "constraints")
"""Keys of ``expect`` that the rule metrics read."""


def check_expect(expect: Mapping[str, Any]) -> None:
    """Check the ``expect`` of an item.

    ``answers``: texts of which one must be said; ``wrong``: texts that must not; ``abstain: true``: nobody can answer;
    ``constraints``: see :func:`harness.metrics.constraints.check_constraint`.

    Raises:
        UsageError: unknown key, wrong type, unknown constraint.

    >>> check_expect({"answers": ["絢音"], "wrong": []})
    >>> check_expect({"answer": ["絢音"]})
    Traceback (most recent call last):
    harness.errors.UsageError: unknown key 'answer' in expect (did you mean 'answers'?)
    """
    for key in expect:
        if key not in KEYS:
            near = get_close_matches(str(key), KEYS, n=1)
            more = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(KEYS)}"
            raise UsageError(f"unknown key '{key}' in expect ({more})")
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
    constraints = expect.get("constraints", [])
    if not isinstance(constraints, list | tuple):
        raise UsageError(f"expect.constraints is a list, not {constraints!r}")
    for constraint in constraints:
        check_constraint(constraint)


def measure_expect(spoken: str, raw: str, expect: Mapping[str, Any], *, user: str = "") -> dict[str, int]:
    """Measure what ``expect`` asks for: facts in the character's own words, constraints on the raw reply.

    >>> measure_expect("絢音ですわ", "絢音ですわ", {"answers": ["絢音"]})
    {'fact_correct': 1, 'fact_wrong': 0, 'abstained': 0}
    """
    measured: dict[str, int] = {}
    if expect.get("answers"):
        measured |= measure_fact(spoken, expect["answers"], expect.get("wrong", ()), user=user)
    elif expect.get("abstain"):
        measured |= measure_unanswerable(spoken, user=user)
    if expect.get("constraints"):
        measured |= measure_constraints(raw, expect["constraints"])
    return measured


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(text, str) and text for text in value)
