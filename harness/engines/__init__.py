"""Engines: vLLM in this process, any OpenAI-compatible server, those of installed packages."""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts, python_file
from kikime.harness.engines.base import Engine, EngineKind, SwitchesAdapters
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions
from kikime.harness.engines.speakers import Speakers

__all__ = ["ENGINES", "Engine", "EngineKind", "EngineOptions", "check_options", "load_engine", "switch_adapter"]


_LOCAL = EngineOptions()
_LOADING = ("dtype", "tensor_parallel_size", "max_model_len", "gpu_memory_utilization", "quantization", "engine_args")
"""Options that say how a checkpoint is loaded into this process."""
_OF_A_CLUSTER = ("replicas", "address", "gpus_per_replica", "cpus_per_replica")


def _given(options: EngineOptions) -> list[str]:
    return [name for name in _LOADING if getattr(options, name) != getattr(_LOCAL, name)]


def _check_vllm(checkpoint: Checkpoint, options: EngineOptions) -> None:
    if _given(options):
        from kikime.harness.engines.vllm import check_arguments

        check_arguments(checkpoint, options)


def _load_vllm(checkpoint: Checkpoint, options: EngineOptions) -> Engine:
    from kikime.harness.engines.vllm import VllmEngine

    return VllmEngine(checkpoint, options)


def _check_served(checkpoint: Checkpoint, options: EngineOptions) -> None:
    if not checkpoint.base_url:
        raise UsageError("the engine 'openai' needs a served model", hint="give openai:NAME@BASE_URL as MODEL")
    if named := [
        f"--{name.replace('_', '-').removesuffix('s')}" for name in _given(options) if name != "max_model_len"
    ]:
        raise UsageError(
            "{options}: how a served model is loaded is its server's business",
            hint="leave the options out here and give them to the server",
            options=", ".join(named),
        )


def _load_served(checkpoint: Checkpoint, options: EngineOptions) -> Engine:
    if len(checkpoint.addresses) > 1:
        from kikime.harness.engines.balanced import BalancedEngine

        return BalancedEngine(checkpoint, options)
    from kikime.harness.engines.openai import OpenAIEngine

    return OpenAIEngine(checkpoint, options)


def _check_ray(_: Checkpoint, options: EngineOptions) -> None:
    """Refuse what no cluster can use, and names that vLLM does not know, where it is here; the replicas check all else."""
    from contextlib import suppress
    from importlib.util import find_spec

    from kikime.harness.engines.cluster.connection import check_address
    from kikime.harness.engines.cluster.places import replica_range

    replica_range(options.replicas)
    check_address(options.address)
    if find_spec("ray") is None:
        raise EngineFault("Ray is not installed", hint="pip install 'kikime[ray]'")
    if options.engine_args:
        from kikime.harness.engines.vllm import check_names

        with suppress(EngineFault):
            check_names(options)


def _load_ray(checkpoint: Checkpoint, options: EngineOptions) -> Engine:
    from kikime.harness.engines.cluster.engine import RayEngine

    return RayEngine(checkpoint, options)


ENGINES = Parts(
    Phrase("engine"),
    EngineKind,
    lambda: {
        "vllm": EngineKind(_load_vllm, _check_vllm),
        "openai": EngineKind(_load_served, _check_served),
        "ray": EngineKind(_load_ray, _check_ray),
    },
    load=python_file("ENGINE", EngineKind),
    suffixes=(".py",),
)
"""The engines: bundled, of installed packages, or files."""


def _kind(checkpoint: Checkpoint, options: EngineOptions) -> EngineKind:
    return ENGINES.find("openai" if checkpoint.base_url else options.engine)


def check_options(checkpoint: Checkpoint, options: EngineOptions) -> None:
    """Refuse an unknown engine and options that the engine does not know or cannot use, before anything is planned.

    Raises:
        UsageError: no such engine, or an unknown or unusable option.
        EngineFault: vLLM or Ray is not installed.
    """
    named = [name for name in _OF_A_CLUSTER if getattr(options, name) != getattr(_LOCAL, name)]
    if named and (checkpoint.base_url or options.engine != "ray"):
        raise UsageError("--{option}: only for --engine ray", hint="leave it out", option=named[0].replace("_", "-"))
    _kind(checkpoint, options).check(checkpoint, options)


def load_engine(checkpoint: Checkpoint, options: EngineOptions) -> Engine:
    """Load ``checkpoint`` in the engine that ``options`` name.

    Raises:
        EngineFault: the engine is not installed, or cannot load the checkpoint.
        UsageError: this engine cannot serve this kind of checkpoint.
    """
    return _kind(checkpoint, options).load(checkpoint, options)


def switch_adapter(engine: Engine, checkpoint: Checkpoint) -> None:
    """Send the following requests through the checkpoint's LoRA adapter; nothing where it has none.

    Raises:
        UsageError: this engine cannot switch adapters.
    """
    if checkpoint.adapter is None:
        return
    engine = engine.character if isinstance(engine, Speakers) else engine
    if not isinstance(engine, SwitchesAdapters):
        raise UsageError(
            "the engine cannot load the adapter {name} ({path})",
            hint="serve it under a name of its own, and give openai:NAME@BASE_URL",
            name=checkpoint.name,
            path=checkpoint.adapter,
        )
    engine.use_adapter(checkpoint.name, Path(checkpoint.adapter))
