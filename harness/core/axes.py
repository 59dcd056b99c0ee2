"""The axes of a cell, said once: what a table is grouped, joined and sliced by."""

from __future__ import annotations

ITEM = ("task", "item_id", "persona")
"""What is asked, and of whom."""

CONDITION = ("format", "shots", "shot_style", "example_set", "technique", "context")
"""How it is asked: the fields of :class:`kikime.harness.suites.condition.Condition`."""

TURN = ("turn", "repeat")
"""Which reply of a dialogue, and which of the repeated ones."""

CELL = (*ITEM, *CONDITION, *TURN)
"""All axes: one reply of a run has one value on each."""

NUMBERED = ("shots", "example_set", *TURN)
"""The axes whose values are whole numbers; those of the others are names."""

SLICE = ("task", "persona", "format", "shots", "technique", "context")
"""The axes that summaries keep apart and that a reader filters by."""

COMPARED = ("persona", "task", "format", "shots", "technique")
"""The axes by which a comparison of two runs is sliced."""

GRID = ("tasks", "personas", "formats", "shots", "shot_style", "example_sets", "techniques", "contexts", "repeats")
"""The fields of a suite that span its grid."""


def without(axes: tuple[str, ...], *names: str) -> tuple[str, ...]:
    """The other axes: what stays equal while the named ones vary.

    >>> without(SLICE, "shots", "context")
    ('task', 'persona', 'format', 'technique')
    """
    return tuple(axis for axis in axes if axis not in names)


PLACE = without(CELL, "shot_style", "example_set", "repeat")
"""Where a reply stands, as a reader is told it."""
