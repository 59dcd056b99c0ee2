"""The tools that hold the house: pinned, and those that run at each commit are those of ``make lint``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pre_commit.clientlib import load_config

ROOT = Path(__file__).parents[2]


def pinned() -> set[str]:
    """Normal names of the packages of both locks that CI installs."""
    lines = [line for lock in ("cpu", "dev") for line in (ROOT / f"requirements/{lock}.txt").read_text().splitlines()]
    return {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines if "==" in line}


def test_every_tool_of_developers_is_pinned():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {re.split(r"[\[<>=;]", line)[0].lower() for line in extras["dev"]}
    assert named - pinned() == {"kikime"}  # with the extras that its own tests use


def test_each_commit_runs_the_linters_of_make_lint():
    hooks = [hook for repo in load_config(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} <= {"system", "unsupported"}, "an environment would be fetched"
    lint = re.search(r"^lint:.*?\n\n", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[0]
    for hook in hooks:
        tool, *words = hook["entry"].removeprefix(".venv/bin/").split()
        assert re.search(rf"\$\(BIN\)/{tool}\b.*{words[0] if words else ''}", lint), hook["entry"]
