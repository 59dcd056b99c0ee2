"""The curves of a training run in the one-file report, and in markdown."""

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.report.trends import trends_of
from kikime.workflows.results import export_text
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    runs, materials = tmp_path_factory.mktemp("steps"), make_materials([talk_task(8)], personas=["ojousama"])
    return [
        make_run(runs, f"sft-{step}", answer, materials=materials, manifest={"series": {"name": "sft", "step": step}})
        for step, answer in ((100, PLAIN), (200, IN_VOICE))
    ]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_training_run_has_a_chart_per_metric(trained, language):
    t = Translator(language)
    [trend] = trends_of(trained, t)
    assert "sft" in trend.title
    assert t.metric("style_level") in [chart.title for chart in trend.charts]
    assert [mark.label.split()[0] for mark in trend.charts[0].marks] == [
        t("report.trends.step", step=n, mark="").split()[0] for n in (1, 2)
    ]


def test_a_single_step_and_a_run_by_itself_have_none(tmp_path):
    alone = make_run(tmp_path, "alone", PLAIN)
    single = make_run(tmp_path, "sft-1", PLAIN, manifest={"series": {"name": "sft", "step": 1}})
    assert trends_of([alone, single], Translator("en")) == []


def test_markdown_of_a_step_has_the_curve(trained):
    text = export_text(trained[0].path, to="md").decode()
    assert "| 100 |" in text
    assert "| 200 |" in text
