import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.techniques import (
    ReasoningLeaks,
    TechniqueRow,
    TechniquesReport,
    tables,
    techniques_report,
)
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

EN = Translator("en")
FEW = {"n_resamples": 99}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Only without the instruction the voice is lost."""
    materials = make_materials([talk_task(4)], personas=("ojousama",), techniques=("plain", "no_style"))
    replies = {"plain": IN_VOICE, "no_style": PLAIN}
    return make_run(tmp_path_factory.mktemp("asked"), "asked", lambda q: replies[q.technique], materials=materials)


def test_a_technique_is_less_plain_item_by_item(run):
    found = {row.metric: row for row in techniques_report(run, **FEW).rows}
    assert (found["marker_rate"].mean_a, found["marker_rate"].mean_b) == (1, 0)
    assert found["length_chars"].delta == len(PLAIN) - len(IN_VOICE)
    assert {(row.task, row.technique, row.n_items) for row in found.values()} == {("talk", "no_style", 4)}


def test_a_reply_that_was_not_asked_to_reason_leaks_nothing(run):
    assert techniques_report(run, **FEW).leaks == []


def test_items_without_a_plain_partner_are_left_out(tmp_path):
    materials = make_materials([talk_task(4)], personas=("ojousama",), techniques=("plain", "no_style"))
    run = make_run(
        tmp_path, "odd", IN_VOICE, materials=materials, keep=lambda q: q.technique != "plain" or q.item_id < "t03"
    )
    assert {row.n_items for row in techniques_report(run, **FEW).rows} == {3}


@pytest.mark.parametrize("techniques", [("plain",), ("no_style",)])
def test_one_way_of_asking_says_which_suite_has_more(tmp_path, techniques):
    run = make_run(tmp_path, "one", IN_VOICE, materials=make_materials(techniques=techniques))
    with pytest.raises(UsageError, match="no technique beside plain") as caught:
        techniques_report(run)
    assert "--suite techniques" in caught.value.hint


def row(task, technique, metric, delta):
    return TechniqueRow(
        task=task,
        technique=technique,
        title=technique,
        metric=metric,
        mean_a=0.5,
        mean_b=0.5 + delta,
        delta=delta,
        ci_low=delta - 0.1,
        ci_high=delta + 0.1,
        p_value=1.0,
        verdict="inconclusive",
        n_items=6,
    )


def test_a_task_is_a_table_with_a_line_per_technique_and_metric():
    rows = [
        row("style", "step_by_step", "marker_rate", -0.25),
        row("style", "expert", "marker_rate", 0.0),
        row("reasoning", "expert", "fact_correct", 0.5),
    ]
    report = TechniquesReport(run="r", name="mine", rows=rows, leaks=[ReasoningLeaks("style", "step_by_step", 6, 2)])
    first, second, _ = tables(report, EN)
    assert first.title == "mine · style"
    assert list(first.rows) == [
        ["step_by_step", "marker rate", "50.0%", "−25.0", "−35.0 to −15.0", "—", "？ inconclusive", "2 of 6", 6],
        ["expert", "marker rate", "50.0%", "±0.0", "−10.0 to +10.0", "—", "？ inconclusive", "—", 6],
    ]
    assert [row[:4] for row in second.rows] == [["expert", "fact correct", "50.0%", "+50.0"]]
