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
