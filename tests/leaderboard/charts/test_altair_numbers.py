"""Charts draw the numbers that they are given, and nothing else."""

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.charts import distribution
from kikime.leaderboard.data.queries.distributions import Bin

T, EN = Translator("ja"), Translator("en")


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def layers(chart):
    return chart.to_dict()["layer"]


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([], [0, 100]),
        ([None, float("nan")], [0, 100]),
        ([50.0], [50, 60]),
        ([0.0, 100.0], [0, 100]),
        ([39.9, 41.0], [30, 50]),
        ([-5.0, 120.0], [0, 100]),
    ],
)
def test_a_scale_lies_in_tens_around_what_is_known(values, ends):
    assert charts._near(values, 0, 100) == ends


def sized(name, params, value):
    return {"name": name, "params": params, "value": value, "ci_low": value - 5, "ci_high": value + 5}


def test_names_beside_points_of_one_size_stand_above_and_below():
    rows = [sized("high", 1e9, 80.0), sized("low", 1e9, 20.0), sized("alone", 1e11, 50.0)]
    marks = {}
    for layer in layers(charts.scatter(rows, T)):
        if layer["mark"]["type"] == "text":
            dataset = charts.scatter(rows, T).to_dict()["datasets"][layer["data"]["name"]]
            marks |= {row["name"]: layer["mark"] for row in dataset}
    assert marks["high"]["dy"] < 0 < marks["low"]["dy"]
    assert marks["high"]["align"] == "left"
    assert marks["alone"]["align"] == "right"


def test_many_points_have_no_names_beside_them():
    rows = [sized(str(n), 1e9 + n, 50.0) for n in range(31)]
    assert [layer["mark"]["type"] for layer in layers(charts.scatter(rows, T))] == ["rule", "point"]


@pytest.mark.parametrize(("params", "shown"), [(3.1e6, "3.1M"), (7.2e9, "7.2B"), (5e8, "500M")])
def test_a_size_is_shown_as_people_write_it(params, shown):
    assert rows_of(charts.scatter([sized("a", params, 50.0)], T))[0]["size"] == shown


def test_the_heat_map_says_its_numbers_in_words():
    cells = [{"name": "a", "format": form, "value": value} for form, value in (("x", 1.0), ("y", 0.004), ("z", None))]
    chart = charts.heat_map(cells, ["a"], ["x", "y", "z"], "口調", T)
    assert [row["shown"] for row in rows_of(chart)] == ["100", "0", "—"]
    assert layers(chart)[0]["encoding"]["color"]["scale"]["domain"] == [0, 1]


def test_names_and_columns_stand_in_the_given_order():
    chart = charts.heat_map([], ["ん", "あ"], ["vicuna", "alpaca"], "口調", T)
    encoding = layers(chart)[0]["encoding"]
    assert encoding["y"]["sort"] == ["ん", "あ"]
    assert encoding["x"]["sort"] == ["vicuna", "alpaca"]


@pytest.mark.parametrize("verdict", ["better", "worse", "equivalent", "inconclusive"])
@pytest.mark.parametrize("t", [T, EN], ids=["ja", "en"])
def test_every_verdict_has_a_word_that_the_legend_knows(verdict, t):
    row = {"name": "n", "delta": 1.0, "ci_low": 0.5, "ci_high": 1.5, "verdict": verdict, "words": ""}
    chart = charts.forest([row], "差", t)
    word = next(row["word"] for row in rows_of(chart) if "word" in row)
    assert word in layers(chart)[1]["encoding"]["color"]["scale"]["domain"]


def test_a_forest_has_a_line_at_zero():
    row = {"name": "n", "delta": 1.0, "ci_low": None, "ci_high": None, "verdict": "better", "words": ""}
    assert {"zero": 0.0} in rows_of(charts.forest([row], "差", T))


@pytest.mark.parametrize(("ends", "axis"), [((0, 1), ".0%"), ((1, 7), "~f"), (None, "~f")])
def test_only_shares_are_percentages(ends, axis):
    encoding = layers(charts.lines([charts.Point(1, "a", 0.5)], "x", "y", ["a"], ends))[0]["encoding"]["y"]
    assert encoding["axis"]["format"] == axis
    assert encoding.get("scale", {}).get("domain") == (list(ends) if ends else None)


def test_places_of_a_curve_stand_in_the_order_of_numbers():
    points = [charts.Point(x, "a", 0.5) for x in (8, 0, 2, 1)]
    assert layers(charts.lines(points, "x", "y", ["a"]))[0]["encoding"]["x"]["sort"] == [0, 1, 2, 8]


def test_a_bar_without_an_interval_is_drawn_all_the_same():
    chart = charts.bars([{"name": "a", "value": 40.0}], "点", low=0, high=100)
    (row,) = rows_of(chart)
    assert (row["value"], row["ci_low"], row["ci_high"]) == (40.0, None, None)
    assert layers(chart)[0]["encoding"]["x"]["scale"]["domain"] == [0, 100]


def test_a_radar_has_zero_where_an_area_is_missing_and_a_sign_per_model():
    option = charts.radar([("a", {"style": 33.33}), ("b", {"style": None})], {"style": "口調", "facts": "事実"})
    assert [model["value"] for model in option["series"][0]["data"]] == [[33.3, 0], [0, 0]]
    assert len({model["symbol"] for model in option["series"][0]["data"]}) == 2
    assert [entry["icon"] for entry in option["legend"]["data"]] == [
        model["symbol"] for model in option["series"][0]["data"]
    ]
    assert [axis["name"] for axis in option["radar"]["indicator"]] == ["口調", "事実"]


def test_two_histograms_have_a_legend_and_outlines_of_their_own():
    bins = [(Bin(0, 1, 1.0), "")]
    spec = distribution.histogram({"A": bins, "B": bins}, 5, "文字数", None, T).to_dict()
    boxes, lines = spec["layer"]
    assert boxes["encoding"]["color"]["legend"] is not None
    assert boxes["encoding"]["color"]["scale"]["domain"] == ["A", "B"]
    dashes = lines["encoding"]["strokeDash"]["scale"]["range"]
    assert len({tuple(dash) for dash in dashes}) == 2


@pytest.mark.parametrize(("start", "width", "last"), [(0, 5, 4), (10, 5, 14), (3, 1, 3)])
def test_a_bin_reaches_to_its_last_number(start, width, last):
    first, _ = distribution._whole_bins("A", [(Bin(start, 1, 1.0), "x")], width)
    assert (first["start"], first["last"], first["href"]) == (start, last, "x")


def test_a_series_without_replies_has_no_bins():
    assert distribution._whole_bins("A", [], 5) == []


@pytest.mark.parametrize(("share", "shown"), [(0.04, "3"), (0.0399, ""), (1.0, "3")])
def test_a_score_is_written_where_there_is_room(share, shown):
    rows = [{"name": "j", "score": 3, "scale": 7, "share": share, "n": 1}]
    assert rows_of(distribution.score_bars(rows, T))[0]["shown"] == shown


def test_judges_stand_in_the_order_of_their_rows():
    rows = [{"name": name, "score": 3, "scale": 7, "share": 1.0, "n": 1} for name in ("z", "a", "z")]
    assert layers(distribution.score_bars(rows, T))[0]["encoding"]["y"]["sort"] == ["z", "a"]
