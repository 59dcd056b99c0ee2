"""Numbers as people read them."""

import pytest

from kikime.harness.words.numbers import number, percent, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0.0, "0.0%"),
        (0.00049, "0.0%"),
        (0.1234, "12.3%"),
        (0.9996, "100.0%"),
        (1, "100.0%"),
        (-0.05, "−5.0%"),
    ],
)
def test_a_share_is_a_percentage_whatever_it_is(value, text):
    assert percent(value) == text


def test_a_share_may_be_told_roughly():
    assert percent(0.526, 0) == "53%"


@pytest.mark.parametrize(("value", "text"), [(None, "—"), (-0.001, "0.00"), (-0.5, "−0.50")])
def test_a_number_has_a_minus_only_where_it_shows_one(value, text):
    assert number(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "—"), (0.001, "±0.00"), (0.5, "+0.50"), (-0.5, "−0.50")])
def test_a_difference_always_has_a_sign(value, text):
    assert signed(value) == text
