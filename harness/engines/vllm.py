"""vLLM in this process: token ids in, replies handed over as they finish, one load for the whole grid."""

from __future__ import annotations

import dataclasses
import logging
import os
import time
import warnings
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.names import nearest
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.request import Candidate, Reply, Request, chosen_reply
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.dtype import chosen_on_cpu
from kikime.harness.engines.memory import CPU_CACHE_GIB
from kikime.harness.engines.options import EngineOptions

if TYPE_CHECKING:
    from types import ModuleType

    from pydantic_core import ErrorDetails
    from vllm import LLMEngine, SamplingParams
    from vllm.lora.request import LoRARequest

Arguments = dict[str, Any]
"""Of vLLM's ``EngineArgs``."""


class VllmEngine:
    """vLLM's own ``LLMEngine``, fed and stepped by the runner."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions) -> None:
        """Load the checkpoint.

        Raises:
            EngineFault: vLLM is not installed, the checkpoint does not load, or memory is too small.
        """
        started = time.monotonic()
        _prepare_environment(options)
        try:
            import vllm
            from vllm.platforms import current_platform
        except (ImportError, RuntimeError) as error:
            raise EngineFault(
                "vLLM cannot be imported: {reason}", hint="kikime doctor says what to install", reason=error
            ) from error
        logging.getLogger("torch._library.triton").setLevel(logging.ERROR)  # "Triton not available" is no news on a CPU
        self._vllm = vllm
        self._on_cpu = current_platform.is_cpu()
        self._arguments = _arguments(checkpoint, options, on_cpu=self._on_cpu)
        self._engine = _load(vllm, self._arguments)
        self._max_num_seqs = self._engine.vllm_config.scheduler_config.max_num_seqs
        self.window = 2 * self._max_num_seqs
        self._adapter: LoRARequest | None = None
        self._adapters: dict[str, int] = {}
        self._submitted: dict[str, _Submitted] = {}
        self.load_seconds = time.monotonic() - started
        if checkpoint.adapter:
            self.use_adapter(checkpoint.name, Path(checkpoint.adapter))

    def use_adapter(self, name: str, path: Path) -> None:
        """Send the following requests through the LoRA adapter in ``path``."""
        from vllm.lora.request import LoRARequest

        number = self._adapters.setdefault(str(path), len(self._adapters) + 1)
        self._adapter = LoRARequest(name, number, str(path))

    def submit(self, request: Request) -> None:
        """Queue one request: a reply, or the log-probability of each of its candidates."""
        self._submitted[request.key] = _Submitted(request, time.monotonic(), {})
        if request.candidates:
            for number, candidate in enumerate(request.candidates):
                self._add(f"{request.key}#{number}", candidate.token_ids, self._scoring)
        else:
            self._add(request.key, request.token_ids, self._parameters(request))

    def _parameters(self, request: Request) -> SamplingParams:
        sampling = request.sampling
        return self._vllm.SamplingParams(
            max_tokens=sampling.most_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            repetition_penalty=sampling.repetition_penalty,
            seed=sampling.seed if sampling.temperature > 0 else None,
            stop=request.stop or None,
            stop_token_ids=request.stop_token_ids or None,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            output_kind=self._vllm.sampling_params.RequestOutputKind.FINAL_ONLY,
        )

    @cached_property
    def _scoring(self) -> SamplingParams:
        final = self._vllm.sampling_params.RequestOutputKind.FINAL_ONLY
        return self._vllm.SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0, output_kind=final)

    def _add(self, name: str, token_ids: list[int], parameters: SamplingParams) -> None:
        try:
            self._engine.add_request(name, {"prompt_token_ids": token_ids}, parameters, lora_request=self._adapter)
        except ValueError as error:
            raise EngineFault("vLLM refused a request: {reason}", reason=error) from error

    def poll(self) -> list[Reply]:
        """One engine step; the replies that it finished."""
        try:
            outputs = self._engine.step()
        except Exception as error:
            raise EngineFault(
                "vLLM died while generating: {reason}", hint=_memory_hint(error), reason=_reason(error)
            ) from error
        replies = [self._reply(output) for output in outputs if output.finished]
        return [reply for reply in replies if reply is not None]

    def tokens_in_flight(self) -> int:
        """Generated so far of the replies that have not finished."""
        states = self._engine.output_processor.request_states.values()
        return sum(state.detokenizer.num_output_tokens() for state in states if state.detokenizer is not None)

    def _reply(self, output: Any) -> Reply | None:
        key, _, number = output.request_id.partition("#")
        submitted = self._submitted[key]
        if number:
            candidate = submitted.request.candidates[int(number)]
            submitted.logprobs[int(number)] = _sum_logprobs(output.prompt_logprobs, candidate)
            if len(submitted.logprobs) < len(submitted.request.candidates):
                return None
        del self._submitted[key]
        latency = round((time.monotonic() - submitted.at) * 1000, 2)
        if number:
            return chosen_reply(submitted.request, [p for _, p in sorted(submitted.logprobs.items())], latency)
        completion = output.outputs[0]
        stop = completion.stop_reason
        return Reply(
            key=key,
            text=completion.text,
            finish_reason=completion.finish_reason or "abort",
            stop_reason=None if stop is None else str(stop),
            n_prompt_tokens=len(output.prompt_token_ids or ()),
            n_cached_tokens=output.num_cached_tokens or 0,
            n_output_tokens=len(completion.token_ids),
            latency_ms=latency,
        )

    def describe(self) -> dict[str, object]:
        """Versions, arguments and hardware."""
        import torch

        cuda = torch.cuda.is_available()
        return {
            "engine": "vllm",
            "vllm": self._vllm.__version__,
            "torch": torch.__version__,
            "device": "cpu" if self._on_cpu else "cuda",
            "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if cuda else [],
            "arguments": {name: value for name, value in self._arguments.items() if name not in {"model", "tokenizer"}},
            "dtype": str(self._engine.vllm_config.model_config.dtype).removeprefix("torch."),
            "max_num_seqs": self._max_num_seqs,
            "batch_invariant": os.environ.get("VLLM_BATCH_INVARIANT") == "1" and not self._on_cpu,
            "load_seconds": round(self.load_seconds, 2),
        }

    def close(self) -> None:
        """Abort what is in flight and shut the engine core down."""
        if self._submitted:
            self._engine.abort_request(self._names())
            self._submitted.clear()
        self._engine.engine_core.shutdown()

    def _names(self) -> list[str]:
        return [
            name
            for key, submitted in self._submitted.items()
            for name in ([f"{key}#{n}" for n in range(len(submitted.request.candidates))] or [key])
        ]


class _Submitted(NamedTuple):
    """A request in flight, and the candidates that are scored already."""

    request: Request
    at: float
    logprobs: dict[int, float]


def _sum_logprobs(positions: Any, candidate: Candidate) -> float:
    """Sum over the continuation of the log-probability of its own tokens."""
    pairs = zip(candidate.token_ids[candidate.start :], positions[candidate.start :], strict=True)
    return float(sum(position[token].logprob for token, position in pairs))


def check_names(options: EngineOptions) -> None:
    """Refuse arguments that vLLM does not know.

    Raises:
        UsageError: an unknown argument, with the nearest known one.
        EngineFault: vLLM is not installed.
    """
    _prepare_environment(options)
    try:
        from vllm import EngineArgs
    except (ImportError, RuntimeError) as error:
        raise EngineFault(
            "vLLM cannot be imported: {reason}", hint="kikime doctor says what to install", reason=error
        ) from error
    known = [field.name for field in dataclasses.fields(EngineArgs)]
    for name in options.engine_args:
        if name not in known:
            near = nearest(name, known, n=1)
            raise UsageError(
                "--engine-arg {name}: vLLM has no such engine argument",
                hint="did you mean '{near}'?" if near else "see vLLM's EngineArgs",
                name=name,
                near="".join(near),
            )


def check_arguments(checkpoint: Checkpoint, options: EngineOptions) -> None:
    """Refuse arguments that vLLM does not know or whose values it cannot use with this checkpoint.

    Raises:
        UsageError: an unknown argument, with the nearest known one, or a value, with vLLM's reason.
        EngineFault: vLLM is not installed.
    """
    check_names(options)
    from vllm import EngineArgs
    from vllm.platforms import current_platform
    from vllm.usage.usage_lib import UsageContext

    arguments = _arguments(checkpoint, options, on_cpu=current_platform.is_cpu())
    try:
        EngineArgs(**arguments).create_engine_config(UsageContext.LLM_CLASS)
    except (ValueError, TypeError) as error:
        raise UsageError(
            "vLLM does not take these engine options: {reason}",
            hint="look at --dtype, --quantization, --max-model-len and --engine-arg",
            reason=_reason(error),
        ) from error


def _prepare_environment(options: EngineOptions) -> None:
    """Set what vLLM reads at import; what the user has set stays."""
    defaults = {
        "VLLM_LOGGING_LEVEL": "ERROR",
        "VLLM_LOGGING_STREAM": "ext://sys.stderr",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": CPU_CACHE_GIB,
        "TOKENIZERS_PARALLELISM": "false",
    }
    if (os.cpu_count() or 1) <= 4:
        defaults["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    if options.deterministic:
        defaults["VLLM_BATCH_INVARIANT"] = "1"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", category=FutureWarning, module="vllm")


def _arguments(checkpoint: Checkpoint, options: EngineOptions, *, on_cpu: bool) -> Arguments:
    arguments: Arguments = {
        "model": checkpoint.path,
        "tokenizer": options.tokenizer or checkpoint.path,
        "dtype": options.dtype,
        "tensor_parallel_size": options.tensor_parallel_size,
        "generation_config": "vllm",
        "enable_prefix_caching": True,
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
        "trust_remote_code": options.trust_remote_code,
    }
    if on_cpu:
        # Compiling costs minutes; chunked prefill breaks per-request seeds on the CPU.
        arguments |= {"enforce_eager": True, "enable_chunked_prefill": False}
        if options.dtype == "auto":
            arguments["dtype"] = chosen_on_cpu(checkpoint)
    for name in ("max_model_len", "gpu_memory_utilization", "quantization"):
        if getattr(options, name) is not None:
            arguments[name] = getattr(options, name)
    if checkpoint.adapter:
        arguments["enable_lora"] = True
        if checkpoint.max_lora_rank:
            arguments["max_lora_rank"] = checkpoint.max_lora_rank
    return arguments | options.engine_args


def _load(vllm: ModuleType, arguments: Arguments) -> LLMEngine:
    from vllm.usage.usage_lib import UsageContext

    parameters = vllm.EngineArgs(**arguments)
    try:
        # Offline batches are larger by vLLM's own defaults than an unnamed context's.
        engine: LLMEngine = vllm.LLMEngine.from_engine_args(parameters, usage_context=UsageContext.LLM_CLASS)
    except Exception as error:
        raise EngineFault(
            "vLLM cannot load {model}: {reason}",
            hint=_memory_hint(error),
            model=arguments["model"],
            reason=_reason(error),
        ) from error
    return engine


def _reason(error: BaseException) -> str:
    """What vLLM complains of, in one line; of a failed validation, each complaint instead of their count."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return "; ".join(dict.fromkeys(_complaint(detail) for detail in error.errors()))[:500]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:500]


def _complaint(detail: ErrorDetails) -> str:
    where = str(detail["loc"][0]) if detail["loc"] else ""
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{where}: {text}" if where else text


def _memory_hint(error: BaseException) -> Phrase:
    text = str(error).lower()
    if "memory" in text or "kv cache" in text:
        return Phrase(
            "lower --max-model-len or --gpu-memory-utilization, or use --quantization or --tensor-parallel-size"
        )
    return Phrase("kikime doctor checks the installation; --debug shows the whole trace")
