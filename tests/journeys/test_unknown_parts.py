"""Runs whose format, technique, bank and rubric are known to nobody any more: the manifest holds them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import kikime
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import restore, start_run
from kikime.workflows.plan import choose_materials
from kikime.workflows.run import Planned, execute_all
from tests.support.app import opened, texts
from tests.support.builders import IN_VOICE, PLAIN, invoke
from tests.support.canned import Canned

DATA = Path(__file__).parents[2] / "examples" / "plugin" / "kikime_hotel" / "data"
BANK = """\
id: hotel_desk
version: 1
title: 受付
measures: 受付での受け答え
source: 例
metrics: [style_band, length_fit]
rubrics: [hospitality.yaml]
items: [{id: key, user: 鍵をください。}, {id: bath, user: お風呂は何時までですか。}]
"""
SUITE = """\
id: my
title: 手元のもの
tasks: [hotel_desk.yaml]
personas: [ojousama]
formats: [hotel.yaml, chatml]
techniques: [plain, techniques.yaml]
"""


def execute(prepared, directory, answer):
    [run] = execute_all([Planned(prepared, directory)], engine=Canned(lambda _: answer))
    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two complete runs of a suite whose files are gone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    parts, runs = folder / "parts", folder / "runs"
    shutil.copytree(DATA, parts)
    (parts / "hotel_desk.yaml").write_text(BANK, encoding="utf-8")
    (parts / "my.yaml").write_text(SUITE, encoding="utf-8")
    for model, answer in (("august", PLAIN), ("september", IN_VOICE)):
        materials = choose_materials(str(parts / "my.yaml"))
        prepared = prepare(resolve_checkpoint(f"demo:{model}"), materials, EngineOptions())
        execute(prepared, start_run(prepared, runs, model), answer)
    shutil.rmtree(parts)
    return runs


@pytest.fixture
def runs(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "runs")
    monkeypatch.setenv("KIKIME_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "runs"


def test_such_a_run_is_shown(runs):
    shown = invoke(runs, "show", "august")
    assert (shown.exit_code, "hotel" in shown.stdout) == (0, True), shown.stderr
    replies = json.loads(invoke(runs, "show", "august", "--samples", "--json").stdout)
    assert {row["technique"] for row in replies} == {"plain", "bow_first"}


def test_two_are_compared(runs):
    comparison = kikime.compare("august", "september", runs=runs)
    assert comparison.comparable, comparison.why_not
    assert comparison.to_frame().set_index("metric").loc["style_band", "delta"] > 0


def test_two_are_ranked(runs):
    assert [row.name for row in kikime.rank(runs=runs).rows] == ["september", "august"]


@pytest.mark.parametrize("part", ["areas", "formats", "shots", "provenance"])
def test_the_page_of_the_model_opens(runs, part):
    app = opened("model", run=kikime.load_run("august", runs=runs).path.name, part=part)
    assert not app.exception
    assert "august" in texts(app)


def test_one_goes_on(runs):
    directory = kikime.load_run("august", runs=runs).directory
    for path in (directory.samples_file, directory.scores_file, directory.summary_file):
        path.unlink()
    [log] = directory.wal.iterdir()
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:3]))
    run = execute(restore(directory), directory, IN_VOICE)
    assert run.summary.counts["done"] == 8
    assert list(run.samples["response"]).count(PLAIN) == 3
