from __future__ import annotations

import msgspec

from kikime.harness.core.axes import CELL, CONDITION, SLICE, without
from kikime.harness.core.request import Request
from kikime.harness.suites.condition import Condition


def test_the_axes_of_a_condition_are_its_fields() -> None:
    assert Condition._fields == CONDITION


def test_every_axis_is_a_field_of_a_request() -> None:
    assert set(CELL) <= {field.name for field in msgspec.structs.fields(Request)}


def test_slices_are_by_axes() -> None:
    assert set(SLICE) <= set(CELL)


def test_the_other_axes_keep_their_order() -> None:
    assert without(CONDITION, "shots", "example_set") == ("format", "shot_style", "technique", "context")
