"""Commands that load no engine: tasks, doctor, show, help."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kikime.cli import KikimeGroup, main
from kikime.harness.environment import doctor
from kikime.harness.suites.task import task_ids
from tests.support.builders import invoke


def test_every_command_is_listed_with_a_line_of_help(kikime):
    done = kikime("--help")
    assert done.returncode == 0
    for name in main.list_commands(None):
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", main.list_commands(None))
def test_every_command_can_be_imported(name):
    assert isinstance(main, KikimeGroup)
    assert main.get_command(None, name).name == name


def test_help_imports_nothing_heavy():
    code = """
import sys
from kikime.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
heavy = "torch transformers pandas vllm streamlit scipy pydantic rich kikime.harness.metrics"
print([name for name in heavy.split() if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_tasks_are_listed_with_counts_and_sources(kikime):
    rows = json.loads(kikime("tasks", "list", "--json").stdout)
    assert [row["id"] for row in rows] == task_ids()
    assert all(row["measures"] and row["source"] and row["items"][1] > 0 for row in rows)


def test_a_task_shows_the_items_of_a_persona(kikime):
    done = kikime("tasks", "show", "persona_facts", "--persona", "ojousama", "--json")
    items = json.loads(done.stdout)["items"]
    assert len(items) >= 45
    assert items[0]["expect"]["answers"]


def test_doctor_checks_the_engine_and_says_how_to_mend(kikime):
    done = kikime("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert findings["vllm"]["state"] == "ok"
    assert findings["judge"]["state"] == "warning"
    assert "kikime judge" in findings["judge"]["mend"]
    assert done.returncode == (3 if any(f["state"] == "fault" for f in findings.values()) else 0)


def test_doctor_never_prints_the_key(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_import", lambda what, _: doctor.Finding("ok", what, "imports"))
    done = invoke(tmp_path, "doctor", "--lang", "en", OPENAI_API_KEY="sk-very-secret")
    assert "OPENAI_API_KEY is set" in " ".join(done.stdout.split())
    assert "sk-very-secret" not in done.output


def test_an_environment_variable_mirrors_an_option(kikime):
    report = json.loads(kikime("plan", "demo:august", "--json", KIKIME_PLAN_SUITE="smoke").stdout)
    assert report["suite"] == "smoke"


def test_an_unexpected_error_shows_its_trace_only_with_debug(kikime, tmp_path):
    (tmp_path / "broken.py").write_text("raise RuntimeError('boom')", encoding="utf-8")
    code = "import kikime.cli as c; c._COMMANDS['doctor'] = 'broken:x'; c.main({arguments})"
    quiet, loud = (
        subprocess.run(
            [sys.executable, "-c", code.format(arguments=arguments)], capture_output=True, text=True, cwd=tmp_path
        )
        for arguments in (["doctor"], ["doctor", "--debug"])
    )
    assert quiet.returncode == 70
    assert "unexpected RuntimeError: boom" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr
