import pytest

from kikime.harness.reports.claims.estimates import (
    AdjustedEffect,
    Level,
    Shift,
    change,
    effect,
    effect_columns,
    grouped,
    points,
    settled,
    share,
)
from kikime.harness.reports.claims.turns import RightAnswers
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import number, percent

KNOWN, UNKNOWN = Level(0.254, 0.1, 0.4), Level(0.254, None, None)


def paired(delta, low, high):
    return AdjustedEffect(
        mean_a=0.0,
        mean_b=delta,
        delta=delta,
        ci_low=low,
        ci_high=high,
        p_value=0.02,
        p_adjusted=0.04,
        direction="higher",
        verdict="worse",
        n_items=4,
    )


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(1.005, 1), "1.0"),
        (number(2), "2.00"),
        (percent(0.5), "50.0%"),
        (share(KNOWN), "25.4% [10, 40]"),
        (share(UNKNOWN), "25.4%"),
        (points(KNOWN), "+25.4 [10.0, 40.0]"),
        (points(Level(-0.1, -0.2, 0.0)), "−10.0 [−20.0, 0.0]"),
        (change(KNOWN), "+0.25 [0.10, 0.40]"),
    ],
)
def test_estimates_are_shown_with_their_intervals(shown, text):
    assert shown == text


@pytest.mark.parametrize("show", [number, percent, share, points])
def test_what_was_not_measured_is_a_dash(show):
    assert show(None) == "—"


def test_an_effect_is_shown_in_the_metric_s_own_unit_with_its_corrected_p_and_verdict():
    row = paired(-0.25, -0.4, -0.1)
    assert effect(Translator("en"), "quality", row) == ["−25.0", "−40.0 to −10.0", "0.040", "▼ worse"]
    assert effect(Translator("en"), "length_chars", paired(0.5, None, None))[:2] == ["+0.5", "—"]
    assert len(effect(Translator("en"), "quality", row)) == len(effect_columns(Translator("en")))


def test_rows_are_grouped_as_they_stand():
    rows = [RightAnswers(1, 4), RightAnswers(2, 4), RightAnswers(1, 5)]
    assert grouped(rows, "n") == [((4,), rows[:2]), ((5,), rows[2:])]
    assert [key for key, _ in grouped(rows, "right", "n")] == [(1, 4), (2, 4), (1, 5)]


def test_an_arrow_goes_by_the_corrected_p():
    alone, crowd = Shift(0.4, 0.1, 0.7, "unclear", 0.03), Shift(0.0, -0.3, 0.3, "unclear", 0.9)
    assert [shift.change for shift in settled([alone])] == ["up"]
    found = settled([alone, *[crowd] * 9])
    assert (found[0].p_adjusted, found[0].change) == (pytest.approx(0.3), "unclear")
