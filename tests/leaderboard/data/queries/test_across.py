import pytest

from kikime.leaderboard.data.queries.across import answers, search_runs
from tests.support.app import table
from tests.support.builders import IN_VOICE, PLAIN, make_run


@pytest.fixture
def both(tmp_path):
    return [make_run(tmp_path, "八月", PLAIN), make_run(tmp_path, "九月", IN_VOICE)]


def test_a_text_is_found_in_every_run_that_holds_it(both):
    found = search_runs(both, "ごきげんよう", {})
    assert {row.run for row in found.rows} == {both[1].id}
    assert found.total == len(table(both[1]))
    bushi = search_runs(both, "ごきげんよう", {"persona": ["bushi"]})
    assert 0 < bushi.total < found.total
    assert {row.persona for row in bushi.rows} == {"bushi"}


def test_a_broken_run_is_named_and_the_others_are_searched(both):
    both[0].samples_file.write_bytes(b"PAR1 no")
    found = search_runs(both, "ごきげんよう", {})
    assert found.unread == [both[0].id]
    assert found.rows


def test_the_replies_to_one_question_stand_beside_each_other(both):
    row = table(both[0])[3]
    found = answers(both, row["pair_key"])
    assert [(run.id, sample.response) for run, sample in found] == [(both[0].id, PLAIN), (both[1].id, IN_VOICE)]
    assert answers(both, "nothing") == []
