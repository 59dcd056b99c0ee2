"""Curves of a run and the tables below them: the same numbers."""

import pytest

from kikime.harness.reports.claims.estimates import Shift
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.views.model import curves
from tests.support.app import concerned, meant, measured
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task

T = Translator("ja")


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-8月"]


@pytest.fixture(scope="module")
def replies(run):
    return measured(run)


def test_turns_count_from_one_and_show_the_means_of_the_dialogues(visit, run, replies):
    drawn = visit()
    curves.turns(T, None, run)
    own = replies[replies["task"] == "dialogue"]
    title = T.metric("critical_failure")
    drawn_points = {row["x"]: row["value"] for row in drawn.rows_of(0) if row["series"] == title}
    expected = own.groupby("turn")["critical_failure"].mean()
    assert drawn_points == {turn + 1: pytest.approx(value) for turn, value in expected.items()}


def test_the_table_below_the_turns_has_the_numbers_of_both_charts(visit, run):
    drawn = visit()
    curves.turns(T, None, run)
    table = {row[T("facet.turn")]: row for row in drawn.downloads["curve"]}
    for row in [*drawn.rows_of(0), *drawn.rows_of(1)]:
        assert table[row["x"]][row["series"]] == row["value"]


def test_a_turn_leads_to_its_replies(visit, run):
    drawn = visit()
    curves.turns(T, None, run)
    assert all(f"turn={row['x'] - 1}" in row["href"] for row in drawn.rows_of(0))


def test_a_run_without_dialogues_says_so(visit, tmp_path):
    run = make_run(tmp_path, "short", IN_VOICE, materials=make_materials([talk_task(2)], personas=["bushi"]))
    drawn = visit()
    curves.turns(T, None, run)
    assert drawn.said("caption") == [T("model.no_turns")]
    assert drawn.charts == []


@pytest.mark.parametrize("metric", ["length_fit", "critical_failure", "fact_correct"])
def test_examples_draw_a_curve_per_format(visit, run, replies, metric):
    drawn = visit(curve=metric)
    curves._curve(T, run)
    found = {(row["series"], row["x"]): (row["value"], row["n"]) for row in drawn.rows_of()}
    for (form, shots), own in replies.groupby(["format", "shots"]):
        mean = meant(own, metric)
        assert found[form, shots] == (pytest.approx(mean), concerned(own, metric)[metric].count())
    table = {row[T("facet.shots")]: row for row in drawn.downloads["curve"]}
    assert {(form, shots) for shots, row in table.items() for form in row if form != T("facet.shots")} == set(found)


def test_one_number_of_examples_is_no_curve(visit, tmp_path):
    run = make_run(tmp_path, "zero", IN_VOICE, materials=make_materials([talk_task(2)], personas=["bushi"]))
    drawn = visit()
    curves._curve(T, run)
    assert drawn.charts == []
    assert drawn.said("caption") == [T("model.no_shots")]


def test_a_metric_that_was_not_measured_has_no_curve(visit, tmp_path):
    run = make_run(tmp_path, "zero", IN_VOICE, materials=make_materials([talk_task(2)], personas=["bushi"]))
    drawn = visit(curve="fact_correct")
    curves._curve(T, run)
    assert drawn.said("caption") == [T("model.no_curve")]


def test_effects_of_turns_are_shown_in_points_with_their_intervals(visit):
    drawn = visit()
    for_sure, unsure = (
        Shift(value=-0.25, ci_low=low, ci_high=high, change="down", p_adjusted=0.0421)
        for low, high in ((-0.4, -0.1), (None, None))
    )
    curves._effects(T, [curves.TurnEffect("style_band", "pressure", found) for found in (for_sure, unsure)])
    (table,) = drawn.tables
    assert table[T("model.effect_value")].tolist() == ["−25.0", "−25.0"]
    assert table[T("model.effect_change")].tolist() == [T("change.down")] * 2
    assert table[T("model.effect_p")].tolist() == ["0.042"] * 2
    assert "−40.0" in table[T("model.effect_interval")][0]
    assert table[T("model.effect_interval")][1] == "—"


def test_a_run_whose_turns_cannot_be_read_has_no_effects(tmp_path):
    run = make_run(tmp_path, "short", IN_VOICE, materials=make_materials([talk_task(2)], personas=["bushi"]))
    assert curves.turn_effects(run) == []
