"""Every chart is valid Vega-Lite, with and without rows; pages draw them without validating again."""

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.charts import distribution as charts_distribution
from kikime.leaderboard.data.queries.distributions import Bin

T = Translator("ja")
MODEL = {"name": "<b>", "overall": 40.0, "ci_low": 30.0, "ci_high": None, "ranks": "1–2", "params": 3e9, "value": 0.4}
DELTA = {"name": "口調", "delta": 0.1, "ci_low": -0.1, "ci_high": 0.3, "verdict": "better", "words": ""}
POINT = charts.Point(1, "alpaca", 0.5, 3)
BIN = (Bin(5, 2, 0.5), "samples?run=r")


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_every_chart_is_valid(rows):
    for chart in (
        charts.intervals([MODEL] * rows, T),
        charts.heat_map([{"name": "a", "format": "f", "value": None}] * rows, ["a"], ["f"], "口調", T),
        charts.scatter([MODEL] * rows, T),
        charts.bars([MODEL] * rows, "値"),
        charts_distribution.histogram({"A": [BIN] * rows, "B": []}, 5, "文字数", (10, 20), T),
        charts.forest([DELTA] * rows, "差", T),
        charts.lines([POINT] * rows, "例示", "割合", ["alpaca"]),
        charts_distribution.score_bars([{"name": "j", "score": 3, "scale": 7, "share": 0.5, "n": 1}] * rows, T),
    ):
        assert "$schema" in chart.to_dict(validate=True)


def test_models_keep_their_order():
    rows = [{**MODEL, "name": name} for name in ("ん", "あ", "m")]
    spec = charts.intervals(rows, T).to_dict()
    assert [layer["encoding"]["y"]["sort"] for layer in spec["layer"]] == [["ん", "あ", "m"]] * 2


def test_a_radar_has_at_most_four_models_and_a_fixed_scale():
    rows = [(str(n), {"style": 10.0 * n}) for n in range(6)]
    option = charts.radar(rows, {"style": "口調", "length": "長さ"})
    assert len(option["series"][0]["data"]) == 4
    assert {axis["max"] for axis in option["radar"]["indicator"]} == {100}


def layers(chart):
    return chart.to_dict()["layer"]


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_a_scale_of_points_lies_around_the_data_and_within_its_ends():
    rows = [{**MODEL, "overall": 47.0, "ci_low": 41.0, "ci_high": 93.0}, {**MODEL, "overall": None, "ci_low": None}]
    assert layers(charts.intervals(rows, T))[0]["encoding"]["x"]["scale"]["domain"] == [40, 100]
    assert layers(charts.intervals([], T))[0]["encoding"]["x"]["scale"]["domain"] == [0, 100]


def test_an_empty_cell_of_a_heat_map_says_so():
    cells = [{"name": "a", "format": "f", "value": value} for value in (None, 0.0, 0.456)]
    assert [row["shown"] for row in rows_of(charts.heat_map(cells, ["a"], ["f"], "口調", T))] == ["—", "0", "46"]


def test_a_verdict_is_a_shape_and_a_word_as_well_as_a_colour():
    chart = charts.forest([DELTA, {**DELTA, "verdict": "worse"}], "差", T)
    point = layers(chart)[-1]["encoding"]
    assert len(set(point["shape"]["scale"]["range"])) == len(set(point["color"]["scale"]["range"])) == 4
    assert len({row["word"] for row in rows_of(chart) if "word" in row}) == 2


def test_one_curve_needs_no_legend():
    one, two = (layers(charts.lines([POINT], "例示", "割合", order)) for order in (["alpaca"], ["alpaca", "chatml"]))
    assert one[0]["encoding"]["color"]["legend"] is None
    assert two[0]["encoding"]["color"]["legend"] is not None


def test_more_curves_than_colours_begin_again():
    order = [f"format{n}" for n in range(9)]
    scale = layers(charts.lines([POINT], "例示", "割合", order))[0]["encoding"]["color"]["scale"]
    assert scale["domain"] == order
    assert scale["range"][:2] == scale["range"][7:]


def test_a_mark_opens_the_address_of_its_row():
    assert charts.leading([{"href": ""}, {}]) == {}
    assert list(charts.leading([{"href": "samples?run=r"}])) == ["href"]
