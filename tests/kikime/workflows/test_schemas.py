"""What every command prints as JSON is what ``kikime schema`` says of it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.records import SCHEMA_VERSION
from kikime.harness.environment import doctor
from kikime.workflows.loaded import load_run
from kikime.workflows.run import Demo
from kikime.workflows.schemas import DIALECT, schema, schema_names
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, invoke, make_materials, make_run, talk_task
from tests.support.judge_server import Answer, completion, good


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schemas")
    materials = make_materials([talk_task(4)], shots=(0, 2), techniques=("plain", "no_style"))
    add_verdicts(make_run(folder, "august", PLAIN, materials=materials), lambda _: 4)
    add_verdicts(make_run(folder, "september", IN_VOICE, materials=materials), lambda _: 6)
    return folder


def check(name, printed):
    jsonschema.validate(printed, schema(name), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("show", ["show", "august"]),
        ("samples", ["show", "august", "--samples"]),
        ("report.shots", ["show", "september", "--report", "shots"]),
        ("report.techniques", ["show", "september", "--report", "techniques"]),
        ("compare", ["compare", "august", "september"]),
        ("rank", ["rank"]),
        ("flexibility", ["rank", "--flexibility"]),
        ("gate", ["gate", "august", "september", "--metric", "style_band"]),
        ("resume", ["resume", "august", "--no-judge"]),
        ("run", ["resume", "august", "--no-judge"]),
        ("plan", ["plan", "demo:august", "--suite", "smoke", "--limit", "1"]),
        ("formats", ["formats", "list"]),
        ("formats.detect", ["formats", "detect", "demo:august"]),
        ("personas", ["personas", "list"]),
        ("tasks", ["tasks", "list"]),
    ],
)
def test_a_command_prints_what_its_schema_says(runs, name, arguments):
    done = invoke(runs, *arguments, "--json")
    assert done.exit_code in {0, 1, 4}, done.stderr
    check(name, json.loads(done.stdout))


def test_an_export_is_what_its_schema_says(runs):
    check("export", json.loads(invoke(runs, "export", "august", "--to", "json").stdout))


def test_the_demo_prints_what_its_schema_says(runs, monkeypatch):
    made = Demo([load_run(name, runs=runs) for name in ("august", "september")], runs / "report.html")
    monkeypatch.setattr("kikime.workflows.run.demo", lambda **_: made)
    check("demo", json.loads(invoke(runs, "demo", "--json").stdout))


def test_a_judged_run_and_its_verdicts_are_what_their_schemas_say(server, tmp_path):
    server.script = lambda body, n: (
        good(body, n) if "response_format" in body else Answer(body=completion("そうですわ"))
    )
    suite = {
        "id": "mine",
        "tasks": [{"id": "daily", "limit": 1, "shots": [0]}],
        "personas": ["ojousama"],
        "formats": ["native"],
    }
    (tmp_path / "mine.yaml").write_text(json.dumps(suite), encoding="utf-8")
    judge = ["--judge-base-url", server.url, "--no-sentinel", "--json"]
    done = invoke(tmp_path, "run", f"openai:player@{server.url}", "--suite", tmp_path / "mine.yaml", "--judge", *judge)
    assert done.exit_code == 0, done.stderr
    check("run", json.loads(done.stdout))
    lines = invoke(tmp_path, "judge", json.loads(done.stdout)["path"], *judge).stdout.splitlines()
    assert len(lines) >= 4
    for line in lines:
        check("judge", json.loads(line))


@pytest.mark.parametrize(
    "arguments", [["plan", "demo:august", "--suite", "smoke", "--limit", "1"], ["compare", "august", "september"]]
)
def test_an_object_carries_the_version_of_its_schema(runs, arguments):
    assert json.loads(invoke(runs, *arguments, "--json").stdout)["schema_version"] == SCHEMA_VERSION


@pytest.mark.parametrize("arguments", [["personas", "list"], ["show", "august", "--samples"], ["formats", "list"]])
def test_each_object_of_a_list_carries_the_version_of_its_schema(runs, arguments):
    printed = json.loads(invoke(runs, *arguments, "--json").stdout)
    assert {entry["schema_version"] for entry in printed} == {SCHEMA_VERSION}


def test_a_card_that_is_printed_can_be_read_again(runs, tmp_path):
    (tmp_path / "card.yaml").write_text(invoke(runs, "personas", "show", "ojousama", "--json").stdout, encoding="utf-8")
    assert invoke(runs, "personas", "check", tmp_path / "card.yaml").exit_code == 0


def test_doctor_prints_what_its_schema_says(runs, monkeypatch):
    monkeypatch.setattr(doctor, "_import", lambda what, _: doctor.Finding("ok", what, "imports"))
    check("doctor", json.loads(invoke(runs, "doctor", "--json").stdout))


def test_lines_of_score_are_what_their_schema_says(runs, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"id": 1, "response": "そうですわ。"}\n{"id": "b"}\nx\n', encoding="utf-8")
    done = invoke(runs, "score", tmp_path / "in.jsonl", "--persona", "ojousama")
    for line in done.stdout.splitlines():
        check("score", json.loads(line))


@pytest.mark.parametrize("name", schema_names())
def test_every_schema_is_one_and_has_a_version(name):
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert (found["$schema"], found["version"]) == (DIALECT, 1)


def test_a_field_of_another_type_is_refused():
    with pytest.raises(jsonschema.ValidationError):
        check("personas", [{"schema_version": 1, "id": "x", "name": "x", "version": "one"}])


def test_an_unknown_name_tells_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'compare'"):
        schema("compar")
