"""JSON as other programs write it."""

from __future__ import annotations

import pytest

from kikime.harness.core.tables.jsontext import parse_json


def test_json_of_other_programs_is_read() -> None:
    assert parse_json(r'{"a": "\ud800x", "b": [NaN]}') == {
        "a": "\ufffdx",
        "b": [pytest.approx(float("nan"), nan_ok=True)],
    }
    with pytest.raises(ValueError, match="not valid JSON"):
        parse_json('{"a"')
