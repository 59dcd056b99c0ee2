"""A run that is not there, not finished or not readable, and what its tables look like."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import UnfinishedRun, UsageError
from kikime.workflows.loaded import Run, load_run, unfinished
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task

MATERIALS = make_materials([talk_task(3)], personas=["bushi"], shots=(0, 2))


@pytest.fixture
def directory(tmp_path):
    return make_run(tmp_path, "月", lambda q: None if q.item_id == "t02" else IN_VOICE, materials=MATERIALS)


@pytest.mark.parametrize("state", ["running", "interrupted", "failed", "complete", None])
def test_a_run_without_a_summary_says_how_far_it_is(directory, state):
    directory.write_status({"state": state, "planned": 1_200, "done": 34})
    found = unfinished(directory)
    assert isinstance(found, UnfinishedRun)
    assert "34" in str(found)
    assert "1,200" in str(found)
    assert f"kikime resume {directory.path}" in found.hint


def test_a_run_that_another_process_works_on_is_waited_for(directory):
    with directory.locked():
        assert "wait" in unfinished(directory).hint
    assert "wait" not in unfinished(directory).hint


def test_a_status_that_says_nothing_is_nothing_done(directory):
    (directory.path / "status.json").unlink()
    assert "0" in str(unfinished(directory))


def test_tables_are_read_once_and_kept(directory):
    run = Run(directory)
    assert run.samples is run.samples
    assert run.scores is run.scores
    assert run.summary is run.summary


def test_replies_stand_in_the_order_of_the_plan(directory):
    samples = Run(directory).samples
    assert samples["position"].is_monotonic_increasing
    assert samples["item_id"].tolist() == [row["item_id"] for row in Run(directory).replies()]


def test_a_wide_frame_has_a_row_per_reply_and_a_column_per_metric(directory):
    run = Run(directory)
    frame = run.to_frame()
    assert frame["key"].tolist() == run.samples["key"].tolist()
    assert {"length_chars", "style_band", "critical_failure"} <= set(frame.columns)
    assert frame.loc[frame["error"].notna(), "length_chars"].isna().all()


def test_a_run_without_verdicts_has_an_empty_frame_with_its_columns(directory):
    assert list(Run(directory).verdicts.columns[:3]) == ["key", "judge_id", "protocol"]
    assert len(Run(directory).verdicts) == 0


def test_reasons_are_the_most_frequent_first_and_no_more_than_asked(directory):
    add_verdicts(directory, lambda sample: None)
    add_verdicts(directory, lambda sample: 5, judge="judge-b")
    (found,) = Run(directory).why_unscored(limit=1)
    assert (found.judge, found.n) == ("judge-a", 8)


@pytest.mark.parametrize("where", ["length_chars > 'x'", "no_such_column = 1", "; DROP TABLE samples", "("])
def test_a_wrong_condition_is_an_error_of_ours(directory, where):
    with pytest.raises(UsageError):
        Run(directory).replies(where)


def test_a_condition_may_speak_of_columns_and_metrics(directory):
    run = Run(directory)
    assert len(run.replies("shots = 2 AND error IS NULL AND length_chars > 0")) == 2
    assert run.replies("length_chars > 9999") == []


@pytest.mark.parametrize("table", ["samples_file", "scores_file"])
def test_a_run_without_a_table_says_how_to_go_on(directory, table):
    getattr(directory, table).unlink()
    with pytest.raises(UsageError) as caught:
        _ = Run(directory).samples, Run(directory).scores
    assert "resume" in str(caught.value)


def test_a_broken_table_is_an_error_of_ours(directory):
    directory.scores_file.write_bytes(b"PAR1 not a table")
    with pytest.raises(UsageError):
        _ = Run(directory).scores


def test_the_newest_of_two_runs_of_one_name_is_meant(directory, tmp_path):
    import time

    time.sleep(1.1)  # ids have seconds
    newer = make_run(tmp_path, "月", PLAIN, materials=MATERIALS)
    assert load_run("月", runs=tmp_path).path == newer.path
    assert load_run(directory.id, runs=tmp_path).path == directory.path
    assert load_run(directory.path).path == directory.path
    assert load_run(str(directory.path), runs=tmp_path / "elsewhere").path == directory.path


def test_a_run_shows_where_it_is(directory):
    assert repr(Run(directory)) == f"Run({str(directory.path)!r})"
    assert Run(directory).judging == ()
