"""Typed results as JSON and as frames."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from kikime.harness.core.records import SCHEMA_VERSION, Printed, Record


class Inner(Record, frozen=True):
    """A part."""

    name: str
    value: float | None = None


class Outer(Record, frozen=True):
    """A whole with rows."""

    rows: list[Inner]
    by: dict[int, str] = {}

    def frame_rows(self):
        return self.rows


class Measured(Printed, msgspec.Struct):
    """A result with a number of numpy's."""

    value: object


def test_a_record_prints_its_fields_in_their_order_and_its_own_script():
    text = Outer([Inner("薔薇", 0.5)], {3: "c", 1: "a"}).to_json()
    assert "薔薇" in text
    assert list(json.loads(text)) == ["schema_version", "rows", "by"]
    assert json.loads(text)["by"] == {"3": "c", "1": "a"}


def test_a_record_with_rows_is_a_frame_of_them():
    frame = Outer([Inner("a", 1.0), Inner("b")]).to_frame()
    assert frame["name"].tolist() == ["a", "b"]
    assert frame["value"].isna().tolist() == [False, True]


def test_a_record_without_rows_is_one_row_and_its_parts_are_columns_with_dots():
    class Nested(Record, frozen=True):
        part: Inner
        n: int

    frame = Nested(Inner("a", 2.0), 3).to_frame()
    assert frame.to_dict("records") == [{"n": 3, "part.name": "a", "part.value": 2.0}]


@pytest.mark.parametrize(("value", "printed"), [(np.float64(0.5), 0.5), (np.int64(3), 3), (float("nan"), None)])
def test_numbers_of_numpy_are_numbers(value, printed):
    assert json.loads(Measured(value).to_json())["value"] == printed


def test_builtins_are_what_json_says():
    record = Outer([Inner("a")])
    assert {"schema_version": SCHEMA_VERSION, **record.to_builtins()} == json.loads(record.to_json())
