"""What a machine says of itself, read from files and programs of several kinds."""

from __future__ import annotations

import subprocess

import pytest

from kikime.harness.core import machine

INTEL = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nflags\t\t: fpu avx2 avx512f{}\n"
ARM = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd{}\n"


@pytest.fixture(autouse=True)
def _afresh():
    """What was found out of this machine is forgotten before and after."""
    found = (machine.hardware, machine.nvidia_gpus, machine.multiplies_bfloat16)
    for read in found:
        read.cache_clear()
    yield
    for read in found:
        read.cache_clear()


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "_CPUINFO", path)
    return path


@pytest.mark.parametrize(
    ("text", "able"),
    [
        (INTEL.format(""), False),
        (INTEL.format(" avx512_bf16"), True),
        (INTEL.format(" amx_bf16"), True),
        (ARM.format(" bf16"), True),
        (ARM.format(""), False),
        ("", True),  # nothing is known: what vLLM chooses stays
    ],
)
def test_bfloat16_is_known_by_the_processors_instructions(cpuinfo, text, able):
    cpuinfo.write_text(text, encoding="utf-8")
    assert machine.multiplies_bfloat16() is able


def test_the_processor_has_a_name_and_memory(cpuinfo):
    cpuinfo.write_text(INTEL.format(""), encoding="utf-8")
    found = machine.hardware()
    assert found.cpu == "Intel(R) Xeon(R) CPU @ 2.20GHz"
    assert found.memory_gib > 0
    assert found.cores


def test_without_cpuinfo_python_says_what_it_knows(cpuinfo):
    assert not cpuinfo.exists()
    assert isinstance(machine.hardware().cpu, str)


@pytest.mark.parametrize(
    ("code", "output", "found"),
    [
        (0, "NVIDIA H100, 81559 MiB\n\nNVIDIA H100, 81559 MiB\n", ("NVIDIA H100, 81559 MiB",) * 2),
        (9, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", ()),
    ],
)
def test_gpus_are_those_that_the_driver_shows(monkeypatch, code, output, found):
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(
        machine.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code, stdout=output)
    )
    assert machine.nvidia_gpus() == found


def test_without_the_program_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda _: None)
    assert machine.nvidia_gpus() == ()
