"""What a run does around its replies: tables, the judge's part, the summary."""

from __future__ import annotations

import pytest

from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import execute, start_run
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from tests.support.builders import IN_VOICE
from tests.support.canned import Canned

SUITE = Suite(id="tiny", tasks=["daily"], personas=["ojousama"], formats=["alpaca"], limit=2)


@pytest.fixture
def prepared():
    return prepare(resolve_checkpoint("demo:august"), gather_materials(SUITE), EngineOptions())


def test_a_run_whose_judging_breaks_off_has_its_tables_and_its_summary(prepared, tmp_path):
    run = start_run(prepared, tmp_path, "x")

    def breaks_off(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(run, prepared, engine=Canned(lambda _: IN_VOICE), add_tables=breaks_off)
    summary = run.summary()
    assert summary is not None
    assert (summary.state, run.status()["state"]) == ("complete", "complete")


def test_waiting_for_a_judge_is_no_time_of_generation(prepared, tmp_path, monkeypatch):
    run, clock = start_run(prepared, tmp_path, "x"), [0.0]
    monkeypatch.setattr("kikime.harness.run.status.time.monotonic", lambda: clock[0])

    def wait(_):
        clock[0] += 1000.0

    execute(run, prepared, engine=Canned(lambda _: IN_VOICE), add_tables=wait)
    assert run.status()["sessions"][0].get("generate_seconds", 0.0) < 1.0
