"""Which bundled suites have the conditions that a measure needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from kikime.harness.suites.suite import Suite, load_suite, suite_ids


def suites_with(has: Callable[[Suite], bool]) -> str:
    """Name the bundled suites for which ``has`` is true, as a list in words."""
    return ", ".join(name for name, suite in _suites().items() if has(suite))


def techniques_of(suite: Suite) -> set[str]:
    """Every way of asking of a suite, those of single tasks included."""
    own = (task.techniques for task in suite.tasks if task.techniques is not None)
    return {*suite.techniques, *(name for names in own for name in names)}


@lru_cache(maxsize=1)
def _suites() -> dict[str, Suite]:
    return {name: load_suite(name) for name in suite_ids()}
