"""Replies that changed, and two of them side by side."""

import pytest
from msgspec.structs import replace

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data import pairs
from kikime.leaderboard.data.queries.samples import Judgement
from kikime.leaderboard.views.compare import replies

T = Translator("ja")


@pytest.fixture(scope="module")
def both(judged_pair):
    return judged_pair


@pytest.fixture(scope="module")
def report(both):
    return compare(*both, slices=False)


@pytest.mark.parametrize("way", ["worse", "better"])
def test_the_replies_whose_quality_changed_most_are_those_of_the_report(visit, both, report, way):
    drawn = visit(way=way)
    replies.flips(T, *both, report)
    expected = report.examples[way]
    assert [(row["pair_key"], row["change"]) for row in drawn.downloads["flips"]] == [
        (example.pair_key, example.change) for example in expected
    ]


@pytest.mark.parametrize("metric", ["critical_failure", "length_fit", "length_chars"])
def test_the_replies_that_changed_by_a_metric_are_those_of_the_query(visit, both, report, metric):
    drawn = visit(by=metric, in_format="chatml")
    replies.flips(T, *both, report)
    expected = pairs.flips(*both, metric, worse=True, within={"format": ["chatml"]})
    assert [row["pair_key"] for row in drawn.downloads["flips"]] == [row.pair_key for row in expected] != []


def test_the_chosen_pair_is_shown_in_full(visit, both, report):
    chosen = report.examples["better"][1]
    drawn = visit(way="better", pair=chosen.pair_key)
    replies.flips(T, *both, report)
    shown = drawn.said("code")
    assert shown[0] == chosen.user
    assert shown[1:3] == [chosen.a.error or chosen.a.response, chosen.b.error or chosen.b.response]


def test_without_a_choice_the_largest_change_is_shown(visit, both, report):
    drawn = visit()
    replies.pair(T, *both, report)
    first = next(example for way in ("worse", "better") for example in report.examples[way])
    assert drawn.said("code")[0] == first.user
    assert [to for to, _ in drawn.links] == ["samples", "samples"]


@pytest.mark.parametrize("key", ["nothing", "'; --"])
def test_a_pair_that_is_not_there_is_told(visit, both, report, key):
    drawn = visit(pair=key)
    replies.pair(T, *both, report)
    assert drawn.said("warning") == [T("compare.no_partner")]


def test_runs_of_which_nothing_changed_have_no_pair(visit, both, report):
    drawn = visit()
    replies.pair(T, *both, replace(report, examples={"worse": [], "better": []}))
    assert drawn.said("caption") == [T("compare.no_pair")]


def test_nothing_changed_by_a_metric_is_said(visit, both, report):
    drawn = visit(by="critical_failure")
    replies.flips(T, both[0], both[0], report)
    assert drawn.said("caption")[-1] == T("compare.no_flips")
    assert drawn.downloads == {}


def test_only_metrics_that_differ_are_listed_side_by_side(visit):
    drawn = visit()
    replies._metric_changes(
        T, {"length_chars": 10.0, "no_eos": 0.0, "style_band": None}, {"length_chars": 12.0, "no_eos": 0.0}
    )
    (table,) = drawn.tables
    assert table[["A", "B"]].values.tolist() == [[10.0, 12.0]]


def test_scores_stand_with_the_judge_who_gave_them(visit):
    def verdict(judge, criterion, score, status="ok"):
        return Judgement(judge, "cot", "character_v1", criterion, status, score)

    drawn = visit()
    replies._scores(
        T,
        [
            verdict("甲", "tone", 5),
            verdict("乙", "tone", 2),
            verdict("甲", "personality", 6),
            verdict("乙", "x", None, "refused"),
        ],
    )
    assert len(drawn.said("text")) == 2
    first, second = drawn.said("text")
    assert "甲" in first
    assert "5" in first
    assert "6" in first
    assert "乙" in second
    assert "2" in second
    assert "—" not in second


def test_conditions_of_one_value_are_not_offered(visit, both):
    visit(in_technique="plain", in_format=["chatml", "<b>"])
    assert replies._within(T, both[0]) | {"persona": [], "task": [], "shots": []} == {
        "format": ["chatml"],
        "persona": [],
        "task": [],
        "shots": [],
    }
