import pytest

from kikime.leaderboard.data.queries import distributions
from tests.support.app import table


def test_a_histogram_counts_every_reply_with_a_length(august):
    rows = distributions.histogram(august, "length_chars", None, 5)
    assert sum(row.n for row in rows) == sum(row["error"] is None for row in table(august))
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert all(row.start % 5 == 0 for row in rows)


def test_drift_has_every_turn_of_the_dialogues(august):
    rows = distributions.drift(august)
    assert {row.turn for row in rows} == {0, 1, 2}
    assert all(0 <= row.value <= 1 for row in rows if row.metric == "marker_rate")


def test_leaks_and_endings_are_per_format(august):
    assert {row.format for row in distributions.leaks(august)} == {"alpaca", "chatml"}
    assert sum(row.n for row in distributions.endings(august)) == len(table(august))
    assert {row.format for row in distributions.formats(august)} == {"alpaca", "chatml"}
