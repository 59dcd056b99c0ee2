import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.estimates import Shift
from kikime.harness.reports.claims.form_facts import (
    EFFECTS,
    REPORT,
    SIDES,
    FormFactsReport,
    FormFactsRow,
    form_facts_report,
    reading,
    tables,
)
from kikime.harness.reports.comparison.records import Side
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, make_materials, make_run

EN = Translator("en")
STILL, UP = Shift(0.0, -0.1, 0.1, "unclear"), Shift(0.5, 0.3, 0.7, "up")


def row(metric, kind, **moved):
    return FormFactsRow(
        task="rag",
        metric=metric,
        kind=kind,
        direction="higher",
        n_items=6,
        cells=dict(zip(SIDES, (STILL, UP, STILL, UP), strict=True)),
        effects={effect: moved.get(effect, STILL) for effect in EFFECTS},
    )


def side(name):
    return Side(run=name, name=name, model=name, params=None, fingerprint=name, suite="s", created_at="")


def report(*rows):
    return FormFactsReport(base=side("old"), tuned=side("new"), rows=list(rows), reading=reading(list(rows)))


def test_the_interaction_is_a_difference_in_differences():
    assert sum(EFFECTS["interaction"].values()) == 0
    assert EFFECTS["interaction"] == {
        side: EFFECTS["context_after_tuning"].get(side, 0) - EFFECTS["context"].get(side, 0) for side in SIDES
    }


def test_only_what_surely_moved_is_read():
    found = reading([row("fact_correct", "facts", context=UP), row("marker_rate", "style", tuning=UP)])
    assert found["tuning"] == {"facts": [], "style": ["rag.marker_rate"]}
    assert found["context"] == {"facts": ["rag.fact_correct"], "style": []}
    assert found["interaction"] == {"facts": [], "style": []}


def test_the_table_has_the_four_cells_and_the_effects():
    table, tuning, context, _ = tables(report(row("fact_correct", "facts", context=UP)), EN)
    assert table.title == "new (tuned) against old (base)"
    assert table.columns[4:8] == list(SIDES)
    [cells] = table.rows
    assert cells[0:2] == ["facts", "rag"]
    assert cells[3:] == [
        *(6, "0.00", "0.50", "0.00", "0.50"),
        *("±0.00 [−0.10, 0.10]", "+0.50 [0.30, 0.70]", "±0.00 [−0.10, 0.10]"),
    ]
    assert tuning.text == "tuning moved facts: nothing surely; style: nothing surely"
    assert context.text == "context moved facts: rag.fact_correct; style: nothing surely"


def test_without_a_base_the_report_says_how_to_name_one(tmp_path):
    with pytest.raises(UsageError, match="compares two runs") as caught:
        REPORT.compute(make_run(tmp_path, "tuned", IN_VOICE), None)
    assert "--base BASE" in caught.value.hint


def test_runs_that_were_sampled_differently_are_refused_by_name(tmp_path):
    base = make_run(tmp_path, "base", IN_VOICE)
    warm = make_run(tmp_path, "warm", IN_VOICE, materials=make_materials(sampling={"temperature": 0.7}))
    with pytest.raises(UsageError, match=r"base.*and.*warm.* cannot be compared: .*temperature") as caught:
        form_facts_report(base, warm)
    assert "--suite form_facts" in caught.value.hint
