"""Engines: vLLM in this process, any OpenAI-compatible server."""

from __future__ import annotations

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.base import Engine
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions

__all__ = ["Engine", "EngineOptions", "check_options", "load_engine"]


_LOCAL = EngineOptions()
_LOADING = ("dtype", "tensor_parallel_size", "max_model_len", "gpu_memory_utilization", "quantization", "engine_args")
"""Options that say how a checkpoint is loaded into this process."""


def check_options(checkpoint: Checkpoint, options: EngineOptions) -> None:
    """Refuse engine options that the engine does not know or cannot use, before anything is planned.

    Raises:
        UsageError: an unknown or unusable option.
        EngineFault: vLLM is not installed.
    """
    given = [name for name in _LOADING if getattr(options, name) != getattr(_LOCAL, name)]
    if not given:
        return
    if checkpoint.base_url is None:
        from kikime.harness.engines.vllm import check_arguments

        check_arguments(checkpoint, options)
    elif named := [f"--{name.replace('_', '-').removesuffix('s')}" for name in given if name != "max_model_len"]:
        raise UsageError(
            f"{', '.join(named)}: how a served model is loaded is its server's business",
            hint="leave the options out here and give them to the server",
        )


def load_engine(checkpoint: Checkpoint, options: EngineOptions) -> Engine:
    """Load ``checkpoint`` in the engine that ``options`` name.

    Raises:
        EngineFault: the engine is not installed, or cannot load the checkpoint.
        UsageError: this engine cannot serve this kind of checkpoint.
    """
    if checkpoint.base_url:
        from kikime.harness.engines.openai import OpenAIEngine

        return OpenAIEngine(checkpoint, options)
    if options.engine == "vllm":
        from kikime.harness.engines.vllm import VllmEngine

        return VllmEngine(checkpoint, options)
    raise UsageError(f"the engine '{options.engine}' needs a served model", hint="give openai:NAME@BASE_URL as MODEL")
