"""A run directory that version 0.1.0 wrote: 12 replies of a bundled checkpoint on the suite ``smoke``."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import kikime
from kikime.harness.metrics import METRICS
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import restore
from kikime.harness.store.rundir import RunDirectory
from kikime.workflows.run import Planned, execute_all
from tests.support.builders import IN_VOICE, invoke
from tests.support.canned import Canned

OLD = Path(__file__).with_name("run-0.1.0.zip")


@pytest.fixture
def runs(tmp_path):
    """The old run alone in a folder."""
    zipfile.ZipFile(OLD).extractall(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture
def old(runs):
    [folder] = runs.iterdir()
    return RunDirectory(folder)


@pytest.fixture
def interrupted(old):
    """The old run as a kill leaves it after seven replies."""
    for path in (old.samples_file, old.scores_file, old.summary_file):
        path.unlink()
    [log] = old.wal.iterdir()
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:7]))
    old.write_status({**old.status(), "state": "running", "done": 7})
    return old


def executed(prepared, directory):
    [run] = execute_all([Planned(prepared, directory)], engine=Canned(lambda _: IN_VOICE))
    return run


@pytest.fixture
def new(old, runs):
    """A run of today that asks the same of another model."""
    from kikime.harness.engines.checkpoint import resolve_checkpoint
    from kikime.harness.run.execute import start_run

    then = restore(old)
    prepared = prepare(resolve_checkpoint("demo:september"), then.materials, then.options)
    return executed(prepared, start_run(prepared, runs, "new"))


def test_it_is_shown(runs):
    shown = invoke(runs, "show", "old")
    assert shown.exit_code == 0, shown.stderr
    assert "native" in shown.stdout
    assert len(json.loads(invoke(runs, "show", "old", "--samples", "--json").stdout)) == 12


def test_a_new_run_is_compared_with_it(runs, new):
    comparison = kikime.compare("old", "new", runs=runs)
    assert comparison.comparable, comparison.why_not
    assert comparison.to_frame().set_index("metric").loc["length_chars", "delta"] != 0


def test_a_ranking_that_rests_on_metrics_defined_anew_leaves_it_out(runs, new):
    ranking = kikime.rank(runs=runs)
    assert [row.name for row in ranking.rows] == ["new"]
    [left_out] = ranking.excluded
    assert left_out.name == "old"
    assert {code.code for code in left_out.reason_codes} == {"metric_version"}
    for code in left_out.reason_codes:
        metrics = str(code.values["metric"]).split(", ")
        assert {METRICS[name].version for name in metrics} == {code.values["left"]}
        assert (code.values["a"], code.values["b"], code.values["right"]) == ("new", "old", "rules/4")
    assert "length_fit" in left_out.reason
    assert "rules/4" in left_out.reason


def test_its_plan_is_the_same_today(old):
    assert restore(old).plan_hash == old.manifest()["plan"]["hash"]


def test_an_interrupted_one_goes_on(interrupted):
    run = executed(restore(interrupted), interrupted)
    assert run.summary.counts["done"] == 12
    assert list(run.samples["response"] == IN_VOICE).count(True) == 5


def test_lost_tables_are_built_again(runs, old):
    old.samples_file.unlink()
    old.summary_file.unlink()
    assert kikime.resume("old", runs=runs).summary.counts["done"] == 12


@pytest.mark.engine
def test_an_interrupted_one_goes_on_with_the_engine(runs, interrupted):
    assert kikime.resume("old", runs=runs).summary.state == "complete"
