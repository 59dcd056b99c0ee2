"""Exporting from a notebook: every format, where it is written, and what is refused."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.reports.export import TEXTS
from kikime.workflows.results import export, export_text
from tests.support.builders import IN_VOICE, PLAIN, make_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    make_run(folder, "august", PLAIN)
    make_run(folder, "september", IN_VOICE)
    return folder


@pytest.mark.parametrize("to", TEXTS)
@pytest.mark.parametrize("names", [("august",), ("august", "september")], ids=["run", "pair"])
def test_a_text_is_the_file_that_is_written(runs, tmp_path, names, to):
    path = export(*names, to=to, output=tmp_path / "new" / f"out.{to}", runs=runs)
    assert len(path.read_bytes()) > 100
    assert path.read_bytes() == export_text(*names, to=to, runs=runs)


def test_a_file_is_named_after_its_runs(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = export("august", "september", to="csv", runs=runs)
    assert path.name.count("-vs-") == 1
    assert path.suffix == ".csv"


@pytest.mark.parametrize("to", ["lm-eval", "hf"])
def test_folders_hold_one_run(runs, tmp_path, to):
    assert any(export("august", to=to, output=tmp_path / to, runs=runs).iterdir())
    with pytest.raises(UsageError, match=f"--to {to} takes one run"):
        export("august", "september", to=to, output=tmp_path / "two", runs=runs)


def test_three_runs_are_no_table(runs):
    with pytest.raises(UsageError, match="one run or two, not 3"):
        export_text("august", "september", "august", to="md", runs=runs)


def test_a_format_that_is_not_there_is_told_with_the_nearest(runs):
    with pytest.raises(UsageError, match=r"no export 'cvs'.*csv"):
        export("august", to="cvs", runs=runs)


def test_a_folder_that_cannot_be_made_is_no_defect(runs, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault):
        export("august", to="csv", output=tmp_path / "file" / "out.csv", runs=runs)
