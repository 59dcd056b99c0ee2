"""What ``kikime.run`` and ``kikime.plan`` take, as typed keyword arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import msgspec

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.options import EngineOptions

if TYPE_CHECKING:
    from kikime.harness.suites.suite import Suite

_ELSEWHERE = {
    "model": Phrase("give it as MODEL"),
    "enable_lora": Phrase("give {option}", option="--lora NAME=DIR"),
    "seed": Phrase("give it in the suite's sampling"),
    **{
        name: Phrase("give {option}", option=f"--{name.replace('_', '-')}")
        for name in EngineOptions.__struct_fields__
        if name != "engine_args"
    },
}
"""Engine arguments that enter the plan or the keys; where else they are given."""


_SET_BY_KIKIME = frozenset(
    {"messages", "add_generation_prompt", "bos_token", "eos_token", "tools", "documents", "persona"}
)
"""Variables of chat templates that are the prompt's own."""


class ElsewhereKeywords(TypedDict, total=False):
    """The fields of :class:`kikime.harness.engines.EngineOptions` that say where replies are generated, not which."""

    engine: str
    replicas: int | str
    address: str | None
    gpus_per_replica: float | None
    cpus_per_replica: int | None


class EngineKeywords(ElsewhereKeywords, total=False):
    """The fields of :class:`kikime.harness.engines.EngineOptions`, each optional."""

    dtype: str
    tensor_parallel_size: int
    max_model_len: int | None
    gpu_memory_utilization: float | None
    quantization: str | None
    tokenizer: str | None
    params: int | None
    sampling: str
    template_args: dict[str, object]
    reasoning_tokens: int
    user_model: str | None
    trust_remote_code: bool
    deterministic: bool
    concurrency: int
    engine_args: dict[str, object]


class GridKeywords(TypedDict, total=False):
    """What to ask; see :func:`kikime.workflows.run.run`."""

    suite: str | Suite
    tasks: Sequence[str]
    personas: Sequence[str]
    formats: Sequence[str]
    shots: Sequence[int]
    limit: int | None


def engine_options(given: EngineKeywords) -> EngineOptions:
    """The options; a tokenizer's folder becomes absolute, since a run may be resumed from elsewhere.

    Raises:
        UsageError: an engine argument that has an option of its own, or a template argument that kikime sets itself.
    """
    refuse_own(given.get("engine_args", {}))
    _refuse_set(given.get("template_args", {}))
    options = EngineOptions(**given)
    if options.tokenizer and Path(options.tokenizer).is_dir():
        return msgspec.structs.replace(options, tokenizer=str(Path(options.tokenizer).resolve()))
    return options


def _refuse_set(names: Iterable[str]) -> None:
    for name in names:
        if name in _SET_BY_KIKIME:
            raise UsageError("--template-arg {name}: kikime sets it itself", hint="leave it out", name=name)


def refuse_own(names: Iterable[str]) -> None:
    """Refuse further engine arguments that kikime sets itself.

    Raises:
        UsageError: the first of them.
    """
    for name in names:
        if name in _ELSEWHERE:
            raise UsageError("engine argument '{name}' has an option of its own", hint=_ELSEWHERE[name], name=name)
