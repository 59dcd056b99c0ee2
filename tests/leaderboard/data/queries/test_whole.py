"""Replies in full, a page at a time."""

from kikime.leaderboard.data.queries import whole
from kikime.leaderboard.data.queries.samples import one
from tests.support.app import table


def test_pages_hold_every_reply_once_and_as_it_is_read_alone(shelf, monkeypatch):
    run = shelf["アイネス-9月"]
    monkeypatch.setattr(whole, "PAGE", 20)
    pages = -(-whole.count(run) // 20)
    found = [sample for page in range(1, pages + 1) for sample in whole.whole_page(run, page)]
    assert sorted(sample.key for sample in found) == sorted(row["key"] for row in table(run))
    alone = one(run, found[0].key)
    assert (found[0].response, found[0].metrics) == (alone.response, alone.metrics)
    assert len(found[0].verdicts) == len(alone.verdicts) > 0
