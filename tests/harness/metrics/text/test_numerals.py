"""Numbers and spaces that compare."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.text.numerals import normal_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("千二百三十四", "1234"),
        ("二十", "20"),
        ("百", "100"),
        ("三〇", "30"),
        ("1,234円", "1234円"),
        ("1,234,567", "1234567"),
        ("090 1234", "0901234"),
        ("小野寺 絢音", "小野寺絢音"),
        ("小野寺　絢音\nです", "小野寺絢音です"),
        ("My  name is\nEmily です", "my name is emilyです"),
        (" Emily ", "emily"),
        ("", ""),
    ],
)
def test_normal_numbers(text: str, expected: str) -> None:
    assert normal_numbers(text) == expected
