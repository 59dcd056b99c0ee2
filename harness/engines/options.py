"""Options of the engines, as the command line and notebooks give them."""

from __future__ import annotations

from typing import Any

import msgspec


class EngineOptions(msgspec.Struct, frozen=True):
    """How to load and drive an engine; None leaves the engine's own default."""

    engine: str = "vllm"
    """``vllm``, ``openai`` or ``ray``."""
    dtype: str = "auto"
    tensor_parallel_size: int = 1
    max_model_len: int | None = None
    gpu_memory_utilization: float | None = None
    quantization: str | None = None
    tokenizer: str | None = None
    """Tokenizer directory or hub id, where it is not the checkpoint's own; for a served model also the place of its files."""
    params: int | None = None
    """Number of parameters, where the checkpoint does not tell."""
    sampling: str = "suite"
    """``suite``: as the suite says; ``checkpoint``: as the checkpoint's generation_config.json says."""
    template_args: dict[str, Any] = {}
    """Variables of the checkpoint's own chat template, such as ``enable_thinking``; part of the prompt."""
    reasoning_tokens: int = 0
    """What a reply may think beside its own tokens."""
    user_model: str | None = None
    """Who speaks the user's lines of dialogues: ``self``, a second checkpoint, or ``openai:NAME@BASE_URL``; None: the banks'."""
    trust_remote_code: bool = False
    """Run Python code that lies beside the weights or the tokenizer; without it such a checkpoint is refused."""
    deterministic: bool = False
    """Ask the engine for results that do not depend on the batch."""
    concurrency: int = 64
    """Requests in flight at a served model."""
    engine_args: dict[str, Any] = {}
    """Further arguments of the engine, passed on as they are."""
    replicas: int | str = 1
    """Engines side by side on a Ray cluster: N, or ``MIN:MAX``, of which the first are there from the start."""
    address: str | None = None
    """Of the Ray cluster to join: HOST:PORT, or ``auto``; None or ``local`` starts one on this machine."""
    gpus_per_replica: float | None = None
    """None: as many as an engine uses, where the cluster has GPUs."""
    cpus_per_replica: int | None = None
    """None: an equal share of the cluster's processors where a replica computes on them, else one."""

    @property
    def joins(self) -> bool:
        """Whether a cluster is joined that is there already."""
        return self.address not in {None, "local"}

    @property
    def generator(self) -> str:
        """The engine that generates, which is what keys depend on: on a Ray cluster it is vLLM as well."""
        return "vllm" if self.engine == "ray" else self.engine
