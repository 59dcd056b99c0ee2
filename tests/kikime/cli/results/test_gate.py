import json

import pytest

from tests.support.builders import IN_VOICE, PLAIN, invoke, make_materials, make_run, talk_task


@pytest.fixture(autouse=True)
def _japanese(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "ja")


def test_a_regression_exits_with_1_and_writes_the_step_summary(tmp_path):
    materials = make_materials([talk_task(12)], personas=("ojousama",))
    make_run(tmp_path / "runs", "old", IN_VOICE, materials=materials)
    make_run(tmp_path / "runs", "new", PLAIN, materials=materials)
    summary = tmp_path / "summary.md"
    done = invoke(tmp_path / "runs", "gate", "old", "new", "--metric", "quality", GITHUB_STEP_SUMMARY=str(summary))
    assert done.exit_code == 1, done.stderr
    assert summary.read_text(encoding="utf-8") == done.stdout
    assert "不合格" in done.stdout


def test_no_regression_exits_with_0(tmp_path):
    make_run(tmp_path / "runs", "old", PLAIN)
    make_run(tmp_path / "runs", "new", IN_VOICE)
    assert invoke(tmp_path / "runs", "gate", "old", "new", "--metric", "quality").exit_code == 0


def test_too_little_evidence_exits_with_4(tmp_path):
    materials = make_materials([talk_task(4)], personas=("ojousama",))
    make_run(tmp_path / "runs", "old", IN_VOICE, materials=materials)
    make_run(tmp_path / "runs", "new", lambda q: PLAIN if q.item_id == "t00" else IN_VOICE, materials=materials)
    done = invoke(tmp_path / "runs", "gate", "old", "new", "--metric", "quality", "--margin", "0.1", "--json")
    assert done.exit_code == 4
    assert json.loads(done.stdout)["decision"] == "insufficient evidence"


def test_runs_that_cannot_be_compared_exit_with_2(tmp_path):
    make_run(tmp_path / "runs", "old", IN_VOICE)
    make_run(tmp_path / "runs", "new", IN_VOICE, materials=make_materials([talk_task(version=2)]))
    done = invoke(tmp_path / "runs", "gate", "old", "new", "--metric", "quality")
    assert done.exit_code == 2
    assert "タスク talk" in done.stderr
