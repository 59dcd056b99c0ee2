"""Metrics of one's own: by path, validated when a bank is read, measured, and described in the manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.files.yamlfile import load_yaml
from kikime.harness.metrics import Metric, metric_versions, versions_of
from kikime.harness.metrics.registry import Metrics, bundled_metrics
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.suites.task import Task

RECORD = """
from kikime.harness.metrics import Metric, Reading

def count(reading: Reading):
    return reading.response.count("！")

METRIC = Metric(name="{name}", kind="int", low=0, ja="感嘆符の数", en="exclamation marks", version="2", function={function})
"""


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(bundled_metrics())


def write(folder: Path, name: str = "exclamations", function: str = "count") -> Path:
    path = folder / f"{name}.py"
    path.write_text(RECORD.format(name=name, function=function), encoding="utf-8")
    return path


def test_a_file_holds_a_metric(tmp_path: Path, metrics: Metrics) -> None:
    write(tmp_path)
    metric = metrics.load("exclamations.py", tmp_path)
    assert (metric.name, metric.version, list(metrics)[-1]) == ("exclamations", "2", "exclamations")
    assert metrics.load("exclamations") is metric


def test_it_is_measured_beside_the_bundled_ones(tmp_path: Path, metrics: Metrics) -> None:
    metric = metrics.load(str(write(tmp_path)))
    measured = scorer_of(load_persona("ojousama")).score("素敵！ですわ！", own=[metric])
    assert (measured["exclamations"], measured["length_chars"]) == (2, 7)


def test_a_bank_names_it_by_its_path_and_holds_its_name(tmp_path: Path) -> None:
    write(tmp_path, "question_marks_of_a_bank")
    bank = tmp_path / "bank.yaml"
    bank.write_text(
        "id: own\nversion: 1\ntitle: x\nmeasures: x\nsource: x\nmetrics: [length_fit, question_marks_of_a_bank.py]\n"
        "items: [{id: a, user: はい}]\n",
        encoding="utf-8",
    )
    assert load_yaml(bank, Task).metrics == ("length_fit", "question_marks_of_a_bank")
    assert metric_versions(["question_marks_of_a_bank"])["question_marks_of_a_bank"] == "2"


def test_an_unknown_metric_names_line_and_nearest(tmp_path: Path) -> None:
    bank = tmp_path / "bank.yaml"
    bank.write_text(
        "id: own\nversion: 1\ntitle: x\nmeasures: x\nsource: x\nmetrics:\n  - lenght_fit\n", encoding="utf-8"
    )
    with pytest.raises(FileFormatError, match=r"bank.yaml:6: .*no metric 'lenght_fit'.*length_fit"):
        load_yaml(bank, Task)


def test_the_name_of_a_bundled_metric_is_taken(tmp_path: Path, metrics: Metrics) -> None:
    with pytest.raises(UsageError, match="a bundled metric is called 'empty' too"):
        metrics.load(str(write(tmp_path, "empty")))


def test_a_manifest_describes_it_without_code(tmp_path: Path, metrics: Metrics) -> None:
    metrics.load(str(write(tmp_path)))
    elsewhere = Metrics(bundled_metrics())
    elsewhere.learn({"exclamations": metrics.describe("exclamations")})
    assert elsewhere["exclamations"].function is None
    assert (elsewhere["exclamations"].en, elsewhere["exclamations"].version) == ("exclamation marks", "2")


def test_a_run_that_goes_on_loads_it_from_the_same_file(tmp_path: Path, metrics: Metrics) -> None:
    path = write(tmp_path)
    metrics.load(str(path))
    described = {"exclamations": metrics.describe("exclamations")}
    again = Metrics(bundled_metrics())
    again.recover(described)
    assert again["exclamations"].function is not None
    path.unlink()
    with pytest.raises(UsageError, match="no such metric file"):
        Metrics(bundled_metrics()).recover(described)


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("lambda reading: 1 / 0", "failed on the reply 'はい': ZeroDivisionError"),
        ("lambda reading: -1", "is a whole number ≥ 0 or None, not -1"),
        ("lambda reading: 0.5", "is a whole number ≥ 0 or None, not 0.5"),
        ("lambda reading: 'x'", "is a whole number ≥ 0 or None, not 'x'"),
    ],
)
def test_a_wrong_function_is_named(tmp_path: Path, metrics: Metrics, function: str, problem: str) -> None:
    metric = metrics.load(str(write(tmp_path, function=function)))
    with pytest.raises(UsageError, match="metric 'exclamations'") as raised:
        scorer_of(load_persona("ojousama")).score("はい", own=[metric])
    assert problem in raised.value.message


def test_what_needs_an_expectation_is_measured_only_there() -> None:
    metric = Metric(name="asked", kind="binary", ja="あ", en="a", needs=("reference",), function=lambda reading: 1)
    scorer = scorer_of(load_persona("ojousama"))
    assert "asked" not in scorer.score("はい", own=[metric])
    assert scorer.score("はい", own=[metric], expect={"reference": "はい"})["asked"] == 1


def test_runs_before_metrics_had_versions_of_their_own_have_one_for_all() -> None:
    assert set(versions_of({"scorer": "rules/4"}).values()) == {"rules/4"}
    assert versions_of({"scorer": "rules/4"}).keys() == metric_versions().keys()
