"""Engines: vLLM in this process, any OpenAI-compatible server."""

from __future__ import annotations

from harness.checkpoint import Checkpoint
from harness.engines.base import Engine
from harness.engines.options import EngineOptions
from harness.errors import UsageError

__all__ = ["Engine", "EngineOptions", "check_options", "load_engine"]


def check_options(checkpoint: Checkpoint, options: EngineOptions) -> None:
    """Refuse engine arguments that the engine does not know, before anything is planned.

    Raises:
        UsageError: an unknown argument, with the nearest known one.
        EngineFault: vLLM is not installed.
    """
    if checkpoint.base_url is None and options.engine_args:
        from harness.engines.vllm import check_arguments

        check_arguments(options)


def load_engine(checkpoint: Checkpoint, options: EngineOptions) -> Engine:
    """Load ``checkpoint`` in the engine that ``options`` name.

    Raises:
        EngineFault: the engine is not installed, or cannot load the checkpoint.
        UsageError: this engine cannot serve this kind of checkpoint.
    """
    if checkpoint.base_url:
        from harness.engines.openai import OpenAIEngine

        return OpenAIEngine(checkpoint, options)
    if options.engine == "vllm":
        from harness.engines.vllm import VllmEngine

        return VllmEngine(checkpoint, options)
    raise UsageError(f"the engine '{options.engine}' needs a served model", hint="give openai:NAME@BASE_URL as MODEL")
