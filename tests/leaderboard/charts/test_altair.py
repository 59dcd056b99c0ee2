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
        charts_distribution.score_bars([{"name": "j", "score": 3, "share": 0.5, "n": 1}] * rows, T),
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
