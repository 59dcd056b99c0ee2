import pandas as pd
import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.endings import ending_means
from kikime.harness.reports.comparison.pairs import load_pair
from kikime.harness.reports.comparison.records import EndingMean
from kikime.harness.reports.export.markdown import comparison_markdown, run_markdown
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run


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


def test_every_way_out_says_the_same_of_replies_that_were_cut_off(tmp_path):
    materials = make_materials(personas=("ojousama",))
    a = make_run(tmp_path, "a", IN_VOICE, materials=materials)
    b = make_run(
        tmp_path, "b", lambda q: IN_VOICE * 5 if q.item_id == "t00" else IN_VOICE, materials=materials, cut_at=60
    )
    overview = run_overview(b)
    own = next(row for row in overview.endings if row.metric == "length_chars")
    assert (own.ended.mean, own.ended.n, own.cut_off.mean, own.cut_off.n) == (len(IN_VOICE), 5, 60, 1)
    report = compare(a, b, slices=False, n_resamples=99)
    both = next(row for row in report.endings if row.metric == "length_chars")
    assert both.means() == (EndingMean(len(IN_VOICE), 6), None, own.ended, own.cut_off)
    ended, cut_off = f"{len(IN_VOICE):.1f} (5)", "60.0 (1)"
    assert f"| {ended} | {cut_off} |" in run_markdown(overview, Translator("en"))
    assert f"| {len(IN_VOICE):.1f} (6) | — | {ended} | {cut_off} |" in comparison_markdown(report, Translator("en"))
    assert run_overview(a).endings == []


def test_there_is_no_split_where_every_reply_ended(pair):
    assert compare(*pair, slices=False, n_resamples=99).endings == []
