"""How long a run may take."""

from __future__ import annotations

import json

import msgspec
import pytest

from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan import estimate
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import prepare
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def prepared():
    return prepare(resolve_checkpoint("demo:august"), make_materials([talk_task(4)]), EngineOptions())


def measured(runs, name, speed, fingerprint):
    """A run of this speed in tokens per second."""
    run = make_run(runs, name, IN_VOICE, fingerprint=fingerprint, materials=make_materials([talk_task(1)]))
    summary = json.loads(run.summary_file.read_text(encoding="utf-8"))
    summary["perf"] = {**summary["perf"], "output_tokens_per_second": speed}
    run.summary_file.write_text(json.dumps(summary), encoding="utf-8")
    return run


def test_a_guess_has_two_ends_and_the_load_of_the_engine(prepared, tmp_path):
    low, high = time_range(prepared, tmp_path)
    assert estimate._LOAD_SECONDS[0] < low < high
    assert high > estimate._LOAD_SECONDS[1]


def test_twice_the_tokens_take_twice_the_time(prepared, tmp_path):
    double = prepared._replace(max_output_tokens=2 * prepared.max_output_tokens)
    one, two = time_range(prepared, tmp_path), time_range(double, tmp_path)
    for end, load in enumerate(estimate._LOAD_SECONDS):
        assert two[end] - load == pytest.approx(2 * (one[end] - load))


def test_a_larger_model_takes_longer(prepared, tmp_path):
    def sized(n_params):
        checkpoint = msgspec.structs.replace(prepared.checkpoint, n_params=n_params)
        return time_range(prepared._replace(checkpoint=checkpoint), tmp_path)

    assert sized(70_000_000_000)[1] > sized(7_000_000_000)[1]
    assert sized(None) == sized(7_000_000_000)


def test_an_earlier_run_of_the_same_checkpoint_tells_better(prepared, tmp_path):
    before = time_range(prepared, tmp_path)
    measured(tmp_path, "slow", 1.0, prepared.checkpoint.fingerprint)
    after = time_range(prepared, tmp_path)
    assert after[1] > before[1]
    assert after[1] == pytest.approx(estimate._LOAD_SECONDS[1] + prepared.max_output_tokens / 0.5)
    assert after[0] == pytest.approx(estimate._LOAD_SECONDS[0] + prepared.max_output_tokens / 3 / 1.5)


def test_another_checkpoint_tells_nothing(prepared, tmp_path):
    before = time_range(prepared, tmp_path)
    measured(tmp_path, "other", 1.0, "another")
    assert time_range(prepared, tmp_path) == before


def test_the_slowest_and_the_fastest_run_are_the_ends(prepared, tmp_path):
    for name, speed in (("a", 10.0), ("b", 100.0)):
        measured(tmp_path, name, speed, prepared.checkpoint.fingerprint)
    low, high = time_range(prepared, tmp_path)
    assert high == pytest.approx(estimate._LOAD_SECONDS[1] + prepared.max_output_tokens / 5.0)
    assert low == pytest.approx(estimate._LOAD_SECONDS[0] + prepared.max_output_tokens / 3 / 150.0)


@pytest.mark.parametrize("damage", ["newer", "null speed", "no summary"])
def test_a_run_that_tells_nothing_is_passed_over(prepared, tmp_path, damage):
    before = time_range(prepared, tmp_path)
    run = measured(tmp_path, "odd", 1.0, prepared.checkpoint.fingerprint)
    summary = json.loads(run.summary_file.read_text(encoding="utf-8"))
    if damage == "newer":
        run.summary_file.write_text(json.dumps({**summary, "schema": 99}), encoding="utf-8")
    elif damage == "null speed":
        perf = {**summary["perf"], "output_tokens_per_second": None}
        run.summary_file.write_text(json.dumps({**summary, "perf": perf}), encoding="utf-8")
    else:
        run.summary_file.unlink()
    assert time_range(prepared, tmp_path) == before


def test_a_folder_that_is_not_there_has_no_runs(prepared, tmp_path):
    assert time_range(prepared, tmp_path / "nothing") == time_range(prepared, tmp_path)
