"""Curves over the steps of a training run: levels, the way from the first, the best step."""

from __future__ import annotations

import shutil

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.report import Line, Table
from kikime.harness.reports.trends.steps import REPORT, steps_report
from kikime.harness.store.rundir import find_run
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task

SHARES = {100: 0, 200: 30, 300: 30}
"""Step → how many of its items are in the voice."""


def step_run(runs, step, answer, *, training="sft", **more):
    series = {"series": {"name": training, "step": step}}
    return make_run(runs, f"{training}-{step}", answer, manifest=series, **more)


@pytest.fixture(scope="module")
def materials():
    return make_materials([talk_task(30)], personas=("ojousama",))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, materials):
    runs = tmp_path_factory.mktemp("trained")
    for step in (300, 100, 200):
        step_run(
            runs,
            step,
            lambda q, step=step: IN_VOICE if int(q.item_id[1:]) < SHARES[step] else PLAIN,
            materials=materials,
        )
    step_run(runs, 400, IN_VOICE)
    make_run(runs, "other", IN_VOICE, materials=materials)
    return runs


@pytest.fixture(scope="module")
def report(trained):
    return steps_report(find_run("sft-100", trained))


def curve(report, metric):
    return next(found for found in report.curves if found.metric == metric)


def test_steps_of_the_same_questions_are_in_order(report):
    assert [step.step for step in report.steps] == [100, 200, 300]
    assert (report.training, report.suite) == ("sft", "tiny")


def test_levels_have_intervals_and_the_way_from_the_first_a_verdict(report):
    style = curve(report, "style_level")
    first, second, _ = style.values
    assert first.since_first is None
    assert second.mean > first.mean
    assert second.half_width is not None
    assert second.since_first.verdict == "better"
    assert second.since_first.delta == pytest.approx(second.mean - first.mean)
    assert second.since_first.p_adjusted >= second.since_first.p_value


def test_of_equal_steps_the_first_is_the_best(report):
    assert curve(report, "style_level").best == 200


def test_the_training_run_has_a_name_to_ask_for(trained):
    assert find_run("sft", trained).manifest()["series"]["name"] == "sft"


def test_of_two_runs_of_a_step_the_newer_counts(tmp_path, materials):
    old = step_run(tmp_path, 1, PLAIN, materials=materials)
    new = step_run(tmp_path, 1, IN_VOICE, materials=materials)
    assert old.path != new.path
    newer = max(old.path.name, new.path.name)
    assert [step.run for step in steps_report(old).steps] == [newer]


def test_an_unfinished_step_waits(tmp_path, materials):
    first = step_run(tmp_path, 1, PLAIN, materials=materials)
    step_run(tmp_path, 2, PLAIN, materials=materials).summary_file.unlink()
    assert [step.step for step in steps_report(first).steps] == [1]


def test_what_lacks_replies_is_left_out_with_the_reason(tmp_path, materials):
    first = step_run(tmp_path, 1, PLAIN, materials=materials)
    short = step_run(tmp_path, 2, PLAIN, materials=materials, keep=lambda q: q.item_id != "t03")
    found = steps_report(first)
    assert [(out.step, out.run) for out in found.left_out] == [(2, short.id)]
    lines = [block.text for block in REPORT.tables(found, Translator("en")) if isinstance(block, Line)]
    assert lines[0].startswith(f"step 2 ({short.id}) is left out: ")


def test_judges_have_curves_too(tmp_path, trained):
    runs = shutil.copytree(trained, tmp_path / "runs")
    for step in (100, 200, 300):
        add_verdicts(find_run(f"sft-{step}", runs), lambda _, step=step: 2 + step // 100)
    found = steps_report(find_run("sft-100", runs))
    judged = [one for one in found.curves if one.judge]
    assert judged
    assert all(one.best == 300 for one in judged)
    assert [value.mean for value in judged[0].values] == pytest.approx([3, 4, 5])


def test_a_run_of_no_training_run_says_what_makes_one(trained):
    with pytest.raises(UsageError, match="no step of a training run") as caught:
        steps_report(find_run("other", trained))
    assert "kikime watch" in caught.value.hint


@pytest.mark.parametrize("language", ["ja", "en"])
def test_tables_show_levels_marks_and_the_best(report, language):
    levels, moved = [block for block in REPORT.tables(report, Translator(language)) if isinstance(block, Table)]
    assert [row[0] for row in levels.rows] == ["100", "200", "300"]
    name = Translator(language).metric("style_level")
    assert levels.rows[1][levels.columns.index(name)].endswith("↑")
    assert "±" in levels.rows[1][1]
    assert next(row for row in moved.rows if row[0] == name)[-1] == "200"


def test_frames_have_a_row_per_metric_and_step(report):
    frame = report.to_frame()
    assert set(frame["step"]) == {100, 200, 300}
    assert "style_level" in set(frame["metric"])
