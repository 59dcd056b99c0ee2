import pandas as pd
import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.endings import ending_means
from kikime.harness.reports.comparison.pairs import load_pair
from tests.support.builders import IN_VOICE, PLAIN, make_run


@pytest.fixture
def loaded(tmp_path):
    """Two runs of which the second was cut off in every other reply, and was longer there."""
    pair = load_pair(make_run(tmp_path, "a", IN_VOICE), make_run(tmp_path, "b", PLAIN))
    cut = pd.Series([number % 2 == 0 for number in range(len(pair.b))], index=pair.b.index)
    pair.b["ending"] = pair.b["ending"].mask(cut, "cut_off")
    pair.b["length_chars"] = pair.b["length_chars"].mask(cut, 300.0)
    return pair


def test_replies_that_were_cut_off_do_not_drown_those_that_ended(loaded):
    row = next(row for row in ending_means(loaded) if row.metric == "length_chars")
    assert (row.ended_a.mean, row.cut_off_a) == (len(IN_VOICE), None)
    assert (row.ended_b.mean, row.cut_off_b.mean) == (len(PLAIN), 300)
    assert row.ended_b.n + row.cut_off_b.n == row.ended_a.n == len(loaded.a)


def test_there_is_no_split_where_every_reply_ended(pair):
    assert compare(*pair, slices=False, n_resamples=99).endings == []
