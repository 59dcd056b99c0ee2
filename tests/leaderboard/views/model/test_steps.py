"""The curve over the steps of a training run on the model's page."""

import pytest

from kikime.harness.store.samples import read_samples
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.notes import Note, add_note
from kikime.leaderboard.views.model import steps
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

T = Translator("ja")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    runs, materials = tmp_path_factory.mktemp("steps"), make_materials([talk_task(4)], personas=["ojousama"])
    return [
        make_run(runs, f"sft-{step}", answer, materials=materials, manifest={"series": {"name": "sft", "step": step}})
        for step, answer in ((100, PLAIN), (200, IN_VOICE))
    ]


def test_each_step_is_a_point_that_leads_to_its_run(visit, trained):
    drawn = visit(curve="quality")
    steps.steps(T, None, trained[0])
    rows = drawn.rows_of(0)
    assert [row["x"] for row in rows] == [100, 200]
    assert [f"run={run.id}" in row["href"] for run, row in zip(trained, rows, strict=True)] == [True, True]
    assert rows[1]["value"] > rows[0]["value"]


def test_the_table_says_when_and_how_each_step_differs_from_the_first(visit, trained):
    drawn = visit(curve="quality")
    steps.steps(T, None, trained[1])
    first, second = drawn.downloads["steps"]
    assert (first["since"], first["verdict"]) == ("—", "—")
    assert second["since"].startswith("+")
    assert second["when"] == trained[1].manifest()["created_at"][:16].replace("T", " ")


def test_the_curve_goes_over_dates_with_what_was_tagged_between(visit, trained):
    key = read_samples(trained[1])[0]["key"]
    add_note(trained[1], Note(key=key, tags=("口調",), star=True))
    drawn = visit(curve="quality", over="date")
    steps.steps(T, None, trained[0])
    dates = [run.manifest()["created_at"][:19].replace("T", " ") for run in trained]
    assert [row["x"] for row in drawn.rows_of(0) if "series" in row] == dates
    assert [(row["x"], row["event"]) for row in drawn.rows_of(0) if "event" in row] == [(dates[1], "口調 ×1、★ ×1")]
    assert [row["notes"] for row in drawn.downloads["steps"]] == ["—", "口調 ×1、★ ×1"]


def test_a_run_by_itself_says_what_makes_a_curve(visit, tmp_path):
    run = make_run(tmp_path, "alone", PLAIN, materials=make_materials([talk_task(2)], personas=["ojousama"]))
    drawn = visit()
    steps.steps(T, None, run)
    assert drawn.said("caption") == [T("model.no_steps")]
