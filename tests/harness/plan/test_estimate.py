"""The time that a plan names, after earlier runs on the same machine."""

from __future__ import annotations

import json

import msgspec
import pytest

from kikime.harness.core.machine import hardware
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan import estimate
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import start_run
from tests.support.builders import make_materials, talk_task

SECONDS_PER_TOKEN = 0.01


@pytest.fixture(scope="module")
def prepared():
    return prepare(resolve_checkpoint("demo:august"), make_materials([talk_task(8)]), EngineOptions())


def past(prepared, runs, *, used=0.5, slower=1.0, load=8.0, **engine):
    """A run of the plan that cost ``SECONDS_PER_TOKEN`` per token written, a fifth of it per token read."""
    run = start_run(prepared, runs, "past")
    read = prepared.n_prompt_tokens - prepared.n_shared_tokens
    written = int(used * prepared.max_output_tokens)
    session = {
        "engine": {"dtype": "float32", "gpus": [], **engine},
        "load_seconds": load,
        "generate_seconds": slower * SECONDS_PER_TOKEN * (written + 0.2 * read),
        "n_replies": prepared.n_replies,
        "n_output_tokens": written,
        "n_prompt_tokens": read,
        "max_output_tokens": prepared.max_output_tokens,
    }
    run.write_status({"state": "complete", "sessions": [session]})
    return load + session["generate_seconds"]


@pytest.fixture(autouse=True)
def _on_a_cpu(monkeypatch):
    monkeypatch.setattr(estimate, "on_cpu", lambda: True)
    monkeypatch.setattr("kikime.harness.engines.dtype.on_cpu", lambda: True)


def test_the_second_run_of_a_checkpoint_lies_within_a_factor_of_three(prepared, tmp_path):
    truth = past(prepared, tmp_path)
    low, high = time_range(prepared, tmp_path)
    assert low < truth < high
    assert high / low <= 3.0


def test_another_checkpoint_of_the_architecture_is_as_fast(prepared, tmp_path):
    truth = past(prepared, tmp_path)
    other = prepare(resolve_checkpoint("demo:september"), make_materials([talk_task(8)]), EngineOptions())
    low, high = time_range(other, tmp_path)
    assert low < truth < high


def test_how_much_replies_use_is_taken_from_the_checkpoint_itself(prepared, tmp_path):
    other = prepare(resolve_checkpoint("demo:september"), make_materials([talk_task(8)]), EngineOptions())
    past(other, tmp_path, used=1.0)
    truth = past(prepared, tmp_path, used=0.1)
    low, high = time_range(prepared, tmp_path)
    assert low < truth < high


@pytest.mark.parametrize(
    "change",
    [
        {"checkpoint": {"n_params": 10**9}},
        {"checkpoint": {"model_type": "qwen2"}},
        {"options": {"tensor_parallel_size": 2}},
        {"hardware": {"cpu": "another", "cores": 64}},
    ],
)
def test_another_architecture_or_machine_tells_nothing(prepared, tmp_path, change):
    past(prepared, tmp_path)
    [run] = tmp_path.iterdir()
    manifest = json.loads((run / "manifest.json").read_text())
    for part, fields in change.items():
        manifest[part] |= fields
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert time_range(prepared, tmp_path) == time_range(prepared, tmp_path / "empty")


def test_another_precision_tells_nothing(prepared, tmp_path):
    past(prepared, tmp_path, dtype="bfloat16")
    assert time_range(prepared, tmp_path) == time_range(prepared, tmp_path / "empty")


def test_sessions_that_do_not_say_what_was_read_are_passed_over(prepared, tmp_path):
    past(prepared, tmp_path)
    [run] = tmp_path.iterdir()
    old = {"engine": {}, "load_seconds": 1.0, "generate_seconds": 5.0, "n_replies": 3, "n_output_tokens": 10}
    (run / "status.json").write_text(json.dumps({"sessions": [old]}))
    assert time_range(prepared, tmp_path) == time_range(prepared, tmp_path / "empty")


def test_a_session_that_was_stopped_at_once_is_passed_over(prepared, tmp_path):
    past(prepared, tmp_path)
    [run] = tmp_path.iterdir()
    status = json.loads((run / "status.json").read_text())
    status["sessions"][0] |= {"n_replies": prepared.n_replies // 5, "generate_seconds": 3600.0}
    (run / "status.json").write_text(json.dumps(status))
    assert time_range(prepared, tmp_path) == time_range(prepared, tmp_path / "empty")


def test_prompts_cost_time_too(prepared, tmp_path):
    more = prepared._replace(n_prompt_tokens=100 * prepared.n_prompt_tokens)
    assert time_range(more, tmp_path / "empty")[1] > time_range(prepared, tmp_path / "empty")[1]
    past(prepared, tmp_path)
    assert time_range(more, tmp_path)[0] > 5 * time_range(prepared, tmp_path)[0]


def test_a_broken_manifest_is_passed_over(prepared, tmp_path):
    truth = past(prepared, tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "manifest.json").write_text("{")
    assert time_range(prepared, tmp_path)[0] < truth


def test_the_machine_is_that_of_the_manifest(prepared, tmp_path):
    run = start_run(prepared, tmp_path, "x")
    assert msgspec.convert(run.manifest()["hardware"], type(hardware())) == hardware()
