"""Comparisons, rankings and gates from a notebook."""

from __future__ import annotations

import json

import pytest

import kikime
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    materials = make_materials([talk_task(12)], personas=("ojousama",), shots=(0, 2))
    make_run(folder, "august", PLAIN, materials=materials)
    make_run(folder, "september", IN_VOICE, materials=materials)
    return folder


def test_a_comparison_is_a_frame_of_metrics(runs):
    comparison = kikime.compare("august", "september", runs=runs, n_examples=2)
    frame = comparison.to_frame().set_index("metric")
    assert frame.loc["style_band", "delta"] == pytest.approx(0.4)
    assert json.loads(comparison.to_json())["b"]["name"] == "september"
    assert len(comparison.examples["better"]) == 2


def test_runs_are_ranked_by_object_or_name(runs):
    september = kikime.load_run("september", runs=runs)
    ranking = kikime.rank([september, "august"], runs=runs)
    assert list(ranking.to_frame()["name"]) == ["september", "august"]
    assert [row.name for row in kikime.rank(runs=runs).rows] == ["september", "august"]


def test_a_gate_decides(runs):
    assert kikime.gate("september", "august", "quality", runs=runs).decision == "fail"
    assert kikime.gate("august", "september", "quality", runs=runs).to_frame()["decision"][0] == "pass"


def test_a_report_is_a_record(runs):
    found = kikime.report("shots", "september", runs=runs)
    assert set(found.to_frame()["shots"]) == {2}


OWN = """
import msgspec
from kikime.harness.core.records import Printed
from kikime.harness.reports.report import Line, Report

class Counted(Printed, msgspec.Struct):
    n: int

REPORT = Report("counted", {"ja": "返答の数", "en": "replies"}, Counted,
                lambda run, base: Counted(run.summary().counts["done"]), lambda found, t: [Line(f"{found.n} in all")])
"""


def test_a_report_of_ones_own_is_a_file(runs, tmp_path):
    from tests.support.builders import invoke

    (tmp_path / "counted.py").write_text(OWN, encoding="utf-8")
    shown = invoke(runs, "show", "august", "--report", tmp_path / "counted.py")
    assert (shown.exit_code, shown.stdout) == (0, "24 in all\n")
    assert json.loads(invoke(runs, "show", "august", "--report", tmp_path / "counted.py", "--json").stdout)["n"] == 24


@pytest.mark.parametrize(
    ("name", "base", "message"),
    [
        ("shot", None, "did you mean 'shots'"),
        ("form_facts", None, "compares two runs"),
        ("shots", "august", "does not go with"),
    ],
)
def test_a_wrong_report_is_told(runs, name, base, message):
    with pytest.raises(kikime.UsageError, match=message):
        kikime.report(name, "september", base=base, runs=runs)


def test_the_html_report_is_one_file(runs, tmp_path):
    path = kikime.write_report("august", "september", output=tmp_path / "pair.html", runs=runs)
    assert "<html" in path.read_text(encoding="utf-8")
