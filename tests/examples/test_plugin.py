"""The example package: built, installed into a folder, and used by the commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "plugin"
SHOWN = {"py", "yaml", "jinja", "toml"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory):
    """Call Python where the package is installed."""
    import importlib.metadata
    import shutil

    target, source = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(PLUGIN, source)
    setup = "from setuptools import setup; setup()"
    subprocess.run([sys.executable, "-c", setup, "-q", "bdist_wheel", "-d", str(target)], cwd=source, check=True)
    [wheel] = target.glob("*.whl")
    shutil.unpack_archive(wheel, target, "zip")
    assert importlib.metadata.distributions(path=[str(target)])
    folder = tmp_path_factory.mktemp("work")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        paths = os.pathsep.join([str(target), str(ROOT)])
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "XDG_CACHE_HOME": str(folder / "cache")}
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, **offline, "PYTHONPATH": paths, "KIKIME_RUNS": str(folder / "runs")},
        )
        assert done.returncode == 0, done.stderr
        return done

    call.folder = folder
    return call


@pytest.fixture(scope="module")
def manifest(python):
    python("-m", "kikime", "run", "demo:september", "--suite", "hotel", "--engine", "parrot", "--no-judge")
    [found] = (python.folder / "runs").glob("*/manifest.json")
    return orjson.loads(found.read_bytes())


def test_a_run_holds_the_content_of_every_part(manifest):
    assert set(manifest["formats"]) == {"hotel", "chatml"}
    assert "Butler: " in manifest["formats"]["hotel"]["template"]
    assert manifest["techniques"]["bow_first"]["title"] == "まず一礼"
    assert manifest["rubrics"]["hospitality"]["criteria"][0]["id"] == "welcome"
    assert manifest["options"]["engine"] == "parrot"


def test_the_metric_is_measured(python, manifest):
    summary = orjson.loads((python.folder / "runs" / manifest["run"] / "summary.json").read_bytes())
    assert summary["metrics"]["exclamations"]["mean"] == 1


def test_the_run_is_shown(python, manifest):
    assert "hotel" in python("-m", "kikime", "show", manifest["run"]).stdout


def test_the_report_answers(python, manifest):
    report = python("-m", "kikime", "show", manifest["run"], "--report", "greetings", "--json")
    assert orjson.loads(report.stdout)["replies"] == manifest["plan"]["n_replies"]
    shown = python("-m", "kikime", "show", manifest["run"], "--report", "greetings", "--lang", "ja")
    assert "あいさつあり" in shown.stdout


def test_a_run_opens_where_nobody_knows_its_parts(python, manifest):
    done = subprocess.run(
        [sys.executable, "-m", "kikime", "show", manifest["run"]],
        capture_output=True,
        text=True,
        cwd=python.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KIKIME_RUNS": str(python.folder / "runs")},
    )
    assert (done.returncode, "hotel" in done.stdout) == (0, True), done.stderr


def test_the_page_is_listed(python):
    code = "from kikime.leaderboard.page.registry import pages; print(pages()['hotel'].titles['ja'])"
    assert "ホテル" in python("-c", code).stdout


def blocks(language: str, name: str = "extending.md") -> list[str]:
    """The blocks of one language on a page about extending."""
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


@pytest.mark.parametrize("language", ["python", "jinja", "toml", "yaml"])
def test_what_the_page_on_extending_shows_stands_in_the_package(language):
    files = [path.read_text(encoding="utf-8") for path in PLUGIN.rglob("*.*") if path.suffix[1:] in SHOWN]
    own = [block for block in blocks(language) if not block.startswith("metrics: [")]  # two ways to name a metric
    parts = [part for block in own for part in (block.split("\n\n") if language == "toml" else [block])]
    assert [part for part in parts if not any(part in text for text in files)] == []


def test_the_page_on_extending_shows_what_is_printed(python, manifest):
    [console] = blocks("console")
    for entry in console.split("$ ")[1:]:
        line, _, shown = entry.partition("\n")
        if not line.startswith("kikime"):
            continue
        done = python("-m", *line.split(), "--lang", "en")
        printed = {plain(text) for text in re.split("[\r\n]+", done.stdout + done.stderr)}
        assert [text for text in shown.splitlines() if plain(text) not in printed] == [], line


def plain(line: str) -> str:
    """A line without colours, and without how fast this machine is."""
    line = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip()
    return re.sub(r"about .*|[\d.,]+ (?=replies/s|tok/s|s left)", "", line)


@pytest.mark.parametrize("language", ["python", "jinja", "toml", "yaml"])
def test_the_japanese_page_on_extending_shows_the_same(language):
    assert blocks(language, "extending.ja.md") == blocks(language)
