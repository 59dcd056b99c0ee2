"""The report's charts, measured: every point lies where its number lies."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kikime.leaderboard.charts.svg import (
    WIDTH,
    Interval,
    Sized,
    interval_chart,
    nice_ticks,
    overlay_chart,
    shade,
    size_chart,
)


def interval(value, low=None, high=None, **more):
    return Interval("口調", "", value, low, high, **more)


def line(points):
    """The straight line through points (number, place): slope and start."""
    (n1, p1), (n2, p2) = points[0], points[-1]
    slope = (p2 - p1) / (n2 - n1)
    return slope, p1 - slope * n1


def number_of(text):
    return float(text.replace("−", "-").rstrip("%"))


@given(some.lists(some.integers(-9999, 9999).map(lambda n: n / 10), min_size=1, max_size=8))
def test_every_point_lies_on_the_scale_of_the_ticks(values):
    chart = interval_chart("差", [interval(value) for value in values], zero=True)
    slope, start = line([(number_of(text), place) for place, text in chart.ticks])
    for mark, value in zip(chart.marks, values, strict=True):
        assert mark.x == pytest.approx(slope * value + start, abs=0.6)
        assert 0 <= mark.x <= WIDTH
    assert chart.zero == pytest.approx(start, abs=0.6)


def test_ends_of_intervals_and_bands_lie_on_the_same_scale():
    chart = interval_chart("点", [interval(50, 25, 75)], low=0, high=100, band=(20, 80))
    slope, start = line([(number_of(text), place) for place, text in chart.ticks])
    (mark,) = chart.marks
    ((band, width),) = chart.bands
    assert [mark.low, mark.high, band, band + width] == pytest.approx(
        [slope * number + start for number in (25, 75, 20, 80)], abs=0.02
    )


def test_a_fixed_scale_begins_and_ends_where_it_is_told():
    chart = interval_chart("点", [interval(50)], low=0, high=100)
    assert [text for _, text in chart.ticks] == ["0", "20", "40", "60", "80", "100"]


def test_rows_stand_below_each_other_at_equal_distances():
    chart = interval_chart("点", [interval(n) for n in range(4)])
    places = [mark.y for mark in chart.marks]
    assert {round(b - a, 6) for a, b in itertools.pairwise(places)} == {places[1] - places[0]}
    assert places[-1] < chart.height


def test_one_number_has_a_scale_too():
    (mark,) = interval_chart("点", [interval(0)]).marks
    assert 0 < mark.x < WIDTH


def steps(path):
    """An outline as (place, height) at the left of each step, and the ground."""
    ground = float(path.split()[1])
    found = re.findall(r"V([\d.]+) H([\d.]+)", path)
    return ground, [(float(height), float(place)) for height, place in found]


@given(some.dictionaries(some.integers(0, 40), some.floats(0.01, 1), min_size=1, max_size=12))
def test_an_outline_has_the_height_of_every_share(shares):
    chart = overlay_chart("長さ", {"A": sorted(shares.items())}, 1, None)
    slope, start = line([(number_of(text) / 100, place) for place, text in chart.y_ticks])
    ground, found = steps(chart.paths[0][1])
    expected = [shares.get(bin_, 0) for bin_ in range(min(shares), max(shares) + 1)]
    assert [height for height, _ in found] == pytest.approx([slope * share + start for share in expected], abs=0.6)
    assert ground == pytest.approx(start, abs=0.6)


def test_both_outlines_begin_and_end_at_the_same_bins():
    chart = overlay_chart("長さ", {"A": [(0, 1.0)], "B": [(20, 1.0)]}, 5, None)
    one, two = (steps(path) for _, path in chart.paths)
    assert [place for _, place in one[1]] == [place for _, place in two[1]]
    assert len(one[1]) == 5


def test_a_legend_names_every_outline_in_its_colour():
    chart = overlay_chart("長さ", {"A 八月": [(1, 1.0)], "B 九月": [(2, 1.0)]}, 1, None)
    assert chart.legend == [("series0", "A 八月"), ("series1", "B 九月")]
    assert [name for name, _ in chart.paths] == ["series0", "series1"]


@pytest.mark.parametrize(("language", "words"), [("ja", "最も多い"), ("en", "most")])
def test_a_chart_says_what_it_shows_in_the_language_of_the_report(language, words):
    text = overlay_chart("t", {"A": [(1, 1.0)]}, 1, None, language=language).text
    assert words in text
    assert ("も" in text) == (language == "ja")


def test_a_name_of_a_run_is_never_a_format():
    chart = overlay_chart("t", {"{0}%s{name}": [(1, 1.0)]}, 1, None)
    assert "{0}%s{name}" in chart.text


def test_the_target_takes_the_whole_of_its_last_number():
    chart = overlay_chart("文の数", {"A": [(0, 0.5), (5, 0.5)]}, 1, (2, 3))
    slope, start = line([(number_of(text), place) for place, text in chart.x_ticks])
    ((band, width),) = chart.bands
    assert band == pytest.approx(slope * 2 + start, abs=0.02)
    assert band + width == pytest.approx(slope * 4 + start, abs=0.02)


def size(name, params, value, low=None, high=None):
    return Sized(name, params, value, low, high)


def test_ten_times_the_size_is_one_step_on_the_axis():
    chart = size_chart("柔軟性", [size("a", 1e8, 10.0), size("b", 1e9, 20.0), size("c", 1e10, 30.0)])
    a, b, c = (point[0] for point in chart.points)
    assert b - a == pytest.approx(c - b, abs=0.02)
    assert [text for _, text in chart.x_ticks] == ["100M", "1B", "10B"]
    assert [place for place, _ in chart.x_ticks] == pytest.approx([a, b, c])


def test_models_of_one_size_stand_above_each_other():
    chart = size_chart("柔軟性", [size("a", 1e9, 10.0), size("b", 1e9, 20.0)])
    assert chart.points[0][0] == chart.points[1][0]
    assert chart.points[0][1] > chart.points[1][1]
    assert all(0 < point[0] < WIDTH for point in chart.points)


def test_without_an_interval_both_ends_are_the_point():
    ((_, y, low, high, _),) = size_chart("柔軟性", [size("a", 3e9, 40.0)]).points
    assert low == high == y


def test_the_ends_of_an_interval_lie_on_the_axis_of_values():
    chart = size_chart("柔軟性", [size("a", 3e9, 40.0, 20.0, 60.0)])
    slope, start = line([(number_of(text), place) for place, text in chart.y_ticks])
    ((_, y, low, high, _),) = chart.points
    assert [y, low, high] == pytest.approx([slope * n + start for n in (40, 20, 60)], abs=0.02)


@pytest.mark.parametrize("row", [size("a", 3e9, None), size("a", 0, 40.0), size("a", None, 40.0)])
def test_a_model_without_a_size_or_a_value_is_no_point(row):
    assert size_chart("柔軟性", [row]) is None


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-5, 5, [-6, -4, -2, 0, 2, 4, 6]), (0, 0.003, [0, 0.001, 0.002, 0.003])],
)
def test_ticks_have_round_steps_at_every_scale(low, high, ticks):
    assert nice_ticks(low, high) == pytest.approx(ticks)


@given(some.floats(0, 1))
def test_a_larger_share_is_never_a_lighter_shade(share):
    assert int(shade(share)[1:]) <= int(shade(min(1.0, share + 0.2))[1:])
