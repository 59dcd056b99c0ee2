"""The docs as a site: every link holds, and each page is there in both languages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT

pytestmark = pytest.mark.packaging
NO_PROXY_HELPS = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
"""Whatever would be fetched fails."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("site")
    environment = {**os.environ, **NO_PROXY_HELPS, "PYTHONPATH": str(ROOT)}
    for command in (["tools/write_reference.py"], ["-m", "mkdocs", "build", "--quiet", "--strict", "-d", str(built)]):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return built


@pytest.mark.parametrize("page", ["index", "tutorials", "metrics", "statistics", "results/index", "reference/metrics"])
def test_a_page_is_there_in_both_languages(site, page):
    english, japanese = (site / folder / f"{page}.html" for folder in ("", "ja"))
    assert 'lang="en"' in english.read_text(encoding="utf-8")
    assert 'lang="ja"' in japanese.read_text(encoding="utf-8")


def test_the_reference_says_what_the_code_says(site):
    assert "critical_failure" in (site / "reference" / "metrics.html").read_text(encoding="utf-8")
    assert "kikime.workflows.results.compare" in (site / "reference" / "python.html").read_text(encoding="utf-8")


def test_runs_are_not_published(site):
    assert not (site / "results" / "runs").exists()
