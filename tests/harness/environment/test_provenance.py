"""What a run records of where it came from."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import kikime
from kikime.harness.environment.provenance import package_version, provenance


def test_a_run_records_version_packages_and_machine():
    found = provenance()
    assert found["kikime"]["version"] == kikime.__version__
    assert found["packages"]["numpy"] == package_version("numpy")
    assert found["hardware"]["cores"] >= 1
    assert datetime.fromisoformat(found["created_at"]).utcoffset() is not None


def test_packages_that_are_not_installed_are_left_out():
    assert package_version("kikime-no-such-package") is None
    assert None not in provenance()["packages"].values()


def test_the_command_line_is_recorded_without_its_folder(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/home/someone/bin/kikime", "run", "demo:august"])
    assert provenance()["argv"] == ["kikime", "run", "demo:august"]


def test_nothing_of_the_environment_is_recorded(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-do-not-tell")
    assert "sk-do-not-tell" not in json.dumps(provenance())
