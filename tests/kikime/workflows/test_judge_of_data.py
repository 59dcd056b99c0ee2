"""Auditing a data set from a notebook: verdicts, the table, and the data without what scores low."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.workflows.judge import audit


@pytest.fixture
def quiet(settings):
    return replace(settings, sentinel=False)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "lines.jsonl"
    rows = [{"prompt": f"質問{n}", "completion": f"お答え{n}ですわ"} for n in range(3)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_what_scores_enough_stays_and_both_files_are_written(data, quiet, tmp_path):
    found = audit(data, persona="ojousama", judge=quiet, keep_min=5, out=tmp_path / "out")
    assert found.kept == [0, 1, 2]
    assert found.filtered.read_text(encoding="utf-8").splitlines() == data.read_text(encoding="utf-8").splitlines()
    assert len(found.table.read_text(encoding="utf-8").splitlines()) == 4
    assert found.report().filtered == str(found.filtered)


def test_where_nothing_stays_that_is_a_warning(data, quiet, tmp_path):
    found = audit(data, persona=load_persona("ojousama"), judge=quiet, keep_min=7, out=tmp_path / "out")
    assert found.kept == []
    assert [code.code for code in found.report().warning_codes][-1] == "none_kept"


def test_files_are_named_after_the_data_in_the_working_folder(data, quiet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = audit(data, persona="ojousama", judge=quiet)
    assert (str(found.table), str(found.filtered)) == ("lines-audit/audit.csv", "lines-audit/lines-kept.jsonl")


def test_a_column_that_is_not_there_costs_nothing(data, quiet, server):
    with pytest.raises(UsageError, match="speaker"):
        audit(data, persona="ojousama", judge=quiet, user_column="speaker")
    assert server.requests == []


def test_a_judge_out_of_reach_writes_no_file(data, quiet, tmp_path):
    gone = replace(quiet, judge=replace(quiet.judge, base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(EnvironmentFault) as caught:
        audit(data, persona="ojousama", judge=gone, out=tmp_path / "out", again="the audit again")
    assert "the audit again" in str(caught.value.hint.values["again"])
    assert not (tmp_path / "out").exists()
