import numpy as np
import pytest

from kikime.harness.metrics import style_level_of, style_levels_of

RATES = np.linspace(0, 1, 101)


@pytest.mark.parametrize("target", [0.1, 0.5, 0.82, 1.0])
@pytest.mark.parametrize("tolerance", [0.05, 0.3, 1.0])
def test_it_rises_from_never_to_the_character_and_falls_when_overdone(target, tolerance):
    levels = style_levels_of(RATES, target, tolerance)
    below, above = levels[target >= RATES], levels[target <= RATES]
    assert (np.diff(below) > 0).all()
    assert (np.diff(above) < 0).all()
    assert (levels[0], style_level_of(target, target, tolerance)) == (0.0, 1.0)
    assert ((levels[1:] > 0) & (levels[1:] <= 1)).all()


def test_a_character_that_never_marks_loses_with_every_marker():
    levels = style_levels_of(RATES, 0.0, 0.3)
    assert levels[0] == 1
    assert (np.diff(levels) < 0).all()


def test_half_of_it_is_lost_at_the_tolerance():
    assert style_level_of(0.8, 0.5, 0.3) == pytest.approx(0.5)


@pytest.mark.parametrize(("rate", "target"), [(None, 0.8), (0.5, None)])
def test_nothing_is_said_without_a_rate_or_a_target(rate, target):
    assert style_level_of(rate, target, 0.3) is None


def test_arrays_are_as_single_rates():
    expected = [style_level_of(rate, 0.82, 0.3) for rate in RATES.tolist()]
    assert style_levels_of(RATES, 0.82, 0.3).tolist() == pytest.approx(expected)
