"""``kikime resume`` where every reply is logged, and from another folder than the run's."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet as pq
import pytest

from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import restore, start_run
from kikime.harness.store.wal import Segment
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import load_suite
from kikime.workflows.keywords import engine_options
from tests.support.builders import IN_VOICE, add_verdicts, invoke, make_run


@pytest.fixture
def judged(tmp_path):
    """A run of a checkpoint that is gone, with verdicts in table and log."""
    run = make_run(tmp_path / "runs", "august", IN_VOICE)
    add_verdicts(run, lambda _: 5)
    with Segment.create(run.wal, "judge") as log:
        for row in pq.read_table(run.judge_file).to_pylist():
            log.append({**row, "expected_score": None, "n_in": 1})
    return run


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("table", ["samples", "scores", "judge"])
@pytest.mark.parametrize("damage", [cut, lambda path: path.unlink()])
def test_a_lost_table_is_built_again_without_the_checkpoint(tmp_path, judged, table, damage):
    path = judged.path / f"{table}.parquet"
    before = pq.read_table(path).num_rows
    damage(path)
    judged.summary_file.unlink()
    done = invoke(tmp_path / "runs", "resume", "august", "--no-judge", "--json")
    assert done.exit_code == 0, done.stderr
    assert pq.read_table(path).num_rows == before
    assert [row["mean"] for row in json.loads(done.stdout)["judge"]] == [5.0, 5.0]


def test_verdicts_that_were_logged_before_a_kill_are_seen(tmp_path, judged):
    judged.judge_file.unlink()
    judged.write_status({"state": "running", "planned": 12, "done": 3, "errors": 0})
    done = invoke(tmp_path / "runs", "resume", judged.path, "--no-judge")
    assert "judge-a" in done.stdout
    assert judged.status()["state"] == "complete"


def test_verdicts_that_only_the_table_holds_stay(tmp_path):
    run = make_run(tmp_path / "runs", "august", IN_VOICE)
    add_verdicts(run, lambda _: 5)
    assert invoke(tmp_path / "runs", "resume", "august", "--no-judge").exit_code == 0
    assert [row.mean for row in run.summary().judge] == [5.0, 5.0]


def test_failed_replies_of_a_checkpoint_that_is_gone_stay_failed(tmp_path):
    run = make_run(tmp_path / "runs", "august", lambda r: None if r.item_id == "t00" else IN_VOICE)
    run.scores_file.unlink()
    done = invoke(tmp_path / "runs", "resume", "august", "--no-judge")
    assert done.exit_code == 4
    assert "the 2 failed replies cannot be asked for again" in done.stderr
    assert run.scores_file.is_file()


def test_a_run_goes_on_from_any_folder(tmp_path, august, monkeypatch):
    shutil.copytree(august, tmp_path / "copy")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    materials = gather_materials(load_suite("smoke"))
    run = start_run(prepare(resolve_checkpoint("../copy"), materials, EngineOptions()), tmp_path / "runs")
    monkeypatch.chdir("/")
    assert restore(run).checkpoint.path == str(tmp_path / "copy")


def test_the_folder_of_a_tokenizer_is_kept_whole(tmp_path, monkeypatch):
    (tmp_path / "words").mkdir()
    monkeypatch.chdir(tmp_path)
    assert engine_options({"tokenizer": "words"}).tokenizer == str(tmp_path / "words")
