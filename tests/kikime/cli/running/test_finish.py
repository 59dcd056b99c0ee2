"""How a run ends in the terminal: summaries, then an error where something is missing."""

from __future__ import annotations

import json

import pytest

from kikime.cli.running.demo import _print_side_by_side
from kikime.cli.running.finish import finish
from kikime.cli.running.retention import print_retention
from kikime.harness.core.errors import EnvironmentFault, PartialResult
from kikime.harness.retention.report import FormTax, Kept, Row
from kikime.judges.asking.faults import Fault
from kikime.judges.jobs.session import Outcome, judge_settings
from kikime.workflows.loaded import Judging, Run, load_run
from kikime.workflows.retention import Retention, Side
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "en")


def test_failed_replies_are_a_partial_result(tmp_path, capsys):
    run = load_run(make_run(tmp_path, "august", lambda q: None if q.item_id == "t00" else IN_VOICE).path)
    with pytest.raises(PartialResult, match="2 of 12 replies failed"):
        finish([run], as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == str(run.path)


def test_a_judge_that_stopped_is_told_with_the_command_that_goes_on(tmp_path, capsys):
    directory = make_run(tmp_path, "august", IN_VOICE)
    judging = Judging(judge_settings("m", "http://127.0.0.1:9/v1"), Outcome(stop=Fault("quota", "no money left")))
    with pytest.raises(EnvironmentFault, match="the judge stopped: no money left") as caught:
        finish([Run(directory, [judging])], as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["judge_stopped"] == "no money left"
    assert printed["judge_again"] in caught.value.hint
    assert printed["path"] == str(directory.path)


def test_several_runs_are_a_list(tmp_path, capsys):
    runs = [load_run(make_run(tmp_path, name, PLAIN).path) for name in ("a", "b")]
    finish(runs, as_json=True)
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == ["a", "b"]


def test_the_demo_sets_both_checkpoints_side_by_side(tmp_path, capsys):
    materials = make_materials(formats=("native", "alpaca"))
    runs = [
        load_run(make_run(tmp_path, name, text, materials=materials).path)
        for name, text in (("august", PLAIN), ("september", IN_VOICE))
    ]
    _print_side_by_side(runs)
    shown = capsys.readouterr().out
    assert "august: native" in shown
    assert "september: all formats" in shown
    assert "alpaca" in shown


def test_retention_is_a_table_and_json(capsys):
    kept = Kept(0.8, 0.6, -0.2, -0.3, -0.1, 0.01, 0.1, 0.75, 0.6, 0.9, "fail", None)
    row = Row("kikime", "reasoning", "with persona", 60, 8, kept, None, FormTax(0.0, 0.1, 0.1, 0.0, 0.2), "form")
    report = Retention(Side("base", "runs/b"), Side("tuned", "runs/t"), 0.05, [row])
    print_retention([report], as_json=False)
    out, err = capsys.readouterr()
    assert "tuned against base" in out
    assert "75.0%" in out
    assert "runs/t/retention.json" in out
    assert "not worse by 5.0%" in err
    print_retention([report], as_json=True)
    assert json.loads(capsys.readouterr().out)["rows"][0]["lost"] == "form"
