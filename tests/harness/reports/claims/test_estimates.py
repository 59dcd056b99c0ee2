import pytest

from kikime.harness.reports.claims.estimates import (
    Level,
    Shift,
    change,
    effect,
    grouped,
    points,
    settled,
    share,
)
from kikime.harness.reports.claims.turns import RightAnswers
from kikime.harness.stats.paired import Effect
from kikime.harness.words.numbers import number, percent

KNOWN, UNKNOWN = Level(0.254, 0.1, 0.4), Level(0.254, None, None)


def paired(delta, low, high):
    return Effect(
        mean_a=0.0, mean_b=delta, delta=delta, ci_low=low, ci_high=high, p_value=0.5, verdict="inconclusive", n_items=4
    )


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(1.005, 1), "1.0"),
        (number(2), "2.00"),
        (percent(0.5), "50.0 %"),
        (share(KNOWN), "25.4 % [10, 40]"),
        (share(UNKNOWN), "25.4 %"),
        (points(KNOWN), "+25.4 [10.0, 40.0]"),
        (points(Level(-0.1, -0.2, 0.0)), "−10.0 [−20.0, 0.0]"),
        (change(KNOWN), "+0.25 [0.10, 0.40]"),
        (effect(paired(-1.5, -2.0, -1.0)), "−1.50 [−2.00, −1.00]"),
        (effect(paired(0.5, None, None)), "+0.50"),
    ],
)
def test_estimates_are_shown_with_their_intervals(shown, text):
    assert shown == text


@pytest.mark.parametrize("show", [number, percent, share, points, effect])
def test_what_was_not_measured_is_a_dash(show):
    assert show(None) == "—"


def test_rows_are_grouped_as_they_stand():
    rows = [RightAnswers(1, 4), RightAnswers(2, 4), RightAnswers(1, 5)]
    assert grouped(rows, "n") == [((4,), rows[:2]), ((5,), rows[2:])]
    assert [key for key, _ in grouped(rows, "right", "n")] == [(1, 4), (2, 4), (1, 5)]


def test_an_arrow_goes_by_the_corrected_p():
    alone, crowd = Shift(0.4, 0.1, 0.7, "unclear", 0.03), Shift(0.0, -0.3, 0.3, "unclear", 0.9)
    assert [shift.change for shift in settled([alone])] == ["up"]
    found = settled([alone, *[crowd] * 9])
    assert (found[0].p_adjusted, found[0].change) == (pytest.approx(0.3), "unclear")
