from dataclasses import replace

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.shots import REPORT, ShotsReport, ShotsRow, shots_report, tables
from kikime.harness.reports.report import Footnote, Table
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

EN = Translator("en")
FEW = {"n_resamples": 99}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two examples bring the voice, four of them are copied out."""
    materials = make_materials([talk_task(4)], personas=("ojousama",), shots=(0, 2, 4))
    replies = {0: PLAIN, 2: IN_VOICE, 4: None}
    return make_run(tmp_path_factory.mktemp("shots"), "shown", lambda q: replies[q.shots], materials=materials)


def rows(report, shots):
    return {row.metric: row for row in report.rows if row.shots == shots}


def test_each_number_of_examples_is_held_against_none(run):
    report = shots_report(run, **FEW)
    assert {row.shots for row in report.rows} == {2, 4}
    assert rows(report, 2)["quality"].delta == pytest.approx(1 / 3)
    assert rows(report, 4)["quality"].delta == pytest.approx(-2 / 3)
    assert (rows(report, 2)["quality"].mean_a, rows(report, 2)["quality"].n_items) == (pytest.approx(2 / 3), 4)


def test_a_metric_that_no_task_asked_for_has_no_row(run):
    assert "fact_correct" not in rows(shots_report(run, **FEW), 2)


def test_a_run_without_examples_says_which_suite_has_them(tmp_path):
    with pytest.raises(UsageError, match="not both replies with examples and replies without") as caught:
        shots_report(make_run(tmp_path, "bare", IN_VOICE))
    assert caught.value.hint == "kikime run MODEL --suite few_shot"


def test_a_run_with_examples_only_has_nothing_to_hold_them_against(tmp_path):
    run = make_run(tmp_path, "only", IN_VOICE, materials=make_materials(shots=(2,)))
    with pytest.raises(UsageError, match="not both replies with examples"):
        shots_report(run)


def row(shots, metric, delta, sets=()):
    return ShotsRow(
        shots=shots,
        shot_style="turns",
        metric=metric,
        mean_a=0.0,
        mean_b=delta,
        delta=delta,
        ci_low=None,
        ci_high=None,
        p_value=1.0,
        verdict="inconclusive",
        n_items=4,
        sets=list(sets),
    )


def test_the_table_has_a_line_per_metric_with_its_p_and_verdict():
    sure = {"ci_low": 0.1, "ci_high": 0.4, "p_adjusted": 0.01, "verdict": "better", "direction": "higher"}
    found = [replace(row(2, "quality", 0.25, [0.5, 0.0]), **sure), row(4, "length_chars", -7.5, [-7.5])]
    table, note = tables(ShotsReport(run="r", name="mine", rows=found), EN)
    assert isinstance(table, Table)
    assert table.title == "mine: with examples − without"
    assert table.columns[:3] == ["examples", "shown as", "metric"]
    assert list(table.rows) == [
        [2, "turns", "quality", "+25.0", "+10.0 to +40.0", "0.010", "▲ better", "+50.0 · ±0.0", 4],
        [4, "turns", "characters", "−7.5", "—", "—", "？ inconclusive", "−7.5", 4],
    ]
    assert isinstance(note, Footnote)
    assert "adjusted p" in note.text


def test_an_interval_beside_a_p_of_no_difference_holds_0(run):
    for found in shots_report(run, **FEW).rows:
        holds = found.ci_low is None or found.ci_low <= 0 <= found.ci_high
        assert holds == (found.p_value >= 0.05)


def test_the_report_is_known_by_its_name_in_both_languages():
    assert (REPORT.id, set(REPORT.about), REPORT.base) == ("shots", {"ja", "en"}, "none")
