import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.overview.records import FormatQuality
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.reports.tables.margins import load_margins
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Understands alpaca; answers chatml plainly and fails there once. Two judges disagree on it."""
    materials = make_materials([talk_task(4)], personas=("ojousama",), formats=("alpaca", "chatml"))

    def answer(q):
        if q.format == "alpaca":
            return IN_VOICE
        return None if q.item_id == "t00" else PLAIN

    run = make_run(tmp_path_factory.mktemp("overview"), "mine", answer, materials=materials)
    add_verdicts(run, lambda _: 6)
    add_verdicts(run, lambda _: 2, judge="judge-b")
    return run


@pytest.fixture(scope="module")
def overview(run):
    return run_overview(run)


def test_it_says_which_run_it_is(run, overview):
    assert (overview.run, overview.name, overview.suite, overview.params) == (run.id, "mine", "tiny", 3_000_000)
    assert (overview.counts["done"], overview.coverage, overview.health["error_rate"]) == (8, 1.0, 0.125)


def test_primary_metrics_come_first_and_parts_do_not_come_at_all(overview):
    names = [row.metric for row in overview.metrics]
    primary = [name for name in load_margins().primary if name in names]
    assert names[: len(primary)] == primary
    assert not set(names) & set(load_margins().parts)


def test_each_judge_s_criterion_is_a_row_with_failures_at_the_lowest_score(overview):
    scores = {row.metric: row.mean for row in overview.metrics if "@" in row.metric}
    assert scores["character_v1.tone@judge-a/cot"] == pytest.approx((7 * 6 + 1) / 8)
    assert scores["character_v1.tone@judge-b/cot"] == pytest.approx((7 * 2 + 1) / 8)
    assert [row.direction for row in overview.metrics if "@" in row.metric] == ["higher"] * 4


def test_formats_show_where_the_quality_is_lost(overview):
    assert overview.formats == [
        FormatQuality("alpaca", 0, 1.0, 4),
        FormatQuality("chatml", 0, pytest.approx(0.75 * 2 / 3), 4),
    ]


def test_lengths_are_those_of_what_was_said(overview):
    assert overview.lengths["length_chars"].n == 7
    question = (len(IN_VOICE) + len(PLAIN)) / 2
    assert overview.lengths["length_chars"].mean == pytest.approx((len(IN_VOICE) + 3 * question) / 4)


def test_a_run_without_a_summary_says_how_to_get_one(tmp_path):
    run = make_run(tmp_path, "bare", IN_VOICE, materials=make_materials([talk_task(1)], personas=("ojousama",)))
    run.summary_file.unlink()
    with pytest.raises(UsageError, match="no summary yet") as caught:
        run_overview(run)
    assert caught.value.hint == f"kikime resume {run.path}"
