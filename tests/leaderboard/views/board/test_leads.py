import pytest

from kikime.harness.reports.tables.areas import load_areas
from kikime.leaderboard.data.queries.samples import FLAGS, ORDERS, RANKED
from kikime.leaderboard.views.board.leads import lead_of


def test_a_fault_leads_to_the_replies_that_have_it():
    assert lead_of("critical", {}) == {"flag": "critical_failure"}
    assert lead_of("truncation", {}) == {"flag": "no_eos"}


def test_a_length_leads_to_the_longest_replies():
    assert lead_of("length", {}) == {"order": "long"}


@pytest.mark.parametrize("area", [area.id for area in load_areas().areas])
def test_every_area_leads_somewhere_that_the_page_of_replies_knows(area):
    lead = lead_of(f"area_{area}", {})
    assert lead
    assert lead.get("order", "plan") in ORDERS
    assert lead.get("metric", RANKED[0]) in RANKED
    assert lead.get("flag", FLAGS[0]) in FLAGS


def test_an_area_leads_to_the_conditions_of_its_heaviest_metric():
    assert lead_of("area_style", {}) == {
        "technique": "plain",
        "context": "none",
        "order": "worst",
        "metric": "style_level",
    }
    assert lead_of("area_stability", {}) == {"order": "worst", "metric": "critical_failure"}


def test_an_area_without_a_metric_leads_to_the_replies_that_it_counts():
    assert "0" not in lead_of("area_fewshot", {})["shots"]
    assert lead_of("area_flexibility", {})["shots"] == ["0"]


def test_a_slice_keeps_the_filters_of_the_board():
    lead = lead_of("slice_length_fit", {"persona": ["bushi"]})
    assert lead == {"persona": ["bushi"], "order": "worst", "metric": "length_fit"}


@pytest.mark.parametrize("column", ["rank", "overall", "date", "area_unknown"])
def test_other_columns_lead_to_all_replies(column):
    assert lead_of(column, {}) == {}
