"""What a plan does that its reader may not expect."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kikime.harness.core.manifest import Manifest
from kikime.harness.core.reasons import Reason
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.dtype import FLOAT32, SMALL, compute_dtype, on_cpu
from kikime.harness.engines.folders import Adapter
from kikime.harness.engines.generation import OwnSampling
from kikime.harness.engines.memory import cpu_cache_gib, weights_gib
from kikime.harness.engines.options import EngineOptions
from kikime.harness.plan.player import is_beside
from kikime.harness.plan.prepare import Prepared


def plan_notes(prepared: Prepared) -> list[Reason]:
    """On the sampling, the BOS, the precision, the adapter, the cluster and the own code of a plan."""
    checkpoint = prepared.checkpoint
    notes = [
        sampling_note(checkpoint.own_sampling, prepared.materials.suite.sampling.model_dump()),
        bos_note(prepared.planner.formats_without_bos),
        _precision_note(checkpoint, prepared),
        _adapter_note(checkpoint.lora),
        _cluster_note(prepared.options),
        _user_note(prepared),
        Reason("remote_code") if prepared.options.trust_remote_code else None,
        *thinking_notes(prepared.options.template_args, prepared.options.reasoning_tokens),
        _unused_note(prepared.planner.unused_template_args),
        Reason("thinks") if prepared.thinks and not prepared.options.reasoning_tokens else None,
    ]
    return [note for note in notes if note is not None]


def run_notes(manifest: Manifest) -> list[Reason]:
    """On the sampling and the BOS of a run."""
    own = manifest["checkpoint"].get("own_sampling")
    sampling = msgspec.convert(own, OwnSampling) if own else None
    notes = [
        sampling_note(sampling, manifest["suite"]["sampling"]),
        bos_note(manifest.get("without_bos", [])),
        *thinking_notes(manifest["options"].get("template_args", {}), manifest["options"].get("reasoning_tokens", 0)),
    ]
    return [note for note in notes if note is not None]


def sampling_note(own: OwnSampling | None, used: Mapping[str, object]) -> Reason | None:
    """That the checkpoint's own sampling is set aside, or that a part of it is; ``used``: the suite's settings by name."""
    if own is None:
        return None
    aside = {name: value for name, value in own.values().items() if used[name] != value}
    if not aside:
        return Reason("own_sampling_unused", {"names": ", ".join(own.unused)}) if own.unused else None
    settings = ", ".join([*(f"{name} {value:g}" for name, value in aside.items()), *own.unused])
    return Reason("own_sampling_aside", {"settings": settings})


def thinking_notes(template_args: Mapping[str, object], reasoning_tokens: int) -> list[Reason]:
    """What the chat template was given, and what replies may think beside their own tokens."""
    given = ", ".join(f"{name}={value}" for name, value in template_args.items())
    notes = [Reason("template_args", {"given": given})] if given else []
    return notes + ([Reason("reasoning_budget", {"n": reasoning_tokens})] if reasoning_tokens else [])


def _unused_note(names: list[str]) -> Reason | None:
    return Reason("template_args_unused", {"names": ", ".join(names)}) if names else None


def bos_note(formats: list[str]) -> Reason | None:
    """That formats lack their BOS."""
    return Reason("without_bos", {"formats": ", ".join(formats)}) if formats else None


def _precision_note(checkpoint: Checkpoint, prepared: Prepared) -> Reason | None:
    options = prepared.options
    if checkpoint.base_url or options.generator != "vllm" or options.joins or options.dtype != "auto":
        return None
    large = (checkpoint.n_params or 0) > SMALL and checkpoint.dtype != FLOAT32
    return Reason("float32_on_cpu") if large and compute_dtype(checkpoint, options) == FLOAT32 else None


def _cluster_note(options: EngineOptions) -> Reason | None:
    if options.engine != "ray":
        return None
    if options.joins:
        return Reason("cluster_joined", {"address": str(options.address), "replicas": options.replicas})
    return Reason("cluster_started", {"replicas": options.replicas})


def _user_note(prepared: Prepared) -> Reason | None:
    user, options = prepared.user, prepared.options
    if user is None or not is_beside(user):
        return None
    values: dict[str, str | int | float] = {
        "name": user.name,
        "weights": weights_gib(user, EngineOptions(dtype=options.dtype)),
    }
    return (
        Reason("user_beside_cpu", {**values, "cache": cpu_cache_gib()}) if on_cpu() else Reason("user_beside", values)
    )


def _adapter_note(lora: Adapter | None) -> Reason | None:
    if lora is None:
        return None
    return Reason(
        "adapter", {"rank": lora.rank, "modules": ", ".join(lora.target_modules) or "—", "base": lora.base or "—"}
    )
