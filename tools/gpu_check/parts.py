"""What kikime needs of vLLM, by name: whether a version has it can be told by importing it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module

NEEDED: dict[str, tuple[str, ...]] = {
    "vllm": ("EngineArgs", "LLMEngine", "SamplingParams"),
    "vllm.sampling_params": ("RequestOutputKind",),
    "vllm.usage.usage_lib": ("UsageContext",),
    "vllm.platforms": ("current_platform",),
    "vllm.lora.request": ("LoRARequest",),
}
METHODS = ("add_request", "step", "abort_request", "from_engine_args")
"""Of ``LLMEngine``."""
ARGUMENTS = (
    "model",
    "tokenizer",
    "dtype",
    "tensor_parallel_size",
    "generation_config",
    "enable_prefix_caching",
    "disable_log_stats",
    "use_tqdm_on_load",
    "trust_remote_code",
    "enforce_eager",
    "enable_chunked_prefill",
    "max_model_len",
    "gpu_memory_utilization",
    "quantization",
    "enable_lora",
    "max_lora_rank",
)
"""Of ``EngineArgs``."""
SAMPLING = (
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "repetition_penalty",
    "seed",
    "stop",
    "stop_token_ids",
    "skip_special_tokens",
    "spaces_between_special_tokens",
    "output_kind",
    "prompt_logprobs",
)
"""Of ``SamplingParams``."""


def missing() -> Iterator[str]:
    """Names that the installed vLLM lacks."""
    found = {}
    for module, names in NEEDED.items():
        try:
            found[module] = import_module(module)
        except ImportError as error:
            yield f"{module} ({error})"
            continue
        yield from (f"{module}.{name}" for name in names if not hasattr(found[module], name))
    vllm = found.get("vllm")
    if vllm is None:
        return
    yield from (f"LLMEngine.{name}" for name in METHODS if not hasattr(vllm.LLMEngine, name))
    yield from _lacking(vllm.EngineArgs, ARGUMENTS)
    yield from _lacking(vllm.SamplingParams, SAMPLING)


def _lacking(made: type, names: tuple[str, ...]) -> Iterator[str]:
    known = inspect.signature(made).parameters
    yield from (f"{made.__name__}({name}=…)" for name in names if name not in known)
