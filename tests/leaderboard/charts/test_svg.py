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
    return Interval("口調", "口調：よい", value, low, high, **more)


@given(some.floats(-1e6, 1e6), some.floats(-1e6, 1e6))
def test_ticks_span_the_numbers_and_rise_evenly(one, other):
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high)
    assert len(ticks) >= 2
    assert ticks == sorted(ticks)
    if high > low:
        assert ticks[0] <= low + 1e-6
        assert ticks[-1] >= high - 1e-6


def test_ticks_are_round_numbers():
    assert nice_ticks(0, 100) == [0, 20, 40, 60, 80, 100]
    assert nice_ticks(0, 0.9, 4) == [0, 0.5, 1.0]


def test_no_rows_make_no_chart():
    assert interval_chart("x", []) is None
    assert overlay_chart("x", {"A": []}, 5, None) is None
    assert size_chart("x", []) is None


def test_intervals_keep_their_order_on_the_scale():
    chart = interval_chart("差", [interval(10, 5, 15), interval(40, 20, 60)], low=0, high=100)
    for mark in chart.marks:
        assert 0 <= mark.low < mark.x < mark.high <= WIDTH
    assert chart.marks[0].x < chart.marks[1].x
    assert chart.marks[0].y < chart.marks[1].y


def test_an_end_that_is_not_known_is_not_drawn():
    (mark,) = interval_chart("差", [interval(10)]).marks
    assert mark.low is None
    assert mark.high is None


def test_the_scale_widens_where_the_data_goes_further():
    (mark,) = interval_chart("差", [interval(150, 140, 160)], low=0, high=100).marks
    assert mark.high <= WIDTH


def test_zero_has_a_place_of_its_own_among_differences():
    chart = interval_chart("差", [interval(-5, -8, -2), interval(5, 2, 8)], zero=True)
    assert chart.marks[0].high < chart.zero < chart.marks[1].low
    assert interval_chart("差", [interval(5)]).zero is None


def test_the_band_lies_where_its_numbers_lie():
    chart = interval_chart("長さ", [interval(20, 10, 30)], low=0, band=(10, 30))
    ((start, width),) = chart.bands
    (mark,) = chart.marks
    assert start == pytest.approx(mark.low)
    assert start + width == pytest.approx(mark.high)


def test_negative_ticks_have_a_minus_sign_and_no_hyphen():
    chart = interval_chart("差", [interval(-5, -8, 5)], zero=True)
    shown = [text for _, text in chart.ticks]
    assert any(text.startswith("−") for text in shown)
    assert not any("-" in text for text in shown)


def test_a_verdict_shapes_its_point():
    (mark,) = interval_chart("差", [interval(1, kind="better")]).marks
    assert mark.kind == "better"


def test_an_overlay_says_in_words_where_most_replies_are():
    rows = [(0, 0.25), (5, 0.75)]
    chart = overlay_chart("文字数", {"A 八月": rows}, 5, (3, 8))
    assert "5〜9（75%）" in chart.text
    assert len(chart.bands) == 1


def test_a_series_without_replies_keeps_the_colour_of_the_other():
    chart = overlay_chart("文字数", {"A": [], "B": [(1, 1.0)]}, 1, None)
    assert [name for name, _ in chart.paths] == ["series1"]
    assert chart.legend == [("series1", "B")]


def test_an_outline_begins_and_ends_on_the_ground():
    chart = overlay_chart("文の数", {"A": [(1, 0.5), (3, 0.5)]}, 1, None)
    ((_, path),) = chart.paths
    ground = path.split()[1]
    assert path.endswith(f"V{ground}")


def test_models_of_unknown_size_have_no_place_on_the_axis_of_sizes():
    rows = [
        Sized("小", 3_000_000_000, 40.0, 30.0, 50.0),
        Sized("大", 70_000_000_000, 60.0, None, None),
        Sized("不明", None, 60.0, None, None),
    ]
    chart = size_chart("柔軟性", rows)
    assert [point[4] for point in chart.points] == ["小", "大"]
    assert chart.points[0][0] < chart.points[1][0]
    assert chart.points[0][1] > chart.points[1][1]


@pytest.mark.parametrize(
    ("share", "name"), [(None, "none"), (0, "s0"), (0.24, "s2"), (1, "s10"), (1.7, "s10"), (-1, "s0")]
)
def test_a_share_has_one_of_eleven_shades(share, name):
    assert shade(share) == name
