"""One engine as it works in a process of the cluster."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.cluster.worker import Died, Loaded, Step, Worker, on_this_machine
from tests.support.served import request

FAST = str(Path(__file__).parents[4] / "tools" / "faults" / "fast_engine.py")
AUGUST = resolve_checkpoint("demo:august")


@pytest.fixture
def worker():
    made = Worker(AUGUST, EngineOptions(engine=FAST))
    assert isinstance(made.load(None), Loaded)
    return made


def test_a_step_hands_over_what_has_finished(worker):
    step = worker.step([request(number) for number in range(3)])
    assert isinstance(step, Step)
    assert [reply.key for reply in step.replies] == ["r0", "r1", "r2"]


def test_a_step_with_nothing_to_do_returns_at_once(worker):
    assert worker.step([]) == Step([], 0)


def test_an_engine_that_dies_is_told_apart_from_one_that_refuses(worker, monkeypatch):
    def fail(*_):
        raise EngineFault("out of memory")

    monkeypatch.setattr(worker._engine, "poll", fail)
    assert worker.step([request(0)]) == Died("out of memory")
    monkeypatch.setattr(worker._engine, "submit", fail)
    assert isinstance(worker.step([request(1)]), EngineFault)


def test_an_engine_that_cannot_load_says_why():
    found = Worker(AUGUST, EngineOptions(engine="nothing")).load(None)
    assert "nothing" in str(found)


def test_a_checkpoint_of_a_folder_that_this_machine_lacks_is_refused(tmp_path):
    elsewhere = msgspec.structs.replace(AUGUST, reference="out/step-100", path=str(tmp_path / "step-100"))
    with pytest.raises(EngineFault, match=f"{tmp_path / 'step-100'} is not on"):
        on_this_machine(elsewhere)


def test_a_bundled_checkpoint_is_found_wherever_kikime_is_installed():
    elsewhere = msgspec.structs.replace(AUGUST, path="/opt/other/august")
    assert on_this_machine(elsewhere) == AUGUST


def test_a_bundled_checkpoint_of_another_version_is_refused():
    elsewhere = msgspec.structs.replace(AUGUST, path="/opt/other/august", fingerprint="other")
    with pytest.raises(EngineFault, match="has other files of demo:august"):
        on_this_machine(elsewhere)
