import orjson

from kikime.leaderboard.data import ranking
from kikime.leaderboard.data.index import Index


def test_many_runs_are_ranked_in_another_process_with_the_same_result(store, monkeypatch):
    index = Index(store)
    ids = [entry.id for entry in index.entries()]
    here = orjson.loads(orjson.dumps(ranking._rank(store, ids, None, None), option=orjson.OPT_SERIALIZE_NUMPY))
    assert ranking._rank_apart(store, ids, None, None) == here
