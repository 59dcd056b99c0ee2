"""Which engine serves which checkpoint, and which options it takes; nothing is loaded."""

from __future__ import annotations

import msgspec
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines import ENGINES, EngineOptions, check_options, load_engine, switch_adapter
from kikime.harness.engines.checkpoint import Checkpoint

LOCAL = Checkpoint(reference="m", name="m", path="/m", fingerprint="f", n_params=1, max_model_len=2048)
SERVED = msgspec.structs.replace(LOCAL, path=None, base_url="http://127.0.0.1:9/v1")

ECHO = """
from kikime.harness.core.request import Reply
from kikime.harness.engines import EngineKind


class Echo:
    window = 4

    def __init__(self, checkpoint, options):
        self.waiting = []

    def submit(self, request):
        self.waiting.append(request)

    def poll(self):
        done, self.waiting = self.waiting, []
        return [Reply(key=request.key, text="echo", finish_reason="stop") for request in done]

    def describe(self):
        return {"engine": "echo"}

    def close(self):
        pass


def check(checkpoint, options):
    if options.dtype != "auto":
        raise ValueError(options.dtype)


ENGINE = EngineKind(Echo, check)
"""


class Fixed:
    """An engine that cannot switch adapters."""


class Switching(Fixed):
    used: tuple = ()

    def use_adapter(self, name, path):
        self.used = (name, str(path))


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ({"dtype": "float16"}, "--dtype"),
        ({"quantization": "fp8"}, "--quantization"),
        (
            {"gpu_memory_utilization": 0.5, "tensor_parallel_size": 2},
            "--tensor-parallel-size, --gpu-memory-utilization",
        ),
        ({"engine_args": {"seed": 1}}, "--engine-arg"),
    ],
)
def test_how_a_served_model_is_loaded_is_its_servers_business(option, named):
    with pytest.raises(UsageError, match=f"^{named}: how a served model is loaded"):
        check_options(SERVED, EngineOptions(**option))


def test_a_served_model_may_have_its_length_told():
    check_options(SERVED, EngineOptions(max_model_len=4096, concurrency=8))


def test_a_folder_is_nothing_for_a_server():
    with pytest.raises(UsageError, match="needs a served model") as caught:
        check_options(LOCAL, EngineOptions(engine="openai"))
    assert caught.value.hint == "give openai:NAME@BASE_URL as MODEL"


def test_an_unknown_engine_is_told_with_the_nearest():
    with pytest.raises(UsageError, match=r"vlm.*did you mean 'vllm'"):
        check_options(LOCAL, EngineOptions(engine="vlm"))


def test_an_engine_in_a_file_checks_and_loads_like_the_bundled_ones(tmp_path):
    path = tmp_path / "echo.py"
    path.write_text(ECHO, encoding="utf-8")
    options = EngineOptions(engine=str(path))
    check_options(LOCAL, options)
    engine = load_engine(LOCAL, options)
    assert engine.describe() == {"engine": "echo"}
    assert engine.poll() == []
    with pytest.raises(ValueError, match="float16"):
        check_options(LOCAL, EngineOptions(engine=str(path), dtype="float16"))


def test_a_served_model_goes_to_its_server_whatever_engine_is_named():
    assert set(ENGINES.ids()) >= {"vllm", "openai"}
    check_options(SERVED, EngineOptions(engine="vllm"))


def test_without_an_adapter_nothing_is_switched():
    engine = Switching()
    switch_adapter(engine, LOCAL)
    assert engine.used == ()


def test_adapters_take_turns_where_the_engine_can():
    engine, tuned = Switching(), msgspec.structs.replace(LOCAL, name="tuned", adapter="/lora")
    switch_adapter(engine, tuned)
    assert engine.used == ("tuned", "/lora")


def test_an_engine_without_adapters_says_how_to_serve_one():
    with pytest.raises(UsageError, match=r"cannot load the adapter tuned \(/lora\)") as caught:
        switch_adapter(Fixed(), msgspec.structs.replace(LOCAL, name="tuned", adapter="/lora"))
    assert "openai:NAME@BASE_URL" in caught.value.hint


def test_a_name_that_vllm_does_not_know_is_refused_before_a_cluster_is_started(monkeypatch):
    def unknown(options):
        raise UsageError("--engine-arg x: vLLM has no such engine argument")

    monkeypatch.setattr("kikime.harness.engines.vllm.check_names", unknown)
    with pytest.raises(UsageError, match="--engine-arg x"):
        check_options(LOCAL, EngineOptions(engine="ray", engine_args={"x": 1}))
