import pytest

from kikime.harness.words.labels import size_of


@pytest.mark.parametrize(
    ("metric", "size", "text"),
    [
        ("style_band", 0.123, "12.3"),
        ("style_band", 1.28, ">100"),
        ("length_chars", 128.0, "128.0"),
        ("style_band", None, "—"),
    ],
)
def test_a_size_of_shares_is_in_points_of_which_there_are_a_hundred(metric, size, text):
    assert size_of(metric, size) == text
