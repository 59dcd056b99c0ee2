"""What kikime needs of vLLM is there."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from tools.gpu_check.parts import missing


@pytest.mark.engine
def test_the_installed_vllm_has_all_that_kikime_needs():
    assert list(missing()) == []


def test_where_there_is_no_vllm_each_module_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    assert [name.partition(" ")[0] for name in missing()][:2] == ["vllm", "vllm.sampling_params"]


def test_an_argument_that_a_version_lacks_is_named(monkeypatch):
    vllm = ModuleType("vllm")
    vllm.EngineArgs = vllm.SamplingParams = lambda model: model
    vllm.LLMEngine = type("LLMEngine", (), {"step": None})
    for name in ("sampling_params", "usage", "usage.usage_lib", "platforms", "lora", "lora.request"):
        monkeypatch.setitem(sys.modules, f"vllm.{name}", ModuleType(f"vllm.{name}"))
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    found = list(missing())
    assert "vllm.lora.request.LoRARequest" in found
    assert "LLMEngine.add_request" in found
    assert any(name.endswith("(dtype=…)") for name in found)
    assert not any(name.endswith("(model=…)") or name == "LLMEngine.step" for name in found)
