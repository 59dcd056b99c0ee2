"""What a run does around its replies: tables, the judge's part, the summary."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import execute, moved, start_run
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


def test_a_run_goes_on_in_another_place_that_generates_the_same(prepared):
    there = moved(prepared, engine="ray", replicas="1:4", address="head:6379")
    assert (there.options.engine, there.options.replicas, there.options.address) == ("ray", "1:4", "head:6379")
    assert moved(there, replicas=2).options.address == "head:6379"
    assert moved(there, engine="vllm").options == prepared.options


def test_plans_of_both_places_have_the_same_keys(prepared):
    there = prepare(prepared.checkpoint, prepared.materials, EngineOptions(engine="ray", replicas=2))
    assert there.plan_hash == prepared.plan_hash


def test_a_run_cannot_go_on_with_an_engine_that_generates_otherwise(prepared):
    with pytest.raises(UsageError, match="a run by vllm cannot go on with fast"):
        moved(prepared, engine="fast")


def test_replicas_are_of_a_cluster_when_a_run_goes_on_too(prepared):
    with pytest.raises(UsageError, match="--replicas: only for --engine ray"):
        moved(prepared, replicas=2)
