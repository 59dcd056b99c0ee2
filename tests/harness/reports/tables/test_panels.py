import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.gate import gate
from kikime.harness.reports.overview.judged import judged_run, panels_of_run
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.reports.tables.cells import read_verdicts
from kikime.harness.reports.tables.panels import members_of, panel_of
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run

PANEL = "panel:judge-a,judge-b"


def number(sample):
    return int(sample["item_id"].removeprefix("t"))


@pytest.fixture
def run(tmp_path):
    """Judge b is one point above judge a, and has no score of the item t05."""
    run = make_run(tmp_path, "judged", IN_VOICE)
    add_verdicts(run, lambda sample: 1 + number(sample))
    add_verdicts(run, lambda sample: None if number(sample) == 5 else 2 + number(sample), judge="judge-b")
    return run


def test_a_panels_score_is_the_mean_where_every_member_has_one(run):
    found = read_verdicts(run, judge=PANEL)
    assert set(found["judge"]) == {PANEL}
    tone = found[found["criterion"] == "character_v1.tone"]
    assert sorted(tone["score"].dropna()) == sorted([1.5 + n for n in range(5)] * 2)
    assert tone["score"].isna().sum() == 2


def test_what_a_panel_says_of_a_run(run):
    found = judged_run(run, PANEL)
    assert found.members == ["judge-a", "judge-b"]
    row = next(row for row in found.criteria if row.criterion == "character_v1.tone")
    assert (row.n, row.due, row.coverage) == (10, 12, pytest.approx(10 / 12))
    assert row.mean == pytest.approx(3.5)
    assert row.agreement.n == 10
    assert 0.5 < row.agreement.alpha_low <= row.agreement.alpha < 1


def test_all_judges_of_a_run_are_a_panel_of_their_own(run):
    [found] = panels_of_run(run)
    assert found.judge == "panel:judge-a/cot,judge-b/cot"
    assert [row.mean for row in found.criteria] == [row.mean for row in judged_run(run, PANEL).criteria]


def test_a_judge_that_was_asked_another_content_of_the_rubric_shares_nothing(tmp_path):
    run = make_run(tmp_path, "judged", IN_VOICE)
    add_verdicts(run, lambda _: 4, rubric_hash="h1")
    add_verdicts(run, lambda _: 5, judge="judge-b", rubric_hash="h2")
    assert panels_of_run(run) == []
    with pytest.raises(UsageError, match="no verdicts of panel:judge-a,judge-b"):
        judged_run(run, PANEL)


def test_a_content_that_all_members_know_counts_although_one_knows_a_newer_one(tmp_path):
    run = make_run(tmp_path, "judged", IN_VOICE)
    for judge, score in (("judge-a", 4), ("judge-b", 6)):
        add_verdicts(run, lambda _, score=score: score, judge=judge, rubric_hash="h1")
    add_verdicts(run, lambda _: 1, rubric_hash="h2")
    assert {row.mean for row in judged_run(run, PANEL).criteria} == {5.0}


@pytest.mark.parametrize("name", ["panel:", "panel:a", "panel:a,a"])
def test_a_panel_has_two_judges_or_more(name):
    with pytest.raises(UsageError, match="is no panel"):
        members_of(name)


def test_the_order_of_the_members_does_not_matter():
    assert panel_of(members_of("panel: b, a")) == panel_of(members_of("panel:a,b")) == "panel:a,b"


def test_runs_are_ranked_by_a_panel_with_the_agreement_of_its_judges(tmp_path):
    runs = [make_run(tmp_path, name, text) for name, text in (("a", IN_VOICE), ("b", PLAIN))]
    for run in runs:
        add_verdicts(run, lambda sample: 1 + number(sample))
    assert rank(runs, judge=PANEL, language="en").unranked[0].reason == f"not judged by {PANEL}"
    for run in runs:
        add_verdicts(run, lambda sample: 2 + number(sample), judge="judge-b")
    result = rank(runs, judge="panel:judge-b,judge-a", n_resamples=300, language="en")
    assert result.judge == PANEL
    assert len(result.rows) == 2
    assert result.rows[0].judge_agreement["character_v1.tone"].n == 12
    assert rank(runs, judge=PANEL, n_resamples=300, language="en") == result
    between = [rank(runs, judge=judge, n_resamples=300).rows[0].areas["style"] for judge in ("judge-a", "judge-b")]
    assert result.rows[0].areas["style"] == pytest.approx(sum(between) / 2)


def test_two_runs_are_compared_and_gated_by_a_panel(tmp_path):
    runs = [make_run(tmp_path, name, IN_VOICE) for name in ("a", "b")]
    for run, more in zip(runs, (0, 1), strict=True):
        add_verdicts(run, lambda sample, more=more: 1 + number(sample) + more)
        add_verdicts(run, lambda sample, more=more: min(7, 2 + number(sample) + more), judge="judge-b")
    report = compare(*runs, judge=PANEL, slices=False, n_examples=0, n_resamples=200)
    row = next(row for row in report.metrics if row.metric == "character_v1.tone")
    assert row.judge == PANEL
    assert row.delta == pytest.approx(1 - 1 / 12)
    assert row.agreement_a.n == row.agreement_b.n == 12
    assert not any("@" in row.metric for row in report.metrics)
    answer = gate(*runs, metric="character_v1.tone", judge=PANEL, n_resamples=200)
    assert (answer.judge, answer.decision) == (PANEL, "pass")
    with pytest.raises(UsageError, match="there are those of judge-a/cot, judge-b/cot"):
        compare(*runs, judge="panel:judge-a,judge-c")


def test_an_exported_run_shows_the_panel_with_its_agreement(run):
    from kikime.harness.reports.export.markdown import run_markdown
    from kikime.harness.words.catalogue import Translator

    overview = run_overview(run, judge=PANEL)
    row = next(row for row in overview.metrics if row.metric == f"character_v1.tone@{PANEL}")
    assert row.agreement is not None
    assert "α among judges" in run_markdown(overview, Translator("en"))
