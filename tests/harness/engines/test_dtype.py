"""In which precision a checkpoint is computed where nobody says, on machines of several kinds."""

from __future__ import annotations

import pytest

from kikime.harness.core.machine import Hardware
from kikime.harness.engines import dtype
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions

SMALL, LARGE = 400_000_000, 4_000_000_000


def checkpoint(n_params, saved="bfloat16"):
    return Checkpoint(
        reference="m", name="m", path="/m", fingerprint="f", n_params=n_params, max_model_len=2048, dtype=saved
    )


@pytest.fixture
def machine(monkeypatch):
    """A processor with so much memory, with or without bfloat16; with GPUs where their names are given."""

    def built(*, gib=64.0, bfloat16=True, gpus=()):
        monkeypatch.setattr(dtype, "hardware", lambda: Hardware(memory_gib=gib))
        monkeypatch.setattr(dtype, "multiplies_bfloat16", lambda: bfloat16)
        monkeypatch.setattr(dtype, "nvidia_gpus", lambda: gpus)
        monkeypatch.setattr(dtype, "_is_cpu_build", lambda: not gpus)

    return built


@pytest.mark.parametrize(
    ("n_params", "bfloat16", "gib", "chosen"),
    [
        (SMALL, True, 64, "float32"),  # surer: a greedy reply does not depend on the batch
        (LARGE, True, 64, "auto"),
        (LARGE, False, 64, "float32"),  # faster without instructions for bfloat16
        (LARGE, False, 16, "auto"),  # 16 GB of weights do not fit into 16 GiB
        (SMALL, True, 1, "auto"),
        (None, False, 64, "auto"),
    ],
)
def test_a_processor_computes_in_float32_where_that_is_surer_or_faster_and_fits(
    machine, n_params, bfloat16, gib, chosen
):
    machine(gib=gib, bfloat16=bfloat16)
    assert dtype.chosen_on_cpu(checkpoint(n_params)) == chosen


def test_a_gpu_computes_as_the_checkpoint_was_saved(machine):
    machine(gpus=("NVIDIA H100, 81559 MiB",))
    assert not dtype.on_cpu()
    assert dtype.compute_dtype(checkpoint(SMALL), EngineOptions()) == "bfloat16"


@pytest.mark.parametrize("saved", [None, "float32"])
def test_what_vllm_chooses_itself_is_not_guessed(machine, saved):
    machine(gpus=("NVIDIA H100, 81559 MiB",))
    assert dtype.compute_dtype(checkpoint(SMALL, saved), EngineOptions()) == "auto"


def test_who_names_a_precision_gets_it(machine):
    machine()
    assert dtype.compute_dtype(checkpoint(SMALL), EngineOptions(dtype="float16")) == "float16"
    assert dtype.compute_dtype(checkpoint(SMALL), EngineOptions()) == "float32"
