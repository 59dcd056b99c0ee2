from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import distribution as charts_distribution
from kikime.leaderboard.data.queries.distributions import Bin

T = Translator("ja")


def test_empty_bins_are_drawn_as_zero():
    spec = charts_distribution.histogram(
        {"A": [(Bin(5, 2, 0.5), ""), (Bin(20, 2, 0.5), "")]}, 5, "文字数", None, T
    ).to_dict()
    (rows,) = spec["datasets"].values()
    assert [(row["start"], row["n"]) for row in rows] == [(5, 2), (10, 0), (15, 0), (20, 2), (25, 0)]


def test_an_outline_returns_to_zero_after_the_last_bin():
    spec = charts_distribution.histogram({"A": [(Bin(3, 4, 1.0), "samples?run=r")]}, 1, "文数", None, T).to_dict()
    (rows,) = spec["datasets"].values()
    assert [(row["from"], row["to"], row["share"]) for row in rows] == [(2.5, 3.5, 1.0), (3.5, 4.5, 0)]
    assert [row["href"] for row in rows] == ["samples?run=r", None]


def test_the_wanted_range_lies_behind_the_bins_with_both_ends_in_it():
    spec = charts_distribution.histogram({"A": [(Bin(5, 2, 1.0), "")]}, 5, "文字数", (15, 45), T).to_dict()
    assert len(spec["layer"]) == 3
    ends = next(rows[0] for rows in spec["datasets"].values() if "low" in rows[0])
    assert (ends["low"], ends["high"]) == (14.5, 45.5)


def test_scores_too_rare_to_be_read_carry_no_sign():
    rows = [
        {"name": "j", "score": score, "scale": 7, "share": share, "n": 1} for score, share in ((1, 0.03), (7, 0.97))
    ]
    spec = charts_distribution.score_bars(rows, T).to_dict()
    (found,) = spec["datasets"].values()
    assert [row["shown"] for row in found] == ["", "7"]


def colour_of(*cells):
    rows = [{"name": "j", "score": score, "scale": scale, "share": 0.5, "n": 1} for score, scale in cells]
    spec = charts_distribution.score_bars(rows, T).to_dict()
    return spec["layer"][0]["encoding"]["color"], next(iter(spec["datasets"].values()))


def test_colours_go_from_the_lowest_to_the_highest_point_of_the_scale():
    colour, _ = colour_of((1, 5), (5, 5))
    assert (colour["field"], colour["scale"]["domain"]) == ("score", [1, 2, 3, 4, 5])


def test_the_highest_points_of_two_scales_have_one_colour():
    colour, rows = colour_of((5, 5), (7, 7), (1, 5))
    assert (colour["field"], colour["scale"]["domain"]) == ("place", [0, 1])
    assert [row["place"] for row in rows] == [1, 1, 0]
