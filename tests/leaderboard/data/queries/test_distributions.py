import pytest

from kikime.leaderboard.data.queries import distributions
from kikime.leaderboard.data.queries.distributions import Bin, Ending
from tests.support.app import table
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

LEAK = "はい。\nユーザー: 次は？"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Per format four replies to each of two personas: one fails, one is plain; chatml leaks once."""
    materials = make_materials([talk_task(4)], formats=("alpaca", "chatml"))

    def answer(q):
        if q.item_id == "t03" and q.format == "chatml":
            return LEAK
        return {"t00": None, "t01": PLAIN}.get(q.item_id, IN_VOICE)

    return make_run(tmp_path_factory.mktemp("distributions"), "small", answer, materials=materials)


def test_a_bin_counts_the_replies_of_its_lengths(small):
    found = distributions.histogram(small, "length_chars", None)
    assert [(each.start, each.n) for each in found if each.start != len(LEAK)] == [
        (len(IN_VOICE), 6),
        (len(PLAIN), 4),
    ]
    assert sum(each.share for each in found) == pytest.approx(1)


def test_a_persona_has_a_histogram_of_its_own(small):
    whole, own = (distributions.histogram(small, "length_chars", persona, 100) for persona in (None, "bushi"))
    assert (whole, own) == ([Bin(0, 12, 1.0)], [Bin(0, 6, 1.0)])


def test_failed_replies_have_an_ending_but_no_length(small):
    assert distributions.endings(small) == [
        Ending("alpaca", "stop", 6),
        Ending("alpaca", "error", 2),
        Ending("chatml", "stop", 6),
        Ending("chatml", "error", 2),
    ]


def test_a_leak_shows_in_the_format_that_leaks_and_failing_counts_as_one(small):
    rates = {each.format: each.rate for each in distributions.leaks(small) if each.metric == "turn_leak"}
    assert rates == {"alpaca": 2 / 8, "chatml": 4 / 8}


def test_a_run_without_a_second_turn_has_no_drift(small):
    assert distributions.drift(small) == []


def test_the_cheapest_format_costs_nothing_extra(small):
    costs = distributions.formats(small)
    assert [(each.format, each.n) for each in costs] == [("alpaca", 8), ("chatml", 8)]
    assert min(each.extra for each in costs) >= 0


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
