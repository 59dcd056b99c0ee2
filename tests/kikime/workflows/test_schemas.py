"""What every command prints as JSON is what ``kikime schema`` says of it."""

from __future__ import annotations

import json

import click
import jsonschema
import pytest

from kikime.cli import main
from kikime.harness.core.errors import UsageError
from kikime.harness.core.records import SCHEMA_VERSION, stamped
from kikime.harness.environment import doctor
from kikime.harness.store.rundir import json_bytes
from kikime.judges.trust.linking import LinkedCriterion, LinkReport
from kikime.workflows.loaded import load_run
from kikime.workflows.run import Demo
from kikime.workflows.schemas import DIALECT, schema, schema_names
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, invoke, make_materials, make_run, talk_task
from tests.support.judge_server import Answer, completion, good

FILES = {
    "messages.json": '[{"role": "user", "content": "薔薇は好き？"}]',
    "lines.txt": "".join(f"{n}輪の薔薇が好きですわ。\n" for n in range(12)),
    "tavern.json": '{"name": "X", "description": "A rose", "mes_example": "<START>\\n{{user}}: hm\\n{{char}}: そうですわ"}',
    "ratings.jsonl": "".join(f'{{"human": {n % 7 + 1}, "judge": {n % 7 + 1}}}\n' for n in range(30)),
}

STEP = {"series": {"name": "sft", "step": 100}}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schemas")
    materials = make_materials([talk_task(4)], shots=(0, 2), techniques=("plain", "no_style"))
    add_verdicts(make_run(folder, "august", PLAIN, materials=materials), lambda _: 4)
    add_verdicts(make_run(folder, "september", IN_VOICE, materials=materials, manifest=STEP), lambda _: 6)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def check(name, printed):
    wanted = schema(name)
    jsonschema.validate(printed, wanted, cls=jsonschema.Draft202012Validator)
    for entry in printed if isinstance(printed, list) else [printed]:
        assert set(entry) <= known_fields(wanted, wanted), name


def known_fields(shape, whole):
    """The fields that a schema describes, of the object or of those of its list."""
    found = set(shape.get("properties", {}))
    if "$ref" in shape:
        found |= known_fields(whole["$defs"][shape["$ref"].rsplit("/", 1)[1]], whole)
    for part in (*shape.get("anyOf", ()), *([shape["items"]] if isinstance(shape.get("items"), dict) else ())):
        found |= known_fields(part, whole)
    return found


PRINTED = [
    ("show", ["show", "august"]),
    ("samples", ["show", "august", "--samples"]),
    ("judged", ["show", "august", "--judge", "judge-a"]),
    ("push", ["push", "august", "memory://schemas"]),
    ("report.steps", ["show", "september", "--report", "steps"]),
    ("report.shots", ["show", "september", "--report", "shots"]),
    ("report.techniques", ["show", "september", "--report", "techniques"]),
    ("compare", ["compare", "august", "september"]),
    ("about", ["about", "august"]),
    ("verify", ["verify", "august"]),
    ("rank", ["rank"]),
    ("flexibility", ["rank", "--flexibility"]),
    ("explain", ["rank", "--explain"]),
    ("gate", ["gate", "august", "september", "--metric", "style_band"]),
    ("resume", ["resume", "august", "--no-judge"]),
    ("run", ["resume", "august", "--no-judge"]),
    ("plan", ["plan", "demo:august", "--suite", "smoke", "--limit", "1"]),
    ("formats", ["formats", "list"]),
    ("formats.show", ["formats", "show", "chatml"]),
    ("formats.render", ["formats", "render", "--format", "chatml", "--messages", "{folder}/messages.json"]),
    ("formats.card", ["formats", "card", "--tokenizer", "demo:august", "--format", "chatml"]),
    ("formats.detect", ["formats", "detect", "demo:august"]),
    ("personas", ["personas", "list"]),
    ("personas.show", ["personas", "show", "ojousama"]),
    ("personas.show", ["personas", "new", "--from", "{folder}/lines.txt", "--id", "x", "--name", "X"]),
    ("personas.show", ["personas", "import", "{folder}/tavern.json"]),
    ("personas.check", ["personas", "check", "ojousama"]),
    ("tasks", ["tasks", "list"]),
    ("tasks.show", ["tasks", "show", "style"]),
    ("tasks.check", ["tasks", "check", "persona_facts", "--persona", "ojousama"]),
    ("tasks.path", ["tasks", "path"]),
    ("calibrate", ["calibrate", "{folder}/ratings.jsonl"]),
]
ELSEWHERE = {"demo", "run", "judge", "audit", "doctor", "schema", "sweep", "watch"}
"""Commands that need a judge, an engine or much time: each has a test of its own below."""


@pytest.mark.parametrize(("name", "arguments"), PRINTED)
def test_a_command_prints_what_its_schema_says(runs, name, arguments):
    done = invoke(runs, *(argument.format(folder=runs) for argument in arguments), "--json")
    assert done.exit_code in {0, 1, 4}, done.stderr
    check(name, json.loads(done.stdout))


def test_every_command_that_prints_json_is_held_to_a_schema():
    tried = {" ".join(arguments[:2]) for _, arguments in PRINTED} | {arguments[0] for _, arguments in PRINTED}
    assert {path for path in printing(main) if path not in tried} == ELSEWHERE


def printing(group, *above):
    """The commands below a group that have ``--json``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command, path = group.get_command(context, name), (*above, name)
        if isinstance(command, click.Group):
            yield from printing(command, *path)
        elif any(parameter.name == "as_json" for parameter in command.params) or "--json" in command.get_help(context):
            yield " ".join(path)


@pytest.mark.parametrize("names", [["august"], ["august", "september"]])
def test_an_export_is_what_its_schema_says(runs, names):
    check("export", json.loads(invoke(runs, "export", *names, "--to", "json").stdout))


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


def test_canaries_are_what_their_schema_says(server, tmp_path):
    server.script = lambda body, n: good(body, score=1)
    done = invoke(tmp_path, "judge", "--canaries", "--judge-base-url", server.url, "--no-sentinel", "--json")
    for line in done.stdout.splitlines():
        check("judge.canaries", json.loads(line))


def test_a_bridge_is_what_its_schema_says():
    linked = [LinkedCriterion(criterion="tone", n=200, enough=True)]
    totals = {"n_replies": 200, "spent_usd": 0.1, "statuses": {"a": {"ok": 200}}, "stopped": None}
    report = LinkReport(old="a", new="b", rubric="character_v1", criteria=linked, **totals)
    check("judge.bridge", json.loads(json_bytes(stamped(report))))


def test_an_audit_is_what_its_schema_says(server, tmp_path):
    (tmp_path / "data.jsonl").write_text(
        '{"prompt": "薔薇は？", "completion": "好きですわ"}\n{"prompt": 1}\n', encoding="utf-8"
    )
    asked = ["audit", tmp_path / "data.jsonl", "--persona", "ojousama", "--out", tmp_path / "out"]
    done = invoke(tmp_path, *asked, "--judge-base-url", server.url, "--no-sentinel", "--json")
    check("audit", json.loads(done.stdout))


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
