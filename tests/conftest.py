"""Shared fixtures: the bundled checkpoint, a real run of it, and the command as users call it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kikime.harness.core.files import data_path
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import use_language
from tests.support.builders import IN_VOICE, PLAIN, facts_task, make_materials, make_run, talk_task
from tests.support.machine import missing_for_browser

Kikime = Callable[..., subprocess.CompletedProcess[str]]

LEFT_OUT = pytest.StashKey[str]()
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run; the summary names it in one line."""
    browser = [item for item in items if item.get_closest_marker("browser")]
    missing = missing_for_browser() if browser else []
    if missing:
        items[:] = [item for item in items if item not in browser]
        config.hook.pytest_deselected(items=browser)
        config.stash[LEFT_OUT] = f"{' and '.join(missing)} missing: left out {len(browser)} tests marked 'browser'"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The line about what was left out."""
    if LEFT_OUT in config.stash:
        terminalreporter.write_line(config.stash[LEFT_OUT], yellow=True)


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads a real key, a real cache, a variable of the person who runs it or the language of an earlier test."""
    use_language(None)
    for name in [name for name in os.environ if name.startswith("KIKIME_")]:
        monkeypatch.delenv(name)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def august() -> Path:
    return data_path("checkpoints") / "august"


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDirectory, RunDirectory]:
    """Two small runs: september keeps the voice, august loses it in two of three items."""
    runs = tmp_path_factory.mktemp("pair")
    materials = make_materials([talk_task(), facts_task()], formats=("alpaca", "chatml"), shots=(0, 2))
    august = make_run(runs, "august", lambda q: PLAIN if int(q.item_id[-1]) % 3 else IN_VOICE, materials=materials)
    september = make_run(runs, "september", IN_VOICE, materials=materials, n_params=7_000_000)
    return august, september


@pytest.fixture
def kikime(tmp_path: Path) -> Kikime:
    """Call the command in a process of its own; runs land in ``tmp_path / "runs"``."""

    def call(*arguments: str | Path, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kikime", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=tmp_path,
            env={**os.environ, **OFFLINE, "KIKIME_RUNS": str(tmp_path / "runs"), **environment},
        )

    return call
