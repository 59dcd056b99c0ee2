"""What checkpoints take of a machine's memory."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.engines import EngineOptions, memory
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.memory import cpu_cache_gib, shares, weights_gib


@pytest.fixture(autouse=True)
def _a_gpu_of_24_gib(monkeypatch):
    monkeypatch.setattr(memory, "nvidia_gpus", lambda: ("NVIDIA L4, 24576 MiB",))


def test_two_engines_get_their_weights_and_half_of_what_is_left():
    first, second = shares((14.0, 2.0), EngineOptions())
    assert first * 24 - 14 == pytest.approx(second * 24 - 2, abs=0.1)
    assert first + second == pytest.approx(0.9, abs=0.001)


def test_what_the_user_gives_is_for_both_together():
    assert sum(shares((1.0, 1.0), EngineOptions(gpu_memory_utilization=0.5))) == pytest.approx(0.5, abs=0.001)


def test_two_checkpoints_that_do_not_fit_are_refused():
    with pytest.raises(EngineFault, match="do not fit"):
        shares((20.0, 6.0), EngineOptions())


def test_weights_are_those_of_the_precision_that_is_computed_in():
    august = resolve_checkpoint("demo:august")
    wide, narrow = (weights_gib(august, EngineOptions(dtype=dtype)) for dtype in ("float32", "bfloat16"))
    assert wide == pytest.approx(2 * narrow)
    assert wide * 2**30 == august.n_params * 4


def test_the_cache_is_what_vllm_is_told(monkeypatch):
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "3")
    assert cpu_cache_gib() == 3
