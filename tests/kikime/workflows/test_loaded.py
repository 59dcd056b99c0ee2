"""A run as frames, and what is said of one that is not finished."""

from __future__ import annotations

import json

import pytest

from kikime.harness.core.errors import UsageError
from kikime.workflows.loaded import load_run, load_runs
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run


@pytest.fixture
def run(tmp_path):
    return load_run(make_run(tmp_path, "august", lambda q: None if q.item_id == "t00" else IN_VOICE).path)


def test_the_typed_summary_says_what_the_file_says(run):
    stored = json.loads(run.directory.summary_file.read_text(encoding="utf-8"))
    assert json.loads(run.to_json()) == {"schema_version": 1, **stored}
    assert run.summary.counts["errors"] == 2


def test_a_broken_summary_is_one_message(run):
    summary = json.loads(run.directory.summary_file.read_text(encoding="utf-8"))
    run.directory.summary_file.write_text(json.dumps({**summary, "counts": 1}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"summary\.json is broken"):
        _ = run.summary


def test_a_run_without_a_summary_says_how_to_go_on(run):
    run.directory.summary_file.unlink()
    with pytest.raises(UsageError, match="the summary is missing") as caught:
        _ = run.summary
    assert f"kikime resume {run.path}" in str(caught.value)


def test_replies_are_chosen_by_metrics(run):
    assert len(run.replies("error IS NOT NULL")) == 2
    assert len(run.replies(limit=3)) == 3


def test_reasons_of_missing_scores_are_counted(run):
    add_verdicts(run.directory, lambda sample: None if sample["persona"] == "bushi" else 5)
    [found] = run.why_unscored()
    assert (found.judge, found.status, found.n) == ("judge-a", "refused", 10)


def test_scores_stand_beside_replies(run):
    frame = run.to_frame()
    assert len(frame) == 12
    assert frame.loc[frame["error"].isna(), "length_chars"].nunique() == 1


def test_a_loaded_run_stays_itself(run):
    assert load_run(run) is run


def test_all_runs_of_a_folder_come_oldest_first(tmp_path):
    for name in ("a", "b"):
        make_run(tmp_path, name, PLAIN)
    assert sorted(run.name for run in load_runs(tmp_path)) == ["a", "b"]
    assert load_runs(tmp_path / "nothing") == []
