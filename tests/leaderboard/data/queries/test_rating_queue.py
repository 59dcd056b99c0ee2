from kikime.leaderboard.data.queries.rating_queue import Rated, keys, queue, reply
from kikime.leaderboard.data.ratings import annotate, pair_rating, scores_rating
from tests.support.app import table


def test_replies_that_failed_are_not_rated(august):
    failed = {row["key"] for row in table(august) if row["error"] is not None}
    assert failed
    assert not failed & set(keys(august))
    assert len(keys(august)) == len(table(august)) - len(failed)


def test_pairs_are_of_first_turns(august):
    first = {row["pair_key"] for row in table(august) if row["turn"] == 0}
    assert set(keys(august, "pair_key")) <= first


def test_a_rater_sees_the_reply_but_no_model_format_or_score(august):
    found = reply(august, keys(august)[0])
    assert set(Rated._fields) & {"model", "format", "score", "metrics", "shots"} == set()
    assert found.response in {row["response"] for row in table(august)}


def test_there_is_no_reply_of_an_unknown_key(august):
    assert reply(august, "'; --") is None


def test_what_a_rater_has_rated_is_done_for_that_rater_only(august):
    candidates = keys(august)
    annotate(august, scores_rating(reply(august, candidates[0]), {"tone": 4}, rater="花子", model="m"))
    left, done = queue(august, "花子", candidates, mode="scores")
    assert done == 1
    assert set(left) == set(candidates[1:])
    assert queue(august, "太郎", candidates, mode="scores")[1] == 0


def test_a_preference_is_done_for_its_pair_of_runs_only(august):
    pairs = keys(august, "pair_key")
    sample = reply(august, pairs[0], "pair_key")
    annotate(august, pair_rating(sample, sample, "a", rater="花子", run_a=august.id, run_b="other"))
    assert queue(august, "花子", pairs, mode="pair", run_b="other")[1] == 1
    assert queue(august, "花子", pairs, mode="pair", run_b="third")[1] == 0
    assert queue(august, "花子", pairs, mode="scores")[1] == 0


def test_the_queue_is_shuffled_for_each_rater(august):
    candidates = keys(august)
    assert queue(august, "花子", candidates, mode="scores")[0] != queue(august, "太郎", candidates, mode="scores")[0]
